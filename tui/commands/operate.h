/* The command of an operation: plans, shows the plan of a dry run, else asks, applies and tells
 * what came of it. */
#ifndef INTAKE_TUI_COMMANDS_OPERATE_H
#define INTAKE_TUI_COMMANDS_OPERATE_H

#include "core/operate/operation.h"
#include "tui/cli/command.h"

struct operate {
    const struct operation *operation;
    const void *request;
    const char *target; /* for the audit log, where no plan could be made */
    /* `result` NULL: a dry run, as it would be. */
    void (*json)(struct buffer *out, const void *plan, const void *result);
    /* What came of it, in either form; NULL: json, or the plan's text. */
    void (*tell)(struct command_call *call, const void *plan, const void *result);
    /* A dry run that found this ends with EXIT_PARTLY; NULL: never. */
    bool (*not_well)(const void *plan);
};

/* Answers the exit code. */
int command_operate(struct command_call *call, const struct operate *operate);

#endif
