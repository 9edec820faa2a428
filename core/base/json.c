#include "core/base/json.h"

#include <errno.h>
#include <limits.h>

#include "core/base/text.h"

#define DEPTH_MAX 64

#define PAIR_LEN 12 /* \\uD83D\\uDE00 */

static bool escaped_unit(const char *at, const char *end, uint32_t *unit)
{
    static const char digits[] = "0123456789abcdef";
    *unit = 0;
    if (end - at < PAIR_LEN / 2 || at[0] != '\\' || at[1] != 'u')
        return false;
    for (int i = 2; i < PAIR_LEN / 2; i++) {
        const char *digit = at[i] < '0' ? NULL : memchr(digits, at[i] | 0x20, sizeof digits - 1);
        if (!digit)
            return false;
        *unit = *unit << 4 | (uint32_t)(digit - digits);
    }
    return true;
}

/* Moves *at to the next escaped surrogate pair, of the code point; false at the end. */
static bool pair_find(const char **at, const char *end, uint32_t *code_point)
{
    uint32_t high, low;
    while ((*at = memchr(*at, '\\', (size_t)(end - *at)))) {
        if (escaped_unit(*at, end, &high) && high >> 10 == 0xD800 >> 10 &&
            escaped_unit(*at + PAIR_LEN / 2, end, &low) && low >> 10 == 0xDC00 >> 10) {
            *code_point = 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF));
            return true;
        }
        if (end - *at < 2)
            break;
        *at += 2; /* an escaped backslash begins nothing */
    }
    return false;
}

/* json-c 0.16 takes a pair whose character ends like a surrogate (U+2D801) for a broken one, so it
   is never shown any. plain stays empty where there are none. */
static enum error_code pairs_decode(const char *text, size_t len, struct buffer *plain,
                                    struct error *error)
{
    const char *from = text, *at = text, *end = text + len;
    uint32_t code_point;
    char bytes[4];
    while (pair_find(&at, end, &code_point)) {
        buffer_append(plain, from, (size_t)(at - from));
        buffer_append(plain, bytes, utf8_encode(code_point, bytes));
        from = at += PAIR_LEN;
    }
    if (from > text)
        buffer_append(plain, from, (size_t)(end - from));
    return buffer_check(plain, error);
}

/* Where in the text the byte is that is at `offset` once its pairs are decoded. */
static size_t pairs_offset(const char *text, size_t len, size_t offset)
{
    const char *at = text;
    uint32_t code_point;
    while (pair_find(&at, text + len, &code_point) && (size_t)(at - text) < offset) {
        at += PAIR_LEN;
        offset += PAIR_LEN - 4;
    }
    return offset;
}

static enum error_code plain_parse(const char *text, size_t len, struct json_object **out,
                                   size_t *bad, struct error *error)
{
    enum error_code code = ERROR_NONE;
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    if (!tokener)
        return error_set(error, ERROR_MEMORY, "out of memory for a JSON parser");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    *out = json_tokener_parse_ex(tokener, text, (int)len);
    enum json_tokener_error status = json_tokener_get_error(tokener);
    size_t end = json_tokener_get_parse_end(tokener);
    if (status == json_tokener_continue) { /* a bare number ends only with what follows it */
        *out = json_tokener_parse_ex(tokener, "", 1);
        status = json_tokener_get_error(tokener);
        end = len;
    }
    while (status == json_tokener_success && end < len && strchr(" \t\r\n", text[end]) && text[end])
        end++;
    if (status != json_tokener_success || end < len) {
        json_object_put(*out);
        *out = NULL;
        *bad = end < len ? end : len;
        code = error_set(error, ERROR_INVALID, "not JSON: %s",
                         status == json_tokener_continue  ? "unexpected end"
                         : status == json_tokener_success ? "unexpected text after the end"
                                                          : json_tokener_error_desc(status));
    }
    json_tokener_free(tokener);
    return code;
}

enum error_code json_parse(const char *text, size_t len, struct json_object **out,
                           struct error *error)
{
    struct buffer plain;
    struct error own = ERROR_INIT;
    size_t bad = 0;
    *out = NULL;
    if (len > INT_MAX - 1)
        return error_set(error, ERROR_TOO_LARGE, "JSON of %zu bytes is too large", len);
    buffer_init(&plain, len);
    enum error_code code = pairs_decode(text, len, &plain, error);
    if (!code)
        code = plain_parse(plain.len ? plain.data : text, plain.len ? plain.len : len, out, &bad,
                           &own);
    if (own.code == ERROR_INVALID)
        code = error_set(error, ERROR_INVALID, "%s at byte %zu", own.message,
                         pairs_offset(text, len, bad));
    else if (own.code)
        code = error_set(error, own.code, "%s", own.message);
    buffer_release(&plain);
    return code;
}

struct json_object *json_member(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    if (!object || !json_object_is_type(object, json_type_object))
        return NULL;
    json_object_object_get_ex(object, key, &value);
    return value;
}

struct json_object *json_path(struct json_object *object, ...)
{
    va_list keys;
    va_start(keys, object);
    for (const char *key; object && (key = va_arg(keys, const char *));)
        object = json_member(object, key);
    va_end(keys);
    return object;
}

const char *json_text(struct json_object *object, const char *key, size_t *len)
{
    struct json_object *value = json_member(object, key);
    if (!value || !json_object_is_type(value, json_type_string))
        return NULL;
    if (len)
        *len = (size_t)json_object_get_string_len(value);
    return json_object_get_string(value);
}

bool json_integer(struct json_object *object, const char *key, int64_t *value)
{
    struct json_object *member = json_member(object, key);
    if (!member)
        return false;
    if (json_object_is_type(member, json_type_int)) {
        *value = json_object_get_int64(member);
        return true;
    }
    if (!json_object_is_type(member, json_type_string))
        return false;
    const char *text = json_object_get_string(member);
    char *end = NULL;
    errno = 0;
    long long parsed = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return false;
    *value = parsed;
    return true;
}

size_t json_count(struct json_object *array)
{
    return array && json_object_is_type(array, json_type_array) ? json_object_array_length(array)
                                                                : 0;
}

static void append_escape(struct buffer *out, unsigned char c)
{
    switch (c) {
    case '"':
        buffer_append(out, "\\\"", 2);
        break;
    case '\\':
        buffer_append(out, "\\\\", 2);
        break;
    case '\n':
        buffer_append(out, "\\n", 2);
        break;
    case '\r':
        buffer_append(out, "\\r", 2);
        break;
    case '\t':
        buffer_append(out, "\\t", 2);
        break;
    default:
        buffer_format(out, "\\u%04x", (unsigned)c);
    }
}

/* RFC 8259, section 7: beyond U+FFFF as a surrogate pair. */
static void append_code_point(struct buffer *out, uint32_t c)
{
    if (c < 0x10000)
        buffer_format(out, "\\u%04x", (unsigned)c);
    else
        buffer_format(out, "\\u%04x\\u%04x", (unsigned)(0xD7C0 + (c >> 10)),
                      (unsigned)(0xDC00 + (c & 0x3FF)));
}

void json_append_string(struct buffer *out, const char *text, size_t len)
{
    if (!text) {
        buffer_append(out, "null", 4);
        return;
    }
    const char *at = text, *end = text + len;
    buffer_char(out, '"');
    while (at < end) {
        const char *plain = at;
        while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7F && *at != '"' &&
               *at != '\\')
            at++;
        buffer_append(out, plain, (size_t)(at - plain));
        if (at == end)
            break;
        const char *from = at;
        uint32_t code_point;
        if ((unsigned char)*at < 0x7F) {
            append_escape(out, (unsigned char)*at++);
        } else if (utf8_decode(&at, end, &code_point)) {
            if (text_is_control(code_point) || text_is_invisible(code_point))
                append_code_point(out, code_point);
            else
                buffer_append(out, from, (size_t)(at - from));
        } else {
            buffer_append(out, "\xEF\xBF\xBD", 3);
            at++;
        }
    }
    buffer_char(out, '"');
}

/* What json_append_string makes of the character at *at, in bytes. */
static size_t escaped_bytes(const char **at, const char *end)
{
    const char *from = *at;
    unsigned char c = (unsigned char)*from;
    uint32_t code_point;
    if (c < 0x7F) {
        ++*at;
        if (c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t')
            return 2;
        return c < 0x20 ? 6 : 1;
    }
    if (!utf8_decode(at, end, &code_point)) {
        ++*at;
        return 3;
    }
    if (!text_is_control(code_point) && !text_is_invisible(code_point))
        return (size_t)(*at - from);
    return code_point < 0x10000 ? 6 : 12;
}

size_t json_string_prefix(const char *text, size_t len, size_t max_bytes, size_t *used)
{
    const char *at = text, *end = text + len;
    *used = 0;
    while (at < end) {
        const char *next = at;
        size_t bytes = escaped_bytes(&next, end);
        if (bytes > max_bytes - *used)
            break;
        *used += bytes;
        at = next;
    }
    return (size_t)(at - text);
}

void json_append_text(struct buffer *out, const char *text)
{
    json_append_string(out, text, text ? strlen(text) : 0);
}

void json_append_key(struct buffer *out, const char *key)
{
    if (out->len && !strchr("{[:", out->data[out->len - 1]))
        buffer_char(out, ',');
    json_append_text(out, key);
    buffer_char(out, ':');
}

void json_append_member(struct buffer *out, const char *key, const char *text)
{
    json_append_key(out, key);
    json_append_text(out, text);
}

void json_append_member_integer(struct buffer *out, const char *key, int64_t value)
{
    json_append_key(out, key);
    buffer_format(out, "%lld", (long long)value);
}

void json_append_member_bool(struct buffer *out, const char *key, bool value)
{
    json_append_key(out, key);
    buffer_text(out, value ? "true" : "false");
}
