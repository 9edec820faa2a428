#include "tui/console/action.h"

#include <string.h>

#include "core/record/report_text.h"
#include "tui/base/memory.h"
#include "tui/base/zone.h"
#include "tui/console/console.h"
#include "tui/console/filter_prompt.h"
#include "tui/console/jump_menu.h"
#include "tui/console/pager.h"
#include "tui/console/palette.h"
#include "tui/console/prompt.h"
#include "tui/console/question.h"

static struct effect help_run(struct console *console, struct screen *screen)
{
    (void)console;
    if (strcmp(screen->ops->name, "help") == 0)
        return effect_pop();
    return effect_push("help", screen->ops->name);
}

static struct effect palette_run(struct console *console, struct screen *screen)
{
    (void)screen;
    palette_open(console);
    return effect_redraw();
}

ACTION(jump_run, jump_open(console))

static struct effect back_run(struct console *console, struct screen *screen)
{
    const char *filter = screen->ops->filter_text ? screen->ops->filter_text(screen) : "";
    if (console->depth > 1)
        return effect_pop();
    if (filter[0] != '\0' && screen->ops->filter)
        return screen->ops->filter(screen, "", true);
    return effect_toast(TONE_DIM, "this is the first screen; press q to quit");
}

static struct effect leave_answer(struct console *console, bool yes)
{
    (void)console;
    return (struct effect){.kind = yes ? EFFECT_QUIT : EFFECT_REDRAW};
}

struct effect console_leave(struct console *console)
{
    size_t running = jobs_running(console->jobs, true);
    if (running == 0)
        return (struct effect){.kind = EFFECT_QUIT};
    question_open(console, leave_answer,
                  "%zu of your actions are still running. Cancel them and quit?", running);
    return effect_redraw();
}

ACTION(leave_run, console->depth > 1 ? effect_pop() : console_leave(console))

ACTION(repaint_run, (struct effect){.kind = EFFECT_REPAINT})

static struct effect filter_run(struct console *console, struct screen *screen)
{
    if (!screen->ops->filter)
        return effect_toast(TONE_DIM, "nothing to filter here");
    console_filter_begin(console);
    return effect_redraw();
}

/* What is copied may be pasted into a spreadsheet, which takes some texts for formulas. */
static struct effect copy_run(struct console *console, struct screen *screen)
{
    const char *subject = screen->ops->subject ? screen->ops->subject(screen) : NULL;
    (void)console;
    if (!subject || subject[0] == '\0')
        return effect_toast(TONE_DIM, "no id selected");
    return effect_text(
        EFFECT_COPY, console_format("%s%s", report_cell_guard(subject, strlen(subject)), subject));
}

static struct effect command_run(struct console *console, struct screen *screen)
{
    char *command = screen->ops->command ? screen->ops->command(screen) : NULL;
    (void)console;
    if (!command)
        return effect_toast(TONE_DIM, "no equivalent command");
    return effect_text(EFFECT_COPY, command);
}

static struct effect pager_run(struct console *console, struct screen *screen)
{
    (void)console;
    if (!screen->ops->text)
        return effect_toast(TONE_DIM, "no text to page here");
    return effect_text(EFFECT_PAGER, screen->ops->text(screen));
}

static struct effect write_run(struct console *console, struct screen *screen)
{
    (void)console;
    if (!screen->ops->text)
        return effect_toast(TONE_DIM, "nothing to write here");
    return console_export(screen->ops->name, screen->ops->text(screen));
}

static struct effect zone_run(struct console *console, struct screen *screen)
{
    (void)console;
    (void)screen;
    zone_use(!zone_is_local());
    return effect_toast(TONE_INFO, "times are shown in %s", zone_name());
}

static struct effect go(const struct screen *screen, const char *name)
{
    if (strcmp(screen->ops->name, name) == 0)
        return effect_none();
    return effect_push(name, "");
}

ACTION(uploads_run, go(screen, "uploads"))
ACTION(attention_run, go(screen, "attention"))
ACTION(vendors_run, go(screen, "vendors"))
ACTION(products_run, go(screen, "products"))
ACTION(audit_run, go(screen, "audit"))
ACTION(letters_run, go(screen, "dead-letters"))
ACTION(logs_run, go(screen, "logs"))
ACTION(check_run, go(screen, "doctor"))
ACTION(categories_run, go(screen, "categories"))
ACTION(jobs_run, go(screen, "jobs"))

static const struct action rows[] = {
    {"back", "esc", "go back", ROLE_VIEWER, ACTION_HINT, back_run},
    {"filter", "/", "filter as you type", ROLE_VIEWER, ACTION_HINT, filter_run},
    {"jump", "J", "jump to objects related to the selected row", ROLE_VIEWER,
     ACTION_HINT | ACTION_OF_ROW, jump_run},
    {"palette", ":", "find actions, screens and saved views by name", ROLE_VIEWER, ACTION_HINT,
     palette_run},
    {"help", "? f1", "show keys and actions", ROLE_VIEWER, ACTION_HINT, help_run},
    {"leave", "q", "leave the screen; on the first screen, quit", ROLE_VIEWER, ACTION_HINT,
     leave_run},
    {"repaint", "ctrl-l", "redraw the screen", ROLE_VIEWER, 0, repaint_run},
    {"copy", "y", "copy the selected id to the clipboard", ROLE_VIEWER, ACTION_OF_ROW, copy_run},
    {"command", "c", "copy the equivalent command", ROLE_VIEWER, 0, command_run},
    {"page", "|", "view the loaded rows in $PAGER", ROLE_VIEWER, ACTION_OF_ROW, pager_run},
    {"write", "w", "write the loaded (or marked) rows to a file", ROLE_VIEWER, ACTION_OF_ROW,
     write_run},
    {"zone", "z", "show times in local time, or in UTC again", ROLE_VIEWER, 0, zone_run},
    {"attention", "!", "show what needs attention", ROLE_VIEWER, ACTION_GOES, attention_run},
    {"go-uploads", "1", "go to uploads", ROLE_VIEWER, ACTION_GOES, uploads_run},
    {"go-vendors", "2", "go to vendors", ROLE_VIEWER, ACTION_GOES, vendors_run},
    {"go-products", "3", "go to products", ROLE_VIEWER, ACTION_GOES, products_run},
    {"go-dead-letters", "4", "go to dead letters", ROLE_VIEWER, ACTION_GOES, letters_run},
    {"go-audit", "5", "go to the audit log", ROLE_VIEWER, ACTION_GOES, audit_run},
    {"go-logs", "6", "go to logs", ROLE_VIEWER, ACTION_GOES, logs_run},
    {"go-doctor", "7", "go to the doctor", ROLE_VIEWER, ACTION_GOES, check_run},
    {"go-categories", "8", "go to categories", ROLE_VIEWER, ACTION_GOES, categories_run},
    {"go-jobs", "9", "go to background jobs", ROLE_VIEWER, ACTION_GOES, jobs_run},
};

const struct action_table console_actions = ACTION_TABLE(rows);
