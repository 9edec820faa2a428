/* Where a person's program keeps what must outlive it: $XDG_STATE_HOME/intake, else
 * ~/.local/state/intake; of a named environment a folder of its name in there. Source: XDG Base
 * Directory Specification. */
#ifndef INTAKE_CORE_OPERATE_STATE_DIRECTORY_H
#define INTAKE_CORE_OPERATE_STATE_DIRECTORY_H

#include "core/base/buffer.h"
#include "core/base/error.h"

/* Appends its path and makes it, mode 0700, where it is missing. */
MUST_CHECK enum error_code state_directory(struct buffer *path, struct error *error);
/* Appends its path, and touches nothing. */
MUST_CHECK enum error_code state_directory_name(struct buffer *path, struct error *error);

/* The environment's name, "" for none; the default one has no folder of its own. Without a name the
 * target says where it leads (its bucket, region and so on), "" where nothing does: what belongs to
 * an upload or a queue has it in its file's name. To be called before any thread; again with the
 * same texts is nothing. */
void state_directory_choose(const char *environment, const char *target);
/* Appends "-" and eight hexadecimal digits of the target; nothing where there is none. */
void state_directory_target(struct buffer *name);
/* Appends the path that state_directory_name would without an environment's name. */
MUST_CHECK enum error_code state_directory_common(struct buffer *path, struct error *error);

#endif
