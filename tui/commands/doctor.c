#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "core/base/json.h"
#include "core/health/doctor.h"
#include "tui/cli/command.h"
#include "tui/cli/listing.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"
#include "tui/session/session_doctor.h"

static const struct command_example examples[] = {
    {"intake doctor", "check the whole deployment"},
    {"intake doctor --json | jq '.checks[] | select(.status != \"ok\")'",
     "problems only, for a ticket"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "STATUS"}, {.title = "AREA"},
    {.title = "CHECK"},  {.title = "DETAIL", .flexible = true, .least = 24},
    {.title = NULL},
};

static enum error_code open_aws(void *context, struct aws_client **client, struct error *error)
{
    return session_aws_open(context, client, error);
}

static enum error_code open_database(void *context, struct db **db, struct error *error)
{
    return session_database_open(context, false, db, error);
}

/* Together within the five seconds that are promised. */
enum { NAMES_MS = 1500, DOCTOR_MS = 2800, INTERRUPTED_BY_US = 2 };

/* Ends the search for names, which may ask AWS, when its time is over. */
struct names_watch {
    struct cancel *cancel;
    pthread_mutex_t lock;
    pthread_cond_t bell;
    bool found;
};

static void *watch_names(void *context)
{
    struct names_watch *watch = context;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += NAMES_MS / 1000;
    until.tv_nsec += (long)(NAMES_MS % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&watch->lock);
    int waited = 0;
    while (!watch->found && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&watch->bell, &watch->lock, &until);
    int nobody = 0;
    if (!watch->found)
        atomic_compare_exchange_strong(&watch->cancel->requested, &nobody, INTERRUPTED_BY_US);
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

/* Names that can be found out in time. One that cannot is told by its own check. */
static void find_names(struct session *session)
{
    struct names_watch watch = {.cancel = session_cancel(session),
                                .lock = PTHREAD_MUTEX_INITIALIZER,
                                .bell = PTHREAD_COND_INITIALIZER};
    struct error error = ERROR_INIT;
    pthread_t thread;
    const char *value = NULL;
    if (pthread_create(&thread, NULL, watch_names, &watch) != 0)
        return;
    for (int setting = 0; setting < SETTING_COUNT; setting++) {
        if (session_resource(session, (enum setting)setting, &value, &error) == ERROR_CANCELLED ||
            error.code == ERROR_NETWORK || error.code == ERROR_TIMEOUT)
            break;
        error_clear(&error);
    }
    pthread_mutex_lock(&watch.lock);
    watch.found = true;
    pthread_cond_signal(&watch.bell);
    pthread_mutex_unlock(&watch.lock);
    pthread_join(thread, NULL);
    int ours = INTERRUPTED_BY_US;
    atomic_compare_exchange_strong(&watch.cancel->requested, &ours, 0);
}

static void check_json(struct buffer *out, const void *listed)
{
    const struct doctor_check *check = listed;
    json_append_member(out, "name", check->name);
    json_append_member(out, "area", check->area);
    json_append_member(out, "status", doctor_status_name(check->status));
    json_append_member(out, "detail", check->detail);
    json_append_member(out, "remedy", check->remedy[0] ? check->remedy : NULL);
}

static void report_json(struct buffer *out, const struct doctor_report *report)
{
    buffer_char(out, '{');
    json_append_member_bool(out, "ok", doctor_worst(report) == DOCTOR_OK);
    json_objects(out, "checks", report->checks, report->count, sizeof *report->checks, check_json);
    buffer_text(out, "}\n");
}

static enum error_code report_print(struct output *output, const struct doctor_report *report,
                                    struct error *error)
{
    static const enum output_style styles[] = {STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM};
    size_t counts[4] = {0};
    struct listing listing;
    listing_init(&listing, columns);
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_check *check = &report->checks[i];
        counts[check->status]++;
        listing_cell_styled(&listing, styles[check->status], doctor_status_name(check->status));
        listing_cell(&listing, check->area);
        listing_cell(&listing, check->name);
        listing_cell(&listing, check->detail);
    }
    enum error_code code = listing_print(&listing, output, error);
    listing_release(&listing);
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_check *check = &report->checks[i];
        if (!check->remedy[0])
            continue;
        output_format(output, "\n%s: %s\n  ", check->area, check->name);
        output_visible(output, check->detail);
        output_format(output, "\n  -> ");
        output_visible(output, check->remedy);
        output_format(output, "\n");
    }
    output_format(output,
                  "\n"
                  "%zu ok, %zu warnings, %zu failed, %zu skipped\n",
                  counts[DOCTOR_OK], counts[DOCTOR_WARN], counts[DOCTOR_FAIL], counts[DOCTOR_SKIP]);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct doctor_report report;
    doctor_report_init(&report);
    output_progress(call->output, "checking the deployment");
    find_names(call->session);
    const struct doctor_host host = {.context = call->session,
                                     .open_aws = open_aws,
                                     .open_database = open_database,
                                     .settings = session_settings(call->session),
                                     .cancel = session_cancel(call->session),
                                     .deadline_ms = DOCTOR_MS};
    enum error_code code = doctor_run(&host, &report, &error);
    if (!code)
        session_doctor(call->session, &report);
    output_progress_end(call->output);
    enum doctor_status worst = doctor_worst(&report);
    if (!code && call->output->json)
        report_json(&call->output->text, &report);
    else if (!code)
        code = report_print(call->output, &report, &error);
    doctor_report_release(&report);
    if (code)
        return command_fail(call, &error);
    return worst == DOCTOR_FAIL ? EXIT_FAILED : worst == DOCTOR_OK ? EXIT_DONE : EXIT_PARTLY;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "Check the deployment and show how to fix problems",
    .operands = "",
    .description =
        "Checks bucket, table, database, secret, queues, topics, functions, triggers, logs and "
        "alarms in parallel, and looks for known problems: events that do not arrive, stuck "
        "uploads, e-mail without a subscriber, a stream that lags. Changes nothing. Finishes "
        "within five seconds even if no service responds. Where the environment has them, it also "
        "says how long the sign-in lasts and how the tunnel and the database token are.\n"
        "\n"
        "A check that your role does not permit is skipped, and the exit code is 3. Refused "
        "credentials are a failure.",
    .examples = examples,
    .role = ROLE_NONE,
    .run = run,
};
