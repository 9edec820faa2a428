#include "core/operate/guide/scorecard.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/operate/guide/write.h"

struct card {
    struct buffer *out;
    bool html;
};

struct totals {
    struct trend_sum sum;
    int64_t failed_uploads;
    int64_t by_rule[RULE_COUNT];
};

/* A text of ours, in which `...` is code. */
static void words(const struct card *card, const char *text)
{
    bool code = false;
    for (; *text; text++) {
        if (!card->html)
            buffer_char(card->out, *text);
        else if (*text != '`')
            write_html_char(card->out, *text);
        else
            buffer_text(card->out, (code = !code) ? "<code>" : "</code>");
    }
}

static void heading(const struct card *card, const char *text)
{
    buffer_format(card->out, card->html ? "<h2>%s</h2>\n" : "## %s\n\n", text);
}

static void row(const struct card *card, const char *const *cells, size_t count, bool titles)
{
    const char *tag = titles ? "th" : "td";
    buffer_text(card->out, card->html ? "<tr>" : "|");
    for (size_t i = 0; i < count; i++) {
        if (card->html)
            buffer_format(card->out, "<%s>%s</%s>", tag, cells[i], tag);
        else
            buffer_format(card->out, " %s |", cells[i]);
    }
    buffer_text(card->out, card->html ? "</tr>\n" : "\n");
    if (!titles || card->html)
        return;
    buffer_char(card->out, '|');
    for (size_t i = 0; i < count; i++)
        buffer_text(card->out, i ? " ---: |" : " --- |");
    buffer_char(card->out, '\n');
}

static void table_begin(const struct card *card)
{
    buffer_text(card->out, card->html ? "<table>\n" : "");
}

static void table_end(const struct card *card)
{
    buffer_text(card->out, card->html ? "</table>\n" : "\n");
}

#define CELL 32

static const char *number(int64_t value, char out[CELL])
{
    struct buffer text;
    buffer_init(&text, CELL);
    text_append_thousands(&text, value);
    snprintf(out, CELL, "%s", text.data);
    buffer_release(&text);
    return out;
}

static const char *share(int64_t part, int64_t whole, char out[CELL])
{
    if (whole > 0)
        snprintf(out, CELL, "%.1f%%", 100.0 * (double)part / (double)whole);
    else
        snprintf(out, CELL, "-");
    return out;
}

static const char *day(int64_t ms, char out[TIME_TEXT_SIZE])
{
    time_text_iso8601(ms, out);
    out[strlen("2026-01-02")] = '\0';
    return out;
}

static enum error_code types_add(struct totals *totals, const struct trend *trend,
                                 struct error *error)
{
    struct json_object *types = NULL;
    enum error_code code =
        json_parse(trend->errors_by_type, strlen(trend->errors_by_type), &types, error);
    for (enum rule rule = 0; !code && rule < RULE_COUNT; rule++) {
        int64_t records = 0;
        if (json_integer(types, rule_name(rule), &records))
            totals->by_rule[rule] += records;
    }
    json_object_put(types);
    return code;
}

static enum error_code totals_of(const struct scorecard_request *request, int64_t from,
                                 int64_t until, struct totals *totals, struct error *error)
{
    enum error_code code = ERROR_NONE;
    memset(totals, 0, sizeof *totals);
    for (size_t i = 0; i < request->trends->count && !code; i++) {
        const struct trend *trend = &request->trends->rows[i];
        if (trend->from < from || trend->from >= until)
            continue;
        totals->sum.uploads += trend->uploads;
        totals->sum.records += trend->records;
        totals->sum.errors += trend->errors;
        totals->failed_uploads += trend->failed_uploads;
        code = types_add(totals, trend, error);
    }
    return code;
}

static void write_title(const struct card *card, const struct scorecard_request *request)
{
    char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    if (card->html) {
        buffer_text(card->out,
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<title>Scorecard of ");
        write_data(card->out, true, request->vendor_id);
        buffer_text(
            card->out,
            "</title>\n<style>body{font-family:sans-serif;max-width:52em;margin:2em auto}"
            "td,th{padding:.2em .8em;text-align:right}"
            "td:first-child,th:first-child{text-align:left}</style>\n</head>\n<body>\n<h1>");
    } else {
        buffer_text(card->out, "# ");
    }
    buffer_text(card->out, "Scorecard of ");
    write_data(card->out, card->html,
               request->vendor_name ? request->vendor_name : request->vendor_id);
    buffer_text(card->out, card->html ? "</h1>\n<p>Vendor " : "\n\nVendor ");
    write_data(card->out, card->html, request->vendor_id);
    buffer_format(card->out, ", %s to %s (UTC).%s", day(request->from_ms, from),
                  day(request->now_ms, until), card->html ? "</p>\n" : "\n\n");
}

static void compare(const struct card *card, const char *what, const char *now, const char *before)
{
    row(card, (const char *const[]){what, now, before}, 3, false);
}

static void write_summary(const struct card *card, const struct totals *now,
                          const struct totals *before)
{
    char a[CELL], b[CELL];
    heading(card, "In short");
    table_begin(card);
    row(card, (const char *const[]){"", "This time", "The time before"}, 3, true);
    compare(card, "Files", number(now->sum.uploads, a), number(before->sum.uploads, b));
    compare(card, "Files without an accepted record", number(now->failed_uploads, a),
            number(before->failed_uploads, b));
    compare(card, "Records", number(now->sum.records, a), number(before->sum.records, b));
    compare(card, "Rejected records", number(now->sum.errors, a), number(before->sum.errors, b));
    compare(card, "Error rate", share(now->sum.errors, now->sum.records, a),
            share(before->sum.errors, before->sum.records, b));
    table_end(card);
}

static void write_periods(const struct card *card, const struct scorecard_request *request)
{
    struct trend_sum sums[SCORECARD_PERIODS_MAX];
    char from[TIME_TEXT_SIZE], uploads[CELL], records[CELL], errors[CELL], rate[CELL];
    bool weeks = request->period == TREND_BY_WEEK;
    size_t periods =
        request->periods < SCORECARD_PERIODS_MAX ? request->periods : SCORECARD_PERIODS_MAX;
    trends_sum(request->trends, request->period, NULL, request->from_ms, sums, periods);
    heading(card, weeks ? "Week by week" : "Day by day");
    table_begin(card);
    row(card,
        (const char *const[]){weeks ? "Week from" : "Day", "Files", "Records", "Rejected",
                              "Error rate"},
        5, true);
    for (size_t i = 0; i < periods; i++) {
        int64_t at = request->from_ms + (int64_t)i * trend_period_ms(request->period);
        row(card,
            (const char *const[]){day(at, from), number(sums[i].uploads, uploads),
                                  number(sums[i].records, records), number(sums[i].errors, errors),
                                  share(sums[i].errors, sums[i].records, rate)},
            5, false);
    }
    table_end(card);
}

/* The most frequent one that is left, or RULE_COUNT. */
static enum rule most_frequent(const int64_t *by_rule)
{
    enum rule most = RULE_COUNT;
    for (enum rule rule = 0; rule < RULE_COUNT; rule++) {
        if (by_rule[rule] > 0 && (most == RULE_COUNT || by_rule[rule] > by_rule[most]))
            most = rule;
    }
    return most;
}

static void write_types(const struct card *card, struct totals *now)
{
    char records[CELL], part[CELL];
    enum rule rule;
    if (now->sum.errors == 0)
        return;
    heading(card, "What was rejected, and what to do");
    buffer_text(card->out, card->html ? "<ul>\n" : "");
    while ((rule = most_frequent(now->by_rule)) != RULE_COUNT) {
        buffer_format(card->out,
                      card->html ? "<li><b>%s</b>: %s record%s, %s of those rejected. "
                                 : "- **%s**: %s record%s, %s of those rejected. ",
                      rule_name(rule), number(now->by_rule[rule], records),
                      now->by_rule[rule] == 1 ? "" : "s",
                      share(now->by_rule[rule], now->sum.errors, part));
        words(card, guide_rule_advice(rule));
        buffer_text(card->out, card->html ? "</li>\n" : "\n");
        now->by_rule[rule] = 0;
    }
    buffer_text(card->out, card->html ? "</ul>\n" : "\n");
    words(card, "Each record counts once, under its first error.");
    buffer_char(card->out, '\n');
}

enum error_code scorecard_append(struct buffer *out, const struct scorecard_request *request,
                                 struct error *error)
{
    const struct card card = {.out = out, .html = request->format == GUIDE_HTML};
    struct totals now, before;
    int64_t length = (int64_t)request->periods * trend_period_ms(request->period);
    enum error_code code = totals_of(request, request->from_ms, INT64_MAX, &now, error);
    if (!code)
        code = totals_of(request, request->from_ms - length, request->from_ms, &before, error);
    if (code)
        return code;
    write_title(&card, request);
    write_summary(&card, &now, &before);
    write_periods(&card, request);
    write_types(&card, &now);
    buffer_text(out, card.html ? "</body>\n</html>\n" : "");
    return buffer_check(out, error);
}
