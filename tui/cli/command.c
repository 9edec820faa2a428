#include "tui/cli/command.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "core/operate/audit.h"
#include "core/base/json.h"
#include "core/base/cancel.h"
#include "core/base/log.h"
#include "core/base/world.h"
#include "generated/version.h"
#include "tui/base/distance.h"
#include "tui/cli/environments.h"

static const char *const color_choices[] = {"auto", "always", "never", NULL};

const struct option command_global_options[] = {
    {.name = "help", .letter = 'h', .help = "show help, with examples"},
    {.name = "version", .help = "show the version"},
    {.name = "json", .help = "print JSON to standard output"},
    OPTION("env", OPTION_TEXT, "NAME",
           "use this environment, a section of config.ini; a,b lists several"),
    OPTION("profile", OPTION_TEXT, "NAME", "use this profile of the AWS configuration"),
    OPTION("region", OPTION_TEXT, "REGION", "use this AWS region"),
    OPTION("stack", OPTION_TEXT, "NAME",
           "read resource names from the outputs of this CloudFormation stack"),
    OPTION("color", OPTION_CHOICE, "WHEN", "use colors: auto, always or never (and NO_COLOR)",
           .choices = color_choices),
    {.name = "quiet", .letter = 'q', .help = "suppress progress and notes on standard error"},
    {.name = "read-only", .help = "refuse all changes"},
    {.name = "write", .help = "allow changes in an environment marked production"},
    OPTIONS_END,
};

const struct option command_action_options[] = {
    {.name = "dry-run", .letter = 'n', .help = "show the plan without changing anything"},
    {.name = "yes", .letter = 'y', .help = "do not ask for confirmation"},
    OPTION("reason", OPTION_TEXT, "TEXT", "reason, for the audit log"),
    OPTIONS_END,
};

static const struct option no_options[] = {OPTIONS_END};

static struct cancel *interrupted;
static volatile sig_atomic_t signal_seen;

static void on_signal(int number)
{
    if (signal_seen != 0 || !interrupted)
        _exit(128 + number);
    signal_seen = number;
    cancel_request(interrupted);
}

static void signals_watch(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static void signals_forget(void)
{
    interrupted = NULL;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
}

int command_exit_code(enum error_code code)
{
    switch (code) {
    case ERROR_NONE:
        return EXIT_DONE;
    case ERROR_USAGE:
        return EXIT_USAGE;
    case ERROR_CANCELLED:
        return EXIT_INTERRUPTED;
    default:
        return EXIT_FAILED;
    }
}

static const char *call_name(const struct command_call *call)
{
    return call->command ? call->command->name : "";
}

int command_fail(const struct command_call *call, const struct error *error)
{
    const char *name = call_name(call);
    if (error->code == ERROR_CANCELLED && signal_seen != 0) {
        output_progress_end(call->output);
        return 128 + signal_seen;
    }
    output_complain(call->output, "intake%s%s: %s", name[0] != '\0' ? " " : "", name,
                    error->message);
    return command_exit_code(error->code);
}

int command_misused(const struct command_call *call, const char *format, ...)
{
    char text[512];
    const char *name = call_name(call);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    output_complain(call->output, "intake%s%s: %s (intake%s%s --help)", name[0] != '\0' ? " " : "",
                    name, text, name[0] != '\0' ? " " : "", name);
    return EXIT_USAGE;
}

int command_worse(int a, int b)
{
    static const int order[] = {EXIT_INTERRUPTED, EXIT_USAGE, EXIT_FAILED, EXIT_REFUSED,
                                EXIT_PARTLY};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return a > b ? a : b;
}

bool command_dry_run(const struct command_call *call)
{
    return options_flag(call->options, "dry-run");
}

const char *command_reason(const struct command_call *call)
{
    return options_text(call->options, "reason");
}

void command_note(const struct command_call *call, const char *target, const char *plan,
                  const char *outcome, const char *detail)
{
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    struct audit_note note = {
        .action = call->command->name,
        .target = target,
        .reason = command_reason(call),
        .plan = plan,
        .outcome = outcome,
        .detail = detail,
    };
    bool written = !session_database(call->session, &db, &error) && !audit_write(db, &note, &error);
    bool no_schema_yet = strcmp(error.service_code, "42P01") == 0;
    if (!written && !no_schema_yet)
        output_complain(call->output, "intake %s: cannot write to the audit log: %s",
                        call->command->name, error.message);
}

int command_fail_noted(const struct command_call *call, const char *target,
                       const struct error *failure)
{
    struct buffer detail;
    if (command_dry_run(call) || failure->code == ERROR_CANCELLED)
        return command_fail(call, failure);
    buffer_init(&detail, 1 << 14);
    buffer_char(&detail, '{');
    json_append_member(&detail, "why", failure->message);
    buffer_char(&detail, '}');
    command_note(call, target, NULL, AUDIT_FAILED, detail.data);
    buffer_release(&detail);
    return command_fail(call, failure);
}

static bool words_match(const char *name, const char *const *words, size_t count, size_t *used)
{
    *used = 0;
    while (*name != '\0') {
        size_t len = strcspn(name, " ");
        if (*used >= count || strlen(words[*used]) != len || memcmp(words[*used], name, len) != 0)
            return false;
        (*used)++;
        name += len + (name[len] == ' ');
    }
    return true;
}

const struct command *command_find(const char *const *words, size_t count, size_t *used)
{
    const struct command *found = NULL;
    size_t matched = 0;
    *used = 0;
    for (size_t i = 0; command_table[i]; i++) {
        if (words_match(command_table[i]->name, words, count, &matched) && matched > *used) {
            found = command_table[i];
            *used = matched;
        }
    }
    return found;
}

bool command_is_group(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; command_table[i]; i++) {
        const char *name = command_table[i]->name;
        if (strncmp(name, word, len) == 0 && name[len] == ' ')
            return true;
    }
    return false;
}

/* Whether `--word` takes the next word as its value, whichever command it belongs to. */
static bool takes_value(const char *word)
{
    const struct option *tables[2] = {command_global_options, command_action_options};
    if (strchr(word, '=') || (word[1] != '-' && word[2] != '\0'))
        return false;
    for (size_t i = 0; i < 2 || command_table[i - 2]; i++) {
        const struct option *row = i < 2 ? tables[i] : command_table[i - 2]->options;
        for (; row && row->name; row++) {
            bool same = word[1] == '-' ? strcmp(word + 2, row->name) == 0 : word[1] == row->letter;
            if (same && row->type != OPTION_FLAG)
                return true;
        }
    }
    return false;
}

/* The first operands of the line, before it is known which options they go with. */
static size_t words_collect(int argc, char **argv, const char *words[2])
{
    size_t count = 0;
    for (int i = 1; i < argc && count < 2; i++) {
        if (strcmp(argv[i], "--") == 0)
            break;
        if (argv[i][0] != '-' || argv[i][1] == '\0')
            words[count++] = argv[i];
        else if (takes_value(argv[i]))
            i++;
    }
    return count;
}

static int word_unknown(const char *word)
{
    char near[200] = "";
    size_t used = 0, shown = 0;
    for (size_t i = 0; command_table[i] && shown < 3; i++) {
        const struct command *command = command_table[i];
        size_t len = strlen(word);
        if (command->hidden || (text_distance(word, command->name) > 2 &&
                                (len < 2 || strncmp(command->name, word, len) != 0)))
            continue;
        int n =
            snprintf(near + used, sizeof near - used, "%s%s", shown > 0 ? ", " : "", command->name);
        if (n > 0 && (size_t)n < sizeof near - used)
            used += (size_t)n;
        shown++;
    }
    if (shown > 0)
        output_complain(NULL, "intake: unknown command %.60s; did you mean: %s?", word, near);
    else
        output_complain(NULL, "intake: unknown command %.60s (see intake --help)", word);
    return EXIT_USAGE;
}

static enum output_color color_choose(const char *flag, const char *config)
{
    const char *chosen = flag ? flag : config;
    if (!chosen || strcmp(chosen, "auto") == 0)
        return OUTPUT_COLOR_AUTO;
    return strcmp(chosen, "always") == 0 ? OUTPUT_COLOR_ALWAYS : OUTPUT_COLOR_NEVER;
}

static int operands_check(const struct command_call *call)
{
    const struct command *command = call->command;
    size_t count = options_operand_count(call->options);
    if (count < command->operands_least)
        return command_misused(call, "requires %s", command->operands);
    if (count > command->operands_most)
        return command_misused(call, "unexpected argument %.80s",
                               options_operand(call->options, command->operands_most));
    return EXIT_DONE;
}

static int role_check(const struct command_call *call)
{
    const struct command *command = call->command;
    struct error error = ERROR_INIT;
    bool dry = command->action && command_dry_run(call);
    enum role wanted = dry && !command->dry_run_receives ? ROLE_VIEWER : command->role;
    if (wanted <= ROLE_VIEWER && (!command->action || dry))
        return EXIT_DONE;
    enum error_code code =
        session_require_role(call->session, wanted, command->action && !dry, command->name,
                             options_operand(call->options, 0), &error);
    if (!code)
        return EXIT_DONE;
    int exit_code = command_fail(call, &error);
    return code == ERROR_DENIED ? EXIT_REFUSED : exit_code;
}

static int call_run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    int result = operands_check(call);
    if (result == EXIT_DONE)
        result = role_check(call);
    if (result != EXIT_DONE)
        return result;
    result = call->command->run(call);
    if (output_finish(call->output, &error))
        result = command_fail(call, &error);
    return signal_seen != 0 ? 128 + signal_seen : result;
}

static void line_say(void *context, const char *text)
{
    (void)context;
    output_complain(NULL, "intake: %s", text);
}

static void session_options_fill(const struct options *options, struct session_options *out)
{
    *out = (struct session_options){
        .environment = options_text(options, "env"),
        .profile = options_text(options, "profile"),
        .region = options_text(options, "region"),
        .stack = options_text(options, "stack"),
        .read_only = options_flag(options, "read-only"),
        .write = options_flag(options, "write"),
        .say = options_flag(options, "quiet") ? NULL : line_say,
    };
}

static int several_run(struct command_call *call, struct output *output, int argc, char **argv)
{
    output_init(output, options_flag(call->options, "json"), options_flag(call->options, "quiet"),
                color_choose(options_text(call->options, "color"), NULL));
    call->output = output;
    struct environments_exit ended;
    struct error error = ERROR_INIT;
    int result = EXIT_DONE;
    enum error_code code =
        environments_list(call->command ? call->command->name : "",
                          options_text(call->options, "env"), argc, argv, output, &ended, &error);
    for (size_t i = 0; i < ended.count; i++)
        result = command_worse(result, ended.codes[i]);
    if (!code)
        code = output_finish(output, &error);
    if (code == ERROR_USAGE)
        result = command_misused(call, "%s", error.message);
    else if (code)
        result = command_fail(call, &error);
    output_release(output);
    return signal_seen != 0 ? 128 + signal_seen : result;
}

static int session_run(struct command_call *call, struct output *output, int argc, char **argv,
                       int (*console)(const struct session_options *))
{
    struct session_options chosen;
    struct error error = ERROR_INIT;
    int result;
    session_options_fill(call->options, &chosen);
    if (chosen.read_only && chosen.write)
        return command_misused(call, "--read-only and --write cannot be used together");
    if (environments_named(chosen.environment))
        return several_run(call, output, argc, argv);
    if (session_new(&chosen, &call->session, &error)) {
        result = command_fail(call, &error);
        return error.code == ERROR_CONFIG ? EXIT_USAGE : result;
    }
    if (!call->command) {
        session_free(call->session);
        signals_forget();
        chosen.say = NULL; /* the screen is the console's */
        return console(&chosen);
    }
    interrupted = session_cancel(call->session);
    output_init(
        output, options_flag(call->options, "json"), options_flag(call->options, "quiet"),
        color_choose(options_text(call->options, "color"), session_config(call->session, "color")));
    call->output = output;
    result = call_run(call);
    output_release(output);
    interrupted = NULL;
    session_free(call->session);
    return result;
}

static int help_run(const struct command_call *call, const char *group)
{
    struct output output;
    struct error error = ERROR_INIT;
    output_init(&output, false, false, color_choose(options_text(call->options, "color"), NULL));
    if (options_flag(call->options, "version"))
        output_format(&output, "intake %s\n", INTAKE_VERSION);
    else if (call->command)
        help_command(&output, call->command);
    else if (group)
        help_group(&output, group);
    else
        help_overview(&output);
    enum error_code code = output_finish(&output, &error);
    output_release(&output);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

int command_main(int argc, char **argv, int (*console)(const struct session_options *))
{
    const char *words[2] = {NULL, NULL};
    size_t used = 0, count = words_collect(argc, argv, words);
    struct command_call call = {.command = command_find(words, count, &used)};
    const char *group = !call.command && count > 0 && command_is_group(words[0]) ? words[0] : NULL;
    const struct option *tables[] = {
        command_global_options,
        call.command && call.command->options ? call.command->options : no_options,
        call.command && call.command->action ? command_action_options : no_options,
        NULL,
    };
    struct error error = ERROR_INIT;
    struct output output;
    int result;
    log_init(LOG_OFF, STDERR_FILENO);
    signals_watch();
    if (count > 0 && !call.command && !group)
        return word_unknown(words[0]);
    if (options_parse(argc - 1, (const char *const *)(argv + 1), tables, world_now_ms(&world_real),
                      &call.options, &error))
        return command_misused(&call, "%s", error.message);
    options_shift(call.options, used);
    if (options_flag(call.options, "help") || options_flag(call.options, "version"))
        result = help_run(&call, group);
    else if (group) {
        help_group(NULL, group);
        result = EXIT_USAGE;
    } else
        result = session_run(&call, &output, argc, argv, console);
    options_free(call.options);
    return result;
}
