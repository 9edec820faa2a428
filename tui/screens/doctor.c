#include <stdlib.h>
#include <string.h>

#include "core/health/doctor.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/session/session.h"
#include "tui/session/session_doctor.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("status", "STATUS", 6, 6),
    GRID_COLUMN("area", "AREA", 12, 8),
    GRID_COLUMN("check", "CHECK", 26, 12, .grow = 1),
    GRID_COLUMN("seen", "DETAIL", 44, 16, .grow = 3),
    GRID_COLUMN("remedy", "REMEDY", 40, 12, .grow = 2, .drop = 1),
};

enum { COLUMN_SEEN = 3, COLUMN_REMEDY = 4 };

static enum error_code open_aws(void *context, struct aws_client **client, struct error *error)
{
    return session_aws_open(context, client, error);
}

static enum error_code open_database(void *context, struct db **db, struct error *error)
{
    return session_database_open(context, false, db, error);
}

static struct row *make_row(const struct doctor_check *check)
{
    const char *cells[] = {doctor_status_name(check->status), check->area, check->name,
                           check->detail, check->remedy};
    char *key = console_format("%s/%s", check->area, check->name);
    struct row *row = row_new(key, key, cells, sizeof cells / sizeof cells[0]);
    row->accent = 0;
    row->accent_tone = (uint8_t)cell_status_tone(doctor_status_name(check->status));
    if (check->status == DOCTOR_SKIP)
        row->tone = TONE_DIM;
    free(key);
    return row;
}

static bool wanted(const struct doctor_check *check, const struct filter *filter)
{
    const char *texts[] = {check->area, check->name, check->detail, check->remedy};
    return filter_key_is(filter, "status", doctor_status_name(check->status)) &&
           filter_key_holds(filter, "area", check->area) &&
           filter_matches(filter, texts, sizeof texts / sizeof texts[0]);
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    const struct doctor_host host = {.context = context->session,
                                     .open_aws = open_aws,
                                     .open_database = open_database,
                                     .settings = session_settings(context->session),
                                     .cancel = context->cancel};
    struct doctor_report report;
    struct error unknown = ERROR_INIT;
    const char *value = NULL;
    enum error_code code;
    /* A name that cannot be found out is told by its own check. */
    for (int setting = 0; setting < SETTING_COUNT; setting++) {
        if (session_resource(context->session, (enum setting)setting, &value, &unknown) &&
            (unknown.code == ERROR_NETWORK || unknown.code == ERROR_CANCELLED))
            break;
        error_clear(&unknown);
    }
    doctor_report_init(&report);
    code = doctor_run(&host, &report, error);
    if (!code)
        session_doctor(context->session, &report);
    for (size_t i = 0; !code && i < report.count; i++) {
        if (wanted(&report.checks[i], query->filter))
            window_page_add(page, make_row(&report.checks[i]));
    }
    doctor_report_release(&report);
    return code;
}

/* What a command of a remedy shows is a screen here; `%s` is the word behind it. */
struct lead {
    const char *remedy, *screen, *filter;
};

static const struct lead leads[] = {
    {"intake dlq peek ", "dead-letters", "%s"},
    {"intake dlq list", "dead-letters", ""},
    {"intake logs ", "logs", "function:%s since:1h"},
    {"intake uploads --status ", "uploads", "status:%s"},
    {"intake vendors", "vendors", ""},
    {"intake notify", "attention", ""},
};

static struct effect follow(const struct lead *lead, const char *remedy)
{
    const char *word = remedy + strlen(lead->remedy);
    const char *blank = strstr(lead->filter, "%s");
    char *filter = !blank ? console_copy("")
                          : console_format("%.*s%.*s%s", (int)(blank - lead->filter), lead->filter,
                                           (int)strcspn(word, " ;"), word, blank + 2);
    struct effect effect = effect_push_filtered(lead->screen, "", filter);
    free(filter);
    return effect;
}

static struct effect open_check(struct screen *screen, const struct row *row)
{
    const char *remedy = row_cell(row, COLUMN_REMEDY);
    (void)screen;
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (strncmp(remedy, leads[i].remedy, strlen(leads[i].remedy)) == 0)
            return follow(&leads[i], remedy);
    }
    return effect_toast(row_cell(row, COLUMN_REMEDY)[0] != '\0' ? TONE_WARN : TONE_INFO, "%s%s%s",
                        row_cell(row, COLUMN_SEEN),
                        row_cell(row, COLUMN_REMEDY)[0] != '\0' ? "  ->  " : "",
                        row_cell(row, COLUMN_REMEDY));
}

/* What y copies: the remedy, else what was seen. */
static const char *subject(const struct screen *screen)
{
    const struct row *row = list_selected(screen);
    if (!row)
        return NULL;
    return row_cell(row, row_cell(row, COLUMN_REMEDY)[0] != '\0' ? COLUMN_REMEDY : COLUMN_SEEN);
}

static const char *const statuses[] = {"ok", "warn", "fail", "skip", NULL};
static const struct filter_words words[] = {{.key = "status", .words = statuses}, {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns), .filter_words = words, .filter_keys = "status area",
    .empty = "no checks",  .refresh_ms = 60000,   .lane = JOB_CLOUD,
    .fetch = fetch,        .open = open_check,    .command = "intake doctor",
};

const struct screen_ops screen_doctor = {
    .name = "doctor",
    .aliases = "health checks",
    .title = "Doctor",
    .help = "checks of the deployment and how to fix problems",
    LIST_SCREEN_OF(&spec, list_tick, subject),
};
