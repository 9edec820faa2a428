#include "core/operate/vendors/upload_link.h"

#include "aws/s3.h"
#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/history/lists.h"
#include "core/pipeline/upload_lock.h"
#include "core/record/csv.h"
#include "core/record/refusal.h"

#define ACTION "vendors upload-link"
#define URL_MAX (64u << 10)
#define SHORTENED_MS 2000 /* less is the time that signing took */
#define FRESH_TRIES 60

/* ---- the name */

static enum error_code check_name(const char *vendor_id, const char *file_name,
                                  struct upload_link_plan *plan, struct error *error)
{
    struct refusal refusal = {.code = REFUSAL_NONE};
    struct upload_name name;
    char key[OBJECT_KEY_SIZE];
    if (strchr(file_name, '/'))
        return error_set(error, ERROR_USAGE, "--file must be a name without a folder: %.200s",
                         file_name);
    if (!upload_key_format(vendor_id, file_name, key))
        return error_set(error, ERROR_USAGE, "the file name is longer than S3 allows");
    upload_key_parse(key, strlen(key), &name, &refusal);
    if (refusal.code)
        return error_set(error, ERROR_USAGE, "%s: %s", refusal_name(refusal.code), refusal.message);
    enum error_code code = plan_name_check("the file name", file_name, OBJECT_KEY_SIZE, error);
    if (!code)
        code = plan_keep(&plan->memory, key, &plan->key, error);
    if (!code)
        code = plan_keep(&plan->memory, file_name, &plan->file_name, error);
    return code;
}

/* Whether an upload, or another link, has this key. */
static enum error_code key_is_taken(struct pipeline *pipeline, const struct upload_link_plan *plan,
                                    bool *taken, struct error *error)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT FROM upload_history WHERE vendor_id = $1 AND s3_key = $2)"
        "    OR EXISTS (SELECT FROM audit_log WHERE target = $1 AND action = '" ACTION "'"
        "                AND outcome = 'done' AND plan ->> 's3_key' = $2) AS taken";
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, plan->request.vendor_id);
    db_param_text(&params, plan->key);
    enum error_code code = db_query(pipeline->db, sql, &params, &row, error);
    *taken = !code && db_row_bool(&row, 0, "taken");
    db_result_release(&row);
    return code;
}

/* Of this second, or of the next that is free. */
static enum error_code fresh_name(struct pipeline *pipeline, struct upload_link_plan *plan,
                                  struct error *error)
{
    char when[TIME_TEXT_SIZE], name[VENDOR_ID_SIZE + TIME_TEXT_SIZE + 8];
    int64_t now = world_now_ms(pipeline->world ? pipeline->world : &world_real);
    bool taken = true;
    enum error_code code = ERROR_NONE;
    for (int i = 0; i < FRESH_TRIES && taken && !code; i++) {
        time_text_compact(now + INT64_C(1000) * i, when);
        snprintf(name, sizeof name, "%s_%s.csv", plan->request.vendor_id, when);
        code = check_name(plan->request.vendor_id, name, plan, error);
        if (!code)
            code = key_is_taken(pipeline, plan, &taken, error);
    }
    if (!code && taken)
        code = error_set(error, ERROR_CONFLICT,
                         "%s already has links for every second of this minute; use --file to "
                         "set a name",
                         plan->request.vendor_id);
    return code;
}

static enum error_code given_name(struct pipeline *pipeline, struct upload_link_plan *plan,
                                  struct error *error)
{
    bool taken = false;
    enum error_code code =
        check_name(plan->request.vendor_id, plan->request.file_name, plan, error);
    if (!code)
        code = key_is_taken(pipeline, plan, &taken, error);
    if (!code && taken)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "this name was used before: a file under it is a new upload if its "
                         "content differs");
    return code;
}

/* ---- the plan */

static enum error_code check_bounds(const struct upload_link_request *request, struct error *error)
{
    if (request->expires_s < 1 || request->expires_s > UPLOAD_LINK_SECONDS_MAX)
        return error_set(error, ERROR_USAGE, "a link must be valid for 1 second to 7 days");
    if (request->length < 0 || request->length > (int64_t)CSV_FILE_MAX)
        return error_set(error, ERROR_USAGE, "files larger than %llu bytes (10 MB) are refused",
                         (unsigned long long)CSV_FILE_MAX);
    return ERROR_NONE;
}

static enum error_code see_vendor(struct pipeline *pipeline, struct upload_link_plan *plan,
                                  struct error *error)
{
    struct vendor_list list = {.count = 0};
    enum error_code code = vendors_list(pipeline->db, plan->request.vendor_id, &list, error);
    if (!code && strcmp(list.rows[0].status, "active") != 0)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "%s is %s: its files are refused with VENDOR_NOT_ACTIVE until `intake "
                         "vendors activate %s`",
                         plan->request.vendor_id, list.rows[0].status, plan->request.vendor_id);
    vendor_list_release(&list);
    return code;
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct upload_link_request *request = asked;
    struct upload_link_plan *plan = made;
    *plan = (struct upload_link_plan){.request = *request};
    enum error_code code = check_bounds(request, error);
    if (!code)
        code = plan_keep(&plan->memory, request->vendor_id, &plan->request.vendor_id, error);
    if (!code)
        code = plan_keep(&plan->memory, request->file_name, &plan->request.file_name, error);
    if (!code)
        code = settings_require(pipeline->settings, SETTING_BUCKET, &plan->bucket, error);
    if (!code)
        code = db_ensure(pipeline->db, error);
    if (!code)
        code = see_vendor(pipeline, plan, error);
    if (!code)
        code = request->file_name ? given_name(pipeline, plan, error)
                                  : fresh_name(pipeline, plan, error);
    if (!code)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "anyone with the link can upload to this key until it expires; each "
                         "file with different content is a separate upload");
    return code;
}

static void release(void *made)
{
    struct upload_link_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct upload_link_plan){.key = NULL};
}

static void append_text(const void *made, struct buffer *out)
{
    const struct upload_link_plan *plan = made;
    buffer_text(out, "a link to put ");
    plan_append_visible(out, plan->key);
    buffer_format(out, ", for %lld seconds, as " UPLOAD_LINK_CONTENT_TYPE,
                  (long long)plan->request.expires_s);
    if (plan->request.length)
        buffer_format(out, ", exactly %lld bytes", (long long)plan->request.length);
    buffer_char(out, '\n');
    plan_notes_text(&plan->notes, out);
}

static void plan_json(const struct upload_link_plan *plan, int64_t expires_at_ms,
                      struct buffer *out)
{
    char when[TIME_TEXT_SIZE];
    buffer_char(out, '{');
    json_append_member(out, "vendor_id", plan->request.vendor_id);
    json_append_member(out, "s3_key", plan->key);
    json_append_member(out, "content_type", UPLOAD_LINK_CONTENT_TYPE);
    json_append_member_integer(out, "expires_in_seconds", plan->request.expires_s);
    if (plan->request.length)
        json_append_member_integer(out, "content_length", plan->request.length);
    if (expires_at_ms) {
        time_text_iso8601(expires_at_ms, when);
        json_append_member(out, "expires_at", when);
    }
    buffer_char(out, '}');
}

/* ---- the link */

static void link_release(void *result)
{
    struct upload_link *link = result;
    buffer_release(&link->url);
}

static enum error_code sign(struct pipeline *pipeline, const struct upload_link_plan *plan,
                            struct upload_link *link, struct error *error)
{
    const struct s3_presigned_put put = {.bucket = plan->bucket,
                                         .key = plan->key,
                                         .content_type = UPLOAD_LINK_CONTENT_TYPE,
                                         .content_length = plan->request.length,
                                         .expires_s = plan->request.expires_s};
    int64_t asked = aws_client_now_ms(pipeline->aws) + plan->request.expires_s * 1000;
    enum error_code code =
        s3_presign_put(pipeline->aws, &put, &link->url, &link->expires_at_ms, error);
    link->shortened = !code && link->expires_at_ms + SHORTENED_MS < asked;
    if (!code && link->expires_at_ms <= aws_client_now_ms(pipeline->aws))
        code = error_set(error, ERROR_EXPIRED_CREDENTIALS,
                         "the credentials have expired: the link would be invalid");
    return code;
}

/* A name that the plan found free is so still. */
static enum error_code check_fresh(struct pipeline *pipeline, const struct upload_link_plan *plan,
                                   struct error *error)
{
    bool taken = false;
    enum error_code code = ERROR_NONE;
    if (!plan->request.file_name)
        code = key_is_taken(pipeline, plan, &taken, error);
    if (!code && taken)
        code =
            error_set(error, ERROR_CONFLICT,
                      "another user created a link for %s in the meantime; try again", plan->key);
    return code;
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *result, struct error *error)
{
    const struct upload_link_plan *plan = made;
    struct upload_link *link = result;
    struct error unwritten = ERROR_INIT;
    struct buffer planned;
    *link = (struct upload_link){.given = false};
    buffer_init(&link->url, URL_MAX);
    buffer_init(&planned, 1 << 16);
    struct lease lease;
    enum error_code code = upload_lock_take(pipeline, plan->request.vendor_id, &lease, error);
    bool locked = !code;
    if (!code)
        code = check_fresh(pipeline, plan, error);
    if (!code)
        code = sign(pipeline, plan, link, error);
    plan_json(plan, code ? 0 : link->expires_at_ms, &planned);
    const struct plan_outcome outcome = {.action = ACTION,
                                         .target = plan->request.vendor_id,
                                         .reason = operator_reason,
                                         .changed = !code,
                                         .failed = code,
                                         .why = code ? error->message : NULL};
    enum error_code noted = plan_audit(pipeline, &outcome, &planned, &unwritten);
    if (locked)
        lease_drop(pipeline, &lease);
    if (!code && noted) {
        *error = unwritten;
        code = error_wrap(error, "the link was not created");
    }
    if (code)
        buffer_clear(&link->url);
    link->given = !code;
    buffer_release(&planned);
    return code;
}

const struct operation upload_link_operation = {
    .plan_size = sizeof(struct upload_link_plan),
    .result_size = sizeof(struct upload_link),
    .make = make,
    .text = append_text,
    .apply = apply,
    .release = release,
    .result_release = link_release,
};
