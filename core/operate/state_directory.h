/* Where a person's program keeps what must outlive it: $XDG_STATE_HOME/intake, else
 * ~/.local/state/intake. Source: XDG Base Directory Specification. */
#ifndef INTAKE_CORE_OPERATE_STATE_DIRECTORY_H
#define INTAKE_CORE_OPERATE_STATE_DIRECTORY_H

#include "core/base/buffer.h"
#include "core/base/error.h"

/* Appends its path and makes it, mode 0700, where it is missing. */
MUST_CHECK enum error_code state_directory(struct buffer *path, struct error *error);
/* Appends its path, and touches nothing. */
MUST_CHECK enum error_code state_directory_name(struct buffer *path, struct error *error);

#endif
