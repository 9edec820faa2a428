#include "tui/base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (!memory)
        abort(); /* the crash handler restores the terminal */
    return memory;
}

void *console_allocate(size_t size)
{
    return checked(calloc(1, size == 0 ? 1 : size));
}

void *console_grow(void *memory, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        abort();
    return checked(realloc(memory, count * size == 0 ? 1 : count * size));
}

char *console_copy_bytes(const char *bytes, size_t length)
{
    char *copy = console_allocate(length + 1);
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

char *console_copy(const char *text)
{
    return console_copy_bytes(text ? text : "", text ? strlen(text) : 0);
}

char *console_format(const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        length = 0;
    char *text = console_allocate((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
