#include "core/record/rules_text.h"

#include "core/base/text.h"
#include "core/record/damage.h"
#include "core/record/hidden.h"
#include "core/record/number_advice.h"
#include "core/record/number_problem.h"

#define VALUE_COLUMNS 60

static const char white_space[] = "contains white space";

/* Bounded in columns and in code points: a thousand combining marks have no width at all. */
static void append_value(struct buffer *out, const struct record_field *field)
{
    size_t start = out->len;
    size_t len = utf8_prefix(field->text, field->len, VALUE_COLUMNS);
    text_append_visible_cut(out, field->text, len, VALUE_COLUMNS);
    bool cut = out->len - start >= 3 && !memcmp(out->data + out->len - 3, "...", 3);
    if ((len < field->len || field->facts) && !cut)
        buffer_text(out, "...");
}

static void append_field(struct buffer *out, enum product_column column,
                         const struct record_field *field)
{
    buffer_text(out, column_table[column].name);
    buffer_char(out, ' ');
    append_value(out, field);
    buffer_char(out, ' ');
}

void rules_text_problem(struct buffer *out, enum product_column column,
                        const struct record_field *field, const char *problem)
{
    append_field(out, column, field);
    buffer_text(out, problem);
}

void rules_text_decimals(struct buffer *out, enum product_column column,
                         const struct record_field *field)
{
    rules_text_problem(out, column, field, number_too_many_decimals);
    number_noise_append(out, column, field->text, field->len);
}

void rules_text_address(struct buffer *out, const struct record_field *field, const char *problem)
{
    rules_text_problem(out, COLUMN_IMAGE_URL, field, problem);
    if (problem == white_space)
        hidden_append(out, field->text, field->len, false);
}

void rules_text_length(struct buffer *out, enum product_column column,
                       const struct record_field *field, uint64_t characters)
{
    append_field(out, column, field);
    buffer_format(out, "has %llu characters, more than the %u allowed",
                  (unsigned long long)characters, (unsigned)column_table[column].limit);
}

/* Whether name and suggestion are one but for characters that cannot be seen. */
static bool differs_unseen(const char *name, size_t len, const char *suggestion)
{
    const char *end = name + len, *other = suggestion, *other_end = other + strlen(other);
    uint32_t a, b;
    while (utf8_decode(&name, end, &a)) {
        const char *next = other;
        bool hidden = hidden_name(a) != NULL;
        if (utf8_decode(&next, other_end, &b) && (a == b || (hidden && b == ' ')))
            other = next;
        else if (!hidden)
            return false;
    }
    return other == other_end;
}

/* The same but for blanks in a row, which many programs show as one. */
static void append_one_blank(struct buffer *out, const struct record_field *category,
                             const char *suggestion)
{
    const char *at = category->text, *end = at + category->len;
    for (; at < end && *suggestion == *at; suggestion++) {
        at++;
        while (at < end && at[-1] == ' ' && *at == ' ')
            at++;
    }
    if (at == end && !*suggestion)
        buffer_text(out, " (with one blank between the words)");
}

static void append_apostrophe(struct buffer *out, const struct record_field *category)
{
    static const char *const marks[] = {"\xE2\x80\x99", "\xE2\x80\x98", "\xCA\xBC", "\xC2\xB4",
                                        "`"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (text_find(category->text, category->len, marks[i])) {
            buffer_text(out, " (with the plain apostrophe ')");
            return;
        }
    }
}

void rules_text_category(struct buffer *out, const struct record_field *category,
                         const char *suggestion)
{
    append_field(out, COLUMN_CATEGORY, category);
    buffer_text(out, "is not one of the categories");
    if (!suggestion) {
        if (!hidden_append(out, category->text, category->len, true))
            buffer_text(out, "; all of them are listed in the vendor guide");
        return;
    }
    if (differs_unseen(category->text, category->len, suggestion) &&
        hidden_append(out, category->text, category->len, true))
        return;
    buffer_text(out, "; did you mean \"");
    text_append_visible(out, suggestion, strlen(suggestion));
    buffer_text(out, "\"?");
    append_apostrophe(out, category);
    append_one_blank(out, category, suggestion);
}

void rules_text_used(struct buffer *out, enum product_column column,
                     const struct record_field *field, uint32_t line_number)
{
    append_field(out, column, field);
    buffer_format(out, "is already used in line %u of this file", (unsigned)line_number);
}

void rules_text_occupied(struct buffer *out, enum product_column column,
                         const struct record_field *field)
{
    append_field(out, column, field);
    buffer_format(out, "is already in %s catalogue", column == COLUMN_SKU ? "the" : "your");
}

/* "price, unit and weight_kg differ" */
static void append_differing(struct buffer *out, uint32_t differing)
{
    int left = __builtin_popcount(differing);
    const char *verb = left == 1 ? " differs" : " differ";
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        if (!(differing & UINT32_C(1) << i))
            continue;
        buffer_text(out, column_table[i].name);
        left--;
        buffer_text(out, left > 1 ? ", " : left ? " and " : verb);
    }
}

void rules_text_own(struct buffer *out, enum product_column column,
                    const struct record_field *field, uint32_t differing)
{
    append_field(out, column, field);
    buffer_text(out, "is already in your catalogue, ");
    if (differing) {
        buffer_text(out, "but ");
        append_differing(out, differing);
    } else {
        buffer_text(out, "unchanged: nothing to do");
    }
}

void rules_text_number(struct buffer *out, enum product_column column,
                       const struct record_field *field)
{
    append_field(out, column, field);
    if (field->facts)
        buffer_text(out, "is not a number");
    else
        number_advice_append(out, column, field->text, field->len);
}

bool rules_text_damage(struct buffer *out, enum product_column column,
                       const struct record_field *field)
{
    append_field(out, column, field);
    return damage_append(out, column, field->text, field->len);
}

void rules_text_below_price(struct buffer *out, const struct record_field *compare_at_price,
                            const struct record_field *price)
{
    append_field(out, COLUMN_COMPARE_AT_PRICE, compare_at_price);
    buffer_text(out, "is below the price ");
    append_value(out, price);
}

void rules_text_control(struct buffer *out, enum product_column column,
                        const struct record_field *field, uint32_t control)
{
    append_field(out, column, field);
    buffer_format(out, "contains the control character U+%04X", (unsigned)control);
    uint32_t c;
    const char *at = field->text, *end = at + field->len;
    for (unsigned place = 1; utf8_decode(&at, end, &c); place++) {
        if (c == control) {
            buffer_format(out, ", as character %u; delete it", place);
            return;
        }
    }
}

void rules_text_extra_fields(struct buffer *out, const struct record *record)
{
    buffer_format(
        out,
        "the record has %u fields, %u more than the header; is there a delimiter in a "
        "value without quotes? put the value in quotes, or delete a delimiter that stands "
        "at the end",
        (unsigned)record->field_count, (unsigned)record->extra_fields);
}

void rules_text_short(struct buffer *out, const struct record *record)
{
    buffer_format(out,
                  "the record ends after %u of %u columns; is there a line end in a value without "
                  "quotes? put the value in quotes",
                  (unsigned)record->field_count, (unsigned)record->short_of);
}

void rules_text_open_quote(struct buffer *out, const struct record *record)
{
    buffer_format(out,
                  "the record has a quote, opened in line %u, that is not closed; close it, and "
                  "write a quote inside of quotes twice",
                  (unsigned)record->open_quote_line);
}

void rules_text_lines(struct buffer *out, const struct record *record)
{
    buffer_format(out, " (lines %u to %u)", (unsigned)record->line_number,
                  (unsigned)record->last_line);
}

void rules_text_swallowed(struct buffer *out, int64_t records, int64_t line, int64_t last_line)
{
    buffer_format(out,
                  "the product of lines %lld to %lld holds what looks like another one in a value "
                  "over several lines; is a quote missing?",
                  (long long)line, (long long)last_line);
    if (records > 1) {
        buffer_text(out, " (");
        text_append_thousands(out, records - 1);
        buffer_text(out, " more of the kind)");
    }
}

static bool begins_with(const char *text, size_t len, const char *lower)
{
    size_t wanted = strlen(lower);
    if (len < wanted)
        return false;
    for (size_t i = 0; i < wanted; i++) {
        char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
        if (c != lower[i])
            return false;
    }
    return true;
}

static bool has_white_space(const char *at, const char *end)
{
    uint32_t code_point;
    while (at<end && * at> ' ')
        at++;
    while (at < end) {
        if (!utf8_decode(&at, end, &code_point))
            at++;
        else if (text_is_white_space(code_point))
            return true;
    }
    return false;
}

/* Behind user@ and before :port; RFC 3986, section 3.2. */
static bool has_host(const char *at, const char *end)
{
    const char *stop = at;
    while (stop < end && *stop != '/' && *stop != '?' && *stop != '#')
        stop++;
    for (const char *i = stop; i > at; i--) {
        if (i[-1] == '@') {
            at = i;
            break;
        }
    }
    return at < stop && *at != ':';
}

/* A second http:// or https:// behind , ; or |, or behind white space alone. */
static bool has_second_address(const char *at, const char *end)
{
    if (at == end || !memchr(at, ':', (size_t)(end - at)))
        return false;
    for (; at < end; at++) {
        if (!memchr(",;| \t\r\n", *at, 7))
            continue;
        const char *next = at + 1;
        while (next < end && (*next == ' ' || *next == '\t' || *next == '\n' || *next == '\r'))
            next++;
        if (begins_with(next, (size_t)(end - next), "http://") ||
            begins_with(next, (size_t)(end - next), "https://"))
            return true;
    }
    return false;
}

const char *rules_url_problem(const char *text, size_t len)
{
    size_t scheme = begins_with(text, len, "http://")    ? strlen("http://")
                    : begins_with(text, len, "https://") ? strlen("https://")
                                                         : 0;
    if (!scheme)
        return damage_is_nothing(text, len)
                   ? "does not begin with http:// or https://; if there is none, leave the cell "
                     "empty"
                   : "does not begin with http:// or https://";
    if (has_second_address(text + scheme, text + len))
        return "holds more than one address; write one address alone";
    if (has_white_space(text, text + len))
        return white_space;
    if (!has_host(text + scheme, text + len))
        return "has no host";
    return NULL;
}
