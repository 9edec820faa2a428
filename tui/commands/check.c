#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/operate/check/check.h"
#include "core/record/message_groups.h"
#include "core/record/rules_text.h"
#include "tui/cli/command.h"
#include "tui/session/check_database.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { CHECKERS_MOST = 16 };

static const struct option options[] = {
    OPTION("vendor", OPTION_TEXT, "VENDOR", "vendor of the files (default: from the file name)"),
    {.name = "all", .help = "show every line, including repeated messages"},
    {.name = "database", .help = "check against the live vendors, categories and catalogue"},
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake check VEND001_20260131_080000.csv", "check a file before it is uploaded"},
    {"intake check --json *.csv | jq '.[] | select(.status != \"completed\").file'",
     "files with errors"},
    {"intake check --vendor VEND001 - < data.csv", "from standard input"},
    {NULL, NULL},
};

/*
 * Files are judged side by side, one worker for each core, and shown in the order they were named:
 * a worker with a result waits until all before it are out.
 */
struct checking {
    struct command_call *call;
    const char *vendor;
    size_t count;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    size_t next; /* to be judged */
    size_t turn; /* to be shown */
    bool first;  /* no element of the JSON array yet */
    int result;
};

struct checker {
    struct checking *checking;
    struct check *check;
    struct check_database *database; /* NULL: offline */
    struct buffer bytes;
    pthread_t thread;
    bool running;
};

static enum error_code out_drain(void *context, struct buffer *out, struct error *error)
{
    struct checking *checking = context;
    (void)out;
    output_flush(checking->call->output);
    if (cancel_requested(session_cancel(checking->call->session)))
        return error_set(error, ERROR_CANCELLED, "interrupted");
    return ERROR_NONE;
}

/* The findings of one file as people read them. */
struct listing_out {
    struct checking *checking;
    struct message_groups groups;
    bool all;
};

static enum error_code finding_count(void *context, const struct check_finding *finding,
                                     struct error *error)
{
    struct listing_out *out = context;
    bool shown;
    return message_groups_add(&out->groups, finding->rule, finding->column, finding->message,
                              finding->line_number, &shown, error);
}

static enum error_code finding_print(void *context, const struct check_finding *finding,
                                     struct error *error)
{
    struct listing_out *out = context;
    struct checking *checking = out->checking;
    struct output *output = checking->call->output;
    bool shown = true;
    enum error_code code =
        out->all ? ERROR_NONE
                 : message_groups_add(&out->groups, finding->rule, finding->column,
                                      finding->message, finding->line_number, &shown, error);
    if (code || !shown)
        return code;
    output_format(output, "  line %6" PRIu32 "  ", finding->line_number);
    output_style_begin(output, STYLE_WARN);
    output_format(output, "%-27s", rule_name(finding->rule));
    output_style_end(output, STYLE_WARN);
    output_format(output, "  ");
    output_visible(output, finding->message);
    if (finding->vendor_product_id.text) {
        output_format(output, "  [");
        text_append_visible_cut(&output->text, finding->vendor_product_id.text,
                                finding->vendor_product_id.len, 40);
        output_format(output, "]");
    }
    output_format(output, "\n");
    return output_flush_some(output) ? ERROR_NONE : out_drain(checking, NULL, error);
}

static void summary_print(struct output *output, const char *file,
                          const struct check_result *result)
{
    const char *status =
        result->refusal.code != REFUSAL_NONE ? "refused" : check_status_name(result->status);
    output_visible(output, file);
    output_format(output, ": ");
    output_styled(output, output_status_style(status), status);
    if (result->refusal.code != REFUSAL_NONE) {
        output_format(output, ", %s: ", refusal_name(result->refusal.code));
        output_visible(output, result->refusal.message);
        if (result->refusal.line_number > 0)
            output_format(output, " (line %" PRIu32 ")", result->refusal.line_number);
    } else {
        output_format(output, ", %" PRIu32 " records: %" PRIu32 " valid, %" PRIu32 " invalid",
                      result->total_records, result->valid_records, result->error_records);
    }
    output_format(output, "\n");
    for (enum rule rule = 0; rule < RULE_COUNT; rule++) {
        if (result->errors_by_type[rule] > 0)
            output_format(output, "  %6" PRIu32 "  %s\n", result->errors_by_type[rule],
                          rule_name(rule));
    }
    if (result->unknown_count > 0) {
        output_format(output, "  ignored columns: ");
        output_visible(output, result->unknown_columns);
        output_format(output, "\n");
    }
    if (result->swallowed && result->refusal.code == REFUSAL_NONE) {
        output_format(output, "  warning: ");
        rules_text_swallowed(&output->text, result->swallowed, result->swallowed_line,
                             result->swallowed_last_line);
        output_format(output, "\n");
    }
}

/* What every record of the file breaks, before the single lines. */
static void common_print(struct output *output, const struct message_groups *groups,
                         uint32_t records)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct message_group *group = &groups->list[i];
        if (records < 2 || group->count != records)
            continue;
        output_format(output, "  ");
        advice_append_all(&output->text, group->advice, column_name(group->column), records);
        output_format(output, "\n");
    }
}

static void rest_print(struct output *output, const struct message_groups *groups)
{
    bool any = false;
    for (size_t i = 0; i < groups->count; i++) {
        if (groups->list[i].count <= MESSAGE_GROUP_SHOWN)
            continue;
        output_format(output, "  ");
        message_group_append_rest(&output->text, &groups->list[i]);
        output_format(output, "\n");
        any = true;
    }
    if (any)
        output_format(output, "  (--all shows every line)\n");
}

static enum error_code findings_show(struct checker *checker, const struct check_result *result,
                                     struct error *error)
{
    struct output *output = checker->checking->call->output;
    struct listing_out out = {.checking = checker->checking,
                              .all = options_flag(checker->checking->call->options, "all")};
    message_groups_init(&out.groups);
    enum error_code code = ERROR_NONE;
    if (result->total_records && result->error_records == result->total_records)
        code = check_each(checker->check, finding_count, &out, error);
    common_print(output, &out.groups, result->total_records);
    message_groups_clear(&out.groups);
    if (!code)
        code = check_each(checker->check, finding_print, &out, error);
    rest_print(output, &out.groups);
    message_groups_release(&out.groups);
    return code;
}

static enum error_code result_show(struct checker *checker, const char *file,
                                   const struct check_result *result, struct error *error)
{
    struct checking *checking = checker->checking;
    struct output *output = checking->call->output;
    const struct check_drain drain = {checking, out_drain};
    enum error_code code;
    if (output->json) {
        json_element(&output->text, &checking->first);
        code = check_append_json(checker->check, file, result, &output->text, &drain, error);
    } else {
        summary_print(output, file, result);
        code = findings_show(checker, result, error);
    }
    output_flush_some(output);
    return code;
}

static enum error_code file_judge(struct checker *checker, const char *file,
                                  struct check_result *result, struct error *error)
{
    const char *vendor = checker->checking->vendor;
    uint64_t size = 0;
    enum error_code code = check_read_file(file, &checker->bytes, &size, error);
    if (!code && checker->database) {
        struct refusal refusal = {.code = REFUSAL_NONE};
        code = check_database_vendor(checker->database, file, vendor, &refusal, error);
        if (!code && refusal.code != REFUSAL_NONE) {
            code = check_run(checker->check, file, vendor, "", 0, 0, result, error);
            result->refusal = refusal;
            return code;
        }
    }
    if (!code)
        code = check_run(checker->check, file, vendor, checker->bytes.data, checker->bytes.len,
                         size, result, error);
    return code;
}

static int outcome_of(const struct check_result *result)
{
    if (result->refusal.code != REFUSAL_NONE)
        return EXIT_FAILED;
    return result->error_records > 0 ? EXIT_PARTLY : EXIT_DONE;
}

/* Shows in turn; answers whether there is a reason to go on. */
static bool turn_take(struct checker *checker, size_t index, enum error_code code,
                      const struct check_result *result, struct error *error)
{
    struct checking *checking = checker->checking;
    const char *file = options_operand(checking->call->options, index);
    pthread_mutex_lock(&checking->lock);
    while (checking->turn != index)
        pthread_cond_wait(&checking->turned, &checking->lock);
    if (!code && checking->result != EXIT_INTERRUPTED)
        code = result_show(checker, file, result, error);
    int outcome = code ? command_fail(checking->call, error) : outcome_of(result);
    checking->result = command_worse(checking->result, outcome);
    checking->turn++;
    bool go_on = !cancel_requested(session_cancel(checking->call->session)) &&
                 !checking->call->output->closed;
    pthread_cond_broadcast(&checking->turned);
    pthread_mutex_unlock(&checking->lock);
    return go_on;
}

static void *checker_run(void *context)
{
    struct checker *checker = context;
    struct checking *checking = checker->checking;
    for (;;) {
        struct check_result result;
        struct error error = ERROR_INIT;
        pthread_mutex_lock(&checking->lock);
        size_t index = checking->next;
        if (index < checking->count)
            checking->next++;
        pthread_mutex_unlock(&checking->lock);
        if (index >= checking->count)
            return NULL;
        const char *file = options_operand(checking->call->options, index);
        enum error_code code = file_judge(checker, file, &result, &error);
        if (!turn_take(checker, index, code, &result, &error)) {
            pthread_mutex_lock(&checking->lock);
            checking->next = checking->count;
            pthread_mutex_unlock(&checking->lock);
        }
    }
}

static size_t checkers_wanted(size_t files)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = cores < 1 ? 1 : cores > CHECKERS_MOST ? CHECKERS_MOST : (size_t)cores;
    return files < most ? files : most;
}

static enum error_code checker_init(struct checker *checker, struct checking *checking,
                                    const struct categories *categories, struct error *error)
{
    struct check_options settings = {.categories = categories};
    enum error_code code = ERROR_NONE;
    checker->checking = checking;
    buffer_init(&checker->bytes, (size_t)CSV_FILE_MAX + 1);
    if (options_flag(checking->call->options, "database")) {
        code = check_database_new(checking->call->session, &checker->database, error);
        if (code)
            return code;
        settings.lookup = check_database_lookup(checker->database);
    }
    return check_new(&checker->check, &settings, error);
}

static void checker_release(struct checker *checker)
{
    check_free(checker->check);
    check_database_free(checker->database);
    buffer_release(&checker->bytes);
}

static void checkers_run(struct checker *checkers, size_t count)
{
    for (size_t i = 1; i < count; i++)
        checkers[i].running =
            pthread_create(&checkers[i].thread, NULL, checker_run, &checkers[i]) == 0;
    checker_run(&checkers[0]);
    for (size_t i = 1; i < count; i++) {
        if (checkers[i].running)
            pthread_join(checkers[i].thread, NULL);
    }
}

static enum error_code files_check(struct checking *checking, struct categories *categories,
                                   struct error *error)
{
    size_t wanted = checkers_wanted(checking->count), made = 0;
    enum error_code code = ERROR_NONE;
    struct checker *checkers = memory_new(wanted, sizeof *checkers);
    if (!checkers)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu workers", wanted);
    if (options_flag(checking->call->options, "database"))
        code = check_database_categories(checking->call->session, categories, error);
    else
        code = categories_add_defaults(categories, error);
    while (made < wanted && !code)
        code = checker_init(&checkers[made++], checking, categories, error);
    if (!code)
        checkers_run(checkers, made);
    for (size_t i = 0; i < made; i++)
        checker_release(&checkers[i]);
    free(checkers);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct categories categories;
    struct checking checking = {.call = call,
                                .vendor = options_text(call->options, "vendor"),
                                .count = options_operand_count(call->options),
                                .first = true};
    if (checking.vendor && !vendor_id_valid(checking.vendor, strlen(checking.vendor)))
        return command_misused(call, "--vendor %.60s: must be 1 to 50 letters, digits and hyphens",
                               checking.vendor);
    categories_init(&categories);
    pthread_mutex_init(&checking.lock, NULL);
    pthread_cond_init(&checking.turned, NULL);
    if (call->output->json)
        buffer_char(&call->output->text, '[');
    enum error_code code = files_check(&checking, &categories, &error);
    if (call->output->json)
        buffer_text(&call->output->text, "]\n");
    pthread_cond_destroy(&checking.turned);
    pthread_mutex_destroy(&checking.lock);
    categories_release(&categories);
    if (!code)
        return checking.result;
    buffer_clear(&call->output->text);
    return command_fail(call, &error);
}

const struct command command_check = {
    .name = "check",
    .summary = "Validate files offline with the pipeline's rules",
    .operands = "FILE...",
    .operands_least = 1,
    .operands_most = COMMAND_ANY,
    .description =
        "Validates each file as the pipeline would: name, encoding, columns, every rule, "
        "duplicates within the file. Nothing is uploaded, and the network is not used unless "
        "--database is given, which adds the vendor's status, the live categories and the "
        "catalogue's SKUs and product ids.\n"
        "\n"
        "Exits with 0 if all records are valid, 3 if some or all are invalid, 1 if a file was "
        "refused or cannot be read.",
    .options = options,
    .examples = examples,
    .role = ROLE_NONE,
    .run = run,
};
