/* A program that ends when this one does, however that ends: a small process of ours stands between
 * them, and ends the whole group of the other as soon as it is told to or finds nobody behind its
 * pipe. */
#ifndef INTAKE_TUI_SESSION_KEEPER_H
#define INTAKE_TUI_SESSION_KEEPER_H

#include <sys/types.h>

#include "core/base/error.h"

struct keeper {
    pid_t id;    /* of the process between */
    int control; /* closed: end it */
    int output;  /* what the program writes, both ways, may be read here */
};

#define KEEPER_NOT_STARTED 127

/* `words` ends with NULL; its first is looked up in PATH. `environment` as environ(7). Its standard
 * input is empty. The process between ends with the program's status, 128 + n for a signal,
 * KEEPER_NOT_STARTED where there is no such program. */
MUST_CHECK enum error_code keeper_start(struct keeper *keeper, char *const *words,
                                        char **environment, struct error *error);

#endif
