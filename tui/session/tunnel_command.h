/* The words of a tunnel's command, filled in. No shell reads them: what stands in a value is an
 * argument and nothing else. */
#ifndef INTAKE_TUI_SESSION_TUNNEL_COMMAND_H
#define INTAKE_TUI_SESSION_TUNNEL_COMMAND_H

#include "core/base/error.h"

#define TUNNEL_WORDS_MOST 64

/* What the places in a command stand for. */
struct tunnel_places {
    const char *host;              /* {host} */
    const char *port;              /* {port} */
    int local_port;                /* {local_port} */
    const char *instance, *region; /* of Session Manager's command */
};

/* Heap texts, NULL behind the last. */
struct tunnel_words {
    char *words[TUNNEL_WORDS_MOST + 1];
    int count;
};

/* `command` is "ssm", or words as a shell would split them: quotes hold together what has spaces, a
 * backslash takes the next character as it is. ERROR_CONFIG where it cannot be split, where a host
 * or port is none, or where the instance of ssm is not known. */
MUST_CHECK enum error_code tunnel_words_make(const char *command,
                                             const struct tunnel_places *places,
                                             struct tunnel_words *words, struct error *error);
void tunnel_words_release(struct tunnel_words *words);

#endif
