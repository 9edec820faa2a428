#include <string.h>

#include "tui/cli/command.h"
#include "tui/cli/output.h"
#include "tui/manual/manual.h"

static bool takes_file(const struct option *option)
{
    return option->type == OPTION_TEXT && strcmp(option->value, "FILE") == 0;
}

static bool wants_file(const struct command *command)
{
    return strncmp(command->operands, "FILE", 4) == 0;
}

/* The tables of options that a command takes, NULL at the end. */
static void tables_of(const struct command *command, const struct option *tables[4])
{
    size_t count = 0;
    if (command && command->options)
        tables[count++] = command->options;
    if (command && command->action)
        tables[count++] = command_action_options;
    tables[count++] = command_global_options;
    tables[count] = NULL;
}

static void choices_print(struct output *output, const struct option *option)
{
    const char *word;
    for (size_t i = 0; (word = option->word ? option->word(i) : option->choices[i]); i++)
        output_format(output, "%s%s", i == 0 ? "" : " ", word);
}

static bool has_choices(const struct option *option)
{
    return option->type == OPTION_CHOICE || option->type == OPTION_CHOICES;
}

static void bash_words(struct output *output, const struct command *command)
{
    const struct option *tables[4];
    tables_of(command, tables);
    for (size_t i = 0; tables[i]; i++) {
        for (const struct option *option = tables[i]; option->name; option++)
            output_format(output, " --%s", option->name);
    }
}

/* The second words of groups, and after a whole command its options. */
static void bash_cases(struct output *output)
{
    for (size_t i = 0; command_table[i]; i++) {
        const struct command *command = command_table[i];
        if (command->hidden)
            continue;
        output_format(output, "        '%s') words='", command->name);
        bash_words(output, command);
        output_format(output, "'; files=%d ;;\n", wants_file(command));
    }
}

static void bash_choices(struct output *output, const struct option *option)
{
    for (; option && option->name; option++) {
        if (has_choices(option)) {
            output_format(output, "        --%s) COMPREPLY=($(compgen -W '", option->name);
            choices_print(output, option);
            output_format(output, "' -- \"$cur\")); return ;;\n");
        } else if (takes_file(option)) {
            output_format(output,
                          "        --%s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n",
                          option->name);
        }
    }
}

static void bash_print(struct output *output)
{
    output_format(output,
                  "# bash completion for intake, generated from its table of commands\n"
                  "_intake() {\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    local first='' second='' word words='' files=0 i\n"
                  "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                  "        word=${COMP_WORDS[i]}\n"
                  "        case $word in -*) continue ;; esac\n"
                  "        if [ -z \"$first\" ]; then first=$word\n"
                  "        elif [ -z \"$second\" ]; then second=$word; fi\n"
                  "    done\n"
                  "    case $prev in\n");
    bash_choices(output, command_global_options);
    for (size_t i = 0; command_table[i]; i++) {
        if (!command_table[i]->hidden)
            bash_choices(output, command_table[i]->options);
    }
    output_format(output, "    esac\n    if [ -z \"$first\" ]; then\n        words='");
    for (size_t i = 0; command_table[i]; i++) {
        if (!command_table[i]->hidden)
            output_format(output, "%.*s ", (int)strcspn(command_table[i]->name, " "),
                          command_table[i]->name);
    }
    bash_words(output, NULL);
    output_format(output, "'\n    fi\n    local seconds=''\n    case $first in\n");
    for (size_t i = 0; command_table[i]; i++) {
        const char *name = command_table[i]->name;
        const char *space = strchr(name, ' ');
        if (space && !command_table[i]->hidden)
            output_format(output, "        %.*s) seconds=\"$seconds %s\" ;;&\n",
                          (int)(space - name), name, space + 1);
    }
    output_format(output, "        *) ;;\n    esac\n"
                          "    case \"$first $second\" in\n");
    for (size_t i = 0; command_table[i]; i++) {
        if (strchr(command_table[i]->name, ' ') && !command_table[i]->hidden) {
            output_format(output, "        '%s') words='", command_table[i]->name);
            bash_words(output, command_table[i]);
            output_format(output, "'; seconds='' ;;\n");
        }
    }
    output_format(output, "        *) case $first in\n");
    bash_cases(output);
    output_format(output, "        esac ;;\n    esac\n"
                          "    [ -n \"$second\" ] || words=\"$words $seconds\"\n"
                          "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                          "    if [ \"$files\" = 1 ] && [[ $cur != -* ]]; then\n"
                          "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n    fi\n"
                          "}\ncomplete -o filenames -F _intake intake\n");
}

static void quoted(struct output *output, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            output_format(output, "'\\''");
        else if (strchr(special, *text))
            output_format(output, "\\%c", *text);
        else
            output_format(output, "%c", *text);
    }
}

static void zsh_options(struct output *output, const struct option *option)
{
    for (; option && option->name; option++) {
        output_format(output, " \\\n            '*--%s[", option->name);
        quoted(output, option->help, "[]:");
        output_format(output, "]");
        if (has_choices(option)) {
            output_format(output, ":%s:(", option->value);
            choices_print(output, option);
            output_format(output, ")");
        } else if (option->type != OPTION_FLAG) {
            output_format(output, ":%s:%s", option->value, takes_file(option) ? "_files" : " ");
        }
        output_format(output, "'");
    }
}

static void zsh_print(struct output *output)
{
    output_format(output, "#compdef intake\n"
                          "# generated from intake's table of commands\n"
                          "_intake() {\n"
                          "    local -a commands words_typed\n"
                          "    commands=(\n");
    for (size_t i = 0; command_table[i]; i++) {
        if (command_table[i]->hidden)
            continue;
        output_format(output, "        '");
        quoted(output, command_table[i]->name, ":");
        output_format(output, ":");
        quoted(output, command_table[i]->summary, "");
        output_format(output, "'\n");
    }
    output_format(output, "    )\n"
                          "    words_typed=(${${words[2,CURRENT-1]}:#-*})\n"
                          "    if (( ! ${#words_typed} )) && [[ $PREFIX != -* ]]; then\n"
                          "        _describe command commands\n        return\n    fi\n"
                          "    case \"${words_typed[1]} ${words_typed[2]}\" in\n");
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; command_table[i]; i++) {
            const struct command *command = command_table[i];
            const struct option *tables[4];
            bool two = strchr(command->name, ' ') != NULL;
            if (command->hidden || two != (pass == 0))
                continue;
            tables_of(command, tables);
            output_format(output, "    '%s'%s)\n        _arguments", command->name,
                          two ? "" : "\\ *");
            for (size_t k = 0; tables[k]; k++)
                zsh_options(output, tables[k]);
            output_format(output, " \\\n            '*:operand:%s' ;;\n",
                          wants_file(command) ? "_files" : " ");
        }
    }
    output_format(output, "    *)\n        _arguments");
    zsh_options(output, command_global_options);
    output_format(output, " ;;\n    esac\n}\n_intake \"$@\"\n");
}

static void fish_options(struct output *output, const char *condition, const struct option *option)
{
    for (; option && option->name; option++) {
        output_format(output, "complete -c intake%s%s%s -l %s", condition[0] != '\0' ? " -n '" : "",
                      condition, condition[0] != '\0' ? "'" : "", option->name);
        if (option->letter != 0)
            output_format(output, " -s %c", option->letter);
        if (option->type != OPTION_FLAG)
            output_format(output, " -r");
        if (has_choices(option)) {
            output_format(output, " -a '");
            choices_print(output, option);
            output_format(output, "'");
        }
        if (takes_file(option))
            output_format(output, " -F");
        output_format(output, " -d '");
        for (const char *at = option->help; *at != '\0'; at++)
            output_format(output, *at == '\'' ? "\\%c" : "%c", *at);
        output_format(output, "'\n");
    }
}

static void fish_print(struct output *output)
{
    char condition[128];
    output_format(output, "# fish completion for intake, generated from its table of commands\n"
                          "complete -c intake -f\n");
    fish_options(output, "", command_global_options);
    for (size_t i = 0; command_table[i]; i++) {
        const struct command *command = command_table[i];
        const char *space = strchr(command->name, ' ');
        int len = (int)strcspn(command->name, " ");
        if (command->hidden)
            continue;
        if (!space)
            output_format(output, "complete -c intake -n __fish_use_subcommand -a %s -d '",
                          command->name);
        else
            output_format(output,
                          "complete -c intake -n __fish_use_subcommand -a %.*s\n"
                          "complete -c intake -n '__fish_seen_subcommand_from %.*s' -a %s -d '",
                          len, command->name, len, command->name, space + 1);
        for (const char *at = command->summary; *at != '\0'; at++)
            output_format(output, *at == '\'' ? "\\%c" : "%c", *at);
        output_format(output, "'\n");
        snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %s",
                 space ? space + 1 : command->name);
        fish_options(output, condition, command->options);
        if (command->action)
            fish_options(output, condition, command_action_options);
        if (wants_file(command))
            output_format(output, "complete -c intake -n '%s' -F\n", condition);
    }
}

void manual_completion(struct output *output, const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        bash_print(output);
    else if (strcmp(shell, "zsh") == 0)
        zsh_print(output);
    else
        fish_print(output);
}
