#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/history/history.h"
#include "core/operate/dead_letter/dead_letter.h"
#include "core/operate/shift/shift_private.h"
#include "core/operate/vendors/action.h"

static const char *const kinds[] = {"upload", "vendor", "dead letter"};

const char *ack_kind_name(enum ack_kind kind)
{
    return kinds[kind];
}

/* ---- what it is */

static const char target_sql[] =
    "SELECT 0 AS kind, upload_standing(upload_id) AS standing FROM upload_history"
    " WHERE upload_id = $1"
    " UNION ALL SELECT 1, vendor_standing(vendor_id) FROM vendors WHERE vendor_id = $1"
    " UNION ALL SELECT 2, queue FROM acknowledgements WHERE message_id = $1 ORDER BY kind LIMIT 1";

/* As SQS gives them: 8-4-4-4-12 hexadecimal digits. */
static bool is_message_id(const char *id)
{
    if (strlen(id) != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? id[i] != '-' : !isxdigit((unsigned char)id[i]))
            return false;
    }
    return true;
}

/* The one queue that has letters, where it was not said. */
static enum error_code only_queue(struct pipeline *pipeline, struct ack_plan *plan,
                                  struct error *error)
{
    struct dead_letter_queue queues[DEAD_LETTER_QUEUES];
    const struct dead_letter_queue *found = NULL;
    size_t count = 0;
    enum error_code code = dead_letter_queues_list(pipeline, queues, error);
    for (size_t i = 0; !code && i < DEAD_LETTER_QUEUES; i++) {
        if (dead_letter_queue_total(&queues[i]) != 0) {
            found = &queues[i];
            count++;
        }
    }
    if (!code && count != 1)
        code = error_set(error, count ? ERROR_USAGE : ERROR_NOT_FOUND,
                         count ? "%s: in which queue? Say it with --queue; `intake dlq list` "
                                 "shows them"
                               : "no dead-letter queue has a message, so none is %s",
                         plan->id);
    return code ? code : plan_keep(&plan->memory, found->name, &plan->queue, error);
}

static enum error_code find_queue(struct pipeline *pipeline, const char *name,
                                  struct ack_plan *plan, struct error *error)
{
    struct dead_letter_queue queue;
    if (!name && plan->undo)
        return ERROR_NONE;
    if (!name)
        return only_queue(pipeline, plan, error);
    enum error_code code = dead_letter_queue_find(pipeline, name, &queue, error);
    return code ? code : plan_keep(&plan->memory, queue.name, &plan->queue, error);
}

static enum error_code not_found(struct pipeline *pipeline, const char *id, struct error *error)
{
    enum error_code code = shift_upload_check(pipeline, id, error);
    if (code != ERROR_NOT_FOUND)
        return code ? code
                    : error_set(error, ERROR_CONFLICT, "upload %s came just now: try again", id);
    char message[sizeof error->message];
    snprintf(message, sizeof message, "%s", error->message);
    return error_set(error, ERROR_NOT_FOUND,
                     "%.600s; it is no vendor and no message id of a dead letter either", message);
}

static enum error_code find_target(struct pipeline *pipeline, const struct ack_request *request,
                                   struct ack_plan *plan, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    bool letter = is_message_id(request->id);
    db_param_text(&params, request->id);
    enum error_code code = db_query(pipeline->db, target_sql, &params, &row, error);
    bool known = !code && row.count > 0;
    if (known)
        plan->kind = (enum ack_kind)db_row_int(&row, 0, "kind");
    if (known && plan->kind != ACK_DEAD_LETTER)
        code = shift_keep(&plan->memory, &row, "standing", &plan->standing, error);
    else if (known && !request->queue)
        code = shift_keep(&plan->memory, &row, "standing", &plan->queue, error);
    db_result_release(&row);
    if (code || (known && plan->kind != ACK_DEAD_LETTER))
        return code;
    if (!known && !letter)
        return not_found(pipeline, request->id, error);
    plan->kind = ACK_DEAD_LETTER;
    return plan->queue ? ERROR_NONE : find_queue(pipeline, request->queue, plan, error);
}

/* ---- what was said of it before */

static const char *const columns[] = {"upload_id", "vendor_id", "message_id"};

static enum error_code read_before(struct pipeline *pipeline, struct ack_plan *plan,
                                   struct error *error)
{
    static const char *const sql[] = {
#define BEFORE(column)                                                                   \
    "SELECT k.at::text AS at, k.by, k.text, k.until IS NOT DISTINCT FROM $2 AS as_long," \
    " EXISTS (SELECT FROM acknowledged a WHERE a." column " = $1) AS holds"              \
    " FROM acknowledgements k WHERE k." column " = $1"
        BEFORE("upload_id"), BEFORE("vendor_id"), BEFORE("message_id")};
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, plan->id);
    if (plan->until_ms == HISTORY_NEVER)
        db_param_null(&params);
    else
        db_param_time(&params, plan->until_ms);
    enum error_code code = db_query(pipeline->db, sql[plan->kind], &params, &row, error);
    bool there = !code && row.count > 0, holds = there && db_row_bool(&row, 0, "holds");
    bool as_long = there && db_row_bool(&row, 0, "as_long");
    if (there)
        code = shift_keep(&plan->memory, &row, "at", &plan->before_at, error);
    if (there && !code)
        code = shift_keep(&plan->memory, &row, "by", &plan->before_by, error);
    if (there && !code)
        code = shift_keep(&plan->memory, &row, "text", &plan->before_text, error);
    db_result_release(&row);
    if (code)
        return code;
    const char *text = plan->text ? plan->text : "";
    const char *before = plan->before_text ? plan->before_text : "";
    plan->changes = plan->undo ? there : !holds || !as_long || strcmp(text, before) != 0;
    if (holds && !plan->undo)
        return plan_note(&plan->notes, &plan->memory, error, "%s acknowledged it before%s%s",
                         plan->before_by, *before ? ": " : "", before);
    if (there && !plan->undo)
        return plan_note(&plan->notes, &plan->memory, error,
                         "an acknowledgement of %s expired, or something new happened since",
                         plan->before_by);
    return ERROR_NONE;
}

static enum error_code check(struct pipeline *pipeline, const struct ack_request *request,
                             struct error *error)
{
    char at[TIME_TEXT_SIZE];
    if (request->until_ms != HISTORY_NEVER && request->until_ms <= world_now_ms(pipeline->world)) {
        time_text_iso8601(request->until_ms, at);
        return error_set(error, ERROR_USAGE, "%s is not in the future", at);
    }
    return request->text ? shift_text_check("the text", request->text, error) : ERROR_NONE;
}

/* SNS knows it, the database does not: noted, so that what is lost afterwards is news. */
static enum error_code see_subscription(struct pipeline *pipeline, struct ack_plan *plan,
                                        struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    struct error unseen = ERROR_INIT;
    enum subscription_state state;
    db_param_text(&params, plan->id);
    enum error_code code = db_query(pipeline->db, "SELECT email FROM vendors WHERE vendor_id = $1",
                                    &params, &row, error);
    const char *email = !code && row.count > 0 ? db_row_text(&row, 0, "email") : NULL;
    if (!code && !vendor_subscription_see(pipeline, plan->id, email, &state, &unseen))
        plan->subscription = subscription_state_name(state);
    else if (!code)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "whether it receives e-mail is not known: %s", unseen.message);
    db_result_release(&row);
    return code;
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct ack_request *request = asked;
    struct ack_plan *plan = made;
    *plan = (struct ack_plan){.undo = request->undo, .until_ms = request->until_ms};
    enum error_code code = check(pipeline, request, error);
    if (!code)
        code = db_ensure(pipeline->db, error);
    if (!code)
        code = plan_keep(&plan->memory, request->id, &plan->id, error);
    if (!code)
        code = plan_keep(&plan->memory, request->text, &plan->text, error);
    if (!code)
        code = find_target(pipeline, request, plan, error);
    if (!code && plan->kind == ACK_VENDOR && !plan->undo)
        code = see_subscription(pipeline, plan, error);
    return code ? code : read_before(pipeline, plan, error);
}

static bool changes(const void *made)
{
    const struct ack_plan *plan = made;
    return plan->changes;
}

static void append_text(const void *made, struct buffer *out)
{
    const struct ack_plan *plan = made;
    char until[TIME_TEXT_SIZE];
    buffer_format(out, "%s ", kinds[plan->kind]);
    plan_append_visible(out, plan->id);
    if (!plan->changes)
        buffer_text(out, plan->undo ? ": not acknowledged: nothing to do"
                                    : ": acknowledged already: nothing to do");
    else if (plan->undo)
        buffer_text(out, ": acknowledged -> not acknowledged");
    else
        buffer_text(out, ": acknowledged");
    if (plan->changes && !plan->undo && plan->until_ms != HISTORY_NEVER) {
        time_text_iso8601(plan->until_ms, until);
        buffer_format(out, " until %s, or until something new happens", until);
    } else if (plan->changes && !plan->undo) {
        buffer_text(out, " until something new happens");
    }
    if (plan->changes && plan->text) {
        buffer_text(out, ": ");
        plan_append_visible(out, plan->text);
    }
    buffer_char(out, '\n');
    plan_notes_text(&plan->notes, out);
}

/* ---- doing it */

static void append_statement(const struct ack_plan *plan, struct buffer *sql)
{
    static const char *const from[] = {" FROM upload_history WHERE upload_id = $1",
                                       " FROM vendors WHERE vendor_id = $1",
                                       " FROM (SELECT 1) one"};
    const char *column = columns[plan->kind];
    if (plan->undo) {
        buffer_format(sql,
                      "DELETE FROM acknowledgements WHERE %s = $1"
                      " AND at IS NOT DISTINCT FROM $2::timestamptz"
                      " RETURNING clock_timestamp() AS at, session_user::text AS by",
                      column);
        return;
    }
    buffer_format(
        sql,
        "INSERT INTO acknowledgements AS k (%s, text, until, standing, queue, subscription)"
        " SELECT $1::text, $3::text, $4::timestamptz, $5::text, $6::text, $7::text%s ON CONFLICT (%s) DO UPDATE SET"
        " text = excluded.text, until = excluded.until, standing = excluded.standing,"
        " queue = excluded.queue, subscription = excluded.subscription WHERE k.at IS NOT DISTINCT FROM $2::timestamptz"
        " RETURNING k.at, k.by",
        column, from[plan->kind], column);
}

static enum error_code change(struct pipeline *pipeline, const struct ack_plan *plan,
                              struct shift_result *result, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct buffer sql;
    buffer_init(&sql, 4096);
    append_statement(plan, &sql);
    db_param_text(&params, plan->id);
    db_param_text(&params, plan->before_at);
    if (!plan->undo) {
        db_param_text(&params, plan->text);
        if (plan->until_ms == HISTORY_NEVER)
            db_param_null(&params);
        else
            db_param_time(&params, plan->until_ms);
        db_param_text(&params, plan->standing);
        db_param_text(&params, plan->queue);
        db_param_text(&params, plan->subscription);
    }
    enum error_code code = buffer_check(&sql, error);
    if (!code)
        code = shift_write(pipeline, sql.data, &params,
                           "another user acknowledged it in the meantime, or it was deleted",
                           result, error);
    buffer_release(&sql);
    return code;
}

static void append_json(const struct ack_plan *plan, struct buffer *out)
{
    char until[TIME_TEXT_SIZE];
    buffer_char(out, '{');
    json_append_member(out, "kind", kinds[plan->kind]);
    json_append_member(out, "id", plan->id);
    json_append_member(out, "queue", plan->queue);
    json_append_member_bool(out, "undo", plan->undo);
    json_append_member(out, "text", plan->text);
    if (plan->until_ms != HISTORY_NEVER)
        time_text_iso8601(plan->until_ms, until);
    json_append_member(out, "until", plan->until_ms != HISTORY_NEVER ? until : NULL);
    json_append_member(out, "previous_by", plan->before_by);
    buffer_char(out, '}');
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *told, struct error *error)
{
    const struct ack_plan *plan = made;
    struct shift_result *result = told;
    struct buffer planned;
    *result = (struct shift_result){.changed = false};
    buffer_init(&planned, 1 << 20);
    enum error_code code = plan->changes ? change(pipeline, plan, result, error) : ERROR_NONE;
    append_json(plan, &planned);
    return shift_conclude(pipeline, "ack", plan->id, operator_reason, code, &planned, result,
                          error);
}

static void release(void *made)
{
    struct ack_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct ack_plan){.undo = false};
}

const struct operation ack_operation = {
    .plan_size = sizeof(struct ack_plan),
    .result_size = sizeof(struct shift_result),
    .make = make,
    .changes = changes,
    .text = append_text,
    .apply = apply,
    .release = release,
};
