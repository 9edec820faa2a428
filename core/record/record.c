#include "core/record/record.h"

#include "core/base/text.h"

#define TEXT(column, required, limit)                                \
    {                                                                \
        column, sizeof column - 1, required, COLUMN_KIND_TEXT, limit \
    }
#define OTHER(column, required, kind, limit)             \
    {                                                    \
        column, sizeof column - 1, required, kind, limit \
    }

const struct column_info column_table[COLUMN_COUNT] = {
    [COLUMN_VENDOR_PRODUCT_ID] = TEXT("vendor_product_id", true, 100),
    [COLUMN_PRODUCT_NAME] = TEXT("product_name", true, 200),
    [COLUMN_CATEGORY] = TEXT("category", true, 0),
    [COLUMN_SUBCATEGORY] = TEXT("subcategory", false, 100),
    [COLUMN_DESCRIPTION] = TEXT("description", false, 2000),
    [COLUMN_SKU] = TEXT("sku", true, 100),
    [COLUMN_BRAND] = TEXT("brand", false, 100),
    [COLUMN_PRICE] = OTHER("price", true, COLUMN_KIND_MONEY, 0),
    [COLUMN_COMPARE_AT_PRICE] = OTHER("compare_at_price", false, COLUMN_KIND_MONEY, 0),
    [COLUMN_STOCK_QUANTITY] = OTHER("stock_quantity", true, COLUMN_KIND_WHOLE, 0),
    [COLUMN_UNIT] = TEXT("unit", false, 20),
    [COLUMN_WEIGHT_KG] = OTHER("weight_kg", false, COLUMN_KIND_MONEY, 0),
    [COLUMN_DIMENSIONS_CM] = TEXT("dimensions_cm", false, 50),
    [COLUMN_IMAGE_URL] = OTHER("image_url", false, COLUMN_KIND_URL, 2000),
};

static bool is_joint(uint32_t c)
{
    return c == '_' || c == '-' || text_is_white_space(c);
}

static bool is_word(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool column_name_is(const char *name, size_t len, const char *lower)
{
    value_trim(&name, &len);
    const char *end = name + len;
    uint32_t c;
    while (name < end) {
        if (!utf8_decode(&name, end, &c) || !*lower)
            return false;
        if (is_joint(c)) {
            if (*lower++ != '_')
                return false;
            for (const char *next = name; utf8_decode(&next, end, &c) && is_joint(c);)
                name = next;
        } else if (!is_word(c) || (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) !=
                                      (uint32_t)(unsigned char)*lower++) {
            return false;
        }
    }
    return !*lower;
}

enum product_column column_find(const char *name, size_t len)
{
    value_trim(&name, &len);
    for (enum product_column i = 0; len && i < COLUMN_COUNT; i++) {
        if ((*name | 0x20) == column_table[i].name[0] &&
            column_name_is(name, len, column_table[i].name))
            return i;
    }
    return COLUMN_NONE;
}

const char *column_name(enum product_column column)
{
    return column < COLUMN_COUNT ? column_table[column].name : NULL;
}

/* White space, and what has neither width nor meaning at the end of a value. */
static bool is_trimmed(uint32_t c)
{
    return text_is_white_space(c) || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF;
}

static const char *trim_start(const char *at, const char *end)
{
    uint32_t code_point;
    for (const char *next = at; utf8_decode(&next, end, &code_point); at = next) {
        if (!is_trimmed(code_point))
            break;
    }
    return at;
}

static const char *trim_end(const char *start, const char *end)
{
    while (end > start) {
        const char *at = end - 1;
        while (at > start && end - at < 4 && ((unsigned char)*at & 0xC0) == 0x80)
            at--;
        const char *next = at;
        uint32_t code_point;
        if (!utf8_decode(&next, end, &code_point) || next != end || !is_trimmed(code_point))
            break;
        end = at;
    }
    return end;
}

/* Printable ASCII but the blank: no white space, and no part of any. */
static bool is_graphic(char c)
{
    return c > ' ' && c < 0x7F;
}

void value_trim(const char **text, size_t *len)
{
    if (!*len || (is_graphic((*text)[0]) && is_graphic((*text)[*len - 1])))
        return;
    const char *end = *text + *len;
    const char *start = trim_start(*text, end);
    *len = (size_t)(trim_end(start, end) - start);
    *text = start;
}

/* At most `limit` bytes of the text, and no broken code point at the end. */
static size_t bytes_within(const char *text, size_t len, size_t limit)
{
    if (len <= limit)
        return len;
    while (limit && ((unsigned char)text[limit] & 0xC0) == 0x80)
        limit--;
    return limit;
}

static bool is_number(enum product_column column)
{
    return column_table[column].kind == COLUMN_KIND_MONEY ||
           column_table[column].kind == COLUMN_KIND_WHOLE;
}

static bool is_line_end_or_tab(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r';
}

/* Of valid UTF-8: C1 controls are 0xC2 and a byte more, and every other first byte is a
 * character. */
static void facts_find(const char *text, size_t len, enum product_column column,
                       struct field_facts *facts)
{
    const unsigned char *bytes = (const unsigned char *)text;
    *facts = (struct field_facts){.bytes = len, .control = RECORD_NO_CONTROL};
    for (size_t i = 0; i < len; i++) {
        uint32_t c = bytes[i];
        facts->characters += (c & 0xC0) != 0x80;
        if (c == 0xC2 && i + 1 < len)
            c = bytes[i + 1];
        else if (c >= 0x80)
            continue;
        if (text_is_control(c) && !is_line_end_or_tab(c) && facts->control == RECORD_NO_CONTROL)
            facts->control = c;
    }
    if (is_number(column))
        decimal_parse(text, len, &facts->decimal);
}

size_t record_field_set(struct record_field *field, enum product_column column, const char *text,
                        size_t len, char *to, struct field_facts *facts)
{
    *field = (struct record_field){.text = NULL};
    value_trim(&text, &len);
    if (!len)
        return 0;
    size_t kept = bytes_within(text, len, RECORD_VALUE_MAX);
    if (kept < len) {
        facts_find(text, len, column, facts);
        field->facts = facts;
    }
    memcpy(to, text, kept);
    field->text = to;
    field->len = (uint32_t)kept;
    return kept;
}

void record_id_text(uint32_t row_number, char out[RECORD_ID_SIZE])
{
    snprintf(out, RECORD_ID_SIZE, "REC_%05u", (unsigned)row_number);
}

void record_field_facts(const struct record *record, enum product_column column,
                        struct field_facts *facts)
{
    const struct record_field *field = &record->fields[column];
    if (field->facts) {
        *facts = *field->facts;
    } else if (field->text) {
        facts_find(field->text, field->len, column, facts);
    } else {
        *facts = (struct field_facts){.control = RECORD_NO_CONTROL};
    }
}

bool record_key_possible(const struct record *record, enum product_column column)
{
    const struct record_field *field = &record->fields[column];
    const uint32_t limit = column_table[column].limit;
    if (!field->text || field->facts || field->len > limit * 4)
        return false;
    if (field->clean && field->len <= limit)
        return true;
    struct field_facts facts;
    facts_find(field->text, field->len, column, &facts);
    return facts.characters <= limit && facts.control == RECORD_NO_CONTROL;
}
