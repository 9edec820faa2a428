#include "tui/manual/manual.h"

#include "core/pipeline/settings.h"
#include "tui/cli/command.h"
#include "tui/cli/output.h"
#include "tui/manual/text.h"
#include "tui/session/config.h"

static void page_name(const struct command *command, char *name, size_t size)
{
    snprintf(name, size, "intake-%s", command->name);
    for (; *name != '\0'; name++) {
        if (*name == ' ')
            *name = '-';
    }
}

static void man_options(struct output *output, const struct option *options)
{
    for (; options && options->name; options++) {
        output_format(output, ".TP\n");
        if (options->letter != 0)
            output_format(output, "\\fB\\-%c\\fR, ", options->letter);
        output_format(output, "\\fB\\-\\-");
        man_text(output, options->name);
        output_format(output, "\\fR");
        if (options->type != OPTION_FLAG) {
            output_format(output, " \\fI");
            man_text(output, options->value);
            output_format(output, "\\fR");
        }
        output_format(output, "\n");
        man_line(output, "", options->help);
    }
}

static void man_examples(struct output *output, const struct command_example *examples)
{
    if (!examples)
        return;
    output_format(output, ".SH EXAMPLES\n");
    for (; examples->line; examples++) {
        output_format(output, ".TP\n.B ");
        man_text(output, examples->line);
        output_format(output, "\n");
        man_line(output, "", examples->what);
    }
}

static void man_exit(struct output *output)
{
    static const char *const codes[][2] = {
        {"0", "done, all well"},
        {"1", "failed: unreachable, denied, not found"},
        {"2", "wrong usage, or a fault in the configuration"},
        {"3", "done, but part was not well"},
        {"4", "refused for want of a confirmation or a role"},
        {"130", "interrupted"},
    };
    output_format(output, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        output_format(output, ".TP\n.B %s\n%s\n", codes[i][0], codes[i][1]);
}

static void man_environment(struct output *output)
{
    output_format(output, ".SH ENVIRONMENT\n");
    for (int i = 0; i < SETTING_COUNT; i++) {
        output_format(output, ".TP\n.B ");
        man_line(output, "", setting_variable(i));
        man_line(output, "", setting_help(i));
    }
    output_format(output, ".TP\n.B INTAKE_ENV\nthe environment meant without \\-\\-env\n"
                          ".TP\n.B INTAKE_CONFIG\nanother configuration file\n"
                          ".TP\n.B AWS_*, PG*\nas in the AWS SDKs and in libpq\n"
                          ".TP\n.B NO_COLOR\nno colour, whatever the terminal can do\n");
}

static void man_see_also(struct output *output, const struct command *except)
{
    char name[64];
    output_format(output, ".SH SEE ALSO\n");
    if (except)
        output_format(output, ".BR intake (1),\n");
    for (size_t i = 0; command_table[i]; i++) {
        if (command_table[i] == except || command_table[i]->hidden)
            continue;
        page_name(command_table[i], name, sizeof name);
        output_format(output, ".BR ");
        man_text(output, name);
        output_format(output, " (1),\n");
    }
    output_format(output, ".BR intake\\-config (5),\n.BR intake\\-console (7)\n");
}

void manual_overview(struct output *output)
{
    char name[64];
    man_title(output, "intake", 1);
    output_format(output,
                  ".SH NAME\nintake \\- uploads of vendors' products, watched and mended\n"
                  ".SH SYNOPSIS\n.B intake\n[\\fIOPTION\\fR...]\n.br\n.B intake\n"
                  "\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIOPERAND\\fR...]\n"
                  ".SH DESCRIPTION\nWithout a command, intake opens its console: uploads, newest "
                  "first, under a strip of what needs attention. What the console does is there as "
                  "a command too, with JSON for scripts. Its screens and keys are in\n"
                  ".BR intake\\-console (7).\n.SH COMMANDS\n");
    for (size_t i = 0; command_table[i]; i++) {
        if (command_table[i]->hidden)
            continue;
        page_name(command_table[i], name, sizeof name);
        output_format(output, ".TP\n.BR ");
        man_text(output, name);
        output_format(output, " (1)\n");
        man_line(output, "", command_table[i]->summary);
    }
    output_format(output, ".SH OPTIONS\n");
    man_options(output, command_global_options);
    output_format(output, ".SS Of every action\n");
    man_options(output, command_action_options);
    man_exit(output);
    man_environment(output);
    output_format(output,
                  ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/intake/config.ini\n"
                  "environments and keys; see\n.BR intake\\-config (5)\n"
                  ".TP\n.I $XDG_STATE_HOME/intake/\n"
                  "what must outlive the program, readable by its owner alone: journals of "
                  "replays that are not settled, files of discarded dead letters, drafts of "
                  "mended files, what the console remembers; each environment that \\-\\-env names "
                  "has a folder of its own there\n");
    man_see_also(output, NULL);
}

void manual_command(struct output *output, const struct command *command)
{
    char name[64];
    page_name(command, name, sizeof name);
    man_title(output, name, 1);
    output_format(output, ".SH NAME\n");
    man_text(output, name);
    output_format(output, " \\- ");
    man_text(output, command->summary);
    output_format(output, "\n.SH SYNOPSIS\n.B intake %s\n[\\fIOPTION\\fR...]", command->name);
    if (command->operands[0] != '\0') {
        output_format(output, " \\fI");
        man_text(output, command->operands);
        output_format(output, "\\fR");
    }
    output_format(output, "\n.SH DESCRIPTION\n");
    man_line(output, "", command->description);
    output_format(output, ".SH OPTIONS\n");
    man_options(output, command->options);
    if (command->action)
        man_options(output, command_action_options);
    output_format(output, ".SS Of every command\n");
    man_options(output, command_global_options);
    if (command->role > ROLE_NONE)
        output_format(output, ".SH ROLE\nWants the role %s or a higher one.\n",
                      role_name(command->role));
    man_exit(output);
    man_examples(output, command->examples);
    man_see_also(output, command);
}

static void config_ways_in(struct output *output)
{
    output_format(
        output, ".SH PRIVATE DATABASES\nA\n.B tunnel\nis started when a connection wants it and "
                "waited for until it listens; where it has ended it is started again on the next "
                "need, which is told. It ends with intake, however intake ends. TLS is verified "
                "against the database's own name, not the tunnel's end. The instance of\n.B ssm\n"
                "is\n.BR tunnel_instance ,\nelse the stack's output OperatorInstanceId; the "
                "database's host may be the output DatabaseEndpoint. With\n.B database_auth = "
                "iam\neach connection has a token of its own for a password, and every person a "
                "login (granted rds_iam), which the audit log names.\n"
                ".SH SIGNING IN\nAWS credentials are found as the AWS CLI finds them: variables, "
                "profiles with keys, credential_process, role_arn, `aws sso login`. A sign\\-in "
                "that is over is told with the command that mends it. The code of a profile's "
                "mfa_serial is asked for on the terminal, in the console by a prompt, and used "
                "once; the role's keys are kept in ~/.aws/cli/cache until they end, where the AWS "
                "CLI keeps them too.\n");
}

void manual_config(struct output *output)
{
    struct config_key key;
    man_title(output, "intake-config", 5);
    output_format(output,
                  ".SH NAME\nintake\\-config \\- environments and keys of intake\n"
                  ".SH SYNOPSIS\n.I $XDG_CONFIG_HOME/intake/config.ini\n.br\n"
                  ".I ~/.config/intake/config.ini\n"
                  ".SH DESCRIPTION\nOne section for each environment, chosen by \\-\\-env, "
                  "INTAKE_ENV, the key\n.B environment\nor, failing these, the section\n.BR "
                  "default .\nKeys before the first section hold for all of them. Flags are "
                  "stronger than the shell's variables, and these are stronger than keys of no "
                  "section.\n.PP\nA named environment is whole: what it names wins over the "
                  "shell's variables, those of libpq and AWS_ENDPOINT_URL among them, and "
                  "variables that disagree with it do not fill its gaps. Where the database would "
                  "be of the section and the bucket of the shell, or the other way round, or the "
                  "credentials are of another account than the resources, nothing is done and both "
                  "sources are named.\n"
                  ".PP\nThe file may hold no password: use a service of libpq, ~/.pgpass or the "
                  "secret. A fault is told with file, line and key.\n.SH KEYS\n");
    for (size_t i = 0; config_key_at(i, &key); i++) {
        output_format(output, ".TP\n\\fB");
        man_text(output, key.name);
        output_format(output, "\\fR = \\fI");
        man_text(output, key.value);
        output_format(output, "\\fR\n");
        man_line(output, "", key.help);
    }
    config_ways_in(output);
    output_format(output, ".SH EXAMPLES\n.nf\ntheme = dark\n\n[staging]\nprofile = staging\n"
                          "stack = intake\\-staging\ndatabase_service = intake\n\n"
                          "[production]\nproduction = true\nprofile = production\n"
                          "region = eu\\-central\\-1\nstack = intake\ntunnel = ssm\n"
                          "database_auth = iam\ndatabase_user = ann\n"
                          ".fi\n.SH SEE ALSO\n.BR intake (1),\n.BR aws (1)\n");
}
