#include <stdio.h>
#include <stdlib.h>

#include "core/operate/vendors/record.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/plans/plans.h"
#include "tui/stores/subscriptions.h"

struct record_work {
    struct plan_thing thing; /* variant: whether it adds */
    char *name, *email;      /* "": as it is */
};

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    const struct record_work *work = data;
    bool adds = work->thing.variant != 0;
    const struct vendor_record_request request = {
        .adds = adds,
        .vendor_id = work->thing.id,
        .name = adds || work->name[0] ? work->name : NULL,
        .email = adds || work->email[0] ? work->email : NULL,
    };
    return plan_thing_make(context, data, &request, text, error);
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct record_work *work = data;
    outline->vendor = work->thing.id;
    outline->destination = "vendors";
    snprintf(outline->what, sizeof outline->what, "%s",
             work->thing.variant != 0 ? "a new vendor" : "name and e-mail address");
}

static void command(const void *data, struct buffer *line)
{
    const struct record_work *work = data;
    buffer_format(line, "intake %s ", vendor_record_action(work->thing.variant != 0));
    shell_quote(line, work->thing.id);
    shell_option(line, "name", work->name[0] ? work->name : NULL);
    shell_option(line, "email", work->email[0] ? work->email : NULL);
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    const struct record_work *work = data;
    bool changed;
    enum error_code code = plan_thing_apply(context, data, reason, &changed, error);
    subscriptions_again();
    if (!code)
        vendor_record_operation.text(work->thing.plan, text);
    return code;
}

static void release(void *data)
{
    struct record_work *work = data;
    free(work->name);
    free(work->email);
    plan_thing_release(work);
}

#define RECORD_OPS(title_text, verb_text)                                                \
    {                                                                                    \
        .title = title_text, .verb = verb_text, .role = ROLE_OPERATOR, .make = make,     \
        .apply = apply, .size = plan_thing_size, .outline = outline, .command = command, \
        .release = release                                                               \
    }

static const struct plan_ops ops[] = {
    RECORD_OPS("Edit a vendor", "vendors edit"),
    RECORD_OPS("Add a vendor", "vendors add"),
};

#define RECORD_KIND(adds)                                                              \
    {                                                                                  \
        .ops = &ops[adds], .operation = &vendor_record_operation, .things = "vendors", \
        .work_size = sizeof(struct record_work), .variant = (adds)                     \
    }

static const struct plan_kind kinds[] = {RECORD_KIND(false), RECORD_KIND(true)};

struct effect plan_vendor_record(struct console *console, const struct plan_vendor_values *values,
                                 uint64_t origin)
{
    const struct plan_kind *kind = &kinds[values->adds];
    struct record_work *work = plan_thing_new(kind, values->vendor_id);
    work->name = console_copy(values->name);
    work->email = console_copy(values->email);
    return plan_open_marked(console, kind->ops, values->vendor_id, work, origin);
}
