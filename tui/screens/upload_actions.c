#include "tui/screens/upload_actions.h"

#include "tui/console/console.h"
#include "tui/frames/list.h"
#include "tui/plans/plans.h"
#include "tui/screens/shift_actions.h"

/* The upload that the screen is opened with, else the one under its cursor; NULL where there is
 * none. */
static const char *upload_of(const struct screen *screen)
{
    if (screen->ops->argument)
        return screen->argument;
    const struct row *row = list_selected(screen);
    return row ? row_key(row) : NULL;
}

static struct effect go(const struct screen *screen, const char *name)
{
    const char *upload = upload_of(screen);
    return upload ? effect_push(name, upload) : effect_none();
}

ACTION(errors_run, go(screen, "groups"))
ACTION(logs_run, go(screen, "logs"))
ACTION(trail_run, go(screen, "audit"))
ACTION(products_run, go(screen, "products"))
ACTION(mend_run, go(screen, "mend"))

/* On a screen about one upload that one; on a list all that is marked. */
static struct effect act(struct console *console, struct screen *screen,
                         const struct plan_kind *kind)
{
    if (screen->ops->argument)
        return plan_one(console, kind, screen->argument);
    return plan_marked(screen, kind);
}

ACTION(notify_run, act(console, screen, &plan_notify))
ACTION(report_run, act(console, screen, &plan_report))
ACTION(revalidate_run, act(console, screen, &plan_revalidate))
ACTION(finish_run, act(console, screen, &plan_finish))

static const struct action rows[] = {
    {"errors", "e", "show errors by type, column and value", ROLE_VIEWER, ACTION_HINT, errors_run},
    {"products", "p", "show products of the upload", ROLE_VIEWER, 0, products_run},
    {"log", "t", "show logs about the upload", ROLE_VIEWER, 0, logs_run},
    {"trail", "a", "show operators' actions on the upload", ROLE_VIEWER, 0, trail_run},
    {"mend", "M", "fix the rejected records in $EDITOR and upload them", ROLE_VIEWER, ACTION_HINT,
     mend_run},
    {"notify", "E", "preview the vendor's notice and its recipients, then resend it", ROLE_SUPPORT,
     ACTION_CHANGES | ACTION_HINT, notify_run},
    {"revalidate", "R", "revalidate the rejected records with current rules and catalogue",
     ROLE_OPERATOR, ACTION_CHANGES | ACTION_HINT, revalidate_run},
    {"finish", "P", "finish a stuck upload: validate the records without an outcome", ROLE_OPERATOR,
     ACTION_CHANGES, finish_run},
    {"rebuild-report", "W", "rebuild the report files from the database", ROLE_OPERATOR,
     ACTION_CHANGES, report_run},
    SHIFT_ACK_ACTION("acknowledge: needs no attention until something new happens"),
    SHIFT_UNACK_ACTION,
    {"note", "N", "add a note", ROLE_SUPPORT, ACTION_CHANGES, shift_note_run},
    {"assign", "O", "assign to yourself or another person", ROLE_SUPPORT, ACTION_CHANGES,
     shift_assign_run},
    {"release", "D", "release: no one has it", ROLE_SUPPORT, ACTION_CHANGES, shift_release_run},
};

const struct action_table upload_actions = ACTION_TABLE(rows);
