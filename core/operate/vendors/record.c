#include "core/operate/vendors/record.h"

#include <ctype.h>

#include "core/base/json.h"
#include "core/history/lists.h"
#include "core/operate/vendors/action.h"
#include "core/pipeline/upload_lock.h"

#define EMAIL_LOCAL_MAX 64 /* RFC 5321, section 4.5.3.1.1 */

const char *vendor_record_action(bool adds)
{
    return adds ? "vendors add" : "vendors edit";
}

/* ---- values */

static enum error_code check_email(const char *email, struct error *error)
{
    const char *at = strchr(email, '@');
    enum error_code code = plan_name_check("the e-mail address", email, VENDOR_EMAIL_MAX, error);
    if (code)
        return code;
    if (strpbrk(email, " ,;<>\"()"))
        return error_set(error, ERROR_USAGE,
                         "the e-mail address must be a single plain address, like "
                         "sales@example.com, without a name or brackets");
    if (!at || at == email || !at[1] || strchr(at + 1, '@'))
        return error_set(error, ERROR_USAGE,
                         "the e-mail address must be NAME@HOST, like sales@example.com");
    if (at - email > EMAIL_LOCAL_MAX)
        return error_set(error, ERROR_USAGE,
                         "the e-mail address has more than %d characters before "
                         "its @",
                         EMAIL_LOCAL_MAX);
    return ERROR_NONE;
}

static enum error_code check_values(const struct vendor_record_request *request,
                                    struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (!vendor_id_valid(request->vendor_id, strlen(request->vendor_id)))
        return error_set(error, ERROR_USAGE,
                         "a vendor id must be 1 to %d of the characters A-Z a-z 0-9 and -: it "
                         "names a folder and starts file names",
                         VENDOR_ID_MAX);
    if (request->name)
        code = plan_name_check("the vendor name", request->name, VENDOR_NAME_MAX, error);
    if (!code && request->email)
        code = check_email(request->email, error);
    return code;
}

/* ---- an addition */

static enum error_code refuse_taken(struct pipeline *pipeline, const char *vendor_id,
                                    struct error *error)
{
    static const char sql[] = "SELECT vendor_id, vendor_name FROM vendors"
                              " WHERE lower(vendor_id) = lower($1::text COLLATE \"C\")"
                              " ORDER BY vendor_id <> $1 LIMIT 1";
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    db_param_text(&params, vendor_id);
    enum error_code code = db_query(pipeline->db, sql, &params, &rows, error);
    if (!code && rows.count) {
        const char *taken = db_row_text(&rows, 0, "vendor_id");
        bool same = strcmp(taken, vendor_id) == 0;
        code = error_set(error, ERROR_CONFLICT,
                         same ? "%s already exists (%.200s); use `intake vendors edit` to change it"
                              : "%s (%.200s) already exists: ids must not differ in case only",
                         taken, db_row_text(&rows, 0, "vendor_name"));
    }
    db_result_release(&rows);
    return code;
}

static enum error_code plan_add(struct pipeline *pipeline, struct vendor_record_plan *plan,
                                struct error *error)
{
    plan->status = "active";
    plan->changes = true;
    enum error_code code = refuse_taken(pipeline, plan->vendor_id, error);
    if (!code)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "files in uploads/%s/ are accepted from now on; run `intake vendors "
                         "suspend %s` to refuse them until there is a contract",
                         plan->vendor_id, plan->vendor_id);
    if (!code)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "it receives no notices yet: run `intake vendors subscribe %s`",
                         plan->vendor_id);
    if (!code)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "send it the output of `intake guide --vendor %s`, and of `intake "
                         "vendors upload-link %s` if it has no access to the bucket",
                         plan->vendor_id, plan->vendor_id);
    return code;
}

/* ---- an edit */

static enum error_code read_vendor(struct pipeline *pipeline, struct vendor_record_plan *plan,
                                   struct error *error)
{
    struct vendor_list list = {.count = 0};
    enum error_code code = vendors_list(pipeline->db, plan->vendor_id, &list, error);
    const struct vendor *found = code ? NULL : &list.rows[0];
    if (found)
        code = plan_keep(&plan->memory, found->vendor_name, &plan->name_before, error);
    if (found && !code)
        code = plan_keep(&plan->memory, found->email, &plan->email_before, error);
    if (found && !code)
        code = plan_keep(&plan->memory, found->status, &plan->status, error);
    vendor_list_release(&list);
    return code;
}

static enum error_code note_address(struct pipeline *pipeline, struct vendor_record_plan *plan,
                                    struct error *error)
{
    enum subscription_state state = SUBSCRIPTION_NONE;
    const char *before = plan->email_before;
    bool known =
        !before || !vendor_subscription_see(pipeline, plan->vendor_id, before, &state, NULL);
    enum error_code code;
    if (!known)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "cannot check whether %s is subscribed: if it is, it receives notices "
                         "until its subscription is removed",
                         before);
    else if (state == SUBSCRIPTION_NONE)
        code =
            plan_note(&plan->notes, &plan->memory, error,
                      "%s is not subscribed and receives no notices", before ? before : "nobody");
    else
        code = plan_note(&plan->notes, &plan->memory, error,
                         "the subscription of %s is %s and stays: it receives the notices, not "
                         "%s, until it is removed with the link in each e-mail or in SNS",
                         before, subscription_state_name(state), plan->email);
    if (!code)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "run `intake vendors subscribe %s` to send notices to %s", plan->vendor_id,
                         plan->email);
    return code;
}

static enum error_code plan_edit(struct pipeline *pipeline, struct vendor_record_plan *plan,
                                 struct error *error)
{
    enum error_code code = read_vendor(pipeline, plan, error);
    if (code)
        return code;
    plan->name = plan->name ? plan->name : plan->name_before;
    plan->email = plan->email ? plan->email : plan->email_before;
    bool moves =
        plan->email && (!plan->email_before || strcmp(plan->email, plan->email_before) != 0);
    plan->changes = moves || strcmp(plan->name, plan->name_before) != 0;
    if (!plan->changes)
        return plan_note(&plan->notes, &plan->memory, error, "already up to date");
    return moves ? note_address(pipeline, plan, error) : ERROR_NONE;
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct vendor_record_request *request = asked;
    struct vendor_record_plan *plan = made;
    *plan = (struct vendor_record_plan){.adds = request->adds};
    enum error_code code = check_values(request, error);
    if (!code)
        code = plan_keep(&plan->memory, request->vendor_id, &plan->vendor_id, error);
    if (!code)
        code = plan_keep(&plan->memory, request->name, &plan->name, error);
    if (!code)
        code = plan_keep(&plan->memory, request->email, &plan->email, error);
    if (!code)
        code = db_ensure(pipeline->db, error);
    if (!code)
        code = plan->adds ? plan_add(pipeline, plan, error) : plan_edit(pipeline, plan, error);
    return code;
}

static void release(void *made)
{
    struct vendor_record_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct vendor_record_plan){.adds = plan->adds};
}

/* ---- doing it */

static const char add_sql[] =
    "INSERT INTO vendors (vendor_id, vendor_name, email) SELECT $1, $2, $3"
    " WHERE NOT EXISTS (SELECT FROM vendors WHERE lower(vendor_id) = lower($1::text COLLATE \"C\"))"
    " ON CONFLICT DO NOTHING";

static const char edit_sql[] =
    "UPDATE vendors SET vendor_name = $2, email = $3"
    " WHERE vendor_id = $1 AND vendor_name = $4 AND email IS NOT DISTINCT FROM $5";

static enum error_code change(struct pipeline *pipeline, const struct vendor_record_plan *plan,
                              bool *changed, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result done = DB_RESULT_INIT;
    db_param_text(&params, plan->vendor_id);
    db_param_text(&params, plan->name);
    db_param_text(&params, plan->email);
    if (!plan->adds) {
        db_param_text(&params, plan->name_before);
        db_param_text(&params, plan->email_before);
    }
    enum error_code code =
        db_query(pipeline->db, plan->adds ? add_sql : edit_sql, &params, &done, error);
    *changed = !code && done.affected == 1;
    db_result_release(&done);
    if (!code && !*changed)
        code = error_set(error, ERROR_CONFLICT,
                         plan->adds ? "another user added %s in the meantime; nothing was changed"
                                    : "another user changed %s in the meantime; nothing was "
                                      "changed",
                         plan->vendor_id);
    return code;
}

/* Ids that differ in case alone wait for one another. */
static void lock_name(const struct vendor_record_plan *plan, char out[VENDOR_ID_SIZE])
{
    snprintf(out, VENDOR_ID_SIZE, "%s", plan->vendor_id);
    for (char *at = out; plan->adds && *at; at++)
        *at = (char)tolower((unsigned char)*at);
}

static void append_json(const struct vendor_record_plan *plan, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member(out, "vendor_id", plan->vendor_id);
    json_append_member(out, "vendor_name_before", plan->name_before);
    json_append_member(out, "vendor_name", plan->name);
    json_append_member(out, "email_before", plan->email_before);
    json_append_member(out, "email", plan->email);
    json_append_member(out, "status", plan->status);
    json_append_member_bool(out, "changes", plan->changes);
    buffer_char(out, '}');
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *result, struct error *error)
{
    const struct vendor_record_plan *plan = made;
    bool *changed = result;
    char lock[VENDOR_ID_SIZE];
    struct buffer planned;
    *changed = false;
    buffer_init(&planned, 1 << 20);
    lock_name(plan, lock);
    struct lease lease;
    enum error_code code = upload_lock_take(pipeline, lock, &lease, error);
    bool locked = !code;
    if (!code && plan->changes)
        code = change(pipeline, plan, changed, error);
    append_json(plan, &planned);
    const struct plan_outcome outcome = {.action = vendor_record_action(plan->adds),
                                         .target = plan->vendor_id,
                                         .reason = operator_reason,
                                         .changed = *changed,
                                         .failed = code,
                                         .why = code ? error->message : NULL};
    code = plan_conclude(pipeline, &outcome, &planned, locked ? &lease : NULL, error);
    buffer_release(&planned);
    return code;
}

/* ---- the plan as text */

static void append_change(struct buffer *out, const char *what, const char *before,
                          const char *after)
{
    bool same = before && after && strcmp(before, after) == 0;
    buffer_format(out, "  %-7s ", what);
    if (!same && before) {
        plan_append_visible(out, before);
        buffer_text(out, " -> ");
    }
    plan_append_visible(out, after ? after : "none");
    buffer_char(out, '\n');
}

static void append_text(const void *made, struct buffer *out)
{
    const struct vendor_record_plan *plan = made;
    plan_append_visible(out, plan->vendor_id);
    if (!plan->changes)
        buffer_text(out, ": nothing to do\n");
    else
        buffer_text(out, plan->adds ? ": a new vendor\n" : ": edited\n");
    append_change(out, "name", plan->name_before, plan->name);
    append_change(out, "e-mail", plan->email_before, plan->email);
    append_change(out, "status", plan->status, plan->status);
    plan_notes_text(&plan->notes, out);
}

static bool changes(const void *made)
{
    const struct vendor_record_plan *plan = made;
    return plan->changes;
}

const struct operation vendor_record_operation = {
    .plan_size = sizeof(struct vendor_record_plan),
    .result_size = sizeof(bool),
    .make = make,
    .changes = changes,
    .text = append_text,
    .apply = apply,
    .release = release,
};
