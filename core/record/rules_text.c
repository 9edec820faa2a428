#include "core/record/rules_text.h"

#include "core/base/text.h"

#define VALUE_COLUMNS 60

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

void rules_text_length(struct buffer *out, enum product_column column,
                       const struct record_field *field, uint64_t characters)
{
    append_field(out, column, field);
    buffer_format(out, "has %llu characters, more than the %u allowed",
                  (unsigned long long)characters, (unsigned)column_table[column].limit);
}

void rules_text_category(struct buffer *out, const struct record_field *category,
                         const char *suggestion)
{
    append_field(out, COLUMN_CATEGORY, category);
    buffer_text(out, "is not one of the categories");
    if (!suggestion)
        return;
    buffer_text(out, "; did you mean \"");
    text_append_visible(out, suggestion, strlen(suggestion));
    buffer_text(out, "\"?");
}

void rules_text_occupied(struct buffer *out, enum product_column column,
                         const struct record_field *field, uint32_t row_number)
{
    append_field(out, column, field);
    if (row_number)
        buffer_format(out, "is already used by row %u of this file", (unsigned)row_number);
    else
        buffer_format(out, "is already in %s catalogue", column == COLUMN_SKU ? "the" : "your");
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
}

void rules_text_extra_fields(struct buffer *out, uint32_t extra_fields)
{
    buffer_format(out,
                  "the record has %u field%s more than the header; is there a comma in a value "
                  "that is not in quotes?",
                  (unsigned)extra_fields, extra_fields == 1 ? "" : "s");
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

const char *rules_url_problem(const char *text, size_t len)
{
    size_t scheme = begins_with(text, len, "http://")    ? strlen("http://")
                    : begins_with(text, len, "https://") ? strlen("https://")
                                                         : 0;
    if (!scheme)
        return "does not begin with http:// or https://";
    if (has_white_space(text, text + len))
        return "contains white space";
    if (!has_host(text + scheme, text + len))
        return "has no host";
    return NULL;
}
