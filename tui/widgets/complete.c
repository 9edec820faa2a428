#include "tui/widgets/complete.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *complete_begun(const struct edit *edit, size_t *length)
{
    size_t from = edit->cursor;
    while (from > 0 && !strchr(" ,:", edit->text[from - 1]))
        from--;
    *length = edit->cursor - from;
    return edit->text + from;
}

static size_t agreement(const char *left, size_t length, const char *right)
{
    size_t same = 0;
    while (same < length && right[same] != '\0' && strncasecmp(left + same, right + same, 1) == 0)
        same++;
    return same;
}

/* How many begin with the word, the first of them, and how many of its bytes they all share. */
static size_t find(const char *word, size_t length, complete_at *at, const void *context,
                   const char **first, size_t *shared, char *others, size_t size)
{
    size_t found = 0;
    size_t used = 0;
    const char *candidate;
    others[0] = '\0';
    for (size_t i = 0; (candidate = at(context, i)); i++) {
        if (strncasecmp(candidate, word, length) != 0)
            continue;
        if (found == 0) {
            *first = candidate;
            *shared = strlen(candidate);
        }
        *shared = agreement(*first, *shared, candidate);
        if (used < size)
            used += (size_t)snprintf(others + used, size - used, "%s%s", found > 0 ? " " : "",
                                     candidate);
        found++;
    }
    return found;
}

size_t complete_word(struct edit *edit, complete_at *at, const void *context, const char *behind,
                     char *others, size_t size)
{
    const char *first = "";
    size_t shared = 0;
    size_t length;
    const char *word = complete_begun(edit, &length);
    size_t found = find(word, length, at, context, &first, &shared, others, size);
    char whole[EDIT_SIZE];
    if (found == 0)
        return 0;
    snprintf(whole, sizeof whole, "%.*s%s", (int)shared, first, found == 1 ? behind : "");
    edit_replace(edit, edit->cursor - length, whole);
    if (found == 1)
        others[0] = '\0';
    return found;
}
