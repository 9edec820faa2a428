#include <string.h>

#include "tui/cli/command.h"
#include "tui/commands/table.h"
#include "tui/manual/manual.h"

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static const struct option options[] = {
    {.name = "man",
     .help = "print a man page: intake(1), or that of a command, `config` or `console`"},
    OPTION("completion", OPTION_CHOICE, "SHELL", "print completions for bash, zsh or fish",
           .choices = shells),
    {.name = "list", .help = "print the names of all commands, one per line"},
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake help errors", "the same as intake errors --help"},
    {"intake help --completion bash > ~/.local/share/bash-completion/completions/intake",
     "install completions for this user"},
    {NULL, NULL},
};

static void names_print(struct output *output)
{
    for (size_t i = 0; command_table[i]; i++) {
        if (!command_table[i]->hidden)
            output_format(output, "%s\n", command_table[i]->name);
    }
}

static int run(struct command_call *call)
{
    const char *words[2] = {options_operand(call->options, 0), options_operand(call->options, 1)};
    const char *shell = options_text(call->options, "completion");
    bool man = options_flag(call->options, "man");
    size_t used = 0, count = options_operand_count(call->options);
    const struct command *command = command_find(words, count, &used);
    if (shell)
        manual_completion(call->output, shell);
    else if (options_flag(call->options, "list"))
        names_print(call->output);
    else if (man && count == 1 && strcmp(words[0], "config") == 0)
        manual_config(call->output);
    else if (man && count == 1 && strcmp(words[0], "console") == 0)
        manual_console(call->output);
    else if (command)
        man ? manual_command(call->output, command) : help_command(call->output, command);
    else if (count == 0)
        man ? manual_overview(call->output) : help_overview(call->output);
    else if (command_is_group(words[0]))
        help_group(call->output, words[0]);
    else
        return command_misused(call, "unknown command %.60s", words[0]);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .summary = "Show help for a command, with examples",
    .operands = "[COMMAND]",
    .operands_most = 2,
    .description =
        "Shows help for a command, or the list of commands. Man pages and completions are "
        "generated from the same table.",
    .options = options,
    .examples = examples,
    .role = ROLE_NONE,
    .run = run,
};
