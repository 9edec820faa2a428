/* Bytes into files, whole or with the reason why not. */
#ifndef INTAKE_CORE_BASE_FILE_H
#define INTAKE_CORE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/error.h"

/* All of it, however often a signal comes in between; false with errno set. */
bool file_write_all(int fd, const void *data, size_t len);

/*
 * What stands under `path` becomes these bytes, or stays what it was: a new file beside it takes
 * its name when it is whole. `mode` is that of the new file. ERROR_IO names the path and the
 * cause. */
MUST_CHECK enum error_code file_replace(const char *path, const void *data, size_t len, mode_t mode,
                                        struct error *error);

#endif
