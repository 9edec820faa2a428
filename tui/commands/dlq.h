/* What the commands on dead letters share. */
#ifndef INTAKE_TUI_COMMANDS_DLQ_H
#define INTAKE_TUI_COMMANDS_DLQ_H

#include "core/operate/replay/replay.h"
#include "tui/cli/command.h"

/* Rows of an option table: the selection. */
#define DLQ_SELECTION_OPTIONS                                                 \
    OPTION("upload", OPTION_TEXT, "ID", "messages about this upload"),        \
        OPTION("vendor", OPTION_TEXT, "VENDOR", "messages of this vendor"),   \
        OPTION("type", OPTION_TEXT, "TYPE", "messages with this error type"), \
        OPTION("id", OPTION_TEXT, "MESSAGE", "this message; can be repeated", .many = true)

/* From the call's options; ids are good until the options are asked for texts again. */
struct dead_letter_filter dlq_filter(const struct command_call *call);

/* Says which part of the selection no message that was received met, and what is near to it. False
 * where some message was selected, or none was received. */
bool dlq_unmatched(const struct command_call *call, const struct dead_letters *messages);

/* Pipeline and queue of the call's first operand. */
MUST_CHECK enum error_code dlq_open(const struct command_call *call, struct pipeline *pipeline,
                                    struct dead_letter_queue *queue, struct error *error);

/* A replay or a discard of the call's messages. `show` prints the plan of a dry run, `carry_out`
 * asks and acts; both answer an exit code. */
struct dlq_action {
    const char *file; /* where the messages come from; NULL: the queue */
    bool discard;
    const char *to; /* a queue to send them to; NULL: where they came from */
    int64_t rate;   /* messages a second at most; 0: no bound */
    int (*show)(struct command_call *call, const struct replay_plan *plan, void *context);
    int (*carry_out)(struct command_call *call, struct pipeline *pipeline, struct replay_plan *plan,
                     void *context);
    void *context;
};

/* Plans, then shows or carries out; what the plan holds is given back. */
int dlq_act(struct command_call *call, const struct dlq_action *action);

/* Asks where it must. EXIT_DONE to go on; a refusal is in the audit log. */
int dlq_confirm(const struct command_call *call, const struct replay_plan *plan);

/* Progress callbacks; the context is the call. */
void dlq_moving(void *context, int64_t done, int64_t total);
void dlq_receiving(void *context, int64_t done, int64_t total);

#endif
