#include "core/outbox.h"

#include "aws/sqs.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/memory.h"

#define PAGE 100
#define ATTRIBUTES_MAX 6

static const char take_sql[] =
    "SELECT id, body, attributes::text AS attributes FROM outbox WHERE refused_at IS NULL"
    " ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED";

/* The rows of one page, as the queue wants them. */
struct page {
    struct db_result rows;
    struct sqs_send messages[PAGE];
    struct sqs_entry_attribute attributes[PAGE][ATTRIBUTES_MAX];
    struct sqs_outcome outcomes[PAGE];
    struct json_object *documents[PAGE];
    size_t count;
};

static void page_release(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        json_object_put(page->documents[i]);
    db_result_release(&page->rows);
    free(page);
}

static enum error_code page_take(struct pipeline *pipeline, struct page *page, struct error *error)
{
    struct db *db = pipeline->db;
    enum error_code code = db_ensure(db, error);
    if (!code)
        code = db_pipeline_begin(db, error);
    if (!code)
        code = db_pipeline_queue(db, "BEGIN", NULL, error);
    if (!code)
        code = db_pipeline_queue(db, take_sql, NULL, error);
    if (!code)
        code = db_pipeline_sync(db, error);
    if (!code)
        code = db_pipeline_next(db, NULL, error);
    if (!code)
        code = db_pipeline_next(db, &page->rows, error);
    db_pipeline_end(db);
    return code;
}

static enum error_code page_read(struct page *page, struct error *error)
{
    for (int row = 0; row < page->rows.count; row++) {
        size_t at = page->count;
        struct sqs_send *message = &page->messages[at];
        enum error_code code =
            json_parse(db_row_text(&page->rows, row, "attributes"),
                       db_row_length(&page->rows, row, "attributes"), &page->documents[at], error);
        if (code)
            return error_wrap(error, "attributes of an outgoing message");
        page->count++;
        message->body = db_row_text(&page->rows, row, "body");
        message->body_length = db_row_length(&page->rows, row, "body");
        message->attributes = page->attributes[at];
        json_object_object_foreach(page->documents[at], name, value)
        {
            if (message->attribute_count < ATTRIBUTES_MAX && value)
                page->attributes[at][message->attribute_count++] =
                    (struct sqs_entry_attribute){name, json_object_get_string(value)};
        }
    }
    return ERROR_NONE;
}

/* Which rows the queue has, and which it will never take. */
static enum error_code page_settle(struct db *db, struct page *page, int64_t *sent,
                                   struct error *error)
{
    struct db_array done, refused, why;
    struct db_params done_params = DB_PARAMS_INIT, refused_params = DB_PARAMS_INIT;
    const char *literal = NULL;
    db_array_init(&done, 1 << 20);
    db_array_init(&refused, 1 << 20);
    db_array_init(&why, 1 << 20);
    for (size_t i = 0; i < page->count; i++) {
        int64_t id = db_row_int(&page->rows, (int)i, "id");
        const struct sqs_outcome *outcome = &page->outcomes[i];
        if (!outcome->code) {
            db_array_add_int(&done, id);
        } else if (outcome->sender_fault) {
            log_line(LOG_ERROR, "the error queue refuses a message for ever", "service_code",
                     outcome->service_code, "detail", outcome->detail, NULL);
            db_array_add_int(&refused, id);
            db_array_add_string(&why, outcome->detail);
        }
    }
    *sent += (int64_t)done.count;
    enum error_code code = db_pipeline_begin(db, error);
    if (!code)
        code = db_array_literal(&done, &literal, error);
    if (!code) {
        db_param_text(&done_params, literal);
        code = db_pipeline_queue(db, "DELETE FROM outbox WHERE id = ANY ($1::bigint[])",
                                 &done_params, error);
    }
    if (!code)
        code = db_array_literal(&refused, &literal, error);
    if (!code) {
        db_param_text(&refused_params, literal);
        code = db_array_literal(&why, &literal, error);
        db_param_text(&refused_params, literal);
    }
    if (!code)
        code = db_pipeline_queue(db,
                                 "UPDATE outbox o SET refused_at = clock_timestamp(),"
                                 " refusal = r.why"
                                 " FROM unnest($1::bigint[], $2::text[]) AS r (id, why)"
                                 " WHERE o.id = r.id",
                                 &refused_params, error);
    if (!code)
        code = db_pipeline_queue(db, "COMMIT", NULL, error);
    if (!code)
        code = db_pipeline_sync(db, error);
    for (int i = 0; i < 3 && !code; i++)
        code = db_pipeline_next(db, NULL, error);
    db_pipeline_end(db);
    db_array_release(&done);
    db_array_release(&refused);
    db_array_release(&why);
    return code;
}

static enum error_code page_send(struct pipeline *pipeline, const char *queue_url,
                                 struct page *page, int64_t *sent, struct error *error)
{
    enum error_code code = page_read(page, error);
    if (code)
        return code;
    struct error failure = ERROR_INIT;
    enum error_code sending = sqs_send_message_batch(pipeline->aws, queue_url, page->messages,
                                                     page->count, 0, page->outcomes, &failure);
    bool kept = false;
    for (size_t i = 0; i < page->count; i++)
        kept = kept || (page->outcomes[i].code && !page->outcomes[i].sender_fault);
    code = page_settle(pipeline->db, page, sent, error);
    if (!code && sending && kept) {
        if (error)
            *error = failure;
        code = error_wrap(error, "sending to the error queue");
    } else if (!code && kept) {
        code = error_set(error, ERROR_UNAVAILABLE, "the error queue did not take all messages");
    }
    return code;
}

enum error_code outbox_flush(struct pipeline *pipeline, int64_t *sent, struct error *error)
{
    const char *queue_url = NULL;
    int64_t done = 0;
    bool more = true;
    enum error_code code =
        settings_require(pipeline->settings, SETTING_ERROR_QUEUE_URL, &queue_url, error);
    while (!code && more) {
        struct page *page = memory_new(1, sizeof *page);
        if (!page)
            return error_set(error, ERROR_MEMORY, "out of memory for outgoing messages");
        code = pipeline_check(pipeline, error);
        if (!code)
            code = page_take(pipeline, page, error);
        more = !code && page->rows.count == PAGE;
        if (!code && page->rows.count)
            code = page_send(pipeline, queue_url, page, &done, error);
        if (code || !page->rows.count)
            db_rollback(pipeline->db);
        page_release(page);
    }
    if (sent)
        *sent = done;
    return code;
}
