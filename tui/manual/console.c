#include "tui/cli/output.h"
#include "tui/console/movement.h"
#include "tui/console/registry.h"
#include "tui/console/screen.h"
#include "tui/frames/list.h"
#include "tui/frames/page.h"
#include "tui/manual/manual.h"
#include "tui/manual/text.h"
#include "tui/terminal/keys.h"

static const char head[] =
    ".SH NAME\n"
    "intake\\-console \\- the screens and keys of intake's console\n"
    ".SH SYNOPSIS\n"
    ".B intake\n"
    ".SH DESCRIPTION\n"
    "Without a command, intake opens its console on the uploads, newest first, below a summary "
    "that shows who you are and what needs attention. Enter opens the selected row, Esc goes "
    "back, J jumps to related objects, : opens the palette of all actions, screens and saved "
    "views; an id that is pasted or typed there opens the object.\n"
    ".PP\n"
    "Nothing is changed without a plan: it shows what changes, how many objects, of which "
    "vendors, the destination and what is excluded; A applies exactly that, after asking for a "
    "reason. In an environment marked production, or when more than 100 objects would change, "
    "you must type their number.\n"
    ".PP\n"
    "Every pane shows the age of its data. A service that is down is named and retried "
    "automatically; movement never waits for it, and an action typed before its rows are loaded "
    "waits only for those rows. Ctrl\\-C cancels the running action, a second one exits with "
    "130; Ctrl\\-Z suspends.\n"
    ".SS The screen\n"
    "From 160 columns on, lists show beside their rows what Enter would open, once the cursor "
    "rests; i hides it. With marked rows, the last line shows what can be done with them.\n"
    ".PP\n"
    "With the theme auto, the console asks the terminal for its background (OSC 11), uses "
    "COLORFGBG if there is no answer, and otherwise colors that are readable on light and dark. "
    "A theme is chosen in the palette or by the key theme of\n"
    ".BR intake\\-config (5).\n"
    ".PP\n"
    "Times are in UTC; z, or time = local, shows them in local time (TZ). The zone is always "
    "named. Times that are typed, copied or written to files are in UTC.\n"
    ".PP\n"
    "A click selects a row and a second one opens it, a click on a column title sorts, the wheel "
    "scrolls, and a click on the summary opens attention. While the console has the mouse, "
    "hold Shift to select text in most terminals, or set mouse = off.\n"
    ".PP\n"
    "What is copied is sent to the terminal (OSC 52), which does not report whether it reached "
    "the clipboard. Set clipboard to a program, such as wl\\-copy or xclip \\-selection "
    "clipboard, to know.\n";

static const char filters[] =
    ".SH FILTERS\n"
    "Plain words search. A word with a colon filters by a column: \n"
    ".nh\n"
    ".BR vendor:VEND002\\ status:partial\\ since:2d .\n"
    ".hy\n"
    "\n"
    ".B \\-word\n"
    "and\n"
    ".B \\-status:completed\n"
    "exclude,\n"
    ".B a,b\n"
    "matches either. Put values with spaces or commas in double quotes, and write a "
    "double quote inside them twice; since: and until: accept 30m, 2h, 2d, 1w, today, "
    "yesterday, 2026\\-01\\-02 and 2026\\-01\\-02T03:04, both optionally with an offset, "
    "+02:00. An invalid filter is reported as you type, and matches no rows. Commands accept the same words as options. Each list accepts these:\n";

static const char tail[] = ".SH ENVIRONMENT\n"
                           ".TP\n"
                           ".B PAGER\n"
                           "shows the text of a screen (default: less)\n"
                           ".TP\n"
                           ".B VISUAL, EDITOR\n"
                           "the editor for drafts\n"
                           ".TP\n"
                           ".B TERM, NO_COLOR, ESCDELAY\n"
                           "as in\n"
                           ".BR ncurses (3X)\n"
                           ".TP\n"
                           ".B COLORFGBG, TZ\n"
                           "the background if the terminal does not answer; the zone of local "
                           "times\n"
                           ".SH FILES\n"
                           ".TP\n"
                           ".I $XDG_STATE_HOME/intake/console.json\n"
                           "theme, filters, columns and views\n"
                           ".TP\n"
                           ".I $XDG_STATE_HOME/intake/mend/\n"
                           "drafts of fixed files, each kept until it is uploaded or discarded\n"
                           ".SH SEE ALSO\n"
                           ".BR intake (1),\n"
                           ".BR intake\\-config (5)\n";

static void action_print(struct output *output, const struct action *action)
{
    const char *names = action->keys;
    bool first = true;
    int key;
    output_format(output, ".TP\n");
    while ((key = keys_next(&names)) != KEYS_NONE) {
        char name[KEYS_NAME_SIZE];
        keys_name(key, name);
        output_format(output, "%s\\fB", first ? "" : ", ");
        man_text(output, name);
        output_format(output, "\\fR");
        first = false;
    }
    output_format(output, "  (");
    man_text(output, action->name);
    output_format(output, ")\n");
    man_text(output, action->help);
    if (action->role > ROLE_VIEWER)
        output_format(output, "; %s", role_name(action->role));
    output_format(output, "\n");
}

static void table_print(struct output *output, struct action_table table)
{
    for (size_t i = 0; i < table.count; i++)
        action_print(output, &table.rows[i]);
}

static void screen_print(struct output *output, const struct screen_ops *screen)
{
    output_format(output, ".SS ");
    man_text(output, screen->name);
    if (screen->argument) {
        output_format(output, " ");
        man_text(output, screen->argument);
    }
    output_format(output, "\n");
    man_line(output, "", screen->help);
    table_print(output, screen_table(screen, 0));
}

/* The kinds of screen: what a screen of each has beside its own keys. */
static void kind_print(struct output *output, const char *title, const struct action_table *kind)
{
    output_format(output, ".SS %s\n", title);
    table_print(output, *kind);
}

static void filters_print(struct output *output)
{
    output_format(output, "%s", filters);
    for (size_t i = 0; screen_at(i); i++) {
        const struct screen_ops *screen = screen_at(i);
        const struct list_spec *spec = screen->spec;
        if (screen->kind != &list_actions || spec->filter_keys[0] == '\0')
            continue;
        output_format(output, ".TP\n.B ");
        man_line(output, "", screen->name);
        man_line(output, "", spec->filter_keys);
    }
}

void manual_console(struct output *output)
{
    man_title(output, "intake-console", 7);
    output_format(output, "%s.SH KEYS\n", head);
    kind_print(output, "On every screen", &console_actions);
    kind_print(output, "Moving", &movement_actions);
    kind_print(output, "In lists", &list_actions);
    kind_print(output, "In pages", &page_actions);
    output_format(output, ".SH SCREENS\n");
    for (size_t i = 0; screen_at(i); i++)
        screen_print(output, screen_at(i));
    filters_print(output);
    output_format(output, "%s", tail);
}
