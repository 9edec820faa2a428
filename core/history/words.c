#include "core/history/words.h"

#include <string.h>

bool history_word(const char **at, size_t *len, bool *negated)
{
    *at += strspn(*at, " ");
    *negated = (*at)[0] == '-' && (*at)[1] != '\0' && (*at)[1] != ' ';
    *at += *negated || **at == HISTORY_LITERAL;
    *len = strcspn(*at, " ");
    return *len > 0;
}
