#ifndef TUI_MANUAL_H
#define TUI_MANUAL_H

struct command;
struct output;

/*
 * Man pages (man(7)) and completions, made from the table of commands and the table of configuration
 * keys, so that neither can fall behind. tui/install.sh writes them to their places.
 */
void manual_overview(struct output *output);
void manual_command(struct output *output, const struct command *command);
void manual_config(struct output *output);
/* shell: "bash", "zsh" or "fish". */
void manual_completion(struct output *output, const char *shell);

#endif
