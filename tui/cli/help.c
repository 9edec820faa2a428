#include <string.h>
#include <unistd.h>

#include "tui/cli/command.h"

enum { OPTION_COLUMN = 28, FOLD_AT = 78 };

static void option_print(struct output *output, const struct option *option)
{
    char left[80];
    char letter[8] = "    ";
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name,
             option->type != OPTION_FLAG ? " " : "",
             option->type != OPTION_FLAG ? option->value : "");
    output_format(output, "%-*s %s\n", OPTION_COLUMN, left, option->help);
}

static void options_print(struct output *output, const char *title, const struct option *options)
{
    if (!options || !options->name)
        return;
    output_style_begin(output, STYLE_BOLD);
    output_format(output, "\n%s:\n", title);
    output_style_end(output, STYLE_BOLD);
    for (; options->name; options++)
        option_print(output, options);
}

/* Paragraphs folded at words. */
static void text_fold(struct output *output, const char *text)
{
    int column = 0;
    while (*text != '\0') {
        if (text[0] == '\n' && text[1] == '\n') {
            output_format(output, "\n\n");
            column = 0;
            text += 2;
            continue;
        }
        if (*text == ' ' || *text == '\n') {
            text++;
            continue;
        }
        int len = (int)strcspn(text, " \n");
        if (column > 0 && column + 1 + len > FOLD_AT) {
            output_format(output, "\n");
            column = 0;
        }
        output_format(output, "%s%.*s", column > 0 ? " " : "", len, text);
        column += len + (column > 0);
        text += len;
    }
    output_format(output, "\n");
}

static void summaries_print(struct output *output, const char *word)
{
    size_t len = word ? strlen(word) : 0;
    for (size_t i = 0; command_table[i]; i++) {
        const struct command *command = command_table[i];
        if (command->hidden ||
            (word && (strncmp(command->name, word, len) != 0 || command->name[len] != ' ')))
            continue;
        output_format(output, "  %-18s %s\n", command->name, command->summary);
    }
}

void help_overview(struct output *output)
{
    output_format(output, "intake: monitor and fix vendors' product uploads\n"
                          "\n"
                          "  intake                    open the console\n"
                          "  intake COMMAND [OPTION...] [OPERAND...]\n"
                          "\n");
    output_style_begin(output, STYLE_BOLD);
    output_format(output, "Commands:\n");
    output_style_end(output, STYLE_BOLD);
    summaries_print(output, NULL);
    options_print(output, "Global options", command_global_options);
    output_format(output, "\n"
                          "See intake COMMAND --help or intake-COMMAND(1) for more.\n"
                          "Exit codes: 0 success, 1 failed, 2 wrong usage, 3 partial success, 4 "
                          "refused, 130 interrupted.\n");
}

void help_group(struct output *output, const char *word)
{
    struct output own;
    struct output *to = output;
    if (!output) {
        output_init(&own, false, false, OUTPUT_COLOR_NEVER);
        own.stream = stderr;
        own.terminal = isatty(STDERR_FILENO) == 1;
        to = &own;
    }
    output_format(to, "intake %s requires a subcommand:\n", word);
    summaries_print(to, word);
    if (!output) {
        output_flush(&own);
        output_release(&own);
    }
}

void help_command(struct output *output, const struct command *command)
{
    output_format(output, "intake %s: %s\n\n", command->name, command->summary);
    output_format(output, "  intake %s%s%s%s\n\n", command->name,
                  command->options || command->action ? " [OPTION...]" : "",
                  command->operands[0] != '\0' ? " " : "", command->operands);
    text_fold(output, command->description);
    options_print(output, "Options", command->options);
    if (command->action)
        options_print(output, "Action options", command_action_options);
    options_print(output, "Global options", command_global_options);
    if (!command->examples)
        return;
    output_style_begin(output, STYLE_BOLD);
    output_format(output, "\nExamples:\n");
    output_style_end(output, STYLE_BOLD);
    for (const struct command_example *example = command->examples; example->line; example++)
        output_format(output, "  %s\n      %s\n", example->line, example->what);
}
