/*
 * `--env a,b`: the same list of several environments in one. Each is asked by a process of its own,
 * side by side, for a process has one environment; only lists that change nothing can be asked so.
 */
#ifndef INTAKE_TUI_CLI_ENVIRONMENTS_H
#define INTAKE_TUI_CLI_ENVIRONMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "tui/cli/output.h"

#define ENVIRONMENTS_MOST 8

/* What each of them ended with. */
struct environments_exit {
    int codes[ENVIRONMENTS_MOST];
    size_t count;
};

/* Whether `given`, the value of --env (NULL: none), names more than one. */
bool environments_named(const char *given);
/* Runs the command line once for each and prints what came of it as one list; one of which nothing
 * came is told. ERROR_USAGE: not of this command, or the names cannot be meant. */
MUST_CHECK enum error_code environments_list(const char *command, const char *given, int argc,
                                             char **argv, struct output *output,
                                             struct environments_exit *ended, struct error *error);

#endif
