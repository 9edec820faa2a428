#include "tui/console/form.h"

#include <stdio.h>

#include "tui/console/console.h"
#include "tui/console/prompt.h"
#include "tui/widgets/edit.h"

/* Of the one form that is open: a prompt takes all keys. */
static struct {
    const struct form_spec *spec;
    char values[FORM_FIELDS_MOST][EDIT_SIZE];
    size_t at;
} form;

static struct effect ask(struct console *console);

static struct effect entered(struct console *console, const char *text, bool kept)
{
    const char *values[FORM_FIELDS_MOST];
    const struct form_field *field = &form.spec->fields[form.at];
    if (!kept || (field->wanted && text[0] == '\0'))
        return effect_toast(TONE_WARN, "cancelled");
    snprintf(form.values[form.at], sizeof form.values[form.at], "%s", text);
    if (++form.at < form.spec->count)
        return ask(console);
    for (size_t i = 0; i < form.spec->count; i++)
        values[i] = form.values[i];
    return form.spec->entered(console, values);
}

static struct effect ask(struct console *console)
{
    const struct form_field *field = &form.spec->fields[form.at];
    const struct prompt_spec spec = {
        .label = field->label, .hint = field->hint, .entered = entered};
    prompt_open(console, &spec, "");
    return effect_redraw();
}

struct effect form_open(struct console *console, const struct form_spec *spec)
{
    form.spec = spec;
    form.at = 0;
    return ask(console);
}
