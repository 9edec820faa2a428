#include "core/operate/guide/guide.h"

#include <stdarg.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/operate/guide/write.h"
#include "core/record/advice.h"
#include "core/record/csv.h"
#include "core/record/names.h"

struct guide {
    struct buffer *out;
    bool html;
};

/* ---- the two ways to write it */

static void escape(const struct guide *guide, const char *text, size_t len)
{
    write_escaped(guide->out, guide->html, text, len);
}

/* A text that is not ours: made visible, then escaped. */
static void put_data(const struct guide *guide, const char *text)
{
    write_data(guide->out, guide->html, text);
}

static bool is_of_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A text of ours inside a line: only what Markdown would take for a mark of its own is escaped, so
   that it can be read as it stands. */
static void put_words(const struct guide *guide, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool mark = strchr("\\`*<|[~", text[i]) != NULL;
        mark |= text[i] == '_' &&
                !(i && i + 1 < len && is_of_word(text[i - 1]) && is_of_word(text[i + 1]));
        if (guide->html)
            write_html_char(guide->out, text[i]);
        else
            buffer_format(guide->out, "%s%c", mark ? "\\" : "", text[i]);
    }
}

/* The same where it has to be copied letter by letter. A fence of backticks is longer than any in
 * the text (CommonMark, section 6.1). */
static void put_code(const struct guide *guide, const char *text)
{
    struct buffer visible;
    size_t fence = 1;
    for (const char *at = text; *at; at++) {
        size_t run = strspn(at, "`");
        fence = run >= fence ? run + 1 : fence;
        at += run ? run - 1 : 0;
    }
    const char *pad = fence > 1 ? " " : "";
    buffer_init(&visible, 1 << 16);
    text_append_visible(&visible, text, strlen(text));
    if (guide->html) {
        buffer_text(guide->out, "<code>");
        escape(guide, visible.data, visible.len);
        buffer_text(guide->out, "</code>");
    } else {
        for (size_t i = 0; i < fence; i++)
            buffer_char(guide->out, '`');
        buffer_format(guide->out, "%s%s%s", pad, visible.data, pad);
        for (size_t i = 0; i < fence; i++)
            buffer_char(guide->out, '`');
    }
    buffer_release(&visible);
}

/* A text of ours, in which `...` is code. */
static void put(const struct guide *guide, const char *text)
{
    bool code = false;
    if (!guide->html) {
        buffer_text(guide->out, text);
        return;
    }
    for (; *text; text++) {
        if (*text == '`') {
            buffer_text(guide->out, code ? "</code>" : "<code>");
            code = !code;
        } else {
            write_html_char(guide->out, *text);
        }
    }
}

static void put_format(const struct guide *guide, const char *format, ...) PRINTF_LIKE(2, 3);
static void put_format(const struct guide *guide, const char *format, ...)
{
    struct buffer text;
    va_list arguments;
    buffer_init(&text, 1 << 14);
    va_start(arguments, format);
    buffer_format_list(&text, format, arguments);
    va_end(arguments);
    put(guide, text.data);
    buffer_release(&text);
}

static void head(const struct guide *guide, const char *text)
{
    buffer_text(guide->out, guide->html ? "<h2>" : "## ");
    put(guide, text);
    buffer_text(guide->out, guide->html ? "</h2>\n" : "\n\n");
}

static void begin(const struct guide *guide)
{
    buffer_text(guide->out, guide->html ? "<p>" : "");
}

static void end(const struct guide *guide)
{
    buffer_text(guide->out, guide->html ? "</p>\n" : "\n\n");
}

static void say(const struct guide *guide, const char *text)
{
    begin(guide);
    put(guide, text);
    end(guide);
}

static void list(const struct guide *guide, bool opens)
{
    if (guide->html)
        buffer_text(guide->out, opens ? "<ul>\n" : "</ul>\n");
    else if (!opens)
        buffer_char(guide->out, '\n');
}

static void item(const struct guide *guide, bool opens, int depth)
{
    if (guide->html)
        buffer_text(guide->out, opens ? "<li>" : "</li>\n");
    else
        buffer_format(guide->out, "%*s%s", opens ? depth * 2 : 0, "", opens ? "- " : "\n");
}

static void item_of(const struct guide *guide, const char *text)
{
    item(guide, true, 0);
    put(guide, text);
    item(guide, false, 0);
}

static void table(const struct guide *guide, const char *const *titles)
{
    size_t count = 0;
    buffer_text(guide->out, guide->html ? "<table>\n<tr>" : "|");
    for (; titles[count]; count++)
        buffer_format(guide->out, guide->html ? "<th>%s</th>" : " %s |", titles[count]);
    buffer_text(guide->out, guide->html ? "</tr>\n" : "\n|");
    for (size_t i = 0; i < count && !guide->html; i++)
        buffer_text(guide->out, " --- |");
    if (!guide->html)
        buffer_char(guide->out, '\n');
}

static void table_end(const struct guide *guide)
{
    buffer_text(guide->out, guide->html ? "</table>\n" : "\n");
}

static void row(const struct guide *guide, bool opens)
{
    buffer_text(guide->out, guide->html ? (opens ? "<tr>" : "</tr>\n") : (opens ? "|" : "\n"));
}

static void cell(const struct guide *guide, const char *text)
{
    buffer_text(guide->out, guide->html ? "<td>" : " ");
    put(guide, text);
    buffer_text(guide->out, guide->html ? "</td>" : " |");
}

static void code(const struct guide *guide, const char *text)
{
    buffer_text(guide->out, guide->html ? "<pre>" : "```\n");
    for (; *text; text++) {
        if (guide->html)
            write_html_char(guide->out, *text);
        else
            buffer_char(guide->out, *text);
    }
    buffer_text(guide->out, guide->html ? "</pre>\n" : "```\n");
}

/* ---- what it says */

static const char page_begin[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Sending product files</title>\n<style>\n"
    "body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }\n"
    "table { border-collapse: collapse; } th, td { border: 1px solid #999; padding: .3em .6em;\n"
    "text-align: left; vertical-align: top; }\n"
    "pre { overflow-x: auto; background: #f3f3f3; padding: 1em; }\n"
    "</style>\n</head>\n<body>\n";

static void write_title(const struct guide *guide, const struct guide_request *request)
{
    buffer_text(guide->out, guide->html ? "<h1>" : "# ");
    put(guide, "Sending product files");
    buffer_text(guide->out, guide->html ? "</h1>\n" : "\n\n");
    if (!request->vendor_id)
        return;
    begin(guide);
    put_format(guide, "For ");
    if (request->vendor_name) {
        put_data(guide, request->vendor_name);
        put_format(guide, ", ");
    }
    put_format(guide, "vendor id `%s`.", request->vendor_id);
    end(guide);
}

static void write_file(const struct guide *guide, const struct guide_request *request)
{
    const char *vendor = request->vendor_id ? request->vendor_id : "VENDOR";
    head(guide, "The file");
    list(guide, true);
    item(guide, true, 0);
    put_format(guide,
               "Name the file `%s_YYYYMMDD_HHMMSS.csv`: your vendor id, date and time, like "
               "`%s_20260301_090000.csv`. Upload it to your own folder, `uploads/%s/`, or with "
               "the link that you were sent.",
               vendor, vendor, vendor);
    item(guide, false, 0);
    item_of(guide, "The first line contains the column names; each line below it is a product.");
    item_of(guide,
            "Columns are separated by a comma, a semicolon, a tab or `|`. Put a value that "
            "contains the separator, a line break or a double quote in double quotes, and write "
            "a double quote in it twice.");
    item_of(guide,
            "Empty lines and rows are skipped, and so is a first line `sep=;` of a spreadsheet, "
            "which names the separator.");
    item_of(guide, "Save it as UTF-8 text: in a spreadsheet, choose \"CSV UTF-8\". Excel's "
                   "\"Unicode Text\" is accepted too.");
    item(guide, true, 0);
    put_format(guide, "The limit is %zu MB (%zu bytes) and %d products. Split larger files.",
               CSV_FILE_MAX / (1024 * 1024), CSV_FILE_MAX, CSV_RECORDS_MAX);
    item(guide, false, 0);
    list(guide, false);
}

static const struct guide_number *number_of(enum product_column column)
{
    for (size_t i = 0; i < GUIDE_NUMBERS; i++)
        if (guide_numbers[i].column == column)
            return &guide_numbers[i];
    return NULL;
}

static void append_limit(struct buffer *out, enum product_column column)
{
    const struct guide_number *number = number_of(column);
    if (number)
        buffer_format(out, "%s %s to %s", number->decimals ? "a number," : "a whole number,",
                      number->least, number->most);
    if (number && number->decimals)
        buffer_format(out, ", at most %d decimals", number->decimals);
    if (column_table[column].kind == COLUMN_KIND_URL)
        buffer_text(out, "one address that starts with `http://` or `https://`, without spaces");
    if (column_table[column].limit)
        buffer_format(out, "%sat most %u characters", out->len ? ", " : "",
                      (unsigned)column_table[column].limit);
}

static const char *remark_of(enum product_column column)
{
    static const char *const remarks[COLUMN_COUNT] = {
        [COLUMN_VENDOR_PRODUCT_ID] = "Your own id of the product; must be unique.",
        [COLUMN_CATEGORY] = "One of the categories below, spelled exactly.",
        [COLUMN_SKU] = "Must be unique among all vendors.",
        [COLUMN_COMPARE_AT_PRICE] = "The previous price; not below `price`.",
        [COLUMN_STOCK_QUANTITY] = "`0` means out of stock.",
        [COLUMN_UNIT] = "Defaults to `piece`.",
    };
    return remarks[column] ? remarks[column] : "";
}

static void write_columns(const struct guide *guide)
{
    static const char *const titles[] = {"Column", "Required", "Accepted values", "Remark", NULL};
    head(guide, "The columns");
    say(guide, "Columns can be in any order; case does not matter in their names, and `Product "
               "Name` is `product_name`. Columns with other names are ignored, and the e-mail "
               "lists them.");
    table(guide, titles);
    for (int i = 0; i < COLUMN_COUNT; i++) {
        struct buffer text;
        buffer_init(&text, 1024);
        row(guide, true);
        buffer_format(&text, "`%s`", column_table[i].name);
        cell(guide, text.data);
        cell(guide, column_table[i].required ? "yes" : "");
        buffer_clear(&text);
        append_limit(&text, (enum product_column)i);
        cell(guide, text.data);
        cell(guide, remark_of((enum product_column)i));
        row(guide, false);
        buffer_release(&text);
    }
    table_end(guide);
    say(guide, "Write numbers with digits and a decimal point: `1500.00`. Not `1.500`, `1,500` "
               "or `1500,00`, no currency sign, no unit. Leave an optional value empty if you "
               "have none; `0`, `-` and `N/A` are not empty.");
}

static void write_categories(const struct guide *guide, const struct guide_request *request)
{
    char when[TIME_TEXT_SIZE];
    head(guide, "The categories");
    if (request->categories_at_ms) {
        time_text_iso8601(request->categories_at_ms, when);
        begin(guide);
        put_format(guide, "As they are on %.10s. ", when);
    } else {
        begin(guide);
        put(guide, "The default categories; ask whether others have been added. ");
    }
    put(guide, "A parent category can be used like its subcategories.");
    end(guide);
    list(guide, true);
    for (size_t i = 0; i < request->categories->count; i++) {
        const struct listed_category *category = &request->categories->rows[i];
        if (!category->is_active)
            continue;
        item(guide, true, category->parent != NULL);
        put_code(guide, category->name);
        if (category->parent && guide->html) {
            buffer_text(guide->out, " <small>(in ");
            put_data(guide, category->parent);
            buffer_text(guide->out, ")</small>");
        }
        item(guide, false, 0);
    }
    list(guide, false);
}

static void write_advice(const struct guide *guide, const char *name, const char *advice)
{
    char text[64];
    snprintf(text, sizeof text, "`%s`", name);
    row(guide, true);
    cell(guide, text);
    cell(guide, advice);
    row(guide, false);
}

static void write_rules(const struct guide *guide)
{
    static const char *const titles[] = {"Error", "What it means, and what to do", NULL};
    head(guide, "When a product is rejected");
    say(guide, "The other products of the file are still accepted. The message names the line, "
               "the column and the value.");
    table(guide, titles);
    for (int i = 0; i < RULE_COUNT; i++)
        write_advice(guide, rule_name((enum rule)i), guide_rule_advice((enum rule)i));
    table_end(guide);
}

static void write_refusals(const struct guide *guide)
{
    static const char *const titles[] = {"Reason", "What it means, and what to do", NULL};
    head(guide, "When the whole file is refused");
    say(guide, "None of its products are accepted.");
    table(guide, titles);
    for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
        if (i != REFUSAL_NO_RECORDS) /* has the name of REFUSAL_EMPTY_FILE, which tells of both */
            write_advice(guide, refusal_name((enum refusal_code)i),
                         guide_refusal_advice((enum refusal_code)i));
    }
    table_end(guide);
}

/* Each kind of message once, by an example of it. Violations first, as the table has them. */
static void write_messages(const struct guide *guide)
{
    static const char *const titles[] = {"A message like this", "What to do", NULL};
    head(guide, "What the messages say");
    table(guide, titles);
    for (size_t i = 0; i < advice_count; i++) {
        const char *example = advice_table[i].example;
        const char *tail = strstr(example, " It reads \"...\""); /* the vendor's own line */
        row(guide, true);
        buffer_text(guide->out, guide->html ? "<td>" : " ");
        put_words(guide, example, tail ? (size_t)(tail - example) : strlen(example));
        buffer_text(guide->out, guide->html ? "</td><td>" : " | ");
        put_words(guide, advice_table[i].remedy, strlen(advice_table[i].remedy));
        buffer_text(guide->out, guide->html ? "</td>" : " |");
        row(guide, false);
    }
    table_end(guide);
}

static void write_rest(const struct guide *guide, const struct guide_request *request)
{
    struct buffer example;
    head(guide, "What you get back");
    say(guide, "You receive an e-mail when the file is processed, with counts and the errors. "
               "If products were rejected, it links to two files: a report, and a file with "
               "only the rejected products, in your own columns plus a column `errors`. Fix "
               "that file and upload it under a new name. In a spreadsheet, import id columns "
               "as Text: otherwise `00123` becomes `123`, which cannot be distinguished from a "
               "real id.");
    head(guide, "An example");
    buffer_init(&example, 1 << 14);
    template_append(&example, request->categories, ',', false, "\n");
    code(guide, example.data);
    buffer_release(&example);
}

void guide_append(struct buffer *out, const struct guide_request *request)
{
    const struct guide guide = {.out = out, .html = request->format == GUIDE_HTML};
    buffer_text(out, guide.html ? page_begin : "");
    write_title(&guide, request);
    write_file(&guide, request);
    write_columns(&guide);
    write_categories(&guide, request);
    write_rules(&guide);
    write_refusals(&guide);
    write_messages(&guide);
    write_rest(&guide, request);
    buffer_text(out, guide.html ? "</body>\n</html>\n" : "");
}
