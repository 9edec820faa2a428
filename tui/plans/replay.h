/* The plan of a replay or a discard of dead letters. */
#ifndef INTAKE_TUI_PLANS_REPLAY_H
#define INTAKE_TUI_PLANS_REPLAY_H

#include "tui/plans/plan.h"

/* `ids` are the messages, copied; none means the whole queue. */
struct effect plan_replay(struct console *console, const char *queue, const char *const *ids,
                          size_t id_count, bool discard);

#endif
