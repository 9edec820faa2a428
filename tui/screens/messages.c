#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "tui/base/choices.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/question.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/plans/replay.h"
#include "tui/screens/shift_actions.h"
#include "tui/stores/messages.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("message", "MESSAGE", 36, 12, .drop = 4, .id = ID_MESSAGE),
    GRID_COLUMN("sent", "SENT (UTC)", 19, 19, .drop = 2),
    GRID_COLUMN("receives", "RECEIVES", 8, 8, GRID_NUMBER, .drop = 3),
    GRID_COLUMN("upload", "UPLOAD", 32, 20, .id = ID_UPLOAD),
    GRID_COLUMN("record", "RECORD", 10, 9, .drop = 1),
    GRID_COLUMN("type", "ERROR", 22, 10, .drop = 5),
    GRID_COLUMN("outcome", "OUTCOME", 9, 8),
    GRID_COLUMN("summary", "SUMMARY", 40, 12, .grow = 3),
};

enum { COLUMN_UPLOAD = 3, COLUMN_OUTCOME = 6, COLUMN_SUMMARY = 7 };

/* Nothing is left to do with it. */
static bool gone(const char *outcome)
{
    return strcmp(outcome, "moved") == 0 || strcmp(outcome, "finished") == 0 ||
           strcmp(outcome, "discarded") == 0;
}

static struct row *make_row(const struct dead_letter *message, const char *outcome)
{
    char sent[CELL_SIZE];
    char receives[CELL_SIZE];
    const char *upload = message->upload_id           ? message->upload_id
                         : message->upload_count == 1 ? message->uploads[0]
                                                      : "";
    const char *cells[] = {
        message->message_id,
        cell_time(message->sent_at_ms > 0 ? message->sent_at_ms : HISTORY_NEVER, sent),
        cell_number(message->receive_count, receives),
        upload,
        cell_text(message->record_id),
        cell_text(message->error_type),
        cell_text(outcome),
        cell_text(message->summary)};
    struct row *row =
        row_new(message->message_id, message->message_id, cells, sizeof cells / sizeof cells[0]);
    row->accent = outcome ? COLUMN_OUTCOME : COLUMN_SUMMARY;
    row->accent_tone = message->decoded ? TONE_NORMAL : TONE_WARN;
    if (outcome)
        row->accent_tone = gone(outcome) ? TONE_GOOD : TONE_BAD;
    row->tone = outcome && gone(outcome) ? TONE_DIM : TONE_NORMAL;
    return row;
}

/* A batch is about several. */
static bool uploads_agree(const struct dead_letter *message, const struct filter *filter)
{
    bool any = filter_key_is(filter, "upload", cell_text(message->upload_id)), all = any;
    for (size_t i = 0; i < message->upload_count; i++) {
        bool agrees = filter_key_is(filter, "upload", message->uploads[i]);
        any = any || agrees;
        all = all && agrees;
    }
    return filter_value_not(filter, "upload") && !filter_value(filter, "upload") ? all : any;
}

static bool wanted(const struct dead_letter *message, const struct filter *filter)
{
    const char *texts[] = {message->message_id, message->summary, message->upload_id,
                           message->vendor_id, message->body};
    return uploads_agree(message, filter) &&
           filter_key_is(filter, "vendor", cell_text(message->vendor_id)) &&
           filter_key_is(filter, "type", cell_text(message->error_type)) &&
           filter_matches(filter, texts, sizeof texts / sizeof texts[0]);
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    int64_t about;
    (void)context;
    const struct dead_letters *messages = message_store_get(query->argument, &about);
    if (!messages)
        return error_set(error, ERROR_NOT_FOUND,
                         "no messages of %s loaded yet: press P on the dead-letters screen",
                         query->argument);
    for (size_t i = 0; i < messages->count; i++) {
        if (wanted(&messages->list[i], query->filter))
            window_page_add(page, make_row(&messages->list[i], message_store_outcome(messages, i)));
    }
    message_store_done();
    return ERROR_NONE;
}

/* What was dealt with is no longer marked; what failed stays so. */
static void arrived(struct screen *screen)
{
    struct grid *grid = list_grid(screen);
    for (size_t i = 0; i < grid_count(grid); i++) {
        const struct row *row = grid_row(grid, i);
        if (gone(row_cell(row, COLUMN_OUTCOME)) && mark_set_has(&grid->marks, row_key(row)))
            mark_set_toggle(&grid->marks, row_key(row));
    }
}

static struct effect open_message(struct screen *screen, const struct row *row)
{
    char *argument = console_format("%s %s", screen->argument, row_key(row));
    struct effect effect = effect_push("letter", argument);
    free(argument);
    return effect;
}

static bool asked_discard; /* which of the two was asked about */

/* The marked messages, else the one under the cursor. */
static struct effect act_on_marked(struct console *console, struct screen *screen, bool discard)
{
    const struct mark_set *marks = &list_grid(screen)->marks;
    const struct row *row = list_selected(screen);
    if (marks->count > 0)
        return plan_replay(console, screen->argument, (const char *const *)marks->keys,
                           marks->count, discard);
    if (!row)
        return effect_none();
    const char *one = row_key(row);
    return plan_replay(console, screen->argument, &one, 1, discard);
}

static struct effect act_answer(struct console *console, bool yes)
{
    return yes ? act_on_marked(console, console_top(console), asked_discard) : effect_redraw();
}

/* A plan receives until it has met its messages: at worst the whole queue. */
static struct effect act(struct console *console, struct screen *screen, bool discard)
{
    size_t hidden = list_marks_hidden(screen), marked = list_grid(screen)->marks.count;
    char unseen[48] = "";
    if (marked == 0 && !list_selected(screen))
        return effect_none();
    if (hidden > 0)
        snprintf(unseen, sizeof unseen, " (%zu not shown)", hidden);
    asked_discard = discard;
    question_open(
        console, act_answer, "Receive the queue (each receive count + 1) to %s %zu message%s%s?",
        discard ? "discard" : "replay", marked > 0 ? marked : 1, marked > 1 ? "s" : "", unseen);
    return effect_redraw();
}

ACTION(replay_action, act(console, screen, false))
ACTION(discard_action, act(console, screen, true))

static struct effect upload_action(struct console *console, struct screen *screen)
{
    const struct row *row = list_selected(screen);
    (void)console;
    if (!row || row_cell(row, COLUMN_UPLOAD)[0] == '\0')
        return effect_toast(TONE_DIM, "this message names no upload");
    return effect_push("upload", row_cell(row, COLUMN_UPLOAD));
}

static const struct filter_words words[] = {
    {.key = "type", .word = choice_error_type, .open = true}, {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns),
    .filter_words = words,
    .filter_keys = "upload vendor type",
    .empty = "no messages received from the queue",
    .refresh_ms = 1000,
    .timeout_ms = 10000,
    .fetch = fetch,
    .open = open_message,
    .detail = true,
    .arrived = arrived,
    .command = "intake dlq peek %s",
};

static const struct action actions[] = {
    {"upload", "e", "open the upload of the message", ROLE_VIEWER, ACTION_HINT, upload_action},
    {"replay", "R", "replay the marked messages, or this one", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, replay_action},
    {"discard", "X", "discard them, after saving them to a file", ROLE_OPERATOR, ACTION_CHANGES,
     discard_action},
    SHIFT_ACK_ACTION("acknowledge: needs no attention until it is replayed"),
    SHIFT_UNACK_ACTION,
};

static const struct action_table table = ACTION_TABLE(actions);

const struct screen_ops screen_messages = {
    .name = "letters",
    .title = "Messages in",
    .help = "a snapshot of the messages in a dead-letter queue; filtering does not receive again",
    .argument = "QUEUE",
    .actions = &table,
    LIST_SCREEN(&spec),
};
