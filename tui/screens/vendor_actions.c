#include "tui/screens/vendor_actions.h"

#include <string.h>

#include "tui/console/console.h"
#include "tui/console/form.h"
#include "tui/frames/list.h"
#include "tui/plans/plans.h"
#include "tui/screens/shift_actions.h"

static bool is_one(const struct screen *screen)
{
    return strcmp(screen->ops->name, "vendor") == 0;
}

static struct effect act(struct console *console, struct screen *screen,
                         const struct plan_kind *kind)
{
    if (is_one(screen))
        return plan_one(console, kind, screen->argument);
    return plan_marked(screen, kind);
}

/* The list that is asked again; 0 on the screen of one. */
static uint64_t origin_of(const struct screen *screen)
{
    return is_one(screen) ? 0 : screen->id;
}

static struct effect add_entered(struct console *console, const char *const *values)
{
    const struct plan_vendor_values given = {
        .adds = true, .vendor_id = values[0], .name = values[1], .email = values[2]};
    return plan_vendor_record(console, &given, origin_of(console_top(console)));
}

static struct effect edit_entered(struct console *console, const char *const *values)
{
    const struct screen *screen = console_top(console);
    const struct row *row = is_one(screen) ? NULL : list_selected(screen);
    const struct plan_vendor_values given = {
        .vendor_id = row ? row_key(row) : screen->argument, .name = values[0], .email = values[1]};
    if (!values[0][0] && !values[1][0])
        return effect_toast(TONE_DIM, "nothing to change");
    if (!given.vendor_id[0])
        return effect_toast(TONE_WARN, "no vendor selected");
    return plan_vendor_record(console, &given, origin_of(screen));
}

static const struct form_field add_fields[] = {
    {"id: ", "letters, digits and hyphens; names its folder and starts its file names", true},
    {"name: ", "display name", true},
    {"e-mail: ", "e-mail address for notices", true},
};
static const struct form_spec add_form = {add_fields, 3, add_entered};

static const struct form_field edit_fields[] = {
    {"new name: ", "enter: no change", false},
    {"new e-mail address: ", "enter: no change", false},
};
static const struct form_spec edit_form = {edit_fields, 2, edit_entered};

ACTION(add_run, form_open(console, &add_form))
ACTION(edit_run, form_open(console, &edit_form))
ACTION(link_run, act(console, screen, &plan_upload_link))
ACTION(suspend_run, act(console, screen, &plan_suspend))
ACTION(activate_run, act(console, screen, &plan_activate))
ACTION(subscribe_run, act(console, screen, &plan_subscribe))

static const struct action rows[] = {
    {"suspend", "S", "suspend the vendor: refuse its files from now on", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, suspend_run},
    {"activate", "Z", "activate the vendor", ROLE_OPERATOR, ACTION_CHANGES | ACTION_HINT,
     activate_run},
    {"subscribe", "E", "subscribe the vendor's e-mail address to its notices", ROLE_OPERATOR,
     ACTION_CHANGES | ACTION_HINT, subscribe_run},
    {"upload-link", "L", "create a presigned link to upload one file", ROLE_OPERATOR,
     ACTION_CHANGES, link_run},
    {"edit-vendor", "D", "change name or e-mail address", ROLE_OPERATOR, ACTION_CHANGES, edit_run},
    {"add-vendor", "N", "add a vendor", ROLE_OPERATOR, ACTION_CHANGES, add_run},
    SHIFT_ACK_ACTION("acknowledge that no notice reaches the vendor"),
    SHIFT_UNACK_ACTION,
};

const struct action_table vendor_actions = ACTION_TABLE(rows);
