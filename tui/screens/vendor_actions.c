#include "tui/screens/vendor_actions.h"

#include <string.h>

#include "tui/console/console.h"
#include "tui/plans/plans.h"

static struct effect act(struct console *console, struct screen *screen,
                         const struct plan_kind *kind)
{
    if (strcmp(screen->ops->name, "vendor") == 0)
        return plan_one(console, kind, screen->argument);
    return plan_marked(screen, kind);
}

ACTION(suspend_run, act(console, screen, &plan_suspend))
ACTION(activate_run, act(console, screen, &plan_activate))
ACTION(subscribe_run, act(console, screen, &plan_subscribe))

static const struct action rows[] = {
    {"suspend", "S", "plan to suspend the vendor: it may not upload any more", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, suspend_run},
    {"activate", "Z", "plan to activate the vendor", ROLE_OPERATOR, ACTION_CHANGES | ACTION_HINT,
     activate_run},
    {"subscribe", "E", "plan the e-mail subscription to its notices", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, subscribe_run},
};

const struct action_table vendor_actions = ACTION_TABLE(rows);
