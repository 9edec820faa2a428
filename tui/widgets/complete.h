/* Completion of the word before the cursor. Pure. */
#ifndef INTAKE_TUI_WIDGETS_COMPLETE_H
#define INTAKE_TUI_WIDGETS_COMPLETE_H

#include <stddef.h>

#include "tui/widgets/edit.h"

/* The index-th candidate, NULL beyond the last. */
typedef const char *complete_at(const void *context, size_t index);

/* Completes what stands before the cursor, back to a space, a comma or a colon, as far as all
 * candidates that begin so agree, whatever the ASCII case; one alone is followed by `behind`. Where
 * several are left they are put into `others`, one space between them, else "". Returns how
 * many. */
size_t complete_word(struct edit *edit, complete_at *at, const void *context, const char *behind,
                     char *others, size_t size);
/* The word itself; *length bytes of `edit`. */
const char *complete_begun(const struct edit *edit, size_t *length);

#endif
