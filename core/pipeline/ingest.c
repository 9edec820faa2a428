#include "core/pipeline/ingest.h"

#include "aws/dynamodb.h"
#include "aws/s3.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/point.h"
#include "core/pipeline/claim.h"
#include "core/pipeline/outbox.h"
#include "core/pipeline/upload_end.h"
#include "core/record/item.h"
#include "core/record/waves.h"

#define IN_FLIGHT 16

/* One file on its way into the table. */
struct ingest {
    struct pipeline *pipeline;
    const char *table;
    struct claim claim;
    struct buffer body;
    struct csv_reader *reader;
    struct waves waves;
    bool *present;   /* rows that the table has already; present[i] is row i + 1 */
    uint32_t wave;   /* the one being written */
    size_t repeated; /* calls of unknown outcome */
    struct item_head head;
    struct error *error;
    enum error_code failed;
};

static void ingest_release(struct ingest *ingest)
{
    buffer_release(&ingest->body);
    csv_reader_free(ingest->reader);
    waves_release(&ingest->waves);
    free(ingest->present);
}

static void describe_header(const struct csv_header *header, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member_bool(out, "bom", header->bom);
    json_append_member(out, "line_end", header->line_end);
    json_append_member_integer(out, "field_count", header->field_count);
    json_append_member(out, "delimiter", (char[]){header->delimiter, '\0'});
    json_append_member_bool(out, "errors_own", header->errors_own);
    json_append_key(out, "ignored_columns");
    buffer_format(out, "[%s]", header->ignored.data);
    if (header->swallowed) {
        json_append_member_integer(out, "swallowed", header->swallowed);
        json_append_member_integer(out, "swallowed_line", header->swallowed_line);
        json_append_member_integer(out, "swallowed_last_line", header->swallowed_last_line);
    }
    json_append_key(out, "unknown_columns");
    json_append_string(out, header->unknown_count ? header->unknown.data : NULL,
                       header->unknown.len);
    buffer_char(out, '}');
}

static enum error_code admit(struct ingest *ingest, struct error *error)
{
    const struct csv_header *header = csv_reader_header(ingest->reader);
    struct buffer metadata;
    buffer_init(&metadata, CSV_FILE_MAX * 4);
    describe_header(header, &metadata);
    enum error_code code = buffer_check(&metadata, error);
    if (!code)
        code = claim_admit(ingest->pipeline, &ingest->claim,
                           &(struct admission){.records = (uint32_t)ingest->waves.count,
                                               .header = header->raw.data,
                                               .header_len = header->raw.len,
                                               .metadata = metadata.data},
                           error);
    buffer_release(&metadata);
    return code;
}

static bool note_present(void *context, struct json_object *item)
{
    struct ingest *ingest = context;
    size_t len = 0;
    uint32_t row = 0;
    const char *record_id = dynamodb_get_text(item, "record_id", &len);
    if (record_id && record_id_parse(record_id, len, &row) && row >= 1 &&
        row <= ingest->waves.count)
        ingest->present[row - 1] = true;
    return true;
}

/* What was judged is never written again, whatever became of its item. */
static enum error_code find_judged(struct ingest *ingest, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    db_param_text(&params, ingest->claim.upload_id);
    enum error_code code =
        db_query(ingest->pipeline->db, "SELECT row_number FROM upload_records WHERE upload_id = $1",
                 &params, &rows, error);
    for (int i = 0; i < rows.count && !code; i++) {
        int64_t row = db_row_int(&rows, i, "row_number");
        if (row >= 1 && row <= (int64_t)ingest->waves.count)
            ingest->present[row - 1] = true;
    }
    db_result_release(&rows);
    return code;
}

/* A parser before this one may have written some. */
static enum error_code find_present(struct ingest *ingest, struct error *error)
{
    ingest->present = memory_new(ingest->waves.count, sizeof *ingest->present);
    if (!ingest->present)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu rows", ingest->waves.count);
    if (!ingest->claim.admitted)
        return ERROR_NONE;
    struct buffer values;
    buffer_init(&values, 1024);
    dynamodb_item_begin(&values);
    dynamodb_write_string(&values, ":u", ingest->claim.upload_id);
    dynamodb_item_end(&values);
    const struct dynamodb_query query = {.table = ingest->table,
                                         .condition = "upload_id = :u",
                                         .projection = "record_id",
                                         .values = values.data,
                                         .consistent = true};
    enum error_code code =
        dynamodb_query(ingest->pipeline->aws, &query, note_present, ingest, error);
    buffer_release(&values);
    return code ? code : find_judged(ingest, error);
}

/* Whether nobody else can be writing these items. */
static bool is_sole(void *context)
{
    struct ingest *ingest = context;
    if (!ingest->failed)
        ingest->failed = claim_keep(ingest->pipeline, &ingest->claim, ingest->error);
    return !ingest->failed;
}

/* The next item of the wave that the table lacks. */
static bool next_item(void *context, struct buffer *item)
{
    struct ingest *ingest = context;
    struct record record;
    bool more = true;
    while (is_sole(ingest)) {
        ingest->failed = csv_reader_next(ingest->reader, &record, &more, ingest->error);
        if (ingest->failed || !more)
            return false;
        waves_apply(&ingest->waves, &record);
        if (record.wave != ingest->wave || ingest->present[record.row_number - 1])
            continue;
        item_append(item, &ingest->head, &record);
        return true;
    }
    return false;
}

/* tests/model: parser_put */
static enum error_code write_waves(struct ingest *ingest, int64_t *written, struct error *error)
{
    enum error_code code = ERROR_NONE;
    ingest->error = error;
    for (ingest->wave = 1; ingest->wave <= ingest->waves.last && !code; ingest->wave++) {
        size_t acknowledged = 0;
        const struct dynamodb_puts puts = {.context = ingest,
                                           .next = next_item,
                                           .absent_only = ingest->claim.admitted,
                                           .sole = is_sole,
                                           .repeated = &ingest->repeated,
                                           .max_in_flight =
                                               ingest->wave == WAVES_MAX ? 1 : IN_FLIGHT};
        code = pipeline_check(ingest->pipeline, error);
        if (!code)
            code = csv_reader_open(&ingest->reader, ingest->body.data, ingest->body.len, error);
        point_reached("before a wave of items is written");
        if (!code)
            code = dynamodb_batch_write(ingest->pipeline->aws, ingest->table, &puts, &acknowledged,
                                        error);
        point_reached("after a wave of items is written");
        if (!code)
            code = ingest->failed;
        *written += (int64_t)acknowledged;
    }
    return code ? error_wrap(error, "writing items of %s", ingest->claim.upload_id) : ERROR_NONE;
}

static void judge_vendor(const struct claim *claim, struct refusal *refusal)
{
    if (refusal->code || claim->admitted)
        return;
    if (!claim->vendor_status[0])
        refusal_set_unknown_vendor(refusal, claim->vendor_id);
    else if (strcmp(claim->vendor_status, "active") != 0)
        refusal_set_vendor_not_active(refusal, claim->vendor_id, claim->vendor_status);
}

/* Deleted, or replaced where the bucket keeps no versions, since it was looked at. */
static bool is_gone(enum error_code code, const struct s3_object *found, const struct error *error)
{
    bool versioned = found->version_id[0] && strcmp(found->version_id, "null") != 0;
    return (code == ERROR_NOT_FOUND && strcmp(error->service_code, "NoSuchBucket") != 0) ||
           (code == ERROR_CONFLICT && error->http_status == 412 && !versioned);
}

/* Everything that can be said of the file before an item is written. */
static enum error_code examine(struct ingest *ingest, const struct ingest_object *object,
                               const struct s3_object *found, struct refusal *refusal,
                               struct error *error)
{
    judge_vendor(&ingest->claim, refusal);
    if (!refusal->code && found->size > (int64_t)CSV_FILE_MAX)
        refusal_set_too_large(refusal, (uint64_t)found->size);
    if (refusal->code)
        return ERROR_NONE;
    enum error_code code =
        s3_get_object_matching(ingest->pipeline->aws, object->bucket, object->key,
                               found->version_id, found->etag, CSV_FILE_MAX, &ingest->body, error);
    if (is_gone(code, found, error)) {
        refusal_set_object_gone(refusal);
        error_clear(error);
        return ERROR_NONE;
    }
    if (!code)
        code = csv_reader_open(&ingest->reader, ingest->body.data, ingest->body.len, error);
    if (!code)
        code = waves_read(&ingest->waves, ingest->reader, refusal, error);
    return code;
}

static enum error_code take_in(struct ingest *ingest, const struct ingest_object *object,
                               const struct s3_object *found, struct refusal *refusal,
                               struct ingest_outcome *outcome, struct error *error)
{
    enum error_code code = examine(ingest, object, found, refusal, error);
    if (code)
        return code;
    if (refusal->code) {
        outcome->result = INGEST_REFUSED;
        outcome->refusal = refusal_name(refusal->code);
        return upload_refuse(ingest->pipeline, &ingest->claim, refusal, error);
    }
    outcome->records = (int64_t)ingest->waves.count;
    ingest->head = (struct item_head){.upload_id = ingest->claim.upload_id,
                                      .vendor_id = ingest->claim.vendor_id,
                                      .created_at_ms = world_now_ms(ingest->pipeline->world)};
    code = admit(ingest, error);
    if (!code)
        code = find_present(ingest, error);
    if (!code)
        code = write_waves(ingest, &outcome->written, error);
    if (!code)
        code = claim_written(ingest->pipeline, &ingest->claim,
                             ingest->claim.admitted || ingest->repeated, error);
    outcome->result = INGEST_WRITTEN;
    return code;
}

static enum error_code ingest_claimed(struct pipeline *pipeline, const struct ingest_object *object,
                                      const struct s3_object *found, const struct upload_name *name,
                                      struct refusal *refusal, struct ingest_outcome *outcome,
                                      struct error *error)
{
    struct ingest ingest = {.pipeline = pipeline};
    buffer_init(&ingest.body, CSV_FILE_MAX);
    waves_init(&ingest.waves);
    enum error_code code =
        settings_require(pipeline->settings, SETTING_TABLE, &ingest.table, error);
    if (!code)
        code = claim_take(pipeline, object->bucket, object->key, found, name, &ingest.claim, error);
    if (!code) {
        snprintf(outcome->upload_id, sizeof outcome->upload_id, "%s", ingest.claim.upload_id);
        snprintf(outcome->vendor_id, sizeof outcome->vendor_id, "%s", ingest.claim.vendor_id);
        outcome->result = INGEST_REPEATED;
        if (!ingest.claim.finished)
            code = take_in(&ingest, object, found, refusal, outcome, error);
    }
    claim_drop(pipeline, &ingest.claim);
    ingest_release(&ingest);
    return code;
}

/* Nothing can be taken in of an object that is gone: an upload that was claimed has failed. */
static enum error_code ingest_gone(struct pipeline *pipeline, const struct ingest_object *object,
                                   struct ingest_outcome *outcome, struct error *error)
{
    size_t count = 0;
    enum error_code code = s3_head_bucket(pipeline->aws, object->bucket, error);
    if (!code)
        code = upload_end_gone(pipeline, object->bucket, object->key, object->version_id, NULL,
                               &count, outcome->upload_id, error);
    if (!code && count) {
        outcome->result = INGEST_REFUSED;
        outcome->refusal = refusal_name(REFUSAL_OBJECT_GONE);
    } else if (!code) {
        log_line(LOG_WARN, "the object no longer exists: nothing to process", "key", object->key,
                 "version", object->version_id, NULL);
    }
    return code;
}

/* A bucket without versions keeps what came last: what was claimed of this key before is gone. */
static enum error_code end_replaced(struct pipeline *pipeline, const struct ingest_object *object,
                                    const struct s3_object *found, struct error *error)
{
    size_t count = 0;
    if (found->version_id[0] && strcmp(found->version_id, "null") != 0)
        return ERROR_NONE;
    return upload_end_gone(pipeline, object->bucket, object->key, NULL, found->etag, &count, NULL,
                           error);
}

static enum error_code ingest_once(struct pipeline *pipeline, const struct ingest_object *object,
                                   const struct upload_name *name, const struct refusal *known,
                                   struct ingest_outcome *outcome, struct error *error)
{
    struct refusal refusal = *known;
    struct s3_object found;
    s3_object_init(&found);
    enum error_code code = s3_head_object(pipeline->aws, object->bucket, object->key,
                                          object->version_id, &found, error);
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        code = ingest_gone(pipeline, object, outcome, error);
    } else if (!code) {
        code = ingest_claimed(pipeline, object, &found, name, &refusal, outcome, error);
        if (!code)
            code = end_replaced(pipeline, object, &found, error);
    }
    s3_object_release(&found);
    return code;
}

static enum error_code send_own(struct pipeline *pipeline, const char *upload_id,
                                struct error *error)
{
    int64_t left = 0;
    enum error_code code = outbox_flush_own(pipeline, &upload_id, 1, &left, error);
    if (!code && left)
        code = error_set(error, ERROR_UNAVAILABLE,
                         "%lld messages of %s are not with the error queue yet", (long long)left,
                         upload_id);
    return code;
}

enum error_code ingest_object(struct pipeline *pipeline, const struct ingest_object *object,
                              struct ingest_outcome *outcome, struct error *error)
{
    struct error local = ERROR_INIT;
    struct upload_name name;
    struct refusal refusal = {.code = REFUSAL_NONE};
    size_t key_len = strlen(object->key);
    bool versioned = object->version_id && object->version_id[0];
    error = error ? error : &local;
    *outcome = (struct ingest_outcome){.result = INGEST_IGNORED};
    if (!upload_key_is_upload(object->key, key_len)) {
        log_line(LOG_INFO, "not an upload, and ignored: a folder, or what a tool left there", "key",
                 object->key, NULL);
        return ERROR_NONE;
    }
    upload_key_parse(object->key, key_len, &name, &refusal);
    enum error_code code = ingest_once(pipeline, object, &name, &refusal, outcome, error);
    bool replaced = !code && outcome->result == INGEST_REFUSED && !versioned &&
                    strcmp(outcome->refusal, refusal_name(REFUSAL_OBJECT_GONE)) == 0;
    if (replaced) /* what stands in its place, if anything does */
        code = ingest_once(pipeline, object, &name, &refusal, outcome, error);
    if (!code && outcome->result != INGEST_WRITTEN)
        code = send_own(pipeline, outcome->upload_id, error);
    return code;
}
