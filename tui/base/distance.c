#include "tui/base/distance.h"

#include <string.h>

#include "core/base/text.h"

size_t text_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > LONGEST || b_len > LONGEST)
        return LONGEST;
    return text_edit_distance(a, a_len, b, b_len, false);
}
