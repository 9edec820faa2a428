#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/operate/audit.h"
#include "core/operate/dead_letter/hold.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/question.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/plans/replay.h"
#include "tui/session/session.h"
#include "tui/stores/messages.h"

#define PEEK_MOST 100
#define PEEK_WAIT_MS 60000

static const struct grid_column columns[] = {
    GRID_COLUMN("queue", "QUEUE", 34, 16, .grow = 1, .id = ID_QUEUE),
    GRID_COLUMN("messages", "WAITING", 8, 7, GRID_NUMBER),
    GRID_COLUMN("held", "HELD", 6, 4, GRID_NUMBER, .drop = 3),
    GRID_COLUMN("oldest", "OLDEST", 8, 6, .align = DRAW_RIGHT, .drop = 2),
    GRID_COLUMN("source", "SOURCE", 26, 10, .grow = 1, .drop = 4),
    GRID_COLUMN("engine", "ENGINE", 12, 10, .drop = 1),
    GRID_COLUMN("why", "REASON", 40, 10, .grow = 3, .drop = 5),
};

enum { COLUMN_MESSAGES = 1, COLUMN_OLDEST = 3, COLUMN_ENGINE = 5, COLUMN_WHY = 6 };

static struct row *make_row(const struct dead_letter_queue *queue)
{
    static const enum theme_tone ages[] = {TONE_NORMAL, TONE_WARN, TONE_BAD};
    char messages[CELL_SIZE] = "?";
    char held[CELL_SIZE] = "?";
    char age[16] = "";
    const char *cells[] = {queue->name,
                           queue->messages >= 0 ? cell_number(queue->messages, messages) : "?",
                           queue->in_flight >= 0 ? cell_number(queue->in_flight, held) : "?",
                           age,
                           queue->source,
                           replay_engine_name(queue->engine),
                           queue->error[0] != '\0' ? queue->error : queue->why};
    if (queue->oldest_age_s >= 0)
        draw_age(queue->oldest_age_s * 1000, age);
    struct row *row = row_new(queue->name, queue->name, cells, sizeof cells / sizeof cells[0]);
    row->accent = queue->error[0] != '\0' ? COLUMN_WHY : COLUMN_MESSAGES;
    row->accent_tone =
        queue->error[0] != '\0' || dead_letter_queue_total(queue) != 0 ? TONE_BAD : TONE_GOOD;
    row->second = COLUMN_OLDEST;
    row->second_tone = ages[dead_letter_queue_age(queue)];
    return row;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct dead_letter_queue queues[DEAD_LETTER_QUEUES];
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = dead_letter_queues_list(&pipeline, queues, error);
    for (size_t i = 0; !code && i < DEAD_LETTER_QUEUES; i++) {
        const char *texts[] = {queues[i].name, queues[i].source};
        if (filter_matches(query->filter, texts, 2))
            window_page_add(page, make_row(&queues[i]));
    }
    return code;
}

struct peek {
    struct console *console;
    char *queue;
    int64_t about;
    size_t count;
    bool received;
};

static void peek_free(void *data)
{
    struct peek *peek = data;
    free(peek->queue);
    free(peek);
}

/* Who looked, and what it cost: as the command writes it. */
static enum error_code peek_note(struct pipeline *pipeline, const char *queue,
                                 const struct dead_letters *messages, enum error_code code,
                                 struct error *error)
{
    struct error unwritten = ERROR_INIT;
    char detail[96];
    snprintf(detail, sizeof detail, "{\"received\":%zu,\"shown\":%zu}", messages->received,
             messages->count);
    const struct audit_note note = {.action = "dlq peek",
                                    .target = queue,
                                    .outcome = code ? AUDIT_FAILED : AUDIT_DONE,
                                    .detail = detail};
    enum error_code written = audit_write_last(pipeline->db, pipeline->cancel, &note, &unwritten);
    if (!written || code)
        return code;
    if (error)
        *error = unwritten;
    return error_wrap(error, "cannot write the peek to the audit log");
}

/* What is taken goes back before the snapshot is shown: nothing stays hidden because somebody
 * looks. */
static enum error_code peek_run(struct job_context *context, void *data, struct error *error)
{
    struct peek *peek = data;
    struct dead_letter_queue queue;
    struct dead_letter_take take = {
        .queue = &queue, .limit = PEEK_MOST, .hold_s = DEAD_LETTER_HOLD_PEEK_S};
    struct dead_letters messages;
    struct pipeline pipeline = {.db = NULL};
    struct error back = ERROR_INIT;
    enum error_code code =
        session_require_role(context->session, ROLE_OPERATOR, true, "dlq peek", peek->queue, error);
    dead_letters_init(&messages);
    if (!code)
        code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = dead_letter_queue_find(&pipeline, peek->queue, &queue, error);
    if (!code) {
        peek->about = queue.messages;
        code = dead_letters_take(&pipeline, &take, &messages, error);
        peek->received = true;
        if (dead_letters_return(&pipeline, &queue, &messages, NULL, &back) && !code) {
            *error = back;
            code = back.code;
        }
    }
    if (!code)
        code = dead_letters_name_uploads(&pipeline, &queue, &messages, error);
    peek->count = messages.count;
    if (pipeline.db && peek->received)
        code = peek_note(&pipeline, queue.name, &messages, code, error);
    if (!code)
        message_store_put(queue.name, peek->about, &messages);
    dead_letters_release(&messages);
    return code;
}

static void peek_done(void *owner, void *data, const struct error *error)
{
    struct screen *screen = owner;
    struct peek *peek = data;
    if (!peek || error->code) {
        console_toast(screen->console, TONE_BAD, "%s", error->message);
        return;
    }
    console_toast(screen->console, TONE_INFO,
                  "%zu of about %lld messages; all returned to the queue", peek->count,
                  (long long)peek->about);
    if (console_top(screen->console) == screen)
        console_apply(screen->console, effect_push("letters", peek->queue));
}

static struct effect peek_answer(struct console *console, bool yes)
{
    struct screen *screen = console_top(console);
    const struct row *row = list_selected(screen);
    struct peek *peek;
    struct job_spec job = {.title = "peeking",
                           .lane = JOB_ACTION,
                           .timeout_ms = PEEK_WAIT_MS,
                           .action = true,
                           .run = peek_run,
                           .done = peek_done,
                           .release = peek_free};
    if (!yes || !row)
        return effect_redraw();
    peek = console_allocate(sizeof *peek);
    peek->console = console;
    peek->queue = console_copy(row_key(row));
    job.data = peek;
    console_start(screen, &job);
    return effect_toast(TONE_INFO, "receiving ...");
}

static struct effect peek_action(struct console *console, struct screen *screen)
{
    const struct row *row = list_selected(screen);
    if (!row)
        return effect_none();
    question_open(console, peek_answer,
                  "Peek receives up to %d of %s messages: each receive count + 1. Continue?",
                  PEEK_MOST, row_cell(row, COLUMN_MESSAGES));
    return effect_redraw();
}

static struct effect open_queue(struct screen *screen, const struct row *row)
{
    int64_t about;
    if (!message_store_get(row_key(row), &about))
        return peek_action(screen->console, screen);
    message_store_done();
    return effect_push("letters", row_key(row));
}

static struct effect replay_answer(struct console *console, bool yes)
{
    const struct row *row = list_selected(console_top(console));
    return yes && row ? plan_replay(console, row_key(row), NULL, 0, false) : effect_redraw();
}

static struct effect replay_action(struct console *console, struct screen *screen)
{
    const struct row *row = list_selected(screen);
    if (!row)
        return effect_none();
    if (strcmp(row_cell(row, COLUMN_ENGINE), replay_engine_name(REPLAY_MOVE_TASK)) == 0)
        question_open(
            console, replay_answer,
            "A plan for all %s messages. If SQS cannot move them, each is received: receive "
            "count + 1, hidden in the meantime. Continue?",
            row_cell(row, COLUMN_MESSAGES));
    else
        question_open(console, replay_answer,
                      "A plan receives all %s messages: each receive count + 1, hidden from "
                      "other consumers until it is applied or closed. Continue?",
                      row_cell(row, COLUMN_MESSAGES));
    return effect_redraw();
}

static const struct list_spec spec = {
    LIST_COLUMNS(columns),
    .filter_keys = "",
    .empty = "no dead-letter queue",
    .refresh_ms = 10000,
    .lane = JOB_CLOUD,
    .fetch = fetch,
    .open = open_queue,
    .command = "intake dlq list",
};

static const struct action actions[] = {
    {"peek", "P", "peek at messages (adds 1 to each receive count)", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, peek_action},
    {"replay", "R", "replay the whole queue", ROLE_OPERATOR, ACTION_CHANGES | ACTION_HINT,
     replay_action},
};

static const struct action_table table = ACTION_TABLE(actions);

const struct screen_ops screen_dead_letters = {
    .name = "dead-letters",
    .aliases = "dlq dlqs redrive retry",
    .title = "Dead letters",
    .help = "dead-letter queues with their messages, age, source and replay engine",
    .actions = &table,
    LIST_SCREEN(&spec),
};
