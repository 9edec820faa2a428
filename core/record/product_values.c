#include "core/record/product_values.h"

#include "core/record/number_problem.h"

#define UTF8_MAX 4 /* bytes of a character */

/* Whether the table would hold the very number that is written. */
static bool number_taken(const struct record_field *field, enum product_column column)
{
    struct decimal decimal;
    unsigned most = column_table[column].kind == COLUMN_KIND_WHOLE ? 0 : 2;
    return !field->facts && decimal_parse(field->text, field->len, &decimal) &&
           decimal.decimals <= most && !number_is_ambiguous(column, field->text, field->len);
}

static bool is_text(enum product_column column)
{
    return column_table[column].kind == COLUMN_KIND_TEXT ||
           column_table[column].kind == COLUMN_KIND_URL;
}

enum error_code product_values_of(const struct record *record, struct arena *memory,
                                  struct product_values *values, struct error *error)
{
    struct buffer value;
    enum error_code code = ERROR_NONE;
    *values = (struct product_values){.of = {{NULL, 0}}};
    buffer_init(&value, RECORD_TOTAL_MAX);
    for (enum product_column i = 0; i < COLUMN_COUNT && !code; i++) {
        const struct record_field *field = &record->fields[i];
        size_t limit = is_text(i) ? column_table[i].limit : 0;
        size_t most = limit ? limit * UTF8_MAX + 1 : RECORD_VALUE_MAX;
        buffer_clear(&value);
        if (field->text && !is_text(i) && !number_taken(field, i))
            buffer_append(&value, field->text, field->len);
        else if (!record_append_product_value(&value, record, i))
            continue;
        code = buffer_check(&value, error);
        values->of[i].len = value.len < most ? value.len : most;
        if (!code)
            values->of[i].text = arena_copy_text(memory, value.data, values->of[i].len);
        if (!code && !values->of[i].text)
            code = error_set(error, ERROR_MEMORY, "out of memory for a product's values");
    }
    buffer_release(&value);
    return code;
}

uint32_t product_values_differ(const struct product_values *a, const struct product_values *b)
{
    uint32_t differing = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const char *left = a->of[i].text, *right = b->of[i].text;
        bool same = left && right
                        ? a->of[i].len == b->of[i].len && memcmp(left, right, a->of[i].len) == 0
                        : left == right;
        if (!same)
            differing |= UINT32_C(1) << i;
    }
    return differing;
}
