#include "core/health/stuck.h"

#include "aws/s3.h"
#include "core/operate/dead_letter/dead_letter.h"
#include "core/operate/revalidate/revalidate_private.h"
#include "core/pipeline/item_fetch.h"

#define RANGES_SHOWN 20
#define MOVING_MS (INT64_C(2) * 60 * 1000)

struct explaining {
    struct pipeline *pipeline;
    struct upload_state upload;
    struct revalidate_selection pending;
    struct stuck_report *report;
    size_t capacity;
    bool object_gone;
    char parser_queue[DEAD_LETTER_NAME_SIZE], validator_queue[DEAD_LETTER_NAME_SIZE];
};

static enum error_code say(struct explaining *explaining, struct error *error, const char *text)
{
    struct stuck_report *report = explaining->report;
    return revalidate_say(&report->memory, &report->sentences, &report->sentence_count,
                          &explaining->capacity, error, "%s", text);
}

static enum error_code read_ledger(struct explaining *explaining, const char *upload_id,
                                   struct error *error)
{
    struct stuck_report *report = explaining->report;
    struct upload_state *upload = &explaining->upload;
    const struct revalidate_request every = {.upload_id = upload_id, .pending = true};
    enum error_code code = upload_state_read(explaining->pipeline, upload_id, upload, error);
    if (!code && upload->processing && upload->admitted)
        code = revalidate_select(explaining->pipeline, upload_id, upload->total, &every,
                                 &explaining->pending, error);
    if (code)
        return code;
    snprintf(report->upload_id, sizeof report->upload_id, "%s", upload->upload_id);
    report->processing = upload->processing;
    report->admitted = upload->admitted;
    report->items_written = upload->written;
    report->last_moved_at = upload->last_moved_at;
    report->total = upload->total;
    report->settled = upload->valid + upload->invalid;
    report->without_outcome = (int64_t)explaining->pending.count;
    report->outbox_waiting = upload->outbox_waiting;
    report->outbox_refused = upload->outbox_refused;
    report->items_unmarked = upload->items_unmarked;
    return ERROR_NONE;
}

static enum error_code write_rows(struct explaining *explaining, struct error *error)
{
    struct buffer rows;
    buffer_init(&rows, 1 << 16);
    revalidate_rows_append(&rows, explaining->pending.rows, explaining->pending.count,
                           RANGES_SHOWN);
    explaining->report->rows = arena_copy_text(&explaining->report->memory, rows.data, rows.len);
    enum error_code code = buffer_check(&rows, error);
    buffer_release(&rows);
    if (!code && !explaining->report->rows)
        code = error_set(error, ERROR_MEMORY, "out of memory for rows");
    return code;
}

/* ---- what the table and the queues say */

static enum error_code count_items(struct explaining *explaining, struct error *error)
{
    struct ledger_missing keys;
    struct stuck_report *report = explaining->report;
    size_t count = explaining->pending.count;
    int64_t found = 0;
    enum error_code code = ERROR_NONE;
    ledger_missing_init(&keys);
    for (size_t at = 0; at < count && !code; at += REVALIDATE_BATCH) {
        struct item_list items;
        size_t poison = 0, some = count - at < REVALIDATE_BATCH ? count - at : REVALIDATE_BATCH;
        item_list_init(&items);
        code =
            revalidate_keys(report->upload_id, explaining->pending.rows + at, some, &keys, error);
        if (!code)
            code = pipeline_check(explaining->pipeline, error);
        if (!code)
            code = items_fetch(explaining->pipeline, &keys, &items, &poison, error);
        found += (int64_t)(items.count + poison);
        item_list_release(&items);
    }
    ledger_missing_release(&keys);
    if (code)
        return code;
    report->in_table = found;
    report->not_written = (int64_t)count - found;
    return ERROR_NONE;
}

/* Whether what the table lacks can still be read. */
static void look_at_object(struct explaining *explaining)
{
    const struct upload_state *upload = &explaining->upload;
    struct error failure = ERROR_INIT;
    if (upload->key[0] &&
        s3_head_object(explaining->pipeline->aws, upload->bucket, upload->key,
                       upload_state_version(upload), NULL, &failure) == ERROR_NOT_FOUND)
        explaining->object_gone = true;
}

static enum error_code look_at_table(struct explaining *explaining, struct error *error)
{
    struct error failure = ERROR_INIT;
    char text[900];
    if (!explaining->pending.count || !count_items(explaining, &failure))
        return ERROR_NONE;
    if (failure.code == ERROR_CANCELLED) {
        *error = failure;
        return failure.code;
    }
    snprintf(text, sizeof text, "cannot check whether they are in the table: %s", failure.message);
    return say(explaining, error, text);
}

static enum error_code look_at_queues(struct explaining *explaining, struct error *error)
{
    struct dead_letter_queue queues[DEAD_LETTER_QUEUES];
    struct error failure = ERROR_INIT;
    struct stuck_report *report = explaining->report;
    char text[900];
    if (dead_letter_queues_list(explaining->pipeline, queues, &failure)) {
        if (failure.code == ERROR_CANCELLED) {
            *error = failure;
            return failure.code;
        }
        snprintf(text, sizeof text, "cannot check the dead-letter queues: %s", failure.message);
        return say(explaining, error, text);
    }
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        bool known = !queues[i].error[0] && queues[i].messages >= 0;
        int64_t held = known ? queues[i].messages + queues[i].in_flight : -1;
        if (queues[i].kind == DEAD_LETTER_FUNCTION) {
            report->parser_dead_letters = held;
            memcpy(explaining->parser_queue, queues[i].name, DEAD_LETTER_NAME_SIZE);
        } else if (queues[i].kind == DEAD_LETTER_STREAM) {
            report->validator_dead_letters = held;
            memcpy(explaining->validator_queue, queues[i].name, DEAD_LETTER_NAME_SIZE);
        }
    }
    return ERROR_NONE;
}

/* ---- sentences */

static enum error_code explain_parser(struct explaining *explaining, struct error *error)
{
    const struct stuck_report *report = explaining->report;
    char text[512];
    enum error_code code = ERROR_NONE;
    if (!report->admitted)
        code = say(explaining, error, "the parser claimed the file but did not count its records");
    else if (!report->items_written)
        code = say(explaining, error, "the parser has not written all items");
    if (!code && !report->items_written && report->parser_dead_letters > 0) {
        snprintf(text, sizeof text,
                 "%lld invocations of the parser failed permanently, possibly this one: intake "
                 "dlq peek %s",
                 (long long)report->parser_dead_letters, explaining->parser_queue);
        code = say(explaining, error, text);
    }
    return code;
}

static enum error_code explain_records(struct explaining *explaining, struct error *error)
{
    const struct stuck_report *report = explaining->report;
    char text[1000];
    if (!report->without_outcome)
        return ERROR_NONE;
    snprintf(text, sizeof text, "%lld of %lld records have no outcome: rows %s",
             (long long)report->without_outcome, (long long)report->total, report->rows);
    enum error_code code = say(explaining, error, text);
    if (!code && report->not_written > 0) {
        snprintf(text, sizeof text, "%lld of these are not in the table%s",
                 (long long)report->not_written,
                 report->items_written ? ", although all were written: they were deleted" : "");
        code = say(explaining, error, text);
    }
    if (!code && report->in_table > 0) {
        snprintf(text, sizeof text,
                 "%lld of these are in the table: the validator has not processed them",
                 (long long)report->in_table);
        code = say(explaining, error, text);
    }
    if (!code && report->in_table > 0 && report->validator_dead_letters > 0) {
        snprintf(
            text, sizeof text,
            "%lld batches of the validator failed permanently, possibly including these: intake "
            "dlq peek %s",
            (long long)report->validator_dead_letters, explaining->validator_queue);
        code = say(explaining, error, text);
    }
    return code;
}

static enum error_code explain_rest(struct explaining *explaining, struct error *error)
{
    const struct stuck_report *report = explaining->report;
    char text[512];
    enum error_code code = ERROR_NONE;
    if (report->outbox_waiting) {
        snprintf(text, sizeof text, "%lld messages are waiting to be sent to the error queue",
                 (long long)report->outbox_waiting);
        code = say(explaining, error, text);
    }
    if (!code && report->outbox_refused) {
        snprintf(text, sizeof text,
                 "%lld messages were refused by the error queue because of their content",
                 (long long)report->outbox_refused);
        code = say(explaining, error, text);
    }
    if (!code && report->items_unmarked) {
        snprintf(text, sizeof text, "%lld items do not have their final status yet",
                 (long long)report->items_unmarked);
        code = say(explaining, error, text);
    }
    return code;
}

static void tell_age(int64_t ms, char out[32])
{
    long long s = ms > 0 ? (long long)(ms / 1000) : 0;
    if (s < 120)
        snprintf(out, 32, "%lld s", s);
    else if (s < 7200)
        snprintf(out, 32, "%lld minutes", s / 60);
    else if (s < 2 * 86400)
        snprintf(out, 32, "%lld hours", s / 3600);
    else
        snprintf(out, 32, "%lld days", s / 86400);
}

static enum error_code explain(struct explaining *explaining, struct error *error)
{
    struct stuck_report *report = explaining->report;
    int64_t still = world_now_ms(explaining->pipeline->world) - report->last_moved_at;
    char text[160], age[32];
    enum error_code code = ERROR_NONE;
    tell_age(still, age);
    if (report->processing && still < MOVING_MS)
        snprintf(text, sizeof text, "last progress %s ago: the pipeline may still be working", age);
    else if (report->processing)
        snprintf(text, sizeof text, "no progress for %s", age);
    if (report->processing)
        code = say(explaining, error, text);
    if (!code && report->processing && !explaining->upload.vendor_status[0])
        code =
            say(explaining, error, "its vendor no longer exists: no record of it can be accepted");
    if (!code && report->processing && explaining->object_gone)
        code = say(explaining, error,
                   "its object version no longer exists: records that are not "
                   "in the table are lost");
    if (!code && report->processing)
        code = explain_parser(explaining, error);
    if (!code)
        code = explain_records(explaining, error);
    if (!code)
        code = explain_rest(explaining, error);
    bool messages = report->outbox_waiting || report->outbox_refused;
    if (!code && (report->processing || messages || report->items_unmarked)) {
        char remedy[UPLOAD_ID_SIZE + 48];
        bool lost = !explaining->upload.vendor_status[0] || explaining->object_gone;
        snprintf(remedy, sizeof remedy, "intake revalidate %s --pending%s", report->upload_id,
                 report->processing && lost ? " --end" : "");
        report->remedy = arena_copy_text(&report->memory, remedy, strlen(remedy));
    }
    return code;
}

enum error_code stuck_explain(struct pipeline *pipeline, const char *upload_id, bool look,
                              struct stuck_report *report, struct error *error)
{
    struct error local = ERROR_INIT;
    struct explaining explaining = {.pipeline = pipeline, .report = report};
    error = error ? error : &local;
    *report = (struct stuck_report){
        .not_written = -1, .in_table = -1, .parser_dead_letters = -1, .validator_dead_letters = -1};
    upload_state_init(&explaining.upload);
    enum error_code code = read_ledger(&explaining, upload_id, error);
    if (!code)
        code = write_rows(&explaining, error);
    if (!code && look && report->processing)
        code = look_at_table(&explaining, error);
    if (!code && look && report->processing && report->not_written != 0)
        look_at_object(&explaining);
    if (!code && look && report->processing)
        code = look_at_queues(&explaining, error);
    if (!code)
        code = explain(&explaining, error);
    revalidate_selection_release(&explaining.pending);
    upload_state_release(&explaining.upload);
    return code;
}

void stuck_report_release(struct stuck_report *report)
{
    free(report->sentences);
    arena_release(&report->memory);
    *report = (struct stuck_report){.processing = false};
}
