/* Characters that no editor shows, by name and place. */
#ifndef INTAKE_CORE_RECORD_HIDDEN_H
#define INTAKE_CORE_RECORD_HIDDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"

/* Blanks that are none, and characters of no width. NULL: it can be seen. */
const char *hidden_name(uint32_t code_point);

/* "; it holds a no-break space (U+00A0) at character 7: ...", or nothing; blanks: a plain one may
   stand there. True where something was said. */
bool hidden_append(struct buffer *out, const char *text, size_t len, bool blanks);

#endif
