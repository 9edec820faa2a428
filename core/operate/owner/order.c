#include "core/operate/owner/order.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/operate/audit.h"
#include "core/operate/owner/logins.h"
#include "sql/migrate.h"

#define PLAN_MAX ((size_t)32 * 1024)
#define TEXT_MAX 500

static const char *const action_names[] = {
    [OWNER_STATUS] = "status", [OWNER_MIGRATE] = "migrate", [OWNER_LOGINS] = "logins"};

enum { ACTION_COUNT = sizeof action_names / sizeof *action_names };

static enum error_code refuse_unknown(struct json_object *object, const char *const *known,
                                      const char *where, struct error *error)
{
    json_object_object_foreach(object, key, value)
    {
        size_t i = 0;
        (void)value;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return error_set(error, ERROR_INVALID, "%s has an unknown member \"%.40s\"", where,
                             key);
    }
    return ERROR_NONE;
}

static enum error_code take_action(struct owner_order *order, struct error *error)
{
    const char *text = json_text(order->document, "action", NULL);
    for (int i = 0; text && i < ACTION_COUNT; i++)
        if (strcmp(text, action_names[i]) == 0) {
            order->action = i;
            return ERROR_NONE;
        }
    return error_set(error, ERROR_INVALID,
                     "the event requires an \"action\": \"status\", \"migrate\" or \"logins\"");
}

/* A text without U+0000, of a length that an audit row bears. */
static enum error_code take_text(struct owner_order *order, const char *key, const char **out,
                                 struct error *error)
{
    size_t len = 0;
    struct json_object *value = json_member(order->document, key);
    if (!value)
        return ERROR_NONE;
    *out = json_text(order->document, key, &len);
    if (!*out || len != strlen(*out) || len > TEXT_MAX)
        return error_set(error, ERROR_INVALID, "the event's \"%s\" must be text of up to %d bytes",
                         key, TEXT_MAX);
    return ERROR_NONE;
}

static enum error_code take_person(struct owner_order *order, struct json_object *object,
                                   struct error *error)
{
    static const char *const known[] = {"name", "role", NULL};
    size_t length = 0;
    struct owner_person *person = &order->people[order->count];
    enum error_code code = ERROR_NONE;
    if (json_object_is_type(object, json_type_object))
        code = refuse_unknown(object, known, "a login of the event", error);
    person->name = json_text(object, "name", &length);
    person->role = json_text(object, "role", NULL);
    if (!code && (!person->name || !person->role || length != strlen(person->name)))
        code = error_set(error, ERROR_INVALID, "a login in the event requires a name and a role");
    if (!code)
        code = login_check(person->name, person->role, error);
    for (size_t i = 0; !code && i < order->count; i++)
        if (strcmp(order->people[i].name, person->name) == 0)
            code =
                error_set(error, ERROR_INVALID, "the login \"%s\" is listed twice", person->name);
    order->count += !code;
    return code;
}

static enum error_code take_people(struct owner_order *order, struct error *error)
{
    struct json_object *list = json_member(order->document, "logins");
    enum error_code code = ERROR_NONE;
    if (!list)
        return ERROR_NONE;
    if (!json_object_is_type(list, json_type_array) || json_count(list) > OWNER_PEOPLE_MAX)
        return error_set(error, ERROR_INVALID, "the event's \"logins\" must be a list of up to %d",
                         OWNER_PEOPLE_MAX);
    if (order->action != OWNER_LOGINS && json_count(list) > 0)
        return error_set(error, ERROR_INVALID, "the action \"%s\" takes no logins",
                         action_names[order->action]);
    for (size_t i = 0; !code && i < json_count(list); i++)
        code = take_person(order, json_object_array_get_idx(list, i), error);
    return code;
}

enum error_code owner_order_decode(const char *text, size_t len, struct owner_order *order,
                                   struct error *error)
{
    static const char *const known[] = {"action", "logins", "reason", "by", NULL};
    memset(order, 0, sizeof *order);
    enum error_code code = json_parse(text, len, &order->document, error);
    if (!code && !json_object_is_type(order->document, json_type_object))
        code = error_set(error, ERROR_INVALID, "the event is not a JSON object");
    if (!code)
        code = refuse_unknown(order->document, known, "the event", error);
    if (!code)
        code = take_action(order, error);
    if (!code)
        code = take_text(order, "reason", &order->reason, error);
    if (!code)
        code = take_text(order, "by", &order->by, error);
    return !code ? take_people(order, error) : code;
}

void owner_order_release(struct owner_order *order)
{
    json_object_put(order->document);
    memset(order, 0, sizeof *order);
}

static void append_people(struct buffer *out, const struct owner_order *order)
{
    json_append_key(out, "logins");
    buffer_char(out, '[');
    for (size_t i = 0; i < order->count; i++) {
        buffer_text(out, i ? ",{" : "{");
        json_append_member(out, "name", order->people[i].name);
        json_append_member(out, "role", order->people[i].role);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
}

void owner_order_encode(const struct owner_order *order, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member(out, "action", action_names[order->action]);
    if (order->count > 0)
        append_people(out, order);
    if (order->reason)
        json_append_member(out, "reason", order->reason);
    if (order->by)
        json_append_member(out, "by", order->by);
    buffer_char(out, '}');
}

struct run {
    const struct owner_order *order;
    struct db *owner;
    const struct database_secret *functions;
    struct migrate_state before;
    struct migrate_state state;
    struct buffer logins; /* the members of the answer's list */
    bool changed;
    bool without_iam; /* a person's login was made that has neither password nor token */
};

static void append_login(void *context, const struct login *login)
{
    struct run *run = context;
    buffer_text(&run->logins, run->logins.len > 0 ? ",{" : "{");
    json_append_member(&run->logins, "name", login->name);
    json_append_member(&run->logins, "role", login->role);
    json_append_member(&run->logins, "change", login_change_name(login->change));
    json_append_member_bool(&run->logins, "iam", login->iam);
    buffer_char(&run->logins, '}');
    run->changed = run->changed || login->change != LOGIN_KEPT;
}

static enum error_code make_pipeline(struct run *run, struct error *error)
{
    struct login login;
    enum error_code code = login_of_pipeline(run->owner, run->functions, &login, error);
    if (!code)
        append_login(run, &login);
    return code;
}

static enum error_code make_people(struct run *run, struct error *error)
{
    const struct owner_order *order = run->order;
    struct login login = {.change = LOGIN_KEPT};
    enum error_code code = db_begin(run->owner, error);
    if (!code)
        code = logins_lock(run->owner, error);
    for (size_t i = 0; !code && i < order->count; i++) {
        const struct owner_person *person = &order->people[i];
        if (strcmp(person->name, run->functions->username) == 0)
            code = error_set(error, ERROR_CONFLICT, "the login %s is the functions' own",
                             person->name);
        else
            code = login_of_person(run->owner, person->name, person->role, &login, error);
        if (code)
            break;
        append_login(run, &login);
        run->without_iam |= login.change == LOGIN_MADE && !login.iam;
    }
    if (!code)
        code = db_commit(run->owner, error);
    if (code)
        db_rollback(run->owner);
    return code ? error_wrap(error, "no personal login was changed") : ERROR_NONE;
}

/* Where the database stands goes with the message: what was done before the failure stays. */
static enum error_code migrate(struct run *run, struct error *error)
{
    struct error ignored = ERROR_INIT;
    struct migrate_state now;
    enum error_code code = migrate_apply(run->owner, &run->state, error);
    if (!code || migrate_status(run->owner, &now, &ignored))
        return code;
    return error_wrap(
        error,
        "the database is at version %d, with %zu pending, and the functions run as before; fix "
        "this error and migrate again",
        now.version, now.pending);
}

static enum error_code do_it(struct run *run, struct error *error)
{
    enum error_code code = migrate_status(run->owner, &run->before, error);
    run->state = run->before;
    if (code)
        return code;
    switch (run->order->action) {
    case OWNER_STATUS:
        return logins_list(run->owner, append_login, run, error);
    case OWNER_MIGRATE:
        code = migrate(run, error);
        return !code ? make_pipeline(run, error) : code;
    case OWNER_LOGINS:
        if (run->before.version == 0)
            return error_set(error, ERROR_CONFLICT,
                             "the database has no schema yet: migrate it first");
        run->state.applied = 0;
        code = make_pipeline(run, error);
        return !code ? make_people(run, error) : code;
    }
    return error_set(error, ERROR_INTERNAL, "unknown action");
}

static void append_plan(struct buffer *out, const struct run *run)
{
    buffer_char(out, '{');
    json_append_member_integer(out, "from", run->before.version);
    json_append_member_integer(out, "to", run->before.known);
    json_append_member_bool(out, "in_account", true);
    if (run->order->by)
        json_append_member(out, "by", run->order->by);
    append_people(out, run->order);
    buffer_char(out, '}');
}

/* What changed nothing and failed at nothing is not noted: deploying again is no event. */
static void note(struct run *run, enum error_code outcome, const struct error *failure)
{
    struct error error = ERROR_INIT;
    struct buffer plan, detail;
    bool done = run->changed || run->state.version != run->before.version;
    if (run->order->action == OWNER_STATUS || (!outcome && !done))
        return;
    buffer_init(&plan, PLAN_MAX);
    buffer_init(&detail, PLAN_MAX);
    append_plan(&plan, run);
    buffer_char(&detail, '{');
    if (outcome && failure)
        json_append_member(&detail, "why", failure->message);
    buffer_char(&detail, '}');
    const struct audit_note row = {.action = action_names[run->order->action],
                                   .reason = run->order->reason,
                                   .plan = plan.data,
                                   .detail = detail.data,
                                   .outcome = outcome ? AUDIT_FAILED : AUDIT_DONE};
    if (audit_write(run->owner, &row, &error))
        log_line(LOG_WARN, "cannot write to the audit log", "reason", error.message, NULL);
    buffer_release(&plan);
    buffer_release(&detail);
}

static void append_answer(struct buffer *out, const struct run *run)
{
    buffer_char(out, '{');
    json_append_member(out, "action", action_names[run->order->action]);
    json_append_member_integer(out, "version", run->state.version);
    json_append_member_integer(out, "known", run->state.known);
    json_append_member_integer(out, "applied", (int64_t)run->state.applied);
    json_append_member_integer(out, "pending", (int64_t)run->state.pending);
    json_append_member_bool(out, "public_may_create", run->state.public_may_create);
    json_append_key(out, "logins");
    buffer_format(out, "[%s]", run->logins.len > 0 ? run->logins.data : "");
    json_append_key(out, "notes");
    buffer_char(out, '[');
    if (run->without_iam)
        json_append_text(out,
                         "this server has no role rds_iam: a new login cannot connect until the "
                         "owner sets its password (psql, \\password NAME)");
    buffer_text(out, "]}");
}

enum error_code owner_order_run(const struct owner_order *order, struct db *owner,
                                const struct database_secret *functions, struct buffer *answer,
                                struct error *error)
{
    struct run run = {.order = order, .owner = owner, .functions = functions};
    struct error failure = ERROR_INIT;
    buffer_init(&run.logins, PLAN_MAX);
    enum error_code code = do_it(&run, &failure);
    if (!code)
        code = buffer_check(&run.logins, &failure);
    note(&run, code, &failure);
    if (!code)
        append_answer(answer, &run);
    else if (error)
        *error = failure;
    buffer_release(&run.logins);
    return code;
}
