#include "tui/screens/shift_actions.h"

#include "tui/console/console.h"
#include "tui/console/form.h"
#include "tui/plans/shift.h"

static struct effect ack_entered(struct console *console, const char *const *values)
{
    const struct shift_values typed = {.text = values[0], .until = values[1]};
    return plan_shift(console_top(console), SHIFT_ACK, &typed);
}

static struct effect note_entered(struct console *console, const char *const *values)
{
    const struct shift_values typed = {.text = values[0]};
    return plan_shift(console_top(console), SHIFT_NOTE, &typed);
}

static struct effect assign_entered(struct console *console, const char *const *values)
{
    const struct shift_values typed = {.text = values[0]};
    return plan_shift(console_top(console), SHIFT_ASSIGN, &typed);
}

static const struct form_field ack_fields[] = {
    {"text: ", "why it needs no attention; enter: the reason you give when you apply", false},
    {"until: ", "8h, 2d, tomorrow, 2026-01-31; enter: until something new happens", false},
};
static const struct form_spec ack_form = {ack_fields, 2, ack_entered};

static const struct form_field note_fields[] = {
    {"note: ", "shown with the upload and in the handover; it cannot be changed", true},
};
static const struct form_spec note_form = {note_fields, 1, note_entered};

static const struct form_field assign_fields[] = {
    {"assign to: ", "a name; enter: yourself", false},
};
static const struct form_spec assign_form = {assign_fields, 1, assign_entered};

static const struct shift_values nothing = {.text = NULL};

struct effect shift_ack_run(struct console *console, struct screen *screen)
{
    (void)screen;
    return form_open(console, &ack_form);
}

struct effect shift_unack_run(struct console *console, struct screen *screen)
{
    (void)console;
    return plan_shift(screen, SHIFT_UNACK, &nothing);
}

struct effect shift_note_run(struct console *console, struct screen *screen)
{
    (void)screen;
    return form_open(console, &note_form);
}

struct effect shift_assign_run(struct console *console, struct screen *screen)
{
    (void)screen;
    return form_open(console, &assign_form);
}

struct effect shift_release_run(struct console *console, struct screen *screen)
{
    (void)console;
    return plan_shift(screen, SHIFT_RELEASE, &nothing);
}
