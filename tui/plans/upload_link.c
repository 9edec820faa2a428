#include <stdio.h>

#include "core/operate/vendors/upload_link.h"
#include "tui/cli/shell_line.h"
#include "tui/cli/upload_link_lines.h"
#include "tui/plans/plans.h"
#include "tui/session/session.h"

#define HOLDS_S 3600

struct link_work {
    struct plan_thing thing;
    struct upload_link_plan plan;
};

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct link_work *work = data;
    struct pipeline pipeline;
    const struct upload_link_request request = {.vendor_id = work->thing.id, .expires_s = HOLDS_S};
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (code)
        return code;
    upload_link_plan_release(&work->plan);
    code = upload_link_plan_make(&pipeline, &request, &work->plan, error);
    if (!code)
        upload_link_plan_text(&work->plan, text);
    return code;
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct link_work *work = data;
    outline->vendor = work->thing.id;
    outline->destination = work->plan.bucket;
    snprintf(outline->what, sizeof outline->what, "%.120s, for an hour", work->plan.file_name);
}

static void command(const void *data, struct buffer *line)
{
    const struct link_work *work = data;
    buffer_text(line, "intake vendors upload-link ");
    shell_quote(line, work->thing.id);
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct link_work *work = data;
    struct upload_link link;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    upload_link_init(&link);
    if (!code)
        code = upload_link_make(&pipeline, &work->plan, reason, &link, error);
    if (!code)
        upload_link_lines(text, &work->plan, &link);
    upload_link_release(&link);
    return code;
}

static void release(void *data)
{
    struct link_work *work = data;
    upload_link_plan_release(&work->plan);
    plan_thing_release(work);
}

static const struct plan_ops ops = {.title = "A link by which the vendor uploads one file",
                                    .verb = "vendors upload-link",
                                    .role = ROLE_OPERATOR,
                                    .make = make,
                                    .apply = apply,
                                    .outline = outline,
                                    .command = command,
                                    .release = release};

const struct plan_kind plan_upload_link = {
    .ops = &ops, .things = "vendors", .work_size = sizeof(struct link_work)};
