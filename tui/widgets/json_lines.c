#include "tui/widgets/json_lines.h"

#include "core/base/json.h"

#define INDENT 2

static void new_line(struct buffer *out, int depth)
{
    buffer_format(out, "\n%*s", depth * INDENT, "");
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the string that begins at `at`. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\' && at + 1 < end;
    return at < end ? at + 1 : end;
}

static const char *skip(const char *at, const char *end)
{
    while (at < end && blank(*at))
        at++;
    return at;
}

/* Of text that is known to be JSON. */
static void write(const char *at, const char *end, struct buffer *out)
{
    int depth = 0;
    for (at = skip(at, end); at < end; at = skip(at, end)) {
        const char *next = at + 1;
        if (*at == '"') {
            next = string_end(at, end);
            buffer_append(out, at, (size_t)(next - at));
        } else if (*at == '{' || *at == '[') {
            const char *first = skip(next, end);
            buffer_char(out, *at);
            if (first < end && (*first == '}' || *first == ']')) {
                buffer_char(out, *first);
                next = first + 1;
            } else {
                new_line(out, ++depth);
            }
        } else if (*at == '}' || *at == ']') {
            new_line(out, --depth);
            buffer_char(out, *at);
        } else if (*at == ',') {
            buffer_char(out, ',');
            new_line(out, depth);
        } else {
            buffer_text(out, *at == ':' ? ": " : "");
            if (*at != ':')
                buffer_char(out, *at);
        }
        at = next;
    }
}

bool json_indent(const char *text, size_t length, struct buffer *out)
{
    struct json_object *document = NULL;
    struct error error = ERROR_INIT;
    bool nested;
    if (!text || json_parse(text, length, &document, &error))
        return false;
    size_t before = out->len;
    nested = json_object_is_type(document, json_type_object) ||
             json_object_is_type(document, json_type_array);
    json_object_put(document);
    if (!nested)
        return false;
    write(text, text + length, out);
    if (!out->failed)
        return true;
    buffer_cut(out, before);
    return false;
}
