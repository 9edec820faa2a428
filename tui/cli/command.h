/*
 * A command of the program: one constant in one file under tui/commands/, and one row in the table
 * of tui/commands/table.c. Dispatch, help, near misses, the role check, man pages and completions
 * are all derived from that table.
 */
#ifndef INTAKE_TUI_CLI_COMMAND_H
#define INTAKE_TUI_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/operate/role.h"
#include "tui/cli/options.h"
#include "tui/cli/output.h"
#include "tui/session/session.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,  /* unreachable, denied, not found */
    EXIT_USAGE = 2,   /* the command line is wrong */
    EXIT_PARTLY = 3,  /* done, but part was not well */
    EXIT_REFUSED = 4, /* for want of a role or of a confirmation */
    EXIT_INTERRUPTED = 130,
};

struct command_example {
    const char *line; /* what to type; NULL ends the examples */
    const char *what; /* what it does, a line */
};

struct command_call {
    const struct command *command;
    struct session *session;
    struct options *options;
    struct output *output;
};

struct command {
    const char *name;     /* one or two words: "uploads", "dlq list" */
    const char *summary;  /* one line, for `intake --help` and the man page's NAME */
    const char *operands; /* "FILE...", "ID", "" */
    size_t operands_least;
    size_t operands_most;                   /* COMMAND_ANY: as many as you like */
    const char *description;                /* paragraphs, separated by an empty line */
    const struct option *options;           /* ends with OPTIONS_END; NULL: none of its own */
    const struct command_example *examples; /* NULL: none */
    enum role role;        /* the least that may; above viewer it is checked before run */
    bool action;           /* takes --dry-run, --yes and --reason; refused in a read-only session */
    bool dry_run_receives; /* --dry-run wants the same role; else a viewer may */
    bool hidden;           /* left out of lists */
    int variant;           /* which of the commands that share a run */
    /*
     * Returns an exit code. Results go through call->output, progress to stderr through
     * output_progress; what went wrong is told by `return command_fail(call, &error)`.
     */
    int (*run)(struct command_call *call);
};

/* The operand of a command that takes just one. */
#define COMMAND_OPERAND(name) .operands = (name), .operands_least = 1, .operands_most = 1

#define COMMAND_ANY ((size_t)-1)

/* The table, ends with NULL. */
extern const struct command *const command_table[];

/* Options that every command takes, and those that every action takes as well. */
extern const struct option command_global_options[];
extern const struct option command_action_options[];

/* One line on stderr, "intake COMMAND: message", and the exit code that belongs to the error. */
int command_fail(const struct command_call *call, const struct error *error);
int command_exit_code(enum error_code code);
/* A usage error: the line, how to get help, and EXIT_USAGE. */
int command_misused(const struct command_call *call, const char *format, ...) PRINTF_LIKE(2, 3);
/* The worse of two outcomes of one command: failed, refused, partly, done. */
int command_worse(int a, int b);

/* What every action takes. reason: NULL where none was given. */
bool command_dry_run(const struct command_call *call);
const char *command_reason(const struct command_call *call);

/*
 * Whether an action may go on. `count` things would change, `plan` (human text of lines) says
 * which. Asks on a terminal, where large plans and production want the count typed; without a
 * terminal and without --yes a plan for more than one thing is printed and refused, and that is
 * written to the audit log. Answers EXIT_DONE to go on, else the exit code to return with. Not for
 * --dry-run.
 */
int command_confirm(const struct command_call *call, size_t count, const char *plan);
/* The same with a plan that is released; EXIT_DONE where nothing would change. */
int command_confirm_text(const struct command_call *call, size_t count, struct buffer *plan);

/* One row of the audit log for what the call did; the command's name is the action. A failure is
 * told on stderr. `plan` and `detail`: JSON or NULL. */
void command_note(const struct command_call *call, const char *target, const char *plan,
                  const char *outcome, const char *detail);

/* An action that failed before anything was done: such a row, but for a dry run or a cancel, and
 * command_fail. */
int command_fail_noted(const struct command_call *call, const char *target,
                       const struct error *failure);

/* The longest command whose words begin `words`; NULL where there is none. */
const struct command *command_find(const char *const *words, size_t count, size_t *used);
/* Whether some command's first word is `word` (of "dlq list": "dlq"). */
bool command_is_group(const char *word);

/* Help texts, made from the table. `width` 0: not folded. */
void help_overview(struct output *output);
void help_group(struct output *output, const char *word);
void help_command(struct output *output, const struct command *command);

/* The whole program: parses and dispatches; `console` is run where no command is named. Answers the
 * exit code. */
int command_main(int argc, char **argv, int (*console)(const struct session_options *));

#endif
