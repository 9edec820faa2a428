#include "core/operate/guide/write.h"

#include <string.h>

#include "core/base/text.h"

void write_html_char(struct buffer *out, char c)
{
    switch (c) {
    case '&':
        buffer_text(out, "&amp;");
        break;
    case '<':
        buffer_text(out, "&lt;");
        break;
    case '>':
        buffer_text(out, "&gt;");
        break;
    case '"':
        buffer_text(out, "&quot;");
        break;
    case '\'':
        buffer_text(out, "&#39;");
        break;
    default:
        buffer_char(out, c);
    }
}

void write_escaped(struct buffer *out, bool html, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (html) {
            write_html_char(out, text[i]);
            continue;
        }
        if (strchr("\\`*_{}[]()<>#+-!|~&", text[i]))
            buffer_char(out, '\\');
        buffer_char(out, text[i]);
    }
}

void write_data(struct buffer *out, bool html, const char *text)
{
    struct buffer visible;
    buffer_init(&visible, 1 << 16);
    text_append_visible(&visible, text, strlen(text));
    write_escaped(out, html, visible.data, visible.len);
    buffer_release(&visible);
}
