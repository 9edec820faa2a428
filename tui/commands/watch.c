#include "core/health/events.h"

#include <string.h>
#include <unistd.h>

#include "aws/sqs.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/base/world.h"
#include "tui/cli/command.h"
#include "tui/cli/hook.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum {
    EVERY_S = 10,
    QUEUES_EVERY_S = 30, /* three requests each */
    EXEC_TIMEOUT_S = 30,
    SLICE_MS = 100,
    GRACE_MS = 2000, /* for what runs when the watching ends */
    TEXT_MAX = 1024,
    QUEUES = 3,
};

static const struct option options[] = {
    {.name = "bell", .help = "ring the terminal bell at each event"},
    OPTION("exec", OPTION_TEXT, "CMD", "run CMD for each event, with the event as JSON on stdin"),
    OPTION("exec-timeout", OPTION_NUMBER, "SECONDS", "kill CMD after SECONDS (default 30)"),
    OPTION("interval", OPTION_NUMBER, "SECONDS", "look every SECONDS (default 10, queues 30)"),
    OPTION("since", OPTION_TIME, "WHEN", "also report uploads that failed since a time or an age"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake watch --bell", "ring when an upload fails or is stuck, or a dead letter arrives"},
    {"intake watch --exec ./page-oncall", "run a program for each event"},
    {"intake watch --json --since 1h", "one JSON line per event, from an hour ago"},
    {NULL, NULL},
};

static const enum setting queues[QUEUES] = {SETTING_ERROR_DEAD_QUEUE, SETTING_PARSER_DEAD_QUEUE,
                                            SETTING_VALIDATOR_DEAD_QUEUE};

/* What is not seen now, and was told of: nothing is told twice in a row. */
struct sight {
    bool lost;
    char why[512];
};

struct watching {
    struct command_call *call;
    struct watch watch;
    struct hook hook;
    bool bell;
    int64_t known[QUEUES];
    struct sight uploads, letters[QUEUES];
    int64_t killed_told, failed_told, dropped_told;
};

static void event_json(struct buffer *out, const struct watch_event *event)
{
    struct buffer text;
    buffer_init(&text, 1 << 16);
    text_append_visible_cut(&text, event->text, strlen(event->text), TEXT_MAX);
    buffer_char(out, '{');
    json_member_time(out, "at", event->at);
    json_append_member(out, "kind", event->kind);
    json_append_member(out, "upload_id", event->upload_id);
    json_append_member(out, "vendor_id", event->vendor_id);
    json_append_member(out, "text", text.data);
    if (event->queue)
        json_append_member(out, "queue", event->queue);
    buffer_text(out, "}\n");
    buffer_release(&text);
}

static void event_print(struct output *output, const struct watch_event *event)
{
    char at[TIME_TEXT_SIZE];
    bool letter = event->queue != NULL;
    time_text_iso8601(event->at, at);
    output_styled(output, STYLE_DIM, at);
    output_format(output, "  ");
    output_styled(output, letter ? STYLE_WARN : STYLE_BAD, letter ? "dead letter" : event->kind);
    output_format(output, "  ");
    if (event->upload_id) {
        output_visible(output, event->upload_id);
        output_format(output, "  ");
    }
    output_visible(output, event->text);
    output_format(output, "\n");
}

/* Where a person hears it, and never among the results. */
static void ring(void)
{
    if (isatty(STDERR_FILENO))
        (void)file_write_all(STDERR_FILENO, "\a", 1);
}

static void event_tell(void *context, const struct watch_event *event)
{
    struct watching *watching = context;
    struct output *output = watching->call->output;
    struct buffer line;
    buffer_init(&line, 1 << 16);
    event_json(&line, event);
    if (output->json)
        buffer_append(&output->text, line.data, line.len);
    else
        event_print(output, event);
    if (watching->bell)
        ring();
    if (watching->hook.command)
        hook_give(&watching->hook, line.data, world_monotonic_ms(&world_real));
    buffer_release(&line);
}

static void sight_keep(const struct watching *watching, struct sight *sight, const char *what,
                       const struct error *error)
{
    const char *name = watching->call->command->name;
    struct output *output = watching->call->output;
    bool lost = error->code != ERROR_NONE;
    if (error->code == ERROR_CANCELLED)
        return;
    if (lost && (!sight->lost || strcmp(sight->why, error->message) != 0))
        output_complain(output, "intake %s: cannot read %s: %s", name, what, error->message);
    if (!lost && sight->lost)
        output_complain(output, "intake %s: reading %s again", name, what);
    sight->lost = lost;
    snprintf(sight->why, sizeof sight->why, "%.511s", lost ? error->message : "");
}

static enum error_code look_at_uploads(struct watching *watching, struct error *error)
{
    struct db *db = NULL;
    enum error_code code = session_database(watching->call->session, &db, error);
    if (!code)
        code = watch_uploads(&watching->watch, db, error);
    return code;
}

static enum error_code look_at_queue(struct watching *watching, size_t index, struct error *error)
{
    struct aws_client *aws = NULL;
    const char *queue = NULL;
    enum error_code code = session_aws(watching->call->session, &aws, error);
    if (!code)
        code = session_resource(watching->call->session, queues[index], &queue, error);
    if (!code)
        code = watch_queue(&watching->watch, aws, queue, world_now_ms(&world_real),
                           &watching->known[index], error);
    return code;
}

static void look_at_queues(struct watching *watching)
{
    for (size_t i = 0; i < QUEUES; i++) {
        struct error error = ERROR_INIT;
        char what[160];
        snprintf(what, sizeof what, "the dead letters of %s", setting_default(queues[i]));
        (void)look_at_queue(watching, i, &error);
        sight_keep(watching, &watching->letters[i], what, &error);
    }
}

/* Each kind of trouble with --exec is told when it first comes and when there is more of it. */
static void hook_complain(struct watching *watching)
{
    const struct hook *hook = &watching->hook;
    struct output *output = watching->call->output;
    if (hook->killed > watching->killed_told)
        output_complain(output, "intake watch: --exec took too long and was killed");
    if (hook->failed > watching->failed_told)
        output_complain(output, "intake watch: --exec failed");
    if (hook->dropped > watching->dropped_told)
        output_complain(output,
                        "intake watch: --exec is too slow: %lld events were not passed to it",
                        (long long)hook->dropped);
    watching->killed_told = hook->killed;
    watching->failed_told = hook->failed;
    watching->dropped_told = hook->dropped;
}

/* Until the moment; false where the watching is to end. */
static bool rest(struct watching *watching, int64_t until_ms)
{
    const struct cancel *cancel = session_cancel(watching->call->session);
    while (!cancel_requested(cancel)) {
        int64_t now = world_monotonic_ms(&world_real);
        hook_tick(&watching->hook, now);
        hook_complain(watching);
        if (now >= until_ms)
            return true;
        world_sleep_ms(&world_real, until_ms - now < SLICE_MS ? until_ms - now : SLICE_MS);
    }
    return false;
}

static void hook_end(struct hook *hook)
{
    int64_t until = world_monotonic_ms(&world_real) + GRACE_MS;
    int64_t now;
    while (!hook_idle(hook) && (now = world_monotonic_ms(&world_real)) < until) {
        hook_tick(hook, now);
        world_sleep_ms(&world_real, SLICE_MS / 10);
    }
    hook_release(hook);
}

/* Fails where the first look does: what cannot be seen cannot be watched. */
static enum error_code follow(struct watching *watching, struct error *error)
{
    const struct options *given = watching->call->options;
    int64_t every_ms = options_number(given, "interval", EVERY_S) * 1000;
    int64_t queues_ms = options_number(given, "interval", QUEUES_EVERY_S) * 1000;
    int64_t queues_due = 0, due;
    enum error_code code = look_at_uploads(watching, error);
    bool first = true;
    do {
        struct error own = ERROR_INIT;
        int64_t now = world_monotonic_ms(&world_real);
        if (code)
            return code;
        if (!first) {
            (void)look_at_uploads(watching, &own);
            sight_keep(watching, &watching->uploads, "the uploads", &own);
        }
        first = false;
        if (now >= queues_due) {
            look_at_queues(watching);
            queues_due = now + queues_ms;
        }
        due = now + every_ms;
    } while (output_flush(watching->call->output) && rest(watching, due));
    return cancel_requested(session_cancel(watching->call->session))
               ? error_set(error, ERROR_CANCELLED, "interrupted")
               : ERROR_NONE;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct watching watching = {.call = call, .bell = options_flag(call->options, "bell")};
    const char *command = options_text(call->options, "exec");
    if (command && command[strspn(command, " \t\n")] == '\0')
        return command_misused(call, "--exec requires a command");
    hook_init(&watching.hook, command,
              options_number(call->options, "exec-timeout", EXEC_TIMEOUT_S) * 1000);
    watch_init(&watching.watch, options_time(call->options, "since", HISTORY_NEVER), event_tell,
               &watching);
    enum error_code code = follow(&watching, &error);
    hook_end(&watching.hook);
    hook_complain(&watching);
    watch_release(&watching.watch);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_watch = {
    .name = "watch",
    .summary = "Report failed and stuck uploads and dead letters as they come",
    .operands = "",
    .description =
        "Prints a line for each upload that fails, each upload that gets stuck and each arrival in "
        "a dead-letter queue, until Ctrl-C. Uploads that are stuck and dead letters that are there "
        "at the start are reported too; failed uploads only from the start on, or from --since. "
        "With --json each event is one JSON line.\n\n"
        "CMD is run by sh, once per event, with the event as one JSON line on standard input; its "
        "output goes to stderr. At most 4 run at a time. CMD and what it started are killed after "
        "--exec-timeout; the watch never waits for them.\n\n"
        "If uploads or a queue can no longer be read, that is said on stderr and retried. The "
        "database is asked 6 times a minute and SQS 6 times.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
