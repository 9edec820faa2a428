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
        {"0", "success"},
        {"1", "failure: unreachable, denied, not found"},
        {"2", "wrong usage, or an error in the configuration"},
        {"3", "partial success: invalid records, failed messages, warnings"},
        {"4", "refused: not confirmed, or the role does not permit it"},
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
    output_format(output, ".TP\n"
                          ".B INTAKE_ENV\n"
                          "the environment to use without \\-\\-env\n"
                          ".TP\n"
                          ".B INTAKE_CONFIG\n"
                          "another configuration file\n"
                          ".TP\n"
                          ".B AWS_*, PG*\n"
                          "as in the AWS SDKs and in libpq\n"
                          ".TP\n"
                          ".B NO_COLOR\n"
                          "do not use colors\n");
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
                  ".SH NAME\n"
                  "intake \\- monitor and fix vendors' product uploads\n"
                  ".SH SYNOPSIS\n"
                  ".B intake\n"
                  "[\\fIOPTION\\fR...]\n"
                  ".br\n"
                  ".B intake\n"
                  "\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIOPERAND\\fR...]\n"
                  ".SH DESCRIPTION\n"
                  "Without a command, intake opens its console: a list of uploads, newest "
                  "first, below a summary of what needs attention. Everything that the console "
                  "does is available as a command too, with JSON for scripts. For screens and "
                  "keys see\n"
                  ".BR intake\\-console (7).\n"
                  ".SH COMMANDS\n");
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
    output_format(output, ".SS Action options\n");
    man_options(output, command_action_options);
    man_exit(output);
    man_environment(output);
    output_format(output,
                  ".SH FILES\n"
                  ".TP\n"
                  ".I $XDG_CONFIG_HOME/intake/config.ini\n"
                  "environments and keys; see\n"
                  ".BR intake\\-config (5)\n"
                  ".TP\n"
                  ".I $XDG_STATE_HOME/intake/\n"
                  "persistent state, readable only by its owner: journals of unfinished "
                  "replays, files of discarded dead letters, drafts of fixed files, settings of "
                  "the console; each environment named by \\-\\-env has its own folder there; "
                  "without a name, drafts and journals end in a mark of the bucket, region, "
                  "profile and stack to which they belong\n");
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
    output_format(output, ".SS Global options\n");
    man_options(output, command_global_options);
    if (command->role > ROLE_NONE)
        output_format(output,
                      ".SH ROLE\n"
                      "Requires the role %s or a higher one.\n",
                      role_name(command->role));
    man_exit(output);
    man_examples(output, command->examples);
    man_see_also(output, command);
}

static void config_ways_in(struct output *output)
{
    output_format(output,
                  ".SH PRIVATE DATABASES\n"
                  "A\n"
                  ".B tunnel\n"
                  "is started when a connection needs it; intake waits until it listens. A tunnel "
                  "that has ended is restarted when it is needed next, with a notice. It ends "
                  "when intake ends. TLS is verified against the name of the database, not of the "
                  "tunnel. The instance for\n"
                  ".B ssm\n"
                  "is\n"
                  ".BR tunnel_instance ,\n"
                  "or the stack's output OperatorInstanceId; the host of the database can be the "
                  "output DatabaseEndpoint. With\n"
                  ".B database_auth = iam\n"
                  "each connection uses its own token as the password, and each person has a "
                  "login (granted rds_iam), which is recorded in the audit log.\n"
                  ".SH SIGNING IN\n"
                  "AWS credentials are found as the AWS CLI finds them: variables, profiles with "
                  "keys, credential_process, role_arn, `aws sso login`. If a sign\\-in has "
                  "expired, the error shows the command that renews it. The code for a profile's "
                  "mfa_serial is read from the terminal, in the console from a prompt, and used "
                  "once; the role's keys are cached in ~/.aws/cli/cache until they expire, where "
                  "the AWS CLI caches them too.\n");
}

void manual_config(struct output *output)
{
    struct config_key key;
    man_title(output, "intake-config", 5);
    output_format(output,
                  ".SH NAME\n"
                  "intake\\-config \\- environments and keys of intake\n"
                  ".SH SYNOPSIS\n"
                  ".I $XDG_CONFIG_HOME/intake/config.ini\n"
                  ".br\n"
                  ".I ~/.config/intake/config.ini\n"
                  ".SH DESCRIPTION\n"
                  "One section for each environment, chosen by \\-\\-env, INTAKE_ENV, the key\n"
                  ".B environment\n"
                  "or else the section\n"
                  ".BR default .\n"
                  "Keys before the first section apply to all sections. Flags override the "
                  "shell's variables, which override keys outside of a section.\n"
                  ".PP\n"
                  "A named environment is self-contained: its keys override the shell's "
                  "variables, including those of libpq and AWS_ENDPOINT_URL, and variables that "
                  "contradict it do not fill its gaps. If the database would come from the "
                  "section and the bucket from the shell, or vice versa, or if credentials and "
                  "resources are in different accounts, nothing is done and both sources are "
                  "named.\n"
                  ".PP\n"
                  "The file must not contain a password: use a libpq service, ~/.pgpass or the "
                  "secret. Errors are reported with file, line and key.\n"
                  ".SH KEYS\n");
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
