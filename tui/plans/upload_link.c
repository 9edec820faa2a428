#include <stdio.h>

#include "core/operate/vendors/upload_link.h"
#include "tui/cli/shell_line.h"
#include "tui/cli/upload_link_lines.h"
#include "tui/plans/plans.h"

#define HOLDS_S 3600

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    const struct plan_thing *thing = data;
    const struct upload_link_request request = {.vendor_id = thing->id, .expires_s = HOLDS_S};
    return plan_thing_make(context, data, &request, text, error);
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct plan_thing *thing = data;
    const struct upload_link_plan *plan = thing->plan;
    outline->vendor = thing->id;
    outline->destination = plan->bucket;
    snprintf(outline->what, sizeof outline->what, "%.120s, for an hour", plan->file_name);
}

static void command(const void *data, struct buffer *line)
{
    const struct plan_thing *thing = data;
    buffer_text(line, "intake vendors upload-link ");
    shell_quote(line, thing->id);
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    const struct plan_thing *thing = data;
    struct upload_link link = {.given = false};
    enum error_code code = plan_thing_apply(context, data, reason, &link, error);
    if (!code)
        upload_link_lines(text, thing->plan, &link);
    upload_link_operation.result_release(&link);
    return code;
}

static const struct plan_ops ops = {.title = "Create an upload link for the vendor",
                                    .verb = "vendors upload-link",
                                    .role = ROLE_OPERATOR,
                                    .make = make,
                                    .apply = apply,
                                    .outline = outline,
                                    .command = command,
                                    .release = plan_thing_release};

const struct plan_kind plan_upload_link = {.ops = &ops,
                                           .operation = &upload_link_operation,
                                           .things = "vendors",
                                           .work_size = sizeof(struct plan_thing)};
