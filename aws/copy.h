/* Text into an array of fixed size; what does not fit is cut. */
#ifndef AWS_COPY_H
#define AWS_COPY_H

#include <stdio.h>

static inline void aws_copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

/* `out` must be an array; a NULL text is "". */
#define AWS_COPY(out, text) aws_copy((out), sizeof out, (text))

#endif
