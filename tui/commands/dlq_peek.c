#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/operate/audit.h"
#include "tui/commands/dlq.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { LIMIT_DEFAULT = 100 };

static const struct option options[] = {
    DLQ_SELECTION_OPTIONS,
    OPTION("limit", OPTION_NUMBER, "N", "at most N messages (default: 100)"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake dlq peek product-validation-errors-dlq", "up to 100 messages"},
    {"intake dlq peek csv-parser-dlq --json | jq -r '.[].summary'", "one line for each message"},
    {"intake dlq peek product-validation-errors-dlq --vendor VEND001 --limit 10",
     "the first ten messages of one vendor"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "MESSAGE"},
    {.title = "RECEIVES", .right = true},
    {.title = "SENT"},
    {.title = "UPLOAD"},
    {.title = "RECORD"},
    {.title = "ERROR"},
    {.title = "SUMMARY", .flexible = true, .least = 20},
    {.title = NULL},
};

static void message_json(struct buffer *out, const void *listed)
{
    const struct dead_letter *message = listed;
    json_append_member(out, "message_id", message->message_id);
    json_append_member_integer(out, "receive_count", message->receive_count);
    json_member_time(out, "sent_at", message->sent_at_ms > 0 ? message->sent_at_ms : HISTORY_NEVER);
    json_append_member(out, "upload_id", message->upload_id);
    json_append_member(out, "vendor_id", message->vendor_id);
    json_append_member(out, "record_id", message->record_id);
    json_append_member(out, "error_type", message->error_type);
    json_append_member(out, "summary", message->summary);
    json_append_key(out, "body");
    json_append_string(out, message->body, message->body_length);
}

static void message_row(struct listing *listing, const void *listed)
{
    const struct dead_letter *message = listed;
    listing_cell(listing, message->message_id);
    listing_cell_number(listing, message->receive_count);
    listing_cell_time(listing, message->sent_at_ms > 0 ? message->sent_at_ms : HISTORY_NEVER);
    listing_cell(listing, message->upload_id);
    listing_cell(listing, message->record_id);
    listing_cell(listing, message->error_type);
    if (message->decoded)
        listing_cell(listing, message->summary);
    else
        listing_cell_styled(listing, STYLE_WARN, message->summary);
}

static int older_first(const void *a, const void *b)
{
    const struct dead_letter *one = a, *other = b;
    if (one->sent_at_ms != other->sent_at_ms)
        return one->sent_at_ms < other->sent_at_ms ? -1 : 1;
    return strcmp(one->message_id, other->message_id);
}

static const struct row_shape message_shape = {.size = sizeof(struct dead_letter),
                                               .columns = columns,
                                               .cells = message_row,
                                               .members = message_json};

static enum error_code messages_print(struct output *output, struct dead_letters *messages,
                                      struct error *error)
{
    if (messages->count > 0)
        qsort(messages->list, messages->count, sizeof *messages->list, older_first);
    else if (!output->json)
        return ERROR_NONE;
    return rows_print(output, &message_shape, messages->list, messages->count, error);
}

static void cost_tell(const struct command_call *call, const struct dead_letter_queue *queue,
                      const struct dead_letter_take *take)
{
    bool filtered = !dead_letter_filter_is_empty(&take->filter);
    output_note(call->output,
                "receiving %s%lld of about %lld messages from %s: each receive count goes up by "
                "1, and each message is hidden from other consumers until it is returned, for "
                "at most %d s",
                filtered ? "until the selection matches " : "up to ", (long long)take->limit,
                (long long)(queue->messages > 0 ? queue->messages : 0), queue->name,
                DEAD_LETTER_HOLD_PEEK_S);
}

static void note_write(const struct command_call *call, const struct dead_letter_queue *queue,
                       const struct dead_letters *messages, enum error_code code)
{
    char detail[96];
    snprintf(detail, sizeof detail, "{\"received\":%zu,\"shown\":%zu}", messages->received,
             messages->count);
    command_note(call, queue->name, NULL, code ? AUDIT_FAILED : AUDIT_DONE, detail);
}

static enum error_code peek(struct command_call *call, struct pipeline *pipeline,
                            const struct dead_letter_queue *queue, bool *unmatched,
                            struct error *error)
{
    struct dead_letters messages;
    struct error untold = ERROR_INIT;
    struct dead_letter_take take = {
        .queue = queue,
        .filter = dlq_filter(call),
        .limit = options_number(call->options, "limit", LIMIT_DEFAULT),
        .hold_s = DEAD_LETTER_HOLD_PEEK_S,
        .progress = dlq_receiving,
        .progress_context = call,
    };
    cost_tell(call, queue, &take);
    if (command_dry_run(call)) {
        if (call->output->json)
            buffer_text(&call->output->text, "[]\n");
        return ERROR_NONE;
    }
    dead_letters_init(&messages);
    enum error_code code = dead_letters_take(pipeline, &take, &messages, error);
    if (!code)
        code = dead_letters_name_uploads(pipeline, queue, &messages, error);
    enum error_code returned = dead_letters_return(pipeline, queue, &messages, NULL, &untold);
    output_progress_end(call->output);
    if (!code)
        code = messages_print(call->output, &messages, error);
    *unmatched = !code && dlq_unmatched(call, &messages);
    if (returned)
        output_complain(call->output, "intake dlq peek: %s", untold.message);
    else if (!code)
        output_note(call->output, "%zu of about %lld messages; all returned to the queue",
                    messages.count, (long long)(queue->messages > 0 ? queue->messages : 0));
    note_write(call, queue, &messages, code);
    dead_letters_release(&messages);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct pipeline pipeline;
    struct dead_letter_queue queue;
    bool unmatched = false;
    enum error_code code = dlq_open(call, &pipeline, &queue, &error);
    if (!code)
        code = peek(call, &pipeline, &queue, &unmatched, &error);
    if (code)
        return command_fail(call, &error);
    return unmatched ? EXIT_PARTLY : EXIT_DONE;
}

const struct command command_dlq_peek = {
    .name = "dlq peek",
    .summary = "View messages in a dead-letter queue without removing them",
    COMMAND_OPERAND("QUEUE"),
    .description =
        "Receives messages from a dead-letter queue (a name, URL or ARN), decodes them, and "
        "returns them to the queue. This has a cost, which is stated first: each message's "
        "receive count goes up by one, and the message is hidden from other consumers until it "
        "is returned.\n"
        "\n"
        "All messages are returned at the end, even after Ctrl-C or SIGTERM. A queue that has a "
        "redrive policy of its own is not peeked at, because one more receive could move a "
        "message out of it.\n"
        "\n"
        "With a selection, messages are received until --limit of them match or all have been "
        "seen.",
    .options = options,
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
