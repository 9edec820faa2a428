#include "core/pipeline/outbox.h"

#include "aws/sqs.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/point.h"

#define PAGE 100
#define ATTRIBUTES_MAX 6

#define OWN_WAIT_MS 3000 /* for what somebody else is sending just now */
#define OWN_PAUSE_MS 100

static const char take_sql[] =
    "SELECT id, upload_id, body, attributes::text AS attributes FROM outbox"
    " WHERE refused_at IS NULL AND id > $1"
    "   AND created_at <= clock_timestamp() - make_interval(secs => $2)"
    " ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED";

/* What there is to send of the caller's uploads, whoever holds it. */
static const char own_sql[] =
    "SELECT upload_id, count(*) AS messages, max(id) AS newest FROM outbox"
    " WHERE upload_id = ANY ($1::text[]) AND refused_at IS NULL AND id <= $2 GROUP BY upload_id";

/* One way through the outbox. */
struct passage {
    struct pipeline *pipeline;
    const char *queue_url;
    const char *const *own; /* ids of the caller's uploads */
    size_t own_count;
    const char *own_literal; /* the same as an array; NULL: none */
    int64_t own_newest;      /* messages behind this one are somebody else's to send */
    int64_t *left;           /* of each of the caller's uploads */
    int64_t age_s;           /* younger ones are left to whoever wrote them */
    int64_t after;           /* the last id that was taken */
    int64_t sent;
    size_t kept;          /* messages that the queue did not take this time */
    struct error failure; /* why a whole call to the queue failed */
};

/* The rows of one page, as the queue wants them. */
struct page {
    struct db_result rows, own;
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
    db_result_release(&page->own);
    free(page);
}

/* tests/model: outbox_take */
static enum error_code page_take(struct passage *passage, struct page *page, struct error *error)
{
    struct db *db = passage->pipeline->db;
    struct db_params take = DB_PARAMS_INIT, own = DB_PARAMS_INIT;
    db_param_int(&take, passage->after);
    db_param_int(&take, passage->age_s);
    enum error_code code = db_ensure(db, error);
    if (!code)
        code = db_pipeline_begin(db, error);
    if (!code)
        code = db_pipeline_queue(db, "BEGIN", NULL, error);
    if (!code)
        code = db_pipeline_queue(db, take_sql, &take, error);
    if (!code && passage->own_literal) {
        db_param_text(&own, passage->own_literal);
        db_param_int(&own, passage->own_newest);
        code = db_pipeline_queue(db, own_sql, &own, error);
    }
    if (!code)
        code = db_pipeline_sync(db, error);
    if (!code)
        code = db_pipeline_next(db, NULL, error);
    if (!code)
        code = db_pipeline_next(db, &page->rows, error);
    if (!code && passage->own_literal)
        code = db_pipeline_next(db, &page->own, error);
    db_pipeline_end(db);
    if (!code && page->rows.count)
        passage->after = db_row_int(&page->rows, page->rows.count - 1, "id");
    return code;
}

static int64_t *own_left(const struct passage *passage, const char *upload_id)
{
    for (size_t i = 0; i < passage->own_count; i++)
        if (strcmp(passage->own[i], upload_id) == 0)
            return &passage->left[i];
    return NULL;
}

/* Counts what is to send of the caller's uploads, anew with each page. */
static void own_count(struct passage *passage, const struct page *page)
{
    int64_t newest = 0;
    for (size_t i = 0; i < passage->own_count; i++)
        passage->left[i] = 0;
    for (int row = 0; row < page->own.count; row++) {
        int64_t *left = own_left(passage, db_row_text(&page->own, row, "upload_id"));
        int64_t last = db_row_int(&page->own, row, "newest");
        if (left)
            *left = db_row_int(&page->own, row, "messages");
        newest = last > newest ? last : newest;
    }
    if (newest)
        passage->own_newest = newest;
}

static void own_settled(struct passage *passage, const struct page *page, size_t place)
{
    int64_t *left = own_left(passage, db_row_text(&page->rows, (int)place, "upload_id"));
    if (left && *left && db_row_int(&page->rows, (int)place, "id") <= passage->own_newest)
        --*left;
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
static size_t page_sort(struct passage *passage, const struct page *page, struct db_array *done,
                        struct db_array *refused, struct db_array *why)
{
    for (size_t i = 0; i < page->count; i++) {
        int64_t id = db_row_int(&page->rows, (int)i, "id");
        const struct sqs_outcome *outcome = &page->outcomes[i];
        char text[sizeof outcome->service_code + sizeof outcome->detail + 2];
        if (outcome->code && !outcome->sender_fault) {
            passage->kept++;
            continue;
        }
        own_settled(passage, page, i);
        if (!outcome->code) {
            db_array_add_int(done, id);
            continue;
        }
        log_line(LOG_ERROR, "the error queue refuses a message for ever", "upload_id",
                 db_row_text(&page->rows, (int)i, "upload_id"), "service_code",
                 outcome->service_code, "detail", outcome->detail, NULL);
        snprintf(text, sizeof text, "%s: %s", outcome->service_code, outcome->detail);
        db_array_add_int(refused, id);
        db_array_add_string(why, text);
    }
    passage->sent += (int64_t)done->count;
    return done->count + refused->count;
}

static enum error_code queue_arrays(struct db *db, const char *sql, struct db_array *first,
                                    struct db_array *second, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    const char *literal = NULL;
    enum error_code code = db_array_literal(first, &literal, error);
    if (code)
        return code;
    db_param_text(&params, literal);
    if (second && (code = db_array_literal(second, &literal, error)))
        return code;
    if (second)
        db_param_text(&params, literal);
    return db_pipeline_queue(db, sql, &params, error);
}

/* tests/model: outbox_delete */
static enum error_code page_settle(struct passage *passage, struct page *page, size_t *settled,
                                   struct error *error)
{
    struct db *db = passage->pipeline->db;
    struct db_array done, refused, why;
    db_array_init(&done, 1 << 20);
    db_array_init(&refused, 1 << 20);
    db_array_init(&why, 1 << 20);
    *settled = page_sort(passage, page, &done, &refused, &why);
    enum error_code code = db_pipeline_begin(db, error);
    if (!code)
        code = queue_arrays(db, "DELETE FROM outbox WHERE id = ANY ($1::bigint[])", &done, NULL,
                            error);
    if (!code)
        code = queue_arrays(db,
                            "UPDATE outbox o SET refused_at = clock_timestamp(), refusal = r.why"
                            " FROM unnest($1::bigint[], $2::text[]) AS r (id, why)"
                            " WHERE o.id = r.id",
                            &refused, &why, error);
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

/* *settled: how many rows are done with, sent or refused. */
static enum error_code page_send(struct passage *passage, struct page *page, size_t *settled,
                                 struct error *error)
{
    struct error failure = ERROR_INIT;
    enum error_code code = page_read(page, error);
    point_reached("before messages are sent");
    if (!code && sqs_send_message_batch(passage->pipeline->aws, passage->queue_url, page->messages,
                                        page->count, 0, page->outcomes, &failure))
        passage->failure = failure;
    point_reached("after messages are sent");
    if (!code)
        code = page_settle(passage, page, settled, error);
    point_reached("after sent messages are deleted");
    return code;
}

static enum error_code page_pass(struct passage *passage, bool *more, struct error *error)
{
    size_t settled = 0;
    struct page *page = memory_new(1, sizeof *page);
    if (!page)
        return error_set(error, ERROR_MEMORY, "out of memory for outgoing messages");
    enum error_code code = pipeline_check(passage->pipeline, error);
    if (!code)
        code = page_take(passage, page, error);
    if (!code)
        own_count(passage, page);
    if (!code && page->rows.count)
        code = page_send(passage, page, &settled, error);
    if (code || !page->rows.count)
        db_rollback(passage->pipeline->db);
    *more = !code && page->rows.count == PAGE && (settled || !passage->failure.code);
    page_release(page);
    return code;
}

/* Messages that are kept stand in nobody's way: the passage goes on behind them. */
static enum error_code passage_make(struct passage *passage, struct error *error)
{
    bool more = true;
    enum error_code code = settings_require(passage->pipeline->settings, SETTING_ERROR_QUEUE_URL,
                                            &passage->queue_url, error);
    passage->after = 0;
    passage->kept = 0;
    error_clear(&passage->failure);
    while (!code && more)
        code = page_pass(passage, &more, error);
    return code;
}

static enum error_code tell_kept(const struct passage *passage, struct error *error)
{
    if (!passage->failure.code)
        return error_set(error, ERROR_UNAVAILABLE,
                         "the error queue did not take %zu messages: they are tried again by "
                         "whoever comes next",
                         passage->kept);
    if (error)
        *error = passage->failure;
    return error_wrap(error, "sending to the error queue");
}

enum error_code outbox_flush(struct pipeline *pipeline, int64_t age_s, int64_t *sent,
                             struct error *error)
{
    struct passage passage = {.pipeline = pipeline, .age_s = age_s};
    struct error local = ERROR_INIT;
    error = error ? error : &local;
    enum error_code code = passage_make(&passage, error);
    if (!code && passage.kept)
        code = tell_kept(&passage, error);
    if (sent)
        *sent = passage.sent;
    return code;
}

static bool any_left(const struct passage *passage)
{
    for (size_t i = 0; i < passage->own_count; i++)
        if (passage->left[i])
            return true;
    return false;
}

enum error_code outbox_flush_own(struct pipeline *pipeline, const char *const *upload_ids,
                                 size_t count, int64_t *left, struct error *error)
{
    struct passage passage = {.pipeline = pipeline,
                              .own = upload_ids,
                              .own_count = count,
                              .own_newest = INT64_MAX,
                              .left = left};
    struct error local = ERROR_INIT;
    struct db_array ids;
    int64_t until = world_monotonic_ms(pipeline->world) + OWN_WAIT_MS;
    error = error ? error : &local;
    db_array_init(&ids, 1 << 20);
    for (size_t i = 0; i < count; i++)
        db_array_add_string(&ids, upload_ids[i]);
    enum error_code code = db_array_literal(&ids, &passage.own_literal, error);
    while (!code && !(code = passage_make(&passage, error)) && any_left(&passage) &&
           !passage.failure.code && world_monotonic_ms(pipeline->world) < until)
        world_sleep_ms(pipeline->world, OWN_PAUSE_MS);
    if (!code && passage.failure.code && any_left(&passage))
        code = tell_kept(&passage, error);
    db_array_release(&ids);
    return code;
}

enum error_code outbox_offer_again(struct pipeline *pipeline, const char *upload_id, int64_t *count,
                                   struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    db_param_text(&params, upload_id);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = db_query(pipeline->db,
                        "UPDATE outbox SET refused_at = NULL, refusal = NULL"
                        " WHERE upload_id = $1 AND refused_at IS NOT NULL",
                        &params, &result, error);
    *count = code ? 0 : result.affected;
    db_result_release(&result);
    return code;
}
