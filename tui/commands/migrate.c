#include "core/base/json.h"
#include "core/operate/audit.h"
#include "sql/db.h"
#include "sql/migrate.h"
#include "tui/cli/command.h"
#include "tui/commands/migrate_inside.h"
#include "tui/commands/table.h"

static const struct option options[] = {
    {.name = "status", .help = "where the database stands; changes nothing"},
    {.name = "in-account",
     .help = "by the function intake-migrate, which reaches a private database"},
    OPTION("login", OPTION_TEXT, "NAME=ROLE",
           "with --in-account: a login, as viewer, support or operator; none takes it away",
           .many = true),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake migrate --status", "version of the database, and what is pending"},
    {"INTAKE_ADMIN_DATABASE_URL=postgresql://owner@host/ecommerce_platform intake migrate",
     "as the schema's owner, whoever the session is"},
    {"intake migrate --in-account", "a private database, and the functions' login by their secret"},
    {"intake migrate --in-account --login anna=operator --login ben=none",
     "Anna's login, without a password where RDS knows IAM; Ben's is gone"},
    {NULL, NULL},
};

static void state_print(struct output *output, const struct migrate_state *state, bool applied)
{
    struct buffer *out = &output->text;
    if (output->json) {
        buffer_char(out, '{');
        json_append_member_integer(out, "version", state->version);
        json_append_member_integer(out, "applied", (int64_t)state->applied);
        json_append_member_integer(out, "pending", (int64_t)state->pending);
        buffer_text(out, "}\n");
    } else if (applied) {
        output_format(output, "version %d, %zu applied now, %zu pending\n", state->version,
                      state->applied, state->pending);
    } else {
        output_format(output, "version %d of %d, %zu applied, %zu pending\n", state->version,
                      state->known, state->applied, state->pending);
    }
}

static enum error_code owner_check(struct db *db, bool *owner, struct error *error)
{
    static const char sql[] =
        "SELECT pg_has_role(session_user, coalesce(c.relowner, d.datdba), 'MEMBER') AS owner"
        " FROM pg_database d LEFT JOIN pg_class c ON c.oid = to_regclass('public.upload_history')"
        " WHERE d.datname = current_database()";
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = db_query(db, sql, NULL, &result, error);
    *owner = !code && result.count == 1 && db_row_bool(&result, 0, "owner");
    db_result_release(&result);
    return code;
}

static int plan_confirm(const struct command_call *call, const struct migrate_state *state)
{
    size_t count = 0;
    struct buffer plan;
    const struct migration *known = migrate_known(&count);
    buffer_init(&plan, 64 * 1024);
    for (size_t i = 0; i < count; i++) {
        if (known[i].version > state->version)
            buffer_format(&plan, "  apply %04d %s\n", known[i].version, known[i].name);
    }
    int result = command_confirm(call, state->pending, plan.data);
    buffer_release(&plan);
    return result;
}

static void applied_note(struct db *db, const struct command_call *call,
                         const struct migrate_state *before, enum error_code code)
{
    struct error ignored = ERROR_INIT;
    char detail[96];
    snprintf(detail, sizeof detail, "{\"from\":%d,\"to\":%d}", before->version, before->known);
    const struct audit_note note = {.action = "migrate",
                                    .reason = command_reason(call),
                                    .plan = detail,
                                    .outcome = code ? AUDIT_FAILED : AUDIT_DONE};
    if (audit_write(db, &note, &ignored))
        output_note(call->output, "intake migrate: %s", ignored.message);
}

static int apply(struct command_call *call, struct db *db, struct migrate_state *state)
{
    struct error error = ERROR_INIT;
    bool owner = false;
    const struct migrate_state before = *state;
    if (owner_check(db, &owner, &error))
        return command_fail(call, &error);
    if (!owner) {
        command_note(call, NULL, NULL, AUDIT_REFUSED, "{\"why\":\"not the owner\"}");
        output_complain(call->output,
                        "intake migrate: %s does not own the schema; set "
                        "INTAKE_ADMIN_DATABASE_URL to the owner's",
                        db_describe(db));
        return EXIT_REFUSED;
    }
    int result = plan_confirm(call, state);
    if (result != EXIT_DONE)
        return result;
    enum error_code code = migrate_apply(db, state, &error);
    if (before.pending > 0)
        applied_note(db, call, &before, code);
    if (code)
        return command_fail(call, &error);
    state_print(call->output, state, true);
    return EXIT_DONE;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    struct migrate_state state = {.version = 0};
    bool look = options_flag(call->options, "status") || command_dry_run(call);
    int result = EXIT_DONE;
    if (options_flag(call->options, "in-account"))
        return migrate_inside(call, look);
    if (options_text(call->options, "login"))
        return command_misused(call, "--login wants --in-account");
    enum error_code code = session_database_open(call->session, !look, &db, &error);
    if (!code)
        code = migrate_status(db, &state, &error);
    if (code)
        result = command_fail(call, &error);
    else if (look)
        state_print(call->output, &state, false);
    else
        result = apply(call, db, &state);
    db_free(db);
    return result;
}

const struct command command_migrate = {
    .name = "migrate",
    .summary = "brings the schema up to date",
    .operands = "",
    .description =
        "Applies the migrations that are part of this program, each once and in a transaction of "
        "its own, then the roles' grants. Safe to run again; nothing is dropped. A database that "
        "is newer than the program is refused.\n\n"
        "Wants the schema's owner: where INTAKE_ADMIN_DATABASE_URL is set, it is used.\n\n"
        "With --in-account the function intake-migrate does it, inside the account's network and "
        "with the owner's secret, which nobody sees. It also makes the functions' login, or renews "
        "it where the password in their secret was changed. Calling it wants lambda:InvokeFunction "
        "on that function and no database of one's own.",
    .options = options,
    .examples = examples,
    .role = ROLE_NONE,
    .action = true,
    .run = run,
};
