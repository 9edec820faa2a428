#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/s3.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/history/history.h"
#include "core/history/report_find.h"
#include "core/operate/audit.h"
#include "core/pipeline/prune.h"
#include "tui/cli/command.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { LINK_SECONDS = 7 * 24 * 3600 };

static const struct option options[] = {
    {.name = "rejected", .help = "the file to fix: the rejected records as the vendor wrote them"},
    OPTION("output", OPTION_TEXT, "FILE", "write to this file; - is standard output",
           .letter = 'o'),
    {.name = "rebuild", .help = "rebuild it from the database first (operators)"},
    {.name = "url", .help = "print a link to the file, valid for at most 7 days"},
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake report UPLOAD_20260131_080000_VEND001 -o errors.csv", "the error report"},
    {"intake report UPLOAD_20260131_080000_VEND001 --rejected -o fix.csv",
     "the file to fix and upload again"},
    {"intake report UPLOAD_20260131_080000_VEND001 --url", "a link to paste"},
    {NULL, NULL},
};

struct report {
    const char *upload_id;
    char key[REPORT_KEY_SIZE];
    const char *bucket;
    struct buffer bytes;
    struct s3_object object;
    struct buffer url;
    int64_t expires_at;
    bool rebuilt;
    char pruned[PRUNED_SIZE]; /* why it cannot be rebuilt; "" where it can */
};

static enum error_code key_find(struct command_call *call, struct report *report,
                                struct error *error)
{
    struct db *db = NULL;
    struct upload_detail detail = {.pending_records = 0};
    enum error_code code = session_database(call->session, &db, error);
    if (!code)
        code = upload_find(db, report->upload_id, &detail, error);
    if (!code)
        code =
            report_find(&detail.upload,
                        options_flag(call->options, "rejected") ? REPORT_REJECTED : REPORT_ERRORS,
                        report->key, error);
    if (!code && detail.upload.pruned)
        snprintf(report->pruned, sizeof report->pruned, "%s", detail.upload.pruned);
    upload_detail_release(&detail);
    return code;
}

static enum error_code file_write(const char *path, const struct buffer *bytes, struct error *error)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool written = descriptor >= 0 && file_write_all(descriptor, bytes->data, bytes->len);
    int cause = errno;
    if (descriptor >= 0 && close(descriptor) != 0 && written) {
        written = false;
        cause = errno;
    }
    if (!written)
        return error_set(error, ERROR_IO, "cannot write %s: %s", path, strerror(cause));
    return ERROR_NONE;
}

static enum error_code object_read(struct command_call *call, struct aws_client *aws,
                                   struct report *report, struct error *error)
{
    bool link = options_flag(call->options, "url");
    bool content = !link && (!call->output->json || options_text(call->options, "output"));
    enum error_code code = ERROR_NONE;
    if (content)
        code = s3_get_object(aws, report->bucket, report->key, NULL, REPORT_FILE_MAX,
                             &report->bytes, &report->object, error);
    else
        code = s3_head_object(aws, report->bucket, report->key, NULL, &report->object, error);
    if (!code && link)
        code = s3_presign_get(aws, report->bucket, report->key, NULL, LINK_SECONDS, &report->url,
                              &report->expires_at, error);
    return code;
}

/* A file that is not there is made again from the database, by whoever may. */
static enum error_code report_rebuild(struct command_call *call, struct report *report,
                                      struct error *error)
{
    struct pipeline pipeline;
    struct report_file files[REPORT_KINDS];
    enum role role = ROLE_NONE;
    struct session_identity identity;
    if (report->pruned[0])
        return error_set(error, ERROR_NOT_FOUND, "%s: %s: %s", report->upload_id, report->pruned,
                         options_flag(call->options, "rebuild")
                             ? "its report cannot be rebuilt"
                             : "its report was removed from the bucket and cannot be rebuilt");
    if (session_role(call->session, &role, error))
        return error->code;
    session_identity(call->session, &identity);
    if (role < ROLE_OPERATOR || identity.read_only)
        return error_set(error, ERROR_NOT_FOUND,
                         "%s is not in the bucket; an operator can rebuild it with `intake report`",
                         report->key);
    enum error_code code = session_pipeline(call->session, &pipeline, error);
    if (!code)
        code = report_build(&pipeline, report->upload_id, REPORT_VERIFY, files, error);
    if (code)
        return code;
    for (int kind = 0; kind < REPORT_KINDS; kind++)
        report->rebuilt = report->rebuilt || files[kind].written;
    command_note(call, report->upload_id, NULL, AUDIT_DONE,
                 report->rebuilt ? "{\"rebuilt\":true}" : "{\"rebuilt\":false}");
    return ERROR_NONE;
}

static enum error_code object_get(struct command_call *call, struct report *report,
                                  struct error *error)
{
    struct aws_client *aws = NULL;
    enum error_code code = session_aws(call->session, &aws, error);
    if (!code)
        code = session_resource(call->session, SETTING_BUCKET, &report->bucket, error);
    if (!code && options_flag(call->options, "rebuild"))
        code = report_rebuild(call, report, error);
    if (code)
        return code;
    code = object_read(call, aws, report, error);
    if (code != ERROR_NOT_FOUND)
        return code;
    code = report_rebuild(call, report, error);
    return code ? code : object_read(call, aws, report, error);
}

static void document_print(struct output *output, const struct report *report)
{
    struct buffer *out = &output->text;
    buffer_char(out, '{');
    json_append_member(out, "upload_id", report->upload_id);
    json_append_member(out, "s3_key", report->key);
    json_append_member(out, "version_id",
                       report->object.version_id[0] != '\0' ? report->object.version_id : NULL);
    json_append_member(out, "url", report->url.len > 0 ? report->url.data : NULL);
    json_member_time(out, "expires_at", report->expires_at);
    json_append_member_bool(out, "rebuilt", report->rebuilt);
    buffer_text(out, "}\n");
}

static enum error_code result_give(struct command_call *call, struct report *report,
                                   struct error *error)
{
    struct output *output = call->output;
    const char *path = options_text(call->options, "output");
    bool link = options_flag(call->options, "url");
    char expires[TIME_TEXT_SIZE];
    if (path && !link && strcmp(path, "-") != 0) {
        enum error_code code = file_write(path, &report->bytes, error);
        if (code)
            return code;
        output_note(output, "%s: %zu bytes", path, report->bytes.len);
    }
    if (output->json) {
        document_print(output, report);
    } else if (link) {
        time_text_iso8601(report->expires_at, expires);
        output_visible(output, report->url.data);
        output_format(output, "\n");
        output_note(output, "link expires at %s", expires);
    } else if (!path || strcmp(path, "-") == 0) {
        output_lines(output, report->bytes.data, report->bytes.len);
    }
    return ERROR_NONE;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct report report = {.upload_id = options_operand(call->options, 0),
                            .expires_at = HISTORY_NEVER};
    const char *path = options_text(call->options, "output");
    if (options_flag(call->options, "url") && path)
        return command_misused(call, "--url and --output cannot be used together");
    if (call->output->json && path && strcmp(path, "-") == 0)
        return command_misused(call, "--json and --output - cannot be used together");
    buffer_init(&report.bytes, REPORT_FILE_MAX);
    buffer_init(&report.url, 16 * 1024);
    s3_object_init(&report.object);
    enum error_code code = key_find(call, &report, &error);
    if (!code && options_flag(call->options, "rebuild"))
        code = session_require_role(call->session, ROLE_OPERATOR, true, call->command->name,
                                    report.upload_id, &error);
    bool refused = code == ERROR_DENIED;
    if (!code)
        code = object_get(call, &report, &error);
    if (!code)
        code = result_give(call, &report, &error);
    buffer_release(&report.bytes);
    buffer_release(&report.url);
    s3_object_release(&report.object);
    if (!code)
        return EXIT_DONE;
    int failed = command_fail(call, &error);
    return refused ? EXIT_REFUSED : failed;
}

const struct command command_report = {
    .name = "report",
    .summary = "Download the error report of an upload, or the file to fix",
    COMMAND_OPERAND("ID"),
    .description =
        "Writes the report that the vendor receives to standard output or a file. With "
        "--rejected it writes the file to fix: the rejected records in the vendor's own columns "
        "and text with one column `errors` added.\n"
        "\n"
        "A link from --url expires with the credentials that signed it, after at most 7 days; "
        "the actual expiry is shown.\n"
        "\n"
        "If the file is not in the bucket, an operator can rebuild it from the database, with "
        "the same bytes.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
