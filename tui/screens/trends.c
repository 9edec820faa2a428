#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/base/world.h"
#include "core/history/trends.h"
#include "core/record/rules.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/session/session.h"
#include "tui/widgets/chart.h"

enum { DAYS = 30, WEEKS = 12, PERIODS_MAX = DAYS, HEIGHT = 5, BAR = 24, VENDORS_MAX = 200 };

#define WEEKLY "week"

/* The argument: a vendor, "week", or both in this order. */
struct view {
    char vendor[64]; /* "": all */
    enum trend_period period;
    size_t periods;
    int64_t from;
    bool blocks;
};

static void view_read(struct view *view, const char *argument)
{
    const char *space = strchr(argument, ' ');
    const char *last = space ? space + 1 : argument;
    bool weekly = strcmp(last, WEEKLY) == 0;
    size_t vendor = space ? (size_t)(space - argument) : weekly ? 0 : strlen(argument);
    view->period = weekly ? TREND_BY_WEEK : TREND_BY_DAY;
    view->periods = weekly ? WEEKS : DAYS;
    snprintf(view->vendor, sizeof view->vendor, "%.*s", (int)vendor, argument);
    view->from = trend_period_begin(view->period, world_now_ms(&world_real)) -
                 (int64_t)(view->periods - 1) * trend_period_ms(view->period);
    view->blocks = chart_has_blocks();
}

static double rate_of(const struct trend_sum *sum)
{
    return sum->records > 0 ? 100.0 * (double)sum->errors / (double)sum->records : -1;
}

static void add_chart(struct document *document, const struct view *view, const double *values,
                      const char *most_said, enum theme_tone tone)
{
    double most = chart_most(values, view->periods);
    struct buffer line;
    buffer_init(&line, 4096);
    for (int i = 0; i < HEIGHT; i++) {
        buffer_clear(&line);
        chart_line(&line, view->blocks, values, view->periods, most,
                   view->period == TREND_BY_WEEK ? 4 : 1, HEIGHT, i);
        document_field(document, i == 0 ? most_said : i == HEIGHT - 1 ? "0" : "", tone, line.data);
    }
    buffer_release(&line);
}

/* The first and the last period, below the ends of a chart. */
static void add_axis(struct document *document, const struct view *view)
{
    char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    int columns = (int)view->periods * (view->period == TREND_BY_WEEK ? 5 : 2) - 1;
    time_text_iso8601(view->from, from);
    time_text_iso8601(view->from + (int64_t)(view->periods - 1) * trend_period_ms(view->period),
                      until);
    char *line = console_format("%.10s%*.10s", from, columns - 10, until);
    document_field(document, "", TONE_DIM, line);
    free(line);
}

static void add_charts(struct document *document, const struct view *view,
                       const struct trend_sum *sums)
{
    double records[PERIODS_MAX], rates[PERIODS_MAX];
    char most[CELL_SIZE];
    bool weekly = view->period == TREND_BY_WEEK;
    for (size_t i = 0; i < view->periods; i++) {
        records[i] = (double)sums[i].records;
        rates[i] = rate_of(&sums[i]);
    }
    document_head(document, weekly ? "Records by week (UTC)" : "Records by day (UTC)");
    add_chart(document, view, records,
              cell_number((int64_t)chart_most(records, view->periods), most), TONE_INFO);
    add_axis(document, view);
    document_head(document, weekly ? "Error rate by week" : "Error rate by day");
    snprintf(most, sizeof most, "%.1f%%", chart_most(rates, view->periods));
    add_chart(document, view, rates, most, TONE_WARN);
    add_axis(document, view);
}

static void add_vendor(struct document *document, const struct view *view,
                       const struct trend_list *list, const char *vendor)
{
    struct trend_sum sums[PERIODS_MAX], all = {0};
    double rates[PERIODS_MAX];
    struct buffer line;
    trends_sum(list, view->period, vendor, view->from, sums, view->periods);
    for (size_t i = 0; i < view->periods; i++) {
        rates[i] = rate_of(&sums[i]);
        all.uploads += sums[i].uploads;
        all.records += sums[i].records;
        all.errors += sums[i].errors;
    }
    buffer_init(&line, 4096);
    chart_spark(&line, view->blocks, rates, view->periods, 100);
    buffer_format(&line, "  %lld upload%s, %lld record%s, ", (long long)all.uploads,
                  all.uploads == 1 ? "" : "s", (long long)all.records, all.records == 1 ? "" : "s");
    if (all.records > 0)
        buffer_format(&line, "%.1f%% rejected", rate_of(&all));
    else
        buffer_text(&line, "no error rate");
    document_field(document, vendor, TONE_NORMAL, line.data);
    document_link(document, "vendor", vendor);
    buffer_release(&line);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_vendors(struct document *document, const struct view *view,
                        const struct trend_list *list)
{
    const char **vendors = console_allocate((list->count + 1) * sizeof *vendors);
    size_t count = 0, shown = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].vendor_id)
            vendors[count++] = list->rows[i].vendor_id;
    }
    qsort(vendors, count, sizeof *vendors, compare_texts);
    document_head(document, "Error rate by vendor (0 to 100%)");
    for (size_t i = 0; i < count && shown < VENDORS_MAX; i++) {
        if (i > 0 && strcmp(vendors[i], vendors[i - 1]) == 0)
            continue;
        add_vendor(document, view, list, vendors[i]);
        shown++;
    }
    free(vendors);
}

static enum error_code types_sum(const struct trend_list *list, int64_t by_rule[RULE_COUNT],
                                 struct error *error)
{
    enum error_code code = ERROR_NONE;
    memset(by_rule, 0, RULE_COUNT * sizeof *by_rule);
    for (size_t i = 0; i < list->count && !code; i++) {
        struct json_object *types = NULL;
        const char *text = list->rows[i].errors_by_type;
        code = json_parse(text, strlen(text), &types, error);
        for (enum rule rule = 0; !code && rule < RULE_COUNT; rule++) {
            int64_t records = 0;
            if (json_integer(types, rule_name(rule), &records))
                by_rule[rule] += records;
        }
        json_object_put(types);
    }
    return code;
}

static enum error_code add_types(struct document *document, const struct view *view,
                                 const struct trend_list *list, struct error *error)
{
    int64_t by_rule[RULE_COUNT];
    double most = 0;
    enum error_code code = types_sum(list, by_rule, error);
    if (code)
        return code;
    document_head(document, "Rejected records by type");
    for (enum rule rule = 0; rule < RULE_COUNT; rule++)
        most = (double)by_rule[rule] > most ? (double)by_rule[rule] : most;
    for (enum rule rule = 0; rule < RULE_COUNT; rule++) {
        struct buffer line;
        if (by_rule[rule] == 0)
            continue;
        buffer_init(&line, 4096);
        chart_bar(&line, view->blocks, (double)by_rule[rule], most, BAR);
        buffer_format(&line, " %lld", (long long)by_rule[rule]);
        document_field(document, rule_name(rule), TONE_NORMAL, line.data);
        buffer_release(&line);
    }
    if (most == 0)
        document_text(document, TONE_DIM, "no record was rejected");
    return ERROR_NONE;
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct view view;
    struct trend_list list = {.count = 0};
    struct trend_sum sums[PERIODS_MAX];
    struct db *db;
    view_read(&view, argument);
    const struct trend_filter filter = {.period = view.period,
                                        .vendor = view.vendor[0] ? view.vendor : NULL,
                                        .since_ms = view.from};
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = trends_list(db, &filter, &list, error);
    if (!code && list.count == 0) {
        document_format(document, TONE_DIM, "no uploads%s%s in the last %zu %s",
                        view.vendor[0] ? " of " : "", view.vendor, view.periods,
                        view.period == TREND_BY_WEEK ? "weeks" : "days");
    } else if (!code) {
        trends_sum(&list, view.period, NULL, view.from, sums, view.periods);
        add_charts(document, &view, sums);
        add_vendors(document, &view, &list);
        code = add_types(document, &view, &list, error);
    }
    trend_list_release(&list);
    return code;
}

static char *command(const struct screen *screen)
{
    struct view view;
    struct shell_line line;
    view_read(&view, screen->argument);
    shell_line_begin(&line, "intake trends");
    shell_line_option(&line, "vendor", view.vendor[0] ? view.vendor : NULL);
    shell_line_option(&line, "by", view.period == TREND_BY_WEEK ? WEEKLY : NULL);
    return shell_line_end(&line);
}

static struct effect other_period(const struct screen *screen)
{
    struct view view;
    view_read(&view, screen->argument);
    bool weekly = view.period == TREND_BY_DAY;
    char *argument = console_format("%s%s%s", view.vendor, view.vendor[0] && weekly ? " " : "",
                                    weekly ? WEEKLY : "");
    struct effect effect = effect_push("trends", argument);
    effect.kind = EFFECT_REPLACE;
    free(argument);
    return effect;
}

ACTION(period_run, other_period(screen))

static const struct action rows[] = {
    {"day-or-week", "b", "day by day or week by week", ROLE_VIEWER, ACTION_HINT, period_run},
};

static const struct action_table actions = ACTION_TABLE(rows);

static const struct page_spec spec = {.refresh_ms = 60000, .fetch = fetch};

const struct screen_ops screen_trends = {
    .name = "trends",
    .title = "Trends",
    .help = "records and error rate by day or week, by vendor and type",
    .actions = &actions,
    .kind = &page_actions,
    .spec = &spec,
    .open = page_open,
    .close = page_close,
    .draw = page_draw,
    .move = page_move,
    .tick = page_tick,
    .click = page_click,
    .freshness = page_freshness,
    .filter = page_filter,
    .filter_text = page_filter_text,
    .subject = page_subject,
    .command = command,
    .text = page_text,
    .ids = page_ids,
};
