#include <string.h>

#include "aws/s3.h"
#include "core/history/outputs.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/screens/upload_actions.h"
#include "tui/session/session.h"

#define SHOWN_BYTES 65536 /* of a file; the whole is `intake report`'s */

static bool take(void *context, const void *data, size_t length)
{
    struct buffer *bytes = context;
    size_t room = SHOWN_BYTES - bytes->len;
    buffer_append(bytes, data, length < room ? length : room);
    return bytes->len < SHOWN_BYTES;
}

/* Its first lines. That it cannot be read is said in its place: the rest of the page stands. */
static void add_content(struct document *document, struct job_context *context,
                        const struct written_report *report)
{
    struct error error = ERROR_INIT;
    struct aws_client *aws = NULL;
    struct buffer bytes;
    enum error_code code = session_aws(context->session, &aws, &error);
    buffer_init(&bytes, SHOWN_BYTES + 1);
    if (!code)
        code = s3_get_object_stream(aws, report->bucket, report->s3_key, NULL, take, &bytes, NULL,
                                    &error);
    if (code && bytes.len < SHOWN_BYTES)
        document_field(document, "Cannot be read", TONE_WARN, error.message);
    else
        document_lines(document, TONE_NORMAL, bytes.data);
    if (bytes.len >= SHOWN_BYTES)
        document_text(document, TONE_DIM, "truncated: `intake report` writes the whole file");
    buffer_release(&bytes);
}

static void add_report(struct document *document, struct job_context *context,
                       const struct written_report *report)
{
    char at[CELL_SIZE];
    char size[CELL_SIZE];
    document_head(document, strcmp(report->kind, "errors") == 0 ? "Error report"
                                                                : "Rejected records, to fix");
    document_field(document, "Key", TONE_NORMAL, report->s3_key);
    document_field(document, "Version", TONE_NORMAL, cell_text(report->version_id));
    document_field(document, "Built (UTC)", TONE_NORMAL, cell_time(report->built_at, at));
    document_when(document);
    document_field(document, "Bytes", TONE_NORMAL, cell_number(report->size, size));
    document_field(document, "SHA-256", TONE_NORMAL, cell_text(report->sha256));
    add_content(document, context, report);
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct written_report_list list = {.count = 0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    document_field(document, "Upload", TONE_INFO, argument);
    document_link(document, "upload", argument);
    if (!code)
        code = written_reports_read(db, argument, &list, error);
    for (size_t i = 0; !code && i < list.count; i++)
        add_report(document, context, &list.rows[i]);
    if (!code && list.count == 0)
        document_text(document, TONE_DIM,
                      "no report: no records were rejected, or it is not built yet");
    written_reports_release(&list);
    return code;
}

/* Of the cloud's lane: the file's own text comes from the bucket. */
static const struct page_spec spec = {
    .lane = JOB_CLOUD, .fetch = fetch, .command = "intake report %s"};

const struct screen_ops screen_reports = {
    .name = "reports",
    .title = "Reports of",
    .help = "report files of an upload in the bucket",
    .argument = "UPLOAD",
    .actions = &upload_actions,
    PAGE_SCREEN(&spec),
};
