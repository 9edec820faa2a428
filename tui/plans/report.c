#include <stdio.h>

#include "core/history/history.h"
#include "core/operate/audit.h"
#include "core/pipeline/report.h"
#include "tui/cli/shell_line.h"
#include "tui/plans/plans.h"
#include "tui/session/session.h"

struct report_work {
    struct plan_thing thing;
    char vendor_id[VENDOR_ID_SIZE];
    bool has_file;
    int64_t errors;
};

static void keep(struct report_work *work, const struct upload *upload)
{
    snprintf(work->vendor_id, sizeof work->vendor_id, "%s", upload->vendor_id);
    work->has_file = upload->error_file_s3_key != NULL;
    work->errors = upload->error_records;
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct report_work *work = data;
    struct upload_detail detail = {.pending_records = 0};
    struct db *db = NULL;
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = upload_find(db, work->thing.id, &detail, error);
    if (!code) {
        keep(work, &detail.upload);
        buffer_format(text, "Rebuild the report files of %s from the database\n", work->thing.id);
        buffer_format(text, "  errors       %lld of %lld records\n",
                      (long long)detail.upload.error_records,
                      (long long)detail.upload.total_records);
        buffer_format(text, "  file now     %s\n",
                      detail.upload.error_file_s3_key ? detail.upload.error_file_s3_key : "none");
        buffer_text(text, "  files whose content is unchanged are not rewritten\n");
    }
    upload_detail_release(&detail);
    return code;
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct report_work *work = data;
    outline->vendor = work->vendor_id;
    outline->destination = "S3, errors/";
    snprintf(outline->what, sizeof outline->what, "%lld errors, %s", (long long)work->errors,
             work->has_file ? "has a report" : "no report yet");
}

static void command(const void *data, struct buffer *line)
{
    const struct report_work *work = data;
    buffer_text(line, "intake report ");
    shell_quote(line, work->thing.id);
    buffer_text(line, " --rebuild --url");
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    const struct report_work *work = data;
    struct report_file files[REPORT_KINDS] = {{.written = false}};
    struct audit_note note = {
        .action = "report", .target = work->thing.id, .reason = reason, .outcome = AUDIT_FAILED};
    struct error unwritten = ERROR_INIT;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (code)
        return code;
    code = report_build(&pipeline, work->thing.id, REPORT_VERIFY, files, error);
    for (int kind = 0; !code && kind < REPORT_KINDS; kind++)
        buffer_format(text, "%-10s %s%s\n", report_kind_name((enum report_kind)kind),
                      files[kind].key[0] != '\0' ? files[kind].key : "no such file: no errors",
                      files[kind].written          ? "  rewritten"
                      : files[kind].key[0] != '\0' ? "  unchanged"
                                                   : "");
    if (!code)
        note.outcome = AUDIT_DONE;
    if (audit_write_last(pipeline.db, pipeline.cancel, &note, &unwritten))
        buffer_format(text, "not in the audit log: %s\n", unwritten.message);
    return code;
}

static const struct plan_ops ops = {.title = "Rebuild the report",
                                    .verb = "report",
                                    .role = ROLE_OPERATOR,
                                    .make = make,
                                    .apply = apply,
                                    .outline = outline,
                                    .command = command,
                                    .release = plan_thing_release};

const struct plan_kind plan_report = {
    .ops = &ops, .things = "uploads", .work_size = sizeof(struct report_work)};
