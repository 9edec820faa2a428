#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/memory.h"
#include "core/base/time_text.h"
#include "core/base/world.h"
#include "core/history/history.h"
#include "core/history/timeline.h"
#include "core/operate/audit.h"
#include "core/operate/check/check.h"
#include "core/operate/submit.h"
#include "tui/cli/command.h"
#include "tui/cli/listing.h"
#include "tui/commands/submit_made_of.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"
#include "tui/session/submit_follow.h"

enum {
    SENDERS_MOST = 8,
    CLAIM_WAIT_MS = 1500, /* without --wait, for the pipeline to give an id */
    WAIT_SECONDS = 900,
    PLAN_SHOWN = 10,
};

static const struct option options[] = {
    OPTION("vendor", OPTION_TEXT, "VENDOR", "vendor of the files (default: from the file name)"),
    OPTION("name", OPTION_TEXT, "FILE", "upload under this name (one file, or -)"),
    OPTION("made-of", OPTION_TEXT, "UPLOAD", "the file fixes this upload (one file, or -)"),
    {.name = "wait", .letter = 'w', .help = "wait until each upload is finished"},
    OPTION("timeout", OPTION_NUMBER, "SECONDS", "timeout of --wait in seconds (default: 900)"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake submit VEND001_20260131_080000.csv --wait", "upload a file and wait for the result"},
    {"intake submit *.csv --wait --json | jq -r '.[].upload_id'", "several files, for a script"},
    {"intake submit fix.csv --name VEND001_20260131_090000.csv --made-of UPLOAD_20260131_080000_VEND001",
     "a fixed file, linked with the upload it fixes"},
    {"intake submit - --name VEND001_20260131_080000.csv < data.csv", "from standard input"},
    {NULL, NULL},
};

struct sending {
    struct submission *submissions;
    size_t count;
    const char *bucket;
    pthread_mutex_t lock;
    size_t next;
    size_t sent;
    struct output *output;
    const struct cancel *cancel;
};

struct sender {
    struct sending *sending;
    struct aws_client *aws;
    pthread_t thread;
    bool running;
};

static struct submission *next_take(struct sending *sending)
{
    struct submission *taken = NULL;
    pthread_mutex_lock(&sending->lock);
    while (!taken && sending->next < sending->count && !cancel_requested(sending->cancel)) {
        struct submission *candidate = &sending->submissions[sending->next++];
        if (candidate->refusal.code == REFUSAL_NONE)
            taken = candidate;
    }
    pthread_mutex_unlock(&sending->lock);
    return taken;
}

static void one_send(struct sender *sender, struct submission *submission, struct buffer *bytes)
{
    uint64_t size = 0;
    bool read = !check_read_file(submission->path, bytes, &size, &submission->failure);
    if (read && bytes->len > CSV_FILE_MAX)
        refusal_set_too_large(&submission->refusal, size);
    else if (read)
        submission->sent = !submission_put(submission, sender->aws, sender->sending->bucket,
                                           bytes->data, bytes->len, &submission->failure);
    pthread_mutex_lock(&sender->sending->lock);
    sender->sending->sent++;
    output_progress(sender->sending->output, "sent %zu of %zu", sender->sending->sent,
                    sender->sending->count);
    pthread_mutex_unlock(&sender->sending->lock);
}

static void *sender_run(void *context)
{
    struct sender *sender = context;
    struct submission *submission;
    struct buffer bytes;
    buffer_init(&bytes, CSV_FILE_MAX + 1);
    while ((submission = next_take(sender->sending)))
        one_send(sender, submission, &bytes);
    buffer_release(&bytes);
    return NULL;
}

static enum error_code files_send(struct command_call *call, struct sending *sending,
                                  struct error *error)
{
    struct sender senders[SENDERS_MOST];
    size_t wanted = sending->count < SENDERS_MOST ? sending->count : SENDERS_MOST, made = 0;
    enum error_code code = ERROR_NONE;
    memset(senders, 0, sizeof senders);
    pthread_mutex_init(&sending->lock, NULL);
    for (; made < wanted && !code; made++) {
        senders[made].sending = sending;
        code = session_aws_open(call->session, &senders[made].aws, error);
    }
    for (size_t i = 1; i < made && !code; i++)
        senders[i].running = pthread_create(&senders[i].thread, NULL, sender_run, &senders[i]) == 0;
    if (!code)
        sender_run(&senders[0]);
    for (size_t i = 0; i < made; i++) {
        if (senders[i].running)
            pthread_join(senders[i].thread, NULL);
        aws_client_free(senders[i].aws);
    }
    pthread_mutex_destroy(&sending->lock);
    output_progress_end(call->output);
    return code;
}

/* On a terminal a line that changes, elsewhere a line for each upload that has come to its end. */
static void progress_show(void *context)
{
    struct sending *sending = context;
    size_t final = 0;
    int64_t settled = 0, total = 0;
    for (size_t i = 0; i < sending->count; i++) {
        struct submission *submission = &sending->submissions[i];
        bool over = submission->sent && submission_is_final(submission);
        if (over && !submission->told && !output_shows_progress(sending->output))
            output_note(sending->output, "%s: %s, %" PRId64 " of %" PRId64 " records valid",
                        submission->upload_id, submission->status, submission->valid_records,
                        submission->total_records);
        submission->told = over;
        final += submission_is_final(submission);
        settled += submission->valid_records + submission->error_records;
        total += submission->total_records;
    }
    output_progress(sending->output, "%zu of %zu uploads done, %" PRId64 " of %" PRId64 " records",
                    final, sending->count, settled, total);
}

static enum error_code uploads_follow(struct command_call *call, struct sending *sending,
                                      struct error *error)
{
    bool wait = options_flag(call->options, "wait");
    struct submit_follow follow = {
        .bucket = sending->bucket,
        .submissions = sending->submissions,
        .count = sending->count,
        .to_the_end = wait,
        .span_ms =
            wait ? 1000 * options_number(call->options, "timeout", WAIT_SECONDS) : CLAIM_WAIT_MS,
        .look = wait ? progress_show : NULL,
        .context = sending,
    };
    return submit_follow(call->session, &follow, error);
}

/* Why a file went no further, or NULL. */
static const char *failure_of(const struct submission *submission, char *text, size_t size)
{
    if (submission->refusal.code != REFUSAL_NONE)
        snprintf(text, size, "%s: %s", refusal_name(submission->refusal.code),
                 submission->refusal.message);
    else if (submission->failure.code)
        snprintf(text, size, "%s", submission->failure.message);
    else if (!submission->sent)
        snprintf(text, size, "was not sent");
    else
        return NULL;
    return text;
}

static int outcome_of(const struct submission *submission, bool wait)
{
    if (!submission->sent)
        return EXIT_FAILED;
    if (!wait || strcmp(submission->status, "completed") == 0)
        return EXIT_DONE;
    return strcmp(submission->status, "partial") == 0 ? EXIT_PARTLY : EXIT_FAILED;
}

static void unsent_json(struct buffer *out, const struct submission *submission)
{
    char why[1024];
    const char *failure = failure_of(submission, why, sizeof why);
    json_append_member(out, "vendor_id",
                       submission->vendor_id[0] != '\0' ? submission->vendor_id : NULL);
    json_append_member(out, "status", failure ? "failed" : NULL);
    json_append_member(out, "failure_reason", failure);
}

static enum error_code detail_json(struct buffer *out, struct db *db, const char *upload_id,
                                   struct error *error)
{
    struct upload_detail detail = {.pending_records = 0};
    struct timeline timeline = {.count = 0};
    enum error_code code = upload_find(db, upload_id, &detail, error);
    if (!code)
        code = timeline_read(db, upload_id, &timeline, error);
    if (!code) {
        upload_json(out, &detail.upload);
        upload_detail_json(out, &detail, &timeline);
    }
    upload_detail_release(&detail);
    timeline_release(&timeline);
    return code;
}

static enum error_code submission_json(struct command_call *call, struct submission *submission,
                                       bool wait, struct error *error)
{
    struct buffer *out = &call->output->text;
    struct db *db = NULL;
    enum error_code code = ERROR_NONE;
    buffer_char(out, '{');
    json_append_member(out, "file", submission->path);
    if (wait && submission->status[0] != '\0') {
        json_append_member(out, "version_id",
                           submission->version_id[0] != '\0' ? submission->version_id : NULL);
        code = session_database(call->session, &db, error);
        if (!code)
            code = detail_json(out, db, submission->upload_id, error);
    } else {
        json_append_member(out, "s3_key", submission->key[0] != '\0' ? submission->key : NULL);
        json_append_member(out, "version_id",
                           submission->version_id[0] != '\0' ? submission->version_id : NULL);
        json_append_member(out, "upload_id",
                           submission->upload_id[0] != '\0' ? submission->upload_id : NULL);
        unsent_json(out, submission);
    }
    buffer_char(out, '}');
    return code;
}

static enum error_code results_json(struct command_call *call, struct sending *sending, bool wait,
                                    struct error *error)
{
    enum error_code code = ERROR_NONE;
    bool first = true;
    buffer_char(&call->output->text, '[');
    for (size_t i = 0; i < sending->count && !code; i++) {
        json_element(&call->output->text, &first);
        code = submission_json(call, &sending->submissions[i], wait, error);
    }
    buffer_text(&call->output->text, "]\n");
    if (code)
        buffer_clear(&call->output->text);
    return code;
}

static enum error_code results_list(struct output *output, const struct sending *sending, bool wait,
                                    struct error *error)
{
    static const struct listing_column columns[] = {
        {.title = "UPLOAD"},
        {.title = "STATUS"},
        {.title = "TOTAL", .right = true},
        {.title = "VALID", .right = true},
        {.title = "INVALID", .right = true},
        {.title = "FILE", .flexible = true, .least = 16},
        {.title = NULL},
    };
    struct listing listing;
    listing_init(&listing, columns);
    for (size_t i = 0; i < sending->count; i++) {
        const struct submission *submission = &sending->submissions[i];
        listing_cell(&listing, submission->upload_id[0] != '\0' ? submission->upload_id : NULL);
        if (!submission->sent)
            listing_cell_styled(&listing, STYLE_BAD, "not sent");
        else
            listing_cell_status(&listing,
                                submission->status[0] != '\0' ? submission->status : "sent");
        if (wait && submission->status[0] != '\0') {
            listing_cell_number(&listing, submission->total_records);
            listing_cell_number(&listing, submission->valid_records);
            listing_cell_number(&listing, submission->error_records);
        } else {
            listing_cell(&listing, NULL);
            listing_cell(&listing, NULL);
            listing_cell(&listing, NULL);
        }
        listing_cell(&listing, submission->path);
    }
    enum error_code code = listing_print(&listing, output, error);
    listing_release(&listing);
    return code;
}

static void failures_tell(struct command_call *call, const struct sending *sending, bool wait)
{
    char why[1024];
    for (size_t i = 0; i < sending->count; i++) {
        const struct submission *submission = &sending->submissions[i];
        const char *failure = failure_of(submission, why, sizeof why);
        if (failure)
            output_complain(call->output, "intake submit: %s: %s", submission->path, failure);
        else if (wait && submission->status[0] == '\0')
            output_complain(call->output,
                            "intake submit: %s: uploaded, but not picked up by the pipeline; "
                            "run intake doctor",
                            submission->path);
        else if (wait && !submission_is_final(submission))
            output_complain(call->output,
                            "intake submit: %s: still processing; see intake "
                            "upload %s",
                            submission->path, submission->upload_id);
    }
}

static void audits_write(struct command_call *call, const struct sending *sending)
{
    for (size_t i = 0; i < sending->count; i++) {
        const struct submission *submission = &sending->submissions[i];
        if (submission->key[0] == '\0')
            continue;
        command_note(call,
                     submission->upload_id[0] != '\0' ? submission->upload_id : submission->key,
                     NULL, submission->sent ? AUDIT_DONE : AUDIT_FAILED, NULL);
    }
}

static int plan_show(struct command_call *call, const struct sending *sending)
{
    bool first = true;
    struct output *output = call->output;
    int result = EXIT_DONE;
    if (output->json)
        buffer_char(&output->text, '[');
    for (size_t i = 0; i < sending->count; i++) {
        const struct submission *submission = &sending->submissions[i];
        bool refused = submission->refusal.code != REFUSAL_NONE;
        result = refused ? EXIT_FAILED : result;
        if (output->json) {
            json_element(&output->text, &first);
            buffer_char(&output->text, '{');
            json_append_member(&output->text, "file", submission->path);
            json_append_member(&output->text, "s3_key", refused ? NULL : submission->key);
            json_append_member(&output->text, "version_id", NULL);
            json_append_member(&output->text, "upload_id", NULL);
            json_append_member_bool(&output->text, "dry_run", true);
            json_append_member(&output->text, "failure_reason",
                               refused ? submission->refusal.message : NULL);
            buffer_char(&output->text, '}');
        } else if (!refused) {
            output_visible(output, submission->path);
            output_format(output, " -> s3://%s/%s\n", sending->bucket, submission->key);
        }
        if (refused)
            output_complain(output, "intake submit: %s: %s: %s", submission->path,
                            refusal_name(submission->refusal.code), submission->refusal.message);
    }
    if (output->json)
        buffer_text(&output->text, "]\n");
    return result;
}

/* What will happen, before it does: nobody is asked, for it is what was typed. */
static void plan_tell(struct command_call *call, const struct sending *sending)
{
    size_t refused = 0, shown = 0;
    for (size_t i = 0; i < sending->count; i++)
        refused += sending->submissions[i].refusal.code != REFUSAL_NONE;
    output_note(call->output, "uploading %zu files to s3://%s%s", sending->count - refused,
                sending->bucket, sending->count - refused > PLAN_SHOWN ? ", the first:" : ":");
    for (size_t i = 0; i < sending->count && shown < PLAN_SHOWN; i++) {
        const struct submission *submission = &sending->submissions[i];
        if (submission->refusal.code != REFUSAL_NONE)
            continue;
        output_note(call->output, "  %s -> %s", submission->path, submission->key);
        shown++;
    }
    if (refused > 0)
        output_note(call->output, "%zu files are refused and not uploaded", refused);
}

static int sent_report(struct command_call *call, struct sending *sending)
{
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    bool wait = options_flag(call->options, "wait");
    int result = EXIT_DONE;
    enum error_code code = uploads_follow(call, sending, &error);
    output_progress_end(call->output);
    if (!code && !wait && !session_database(call->session, &db, &error))
        code = submissions_predict(db, sending->submissions, sending->count, &error);
    if (code == ERROR_CANCELLED)
        return command_fail(call, &error);
    audits_write(call, sending);
    if (code)
        result = command_fail(call, &error);
    code = call->output->json ? results_json(call, sending, wait, &error)
                              : results_list(call->output, sending, wait, &error);
    if (code)
        result = command_fail(call, &error);
    failures_tell(call, sending, wait);
    for (size_t i = 0; i < sending->count; i++)
        result = command_worse(result, outcome_of(&sending->submissions[i], wait));
    return result;
}

/* Standard input has no name: the vendor's, and now. */
static const char *input_name(const struct command_call *call, char out[static 128])
{
    const char *vendor = options_text(call->options, "vendor");
    char now[TIME_TEXT_SIZE];
    if (!vendor || strcmp(options_operand(call->options, 0), "-") != 0)
        return NULL;
    time_text_compact(world_now_ms(&world_real), now);
    snprintf(out, 128, "%.60s_%s.csv", vendor, now);
    return out;
}

static int run(struct command_call *call)
{
    char made_name[128];
    struct error error = ERROR_INIT, linked = ERROR_INIT;
    struct sending sending = {.output = call->output, .cancel = session_cancel(call->session)};
    const char *name = options_text(call->options, "name");
    const char *made_of = options_text(call->options, "made-of");
    int result;
    sending.count = options_operand_count(call->options);
    if ((name || made_of) && sending.count > 1)
        return command_misused(call, "--%s can only be used with one file",
                               name ? "name" : "made-of");
    if (!name && sending.count == 1)
        name = input_name(call, made_name);
    if (!name && sending.count == 1 && strcmp(options_operand(call->options, 0), "-") == 0)
        return command_misused(call, "standard input requires --vendor or --name");
    sending.submissions = memory_new(sending.count, sizeof *sending.submissions);
    if (!sending.submissions)
        return command_misused(call, "too many files");
    for (size_t i = 0; i < sending.count; i++)
        submission_init(&sending.submissions[i], options_operand(call->options, i), name,
                        options_text(call->options, "vendor"));
    enum error_code code = session_resource(call->session, SETTING_BUCKET, &sending.bucket, &error);
    if (!code && made_of)
        code = made_of_check(call->session, made_of, &error);
    if (!code && command_dry_run(call)) {
        result = plan_show(call, &sending);
        goto done;
    }
    if (!code && sending.count > 1)
        plan_tell(call, &sending);
    if (!code)
        code = files_send(call, &sending, &error);
    if (!code && made_of &&
        made_of_write(call->session, sending.bucket, sending.submissions, made_of, &linked))
        output_complain(call->output, "intake submit: %s", linked.message);
    result = code ? command_fail(call, &error) : sent_report(call, &sending);
    if (linked.code)
        result = command_worse(result, EXIT_FAILED);
done:
    free(sending.submissions);
    return result;
}

const struct command command_submit = {
    .name = "submit",
    .summary = "Upload files for a vendor",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = COMMAND_ANY,
    .description =
        "Uploads each file to uploads/VENDOR/ in the bucket, several at a time. A file whose "
        "name the pipeline would refuse is not uploaded. Several files need no --yes: the "
        "destinations are shown first, and --dry-run shows them without uploading. With --wait "
        "it waits until each upload is finished, with progress on standard error.\n"
        "\n"
        "With --wait it exits with 0 if all uploads completed, 3 if one is partial, 1 if one "
        "failed or was refused.",
    .options = options,
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
