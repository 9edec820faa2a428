#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/operate/audit.h"
#include "core/operate/mend.h"
#include "core/operate/shift/shift.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/plans/plans.h"
#include "tui/session/file_check.h"
#include "tui/session/session.h"
#include "tui/session/submit_follow.h"

#define FOLLOW_MS 900000
#define FINDINGS_SHOWN 20

struct submit_work {
    char *upload_id; /* the one that is mended */
    struct mend mend;
    struct submission submission;
    struct stat seen;   /* the draft when the plan was made */
    const char *bucket; /* the session's */
    bool worth_sending;
    struct job_context *context; /* of the job that runs */
};

/* The pipeline names an upload by its file's time: now, for it is a new one. */
static void name_file(struct submit_work *work)
{
    char now[TIME_TEXT_SIZE];
    time_text_compact(console_clock(), now);
    char *name = console_format("%s_%s.csv", work->mend.vendor_id, now);
    submission_init(&work->submission, work->mend.path, name, work->mend.vendor_id);
    free(name);
}

static void add_plan(struct submit_work *work, const struct file_check *check, struct buffer *text)
{
    char shown[sizeof work->mend.path];
    mend_path_shown(work->mend.path, shown, sizeof shown);
    buffer_format(text, "Upload the fixed file of %s\n", work->upload_id);
    buffer_format(text, "  draft        %s, %llu bytes\n", shown, (unsigned long long)check->size);
    buffer_format(text, "  destination  s3://%s/%s\n", work->bucket, work->submission.key);
    buffer_text(text, "  validation   ");
    file_check_verdict(check, text);
    buffer_text(text, "\n  the vendor   receives the notice of a new upload when it is finished\n");
    if (!work->worth_sending)
        buffer_text(text, "\nNo valid records, so nothing is uploaded: press e on the draft to "
                          "edit it.\n");
    if (check->findings.len > 0) {
        buffer_text(text, "\nRemaining errors:\n");
        buffer_append(text, check->findings.data, check->findings.len);
    }
    if (check->findings_left_out > 0)
        buffer_format(text, "and %zu more\n", check->findings_left_out);
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct submit_work *work = data;
    struct file_check check = {.size = 0};
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = session_resource(context->session, SETTING_BUCKET, &work->bucket, error);
    if (!code)
        code = mend_begin(&pipeline, work->upload_id, &work->mend, error);
    if (!code && stat(work->mend.path, &work->seen) != 0)
        code = error_set(error, ERROR_IO, "the draft %s no longer exists", work->mend.path);
    if (code)
        return code;
    name_file(work);
    if (work->submission.refusal.code != REFUSAL_NONE)
        return error_set(error, ERROR_INVALID, "%s", work->submission.refusal.message);
    code = file_check(context->session, work->mend.path, work->mend.vendor_id, FINDINGS_SHOWN,
                      &check, error);
    if (!code) {
        work->worth_sending =
            check.result.refusal.code == REFUSAL_NONE && check.result.valid_records > 0;
        add_plan(work, &check, text);
    }
    buffer_release(&check.findings);
    return code;
}

static int64_t size(const void *data)
{
    const struct submit_work *work = data;
    return work->worth_sending ? 1 : 0;
}

/* What is sent is what was judged. */
static enum error_code read_draft(const struct submit_work *work, struct buffer *bytes,
                                  struct error *error)
{
    struct stat now;
    uint64_t length;
    if (stat(work->mend.path, &now) != 0)
        return error_set(error, ERROR_IO, "the draft %s no longer exists; nothing was uploaded",
                         work->mend.path);
    if (now.st_size != work->seen.st_size || now.st_ino != work->seen.st_ino ||
        now.st_mtim.tv_sec != work->seen.st_mtim.tv_sec ||
        now.st_mtim.tv_nsec != work->seen.st_mtim.tv_nsec)
        return error_set(error, ERROR_CONFLICT,
                         "the draft was changed after this plan was made; nothing was uploaded: "
                         "make the plan again");
    return check_read_file(work->mend.path, bytes, &length, error);
}

static void show_progress(void *context)
{
    struct submit_work *work = context;
    const struct submission *submission = &work->submission;
    atomic_store(work->context->progress_done,
                 submission->valid_records + submission->error_records);
    atomic_store(work->context->progress_total, submission->total_records);
}

static enum error_code follow(struct submit_work *work, struct buffer *text, struct error *error)
{
    struct submission *submission = &work->submission;
    struct submit_follow follow = {.bucket = work->bucket,
                                   .submissions = submission,
                                   .count = 1,
                                   .to_the_end = true,
                                   .span_ms = FOLLOW_MS,
                                   .look = show_progress,
                                   .context = work};
    enum error_code code = submit_follow(work->context->session, &follow, error);
    if (code)
        return error_wrap(error, "the file was uploaded, but its result is unknown");
    if (submission->upload_id[0] == '\0')
        buffer_text(text, "not picked up by the pipeline yet; see the doctor screen\n");
    else
        buffer_format(text, "%s is %s: %lld of %lld records valid\n", submission->upload_id,
                      submission->status, (long long)submission->valid_records,
                      (long long)submission->total_records);
    return ERROR_NONE;
}

/* Both uploads tell of it: the new one who sent it, the old one what became of it. */
static void note(const struct submit_work *work, struct pipeline *pipeline, const char *reason,
                 struct buffer *text)
{
    const struct submission *submission = &work->submission;
    const char *sent_as =
        submission->upload_id[0] != '\0' ? submission->upload_id : submission->key;
    const char *outcome = submission->sent ? AUDIT_DONE : AUDIT_FAILED;
    struct error error = ERROR_INIT;
    struct buffer detail;
    struct audit_note sent = {
        .action = "submit", .target = sent_as, .reason = reason, .outcome = outcome};
    struct audit_note mended = {
        .action = "mend", .target = work->upload_id, .reason = reason, .outcome = outcome};
    buffer_init(&detail, 4096);
    buffer_char(&detail, '{');
    json_append_member(&detail, "sent_as", sent_as);
    buffer_char(&detail, '}');
    mended.detail = detail.data;
    if (audit_write_last(pipeline->db, pipeline->cancel, &sent, &error) ||
        audit_write_last(pipeline->db, pipeline->cancel, &mended, &error))
        buffer_format(text, "not in the audit log: %s\n", error.message);
    buffer_release(&detail);
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct submit_work *work = data;
    struct error kept = ERROR_INIT;
    struct pipeline pipeline;
    struct buffer bytes;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (code)
        return code;
    work->context = context;
    buffer_init(&bytes, (size_t)CSV_FILE_MAX + 1);
    code = read_draft(work, &bytes, error);
    if (!code)
        code = submission_put(&work->submission, pipeline.aws, work->bucket, bytes.data, bytes.len,
                              error);
    buffer_release(&bytes);
    if (!code) {
        work->submission.sent = true;
        buffer_format(text, "uploaded as s3://%s/%s\n", work->bucket, work->submission.key);
        if (fixed_upload_write(pipeline.db, work->bucket, &work->submission, work->upload_id,
                               &kept))
            buffer_format(text, "not linked with %s: %s\n", work->upload_id, kept.message);
        if (mend_forget(work->mend.path, &kept))
            buffer_format(text, "%s\n", kept.message);
        code = follow(work, text, error);
    }
    note(work, &pipeline, reason, text);
    return code;
}

static void command(const void *data, struct buffer *line)
{
    const struct submit_work *work = data;
    const char *name = strrchr(work->submission.key, '/');
    buffer_text(line, "intake submit --wait ");
    shell_quote(line, work->mend.path);
    shell_option(line, "name", name ? name + 1 : NULL);
    shell_option(line, "made-of", work->upload_id);
}

static void release(void *data)
{
    struct submit_work *work = data;
    free(work->upload_id);
    free(work);
}

static const struct plan_ops ops = {.title = "Upload the fixed file",
                                    .verb = "submit",
                                    .role = ROLE_OPERATOR,
                                    .make = make,
                                    .size = size,
                                    .apply = apply,
                                    .command = command,
                                    .release = release};

struct effect plan_submit(struct console *console, const char *upload_id)
{
    struct submit_work *work = console_allocate(sizeof *work);
    work->upload_id = console_copy(upload_id);
    return plan_open(console, &ops, upload_id, work);
}
