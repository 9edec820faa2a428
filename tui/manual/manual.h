/*
 * Man pages (man(7)) and completions, made from the tables of commands, configuration keys,
 * screens and actions, so that none can fall behind. tui/package/install.sh writes them to their
 * places. */
#ifndef INTAKE_TUI_MANUAL_MANUAL_H
#define INTAKE_TUI_MANUAL_MANUAL_H

struct command;
struct output;

void manual_overview(struct output *output);
void manual_command(struct output *output, const struct command *command);
void manual_config(struct output *output);
/* From the tables of screens and actions. */
void manual_console(struct output *output);
/* shell: "bash", "zsh" or "fish". */
void manual_completion(struct output *output, const char *shell);

#endif
