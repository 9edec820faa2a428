#include "tui/commands/migrate_inside.h"

#include <string.h>

#include "core/base/json.h"
#include "core/operate/owner/call.h"
#include "core/operate/owner/logins.h"

/* The logins given as NAME=ROLE; `texts` holds what the order borrows. */
static enum error_code people_read(struct command_call *call, struct owner_order *order,
                                   char (*names)[LOGIN_NAME_SIZE], struct error *error)
{
    const char *const *values = NULL;
    size_t count = options_texts(call->options, "login", &values);
    if (count > OWNER_PEOPLE_MAX)
        return error_set(error, ERROR_USAGE, "more than %d logins", OWNER_PEOPLE_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strrchr(values[i], '=');
        size_t len = equals ? (size_t)(equals - values[i]) : LOGIN_NAME_SIZE;
        if (len >= LOGIN_NAME_SIZE)
            return error_set(error, ERROR_USAGE,
                             "--login must be NAME=ROLE, such as anna=operator, not \"%.80s\"",
                             values[i]);
        memcpy(names[i], values[i], len);
        names[i][len] = '\0';
        order->people[i] = (struct owner_person){names[i], equals + 1};
        if (login_check(names[i], equals + 1, error))
            return ERROR_USAGE;
    }
    order->count = count;
    return ERROR_NONE;
}

static void logins_print(struct output *output, struct json_object *document)
{
    struct json_object *list = json_member(document, "logins");
    struct json_object *notes = json_member(document, "notes");
    for (size_t i = 0; i < json_count(list); i++) {
        struct json_object *login = json_object_array_get_idx(list, i);
        const char *name = json_text(login, "name", NULL), *role = json_text(login, "role", NULL);
        const char *change = json_text(login, "change", NULL);
        output_format(output, "login %s: %s, %s%s\n", name ? name : "", role ? role : "",
                      change ? change : "",
                      json_object_get_boolean(json_member(login, "iam")) ? ", by an IAM token"
                                                                         : "");
    }
    for (size_t i = 0; i < json_count(notes); i++)
        output_note(output, "intake migrate: %s",
                    json_object_get_string(json_object_array_get_idx(notes, i)));
}

static void answer_print(struct output *output, const struct owner_answer *answer, bool look)
{
    struct buffer *out = &output->text;
    if (output->json) {
        buffer_char(out, '{');
        json_append_member_integer(out, "version", answer->version);
        json_append_member_integer(out, "applied", answer->applied);
        json_append_member_integer(out, "pending", answer->pending);
        json_append_key(out, "logins");
        struct json_object *list = json_member(answer->document, "logins");
        buffer_text(out,
                    list ? json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN) : "[]");
        buffer_text(out, "}\n");
        return;
    }
    output_format(output, "version %lld of %lld, %lld applied%s, %lld pending\n",
                  (long long)answer->version, (long long)answer->known, (long long)answer->applied,
                  look ? "" : " now", (long long)answer->pending);
    logins_print(output, answer->document);
}

static int plan_confirm(struct command_call *call, const struct owner_order *order,
                        const struct owner_answer *now)
{
    struct buffer plan;
    size_t count = order->action == OWNER_MIGRATE ? (size_t)now->pending : order->count;
    buffer_init(&plan, 64 * 1024);
    if (order->action == OWNER_MIGRATE)
        buffer_format(&plan, "  apply %lld migrations in the account, from version %lld to %lld\n",
                      (long long)now->pending, (long long)now->version, (long long)now->known);
    for (size_t i = 0; i < order->count; i++)
        buffer_format(&plan, "  login %s: %s\n", order->people[i].name, order->people[i].role);
    return command_confirm_text(call, count, &plan);
}

/* What the account says of who asks; a name that cannot be had is left out. */
static const char *who(struct session *session)
{
    struct error ignored = ERROR_INIT;
    struct session_identity identity;
    if (session_identify(session, &ignored))
        return NULL;
    session_identity(session, &identity);
    return identity.arn;
}

static int carry_out(struct command_call *call, struct aws_client *client, const char *function,
                     struct owner_order *order, bool look)
{
    struct error error = ERROR_INIT;
    struct owner_answer now = {.version = 0}, answer = {.version = 0};
    const struct owner_order status = {.action = OWNER_STATUS};
    int result = EXIT_DONE;
    if (owner_call(client, function, &status, &now, &error)) {
        result = command_fail(call, &error);
    } else if (look) {
        answer_print(call->output, &now, true);
    } else if ((result = plan_confirm(call, order, &now)) == EXIT_DONE) {
        order->by = who(call->session);
        if (owner_call(client, function, order, &answer, &error))
            result = command_fail(call, &error);
        else
            answer_print(call->output, &answer, false);
    }
    owner_answer_release(&now);
    owner_answer_release(&answer);
    return result;
}

int migrate_inside(struct command_call *call, bool look)
{
    static char names[OWNER_PEOPLE_MAX][LOGIN_NAME_SIZE];
    struct error error = ERROR_INIT;
    struct owner_order order = {.reason = command_reason(call)};
    struct aws_client *client = NULL;
    const char *function = NULL;
    if (people_read(call, &order, names, &error))
        return command_misused(call, "%s", error.message);
    order.action = order.count > 0 ? OWNER_LOGINS : OWNER_MIGRATE;
    enum error_code code =
        session_resource(call->session, SETTING_MIGRATE_FUNCTION, &function, &error);
    if (!code)
        code = session_aws(call->session, &client, &error);
    return code ? command_fail(call, &error) : carry_out(call, client, function, &order, look);
}
