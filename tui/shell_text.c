#include "tui/shell_text.h"

#include <string.h>

static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

void shell_append(struct buffer *line, const char *word)
{
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        buffer_text(line, word);
        return;
    }
    buffer_char(line, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            buffer_text(line, "'\\''");
        else
            buffer_char(line, *word);
    }
    buffer_char(line, '\'');
}
