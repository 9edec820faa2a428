/* Words of the pipeline that options and filters choose from, for .word: NULL beyond the last. */
#ifndef INTAKE_TUI_BASE_CHOICES_H
#define INTAKE_TUI_BASE_CHOICES_H

#include <stddef.h>

/* The error types of the rules. */
const char *choice_error_type(size_t index);
/* The columns of a file. */
const char *choice_column(size_t index);
/* Why a file is refused. */
const char *choice_refusal(size_t index);

#endif
