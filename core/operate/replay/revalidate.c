#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/sqs.h"
#include "core/base/json.h"
#include "core/base/point.h"
#include "core/operate/replay/replay_private.h"
#include "core/pipeline/validate.h"
#include "core/record/item.h"
#include "sql/db.h"

#define BATCH_ITEMS 100

/* Items on their way to validate_items, a batch at a time. */
struct pending {
    struct replay_run *run;
    struct upload_item *list[BATCH_ITEMS];
    size_t count;
    int64_t valid, invalid, before, poison, failed;
    char problem[256]; /* of the first that failed */
    enum error_code code;
    struct error *error;
};

static void pending_clear(struct pending *pending)
{
    for (size_t i = 0; i < pending->count; i++) {
        upload_item_release(pending->list[i]);
        free(pending->list[i]);
    }
    pending->count = 0;
}

static void pending_flush(struct pending *pending)
{
    bool failed[BATCH_ITEMS] = {false};
    struct validate_outcome outcome = {.failed = failed};
    if (pending->count > 0 && !pending->code)
        pending->code =
            validate_items(pending->run->pipeline, (const struct upload_item *const *)pending->list,
                           pending->count, &outcome, pending->error);
    for (size_t i = 0; i < pending->count && !pending->code; i++) {
        if (!failed[i])
            continue;
        if (pending->failed++ == 0 && pending->poison == 0)
            snprintf(pending->problem, sizeof pending->problem, "record %s of %s: unknown upload",
                     pending->list[i]->record_id, pending->list[i]->upload_id);
    }
    pending->valid += outcome.valid;
    pending->invalid += outcome.invalid;
    pending->before += outcome.settled_before;
    pending_clear(pending);
}

/* One item's attributes; false ends the reading. */
static bool pending_add(struct pending *pending, struct json_object *attributes)
{
    struct error problem = ERROR_INIT;
    struct upload_item *item = memory_new(1, sizeof *item);
    if (!item) {
        pending->code = error_set(pending->error, ERROR_MEMORY, "out of memory for a record");
        return false;
    }
    upload_item_init(item);
    if (item_decode(attributes, item, &problem)) {
        if (pending->poison++ == 0 && pending->failed == 0)
            snprintf(pending->problem, sizeof pending->problem, "a poison record: %.130s",
                     problem.message);
        upload_item_release(item);
        free(item);
    } else {
        pending->list[pending->count++] = item;
    }
    if (pending->count == BATCH_ITEMS)
        pending_flush(pending);
    return !pending->code && !cancel_requested(pending->run->pipeline->cancel);
}

static bool record_add(void *context, struct json_object *record)
{
    const char *name = json_text(record, "eventName", NULL);
    struct json_object *image = json_path(record, "dynamodb", "NewImage", NULL);
    if (!name || strcmp(name, "INSERT") != 0 || !image)
        return true;
    return pending_add(context, image);
}

static bool item_add(void *context, struct json_object *item)
{
    return pending_add(context, item);
}

/* ---- where the stream no longer has them: the table's pending items */

static enum error_code upload_pending(struct pending *pending, const char *upload_id,
                                      struct error *error)
{
    const char *table = NULL;
    struct buffer values;
    buffer_init(&values, 1024);
    dynamodb_item_begin(&values);
    dynamodb_write_string(&values, ":u", upload_id);
    dynamodb_write_string(&values, ":p", ITEM_STATUS_PENDING);
    dynamodb_item_end(&values);
    enum error_code code =
        settings_require(pending->run->pipeline->settings, SETTING_TABLE, &table, error);
    const struct dynamodb_query query = {.table = table,
                                         .condition = "upload_id = :u",
                                         .filter = "#s = :p",
                                         .names = "{\"#s\":\"status\"}",
                                         .values = values.data,
                                         .consistent = true};
    if (!code)
        code = dynamodb_query(pending->run->pipeline->aws, &query, item_add, pending, error);
    buffer_release(&values);
    return code;
}

/* The uploads that it can be about: the one that was asked for, else all that wait for records and
 * were there when the letter was written. */
static enum error_code uploads_pending(struct pending *pending, const struct dead_letter *letter,
                                       struct error *error)
{
    struct pipeline *pipeline = pending->run->pipeline;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    db_param_text(&params, pending->run->plan->state->upload);
    if (letter->sent_at_ms > 0)
        db_param_time(&params, letter->sent_at_ms);
    else
        db_param_null(&params);
    enum error_code code =
        db_query(pipeline->db,
                 "SELECT upload_id FROM upload_history WHERE status = 'processing'"
                 " AND ($1::text IS NULL OR upload_id = $1)"
                 " AND ($2::timestamptz IS NULL"
                 "  OR coalesce(processing_started_at, upload_timestamp) <= $2)"
                 " ORDER BY upload_timestamp, upload_id",
                 &params, &result, error);
    for (int row = 0; row < result.count && !code; row++) {
        code = upload_pending(pending, db_result_text(&result, row, 0), error);
        if (!code)
            code = pending->code;
        if (!code)
            code = pipeline_check(pipeline, error);
    }
    db_result_release(&result);
    return code;
}

/* ---- one letter */

static enum error_code letter_replay(struct pending *pending, const struct dead_letter *letter,
                                     struct error *error)
{
    struct json_object *document = NULL;
    enum error_code code = json_parse(letter->body, letter->body_length, &document, error);
    struct json_object *batch = json_member(document, "DDBStreamBatchInfo");
    const struct dynamodb_stream_range range = {
        .stream_arn = json_text(batch, "streamArn", NULL),
        .shard_id = json_text(batch, "shardId", NULL),
        .start_sequence = json_text(batch, "startSequenceNumber", NULL),
        .end_sequence = json_text(batch, "endSequenceNumber", NULL),
    };
    bool gone = letter->trimmed || !range.stream_arn;
    if (!code && !gone) {
        code =
            dynamodb_stream_read(pending->run->pipeline->aws, &range, record_add, pending, error);
        gone = code == ERROR_NOT_FOUND || code == ERROR_DENIED; /* the table has them, too */
    }
    if (gone)
        code = uploads_pending(pending, letter, error);
    if (!code)
        pending_flush(pending);
    if (!code)
        code = pending->code;
    json_object_put(document);
    return code;
}

static void letter_delete(struct replay_run *run, struct replay_item *item)
{
    struct sqs_outcome outcome = {.code = ERROR_NONE};
    struct error error = ERROR_INIT;
    const char *receipt = item->letter->receipt;
    point_reached("before dead letters are deleted");
    if (receipt && sqs_delete_message_batch(run->pipeline->aws, run->plan->queue.url, &receipt, 1,
                                            1, &outcome, &error))
        outcome.code = error.code;
    point_reached("after dead letters are deleted");
    if (!outcome.code) {
        item->letter->returned = true;
        replay_item_settle(run, item, REPLAY_MOVED, item->detail);
        return;
    }
    snprintf(item->detail, sizeof item->detail, "validated, but not deleted: %.140s",
             error.code ? error.message : outcome.detail);
    replay_item_settle(run, item, REPLAY_FAILED, item->detail);
}

static bool still_hidden(struct replay_run *run, struct replay_item *item)
{
    int64_t now = world_monotonic_ms(run->pipeline->world);
    struct error error = ERROR_INIT;
    if (!item->letter->receipt ||
        item->letter->hidden_until_ms - now > replay_work_invoke.least_hold_ms)
        return true;
    point_reached("before dead letters are hidden for longer");
    enum error_code code =
        sqs_change_visibility(run->pipeline->aws, run->plan->queue.url, item->letter->receipt,
                              (int)replay_work_invoke.extend_s, &error);
    point_reached("after dead letters are hidden for longer");
    if (!code)
        return true;
    snprintf(item->detail, sizeof item->detail,
             "its receipt handle has expired (%.100s): plan again", error.message);
    replay_item_settle(run, item, REPLAY_FAILED, item->detail);
    return false;
}

static void item_replay(struct replay_run *run, struct replay_item *item)
{
    struct error error = ERROR_INIT;
    struct pending pending = {.run = run, .error = &error};
    if (!still_hidden(run, item))
        return;
    item->tried = true;
    enum error_code code = letter_replay(&pending, item->letter, &error);
    pending_clear(&pending);
    if (code == ERROR_CANCELLED || cancel_requested(run->pipeline->cancel))
        return; /* kept; the next one takes it up */
    snprintf(item->detail, sizeof item->detail,
             "%lld valid, %lld invalid, %lld already had an outcome", (long long)pending.valid,
             (long long)pending.invalid, (long long)pending.before);
    if (!code && pending.failed + pending.poison == 0) {
        item->sent = true;
        replay_run_record(run, item);
        letter_delete(run, item);
        return;
    }
    if (code) {
        snprintf(item->detail, sizeof item->detail, "%.180s", error.message);
    } else {
        size_t used = strlen(item->detail);
        long long left = (long long)pending.failed + (long long)pending.poison;
        snprintf(item->detail + used, sizeof item->detail - used, "; %lld not: %.90s", left,
                 pending.problem);
    }
    replay_item_settle(run, item, REPLAY_FAILED, item->detail);
    if (code == ERROR_DENIED || error_code_is_authentication(code) || code == ERROR_DATABASE)
        replay_run_fail(run, &error);
}

enum error_code replay_revalidate(struct replay_run *run, struct error *error)
{
    for (size_t i = 0; i < run->count && !replay_run_over(run); i++)
        item_replay(run, &run->items[i]);
    (void)replay_run_over(run); /* a wish to stop that came during the last one */
    if (run->failed && error)
        *error = *run->error;
    return run->failed;
}
