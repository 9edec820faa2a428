#include "core/base/buffer.h"

#include "core/base/memory.h"

static char nothing[1] = "";

void buffer_init(struct buffer *buffer, size_t max)
{
    *buffer = (struct buffer){.data = nothing, .max = max};
}

void buffer_release(struct buffer *buffer)
{
    if (buffer->capacity)
        free(buffer->data);
    buffer_init(buffer, buffer->max);
}

void buffer_clear(struct buffer *buffer)
{
    buffer->failed = ERROR_NONE;
    buffer_cut(buffer, 0);
}

static bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    if (more > buffer->max - buffer->len) {
        buffer->failed = ERROR_TOO_LARGE;
        return false;
    }
    size_t wanted = buffer->len + more + 1;
    if (wanted <= buffer->capacity)
        return true;
    size_t grown = buffer->capacity < 64 ? 64 : buffer->capacity + buffer->capacity / 2;
    if (grown > buffer->max + 1)
        grown = buffer->max + 1;
    if (grown < wanted)
        grown = wanted;
    char *moved = realloc(buffer->capacity ? buffer->data : NULL, grown);
    if (!moved) {
        buffer->failed = ERROR_MEMORY;
        return false;
    }
    moved[buffer->len] = '\0';
    buffer->data = moved;
    buffer->capacity = grown;
    return true;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    if (!len || !buffer_reserve(buffer, len))
        return;
    memcpy(buffer->data + buffer->len, bytes, len);
    buffer->len += len;
    buffer->data[buffer->len] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_char(struct buffer *buffer, char c)
{
    buffer_append(buffer, &c, 1);
}

void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    char small[256];
    int len = vsnprintf(small, sizeof small, format, arguments);
    if (len < 0) {
        buffer->failed = ERROR_INTERNAL;
    } else if ((size_t)len < sizeof small) {
        buffer_append(buffer, small, (size_t)len);
    } else if (buffer_reserve(buffer, (size_t)len)) {
        vsnprintf(buffer->data + buffer->len, (size_t)len + 1, format, again);
        buffer->len += (size_t)len;
    }
    va_end(again);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_format_list(buffer, format, arguments);
    va_end(arguments);
}

void buffer_cut(struct buffer *buffer, size_t len)
{
    if (len < buffer->len) {
        buffer->len = len;
        buffer->data[len] = '\0';
    }
}

char *buffer_take(struct buffer *buffer)
{
    char *taken = buffer->capacity ? buffer->data : memory_copy_text("", 0);
    buffer_init(buffer, buffer->max);
    return taken;
}

enum error_code buffer_check(const struct buffer *buffer, struct error *error)
{
    if (!buffer->failed)
        return ERROR_NONE;
    if (buffer->failed == ERROR_TOO_LARGE)
        return error_set(error, ERROR_TOO_LARGE, "text grew past its limit of %zu bytes",
                         buffer->max);
    return error_set(error, buffer->failed, "text of %zu bytes could not grow: %s", buffer->len,
                     buffer->failed == ERROR_MEMORY ? "out of memory" : "bad format");
}
