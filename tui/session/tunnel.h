/* A way for one port of this machine to a private host, kept by another program. It is started when
 * somebody needs it, shared by all of the process's threads, started again on the next need where
 * it ended, and ended with its last user or with the program, however that ends. */
#ifndef INTAKE_TUI_SESSION_TUNNEL_H
#define INTAKE_TUI_SESSION_TUNNEL_H

#include <stddef.h>

#include "core/base/cancel.h"
#include "core/base/error.h"

struct tunnel;

enum tunnel_state { TUNNEL_NONE, TUNNEL_STARTING, TUNNEL_UP, TUNNEL_DOWN };

/* What it is made of. Texts are copied. */
struct tunnel_spec {
    const char *command; /* "ssm", or a command with {host}, {port} and {local_port} */
    const char *host, *port;
    const char *instance; /* for ssm */
    const char *region;   /* for ssm, or NULL */
    int local_port;       /* 0: any that is free */
    int wait_s;           /* until it must listen; 0: 30 */
    /* Called once after each start behind an end: "the tunnel to HOST had ended (...)". NULL:
     * nobody is told. */
    void (*say)(void *context, const char *text);
    void *say_context;
    /* The environment of the program, as environ(7); heap texts and list, which are wiped and freed
     * here. NULL: this one's. Asked at each start, for keys end. */
    enum error_code (*environment)(void *context, char ***environment, struct error *error);
    void *environment_context;
};

/* The one of these texts that there is, or a new one; nothing is started. Drop it with
 * tunnel_release. */
MUST_CHECK enum error_code tunnel_share(const struct tunnel_spec *spec, struct tunnel **tunnel,
                                        struct error *error);
/* NULL is fine. The last one ends the program, within about a second. */
void tunnel_release(struct tunnel *tunnel);

/* The port of 127.0.0.1 that leads there, once something listens on it. ERROR_UNAVAILABLE says what
 * the program said at its end. */
MUST_CHECK enum error_code tunnel_need(struct tunnel *tunnel, const struct tunnel_spec *spec,
                                       const struct cancel *cancel, int *port, struct error *error);

/* The worst of all tunnels of the process, for a line about connections. */
enum tunnel_state tunnel_look(void);

#endif
