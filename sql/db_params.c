#include "sql/db.h"

#include <limits.h>
#include <string.h>

#include "core/base/time_text.h"

void db_params_clear(struct db_params *params)
{
    params->count = 0;
}

static void param_add(struct db_params *params, const char *value, int length, int format)
{
    int at = params->count++;
    if (at >= DB_PARAMS_MAX)
        return;
    params->values[at] = value;
    params->lengths[at] = length;
    params->formats[at] = format;
}

static char *param_number(struct db_params *params)
{
    static char beyond[32];
    return params->count < DB_PARAMS_MAX ? params->numbers[params->count] : beyond;
}

void db_param_text(struct db_params *params, const char *text)
{
    param_add(params, text, 0, 0);
}

void db_param_int(struct db_params *params, int64_t value)
{
    char *text = param_number(params);
    (void)snprintf(text, sizeof params->numbers[0], "%lld", (long long)value);
    param_add(params, text, 0, 0);
}

void db_param_bool(struct db_params *params, bool value)
{
    param_add(params, value ? "t" : "f", 0, 0);
}

void db_param_time(struct db_params *params, int64_t ms)
{
    char *text = param_number(params);
    time_text_iso8601_ms(ms, text);
    param_add(params, text, 0, 0);
}

void db_param_bytes(struct db_params *params, const void *data, size_t length)
{
    if (length > INT_MAX) {
        params->count = DB_PARAMS_MAX + 1;
        return;
    }
    param_add(params, data, (int)length, 1);
}

void db_param_null(struct db_params *params)
{
    param_add(params, NULL, 0, 0);
}

void db_text_clean(struct buffer *out, const char *text, size_t length)
{
    while (length > 0) {
        const char *nul = memchr(text, '\0', length);
        size_t plain = !nul ? length : (size_t)(nul - text);
        buffer_append(out, text, plain);
        if (!nul)
            return;
        buffer_append(out, "\xE2\x90\x80", 3);
        text += plain + 1;
        length -= plain + 1;
    }
}

void db_array_init(struct db_array *array, size_t max_bytes)
{
    buffer_init(&array->text, max_bytes);
    array->count = 0;
    array->closed = false;
}

void db_array_release(struct db_array *array)
{
    buffer_release(&array->text);
    array->count = 0;
    array->closed = false;
}

void db_array_clear(struct db_array *array)
{
    buffer_clear(&array->text);
    array->count = 0;
    array->closed = false;
}

/* The opening brace is written with the first element, the closing one by db_array_literal. */
static void element_begin(struct db_array *array)
{
    buffer_char(&array->text, array->count++ == 0 ? '{' : ',');
}

void db_array_add_text(struct db_array *array, const char *text, size_t length)
{
    struct buffer *out = &array->text;
    size_t start = 0;
    if (!text) {
        db_array_add_null(array);
        return;
    }
    element_begin(array);
    buffer_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '"' && text[i] != '\\')
            continue;
        db_text_clean(out, text + start, i - start);
        buffer_char(out, '\\');
        start = i;
    }
    db_text_clean(out, text + start, length - start);
    buffer_char(out, '"');
}

void db_array_add_string(struct db_array *array, const char *text)
{
    db_array_add_text(array, text, !text ? 0 : strlen(text));
}

void db_array_add_int(struct db_array *array, int64_t value)
{
    element_begin(array);
    buffer_format(&array->text, "%lld", (long long)value);
}

void db_array_add_bytes(struct db_array *array, const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    if (!data) {
        db_array_add_null(array);
        return;
    }
    element_begin(array);
    buffer_text(&array->text, "\"\\\\x");
    for (size_t i = 0; i < length; i++) {
        char pair[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        buffer_append(&array->text, pair, 2);
    }
    buffer_char(&array->text, '"');
}

void db_array_add_null(struct db_array *array)
{
    element_begin(array);
    buffer_text(&array->text, "NULL");
}

enum error_code db_array_literal(struct db_array *array, const char **literal, struct error *error)
{
    if (!array->closed)
        buffer_text(&array->text, array->count == 0 ? "{}" : "}");
    array->closed = true;
    *literal = array->text.data;
    return buffer_check(&array->text, error);
}
