#include "core/base/json.h"
#include "core/operate/audit.h"
#include "sql/db.h"
#include "sql/migrate.h"
#include "tui/cli/command.h"
#include "tui/commands/migrate_inside.h"
#include "tui/commands/table.h"

static const struct option options[] = {
    {.name = "status", .help = "show applied and pending migrations; change nothing"},
    {.name = "in-account",
     .help = "migrate with the function intake-migrate, which reaches a private database"},
    OPTION("login", OPTION_TEXT, "NAME=ROLE",
           "with --in-account: create a login as viewer, support or operator; none removes it",
           .many = true),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake migrate --status", "version of the database, and pending migrations"},
    {"INTAKE_ADMIN_DATABASE_URL=postgresql://owner@host/ecommerce_platform intake migrate",
     "migrate as the owner of the schema"},
    {"intake migrate --in-account", "migrate a private database and renew the functions' login"},
    {"intake migrate --in-account --login anna=operator --login ben=none",
     "create a login for Anna (without a password if RDS has IAM), remove that of Ben"},
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
        return command_misused(call, "--login requires --in-account");
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
    .summary = "Apply pending database migrations",
    .operands = "",
    .description =
        "Applies the migrations that are built into this program, each once and in its own "
        "transaction, then the grants of the roles. Safe to run again; nothing is dropped. A "
        "database that is newer than the program is refused.\n"
        "\n"
        "Requires the owner of the schema: uses INTAKE_ADMIN_DATABASE_URL if it is set.\n"
        "\n"
        "With --in-account the function intake-migrate applies the migrations inside the "
        "account's network, with the owner's secret. It also creates the functions' login, or "
        "renews it if the password in their secret has changed. This requires "
        "lambda:InvokeFunction on that function, and no database connection.",
    .options = options,
    .examples = examples,
    .role = ROLE_NONE,
    .action = true,
    .run = run,
};
