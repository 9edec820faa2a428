#include "core/base/json.h"
#include "core/operate/replay/replay_private.h"
#include "sql/db.h"

#define ARRAY_MAX ((size_t)256 << 20)
#define NAMED_MAX 3

void replay_subject_append(struct buffer *out, const struct dead_letter_queue *queue,
                           const struct dead_letter *letter)
{
    struct json_object *document = NULL;
    if (queue->kind == DEAD_LETTER_FUNCTION && letter->object_key) {
        buffer_format(out, "%s@%s", letter->object_key,
                      letter->object_version ? letter->object_version : "");
    } else if (queue->kind == DEAD_LETTER_STREAM &&
               !json_parse(letter->body, letter->body_length, &document, NULL)) {
        struct json_object *batch = json_member(document, "DDBStreamBatchInfo");
        const char *shard = json_text(batch, "shardId", NULL);
        const char *first = json_text(batch, "startSequenceNumber", NULL);
        if (shard && first)
            buffer_format(out, "%s@%s", shard, first);
    }
    json_object_put(document);
}

/* ---- uploads that have finished meanwhile */

static enum error_code finished_read(struct pipeline *pipeline, struct replay_plan *plan,
                                     struct error *error)
{
    struct db_array uploads;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    const char *list = NULL;
    db_array_init(&uploads, ARRAY_MAX);
    for (size_t i = 0; i < plan->upload_count; i++)
        if (plan->uploads[i].name)
            db_array_add_string(&uploads, plan->uploads[i].name);
    enum error_code code = db_array_literal(&uploads, &list, error);
    db_param_text(&params, list);
    if (!code && uploads.count > 0)
        code = db_query(pipeline->db,
                        "SELECT upload_id, status, count(*) OVER () AS finished"
                        " FROM upload_history WHERE upload_id = ANY ($1::text[])"
                        "  AND status <> 'processing' ORDER BY upload_id LIMIT 3",
                        &params, &result, error);
    if (!code && result.count > 0) {
        struct buffer names;
        int64_t finished = db_row_int(&result, 0, "finished");
        buffer_init(&names, 4096);
        for (int row = 0; row < result.count; row++)
            buffer_format(&names, "%s%s (%s)", row > 0 ? ", " : "",
                          db_row_text(&result, row, "upload_id"),
                          db_row_text(&result, row, "status"));
        replay_plan_warn(plan, "%lld of the uploads are already finished: %s%s",
                         (long long)finished, names.data, finished > NAMED_MAX ? ", ..." : "");
        buffer_release(&names);
    }
    db_result_release(&result);
    db_array_release(&uploads);
    return code;
}

/* ---- messages that were replayed before */

static enum error_code ids_query(struct pipeline *pipeline, const struct replay_plan *plan,
                                 const char *sql, struct db_result *result, struct error *error)
{
    struct db_array ids, subjects;
    struct db_params params = DB_PARAMS_INIT;
    const char *id_list = NULL, *subject_list = NULL;
    struct buffer subject;
    buffer_init(&subject, 4096);
    db_array_init(&ids, ARRAY_MAX);
    db_array_init(&subjects, ARRAY_MAX);
    for (size_t i = 0; i < plan->letters.count; i++) {
        buffer_clear(&subject);
        replay_subject_append(&subject, &plan->queue, &plan->letters.list[i]);
        db_array_add_string(&ids, plan->letters.list[i].message_id);
        if (subject.len > 0)
            db_array_add_string(&subjects, subject.data);
    }
    enum error_code code = db_array_literal(&ids, &id_list, error);
    if (!code)
        code = db_array_literal(&subjects, &subject_list, error);
    if (!code) {
        db_param_text(&params, id_list);
        db_param_text(&params, subject_list);
        db_param_text(&params, plan->queue.arn);
        code = db_query(pipeline->db, sql, &params, result, error);
    }
    buffer_release(&subject);
    db_array_release(&ids);
    db_array_release(&subjects);
    return code;
}

static enum error_code repeated_read(struct pipeline *pipeline, struct replay_plan *plan,
                                     struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = ids_query(
        pipeline, plan,
        "SELECT count(DISTINCT coalesce(r.sent_as, r.subject)) AS repeated,"
        " to_char(max(r.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS last,"
        " max(r.operator) AS operator"
        " FROM dead_letter_replays r WHERE r.sent_as = ANY ($1::text[])"
        "  OR (r.subject = ANY ($2::text[]) AND r.queue = $3)",
        &result, error);
    int64_t repeated = !code ? db_row_int(&result, 0, "repeated") : 0;
    if (repeated > 0)
        replay_plan_warn(plan,
                         "%lld were replayed before and failed again (last at %s, by %s): find "
                         "the cause first",
                         (long long)repeated, db_row_text(&result, 0, "last"),
                         db_row_text(&result, 0, "operator"));
    db_result_release(&result);
    return code;
}

/* A file's messages that were taken back once already. */
enum error_code replay_taken_back_read(struct pipeline *pipeline, struct replay_plan *plan,
                                       struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = ids_query(pipeline, plan,
                                     "SELECT DISTINCT message_id FROM dead_letter_replays"
                                     " WHERE message_id = ANY ($1::text[]) AND queue = $3"
                                     "  AND cardinality($2::text[]) >= 0",
                                     &result, error);
    for (int row = 0; row < result.count && !code; row++) {
        struct dead_letter *letter =
            dead_letter_by_id(&plan->letters, db_row_text(&result, row, "message_id"));
        if (!letter || letter->returned)
            continue;
        letter->returned = true;
        code = replay_plan_exclude(plan, letter->message_id, "already replayed; not replayed twice",
                                   error);
    }
    db_result_release(&result);
    return code;
}

enum error_code replay_known_read(struct pipeline *pipeline, struct replay_plan *plan,
                                  bool from_file, struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (plan->message_count == 0 || plan->discard)
        return ERROR_NONE;
    if (!from_file)
        code = repeated_read(pipeline, plan, error);
    return !code ? finished_read(pipeline, plan, error) : code;
}
