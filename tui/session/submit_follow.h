/* Uploads that were put into the bucket, followed in the history to their ends. */
#ifndef INTAKE_TUI_SESSION_SUBMIT_FOLLOW_H
#define INTAKE_TUI_SESSION_SUBMIT_FOLLOW_H

#include "core/operate/submit.h"
#include "tui/session/session.h"

struct submit_follow {
    const char *bucket;
    struct submission *submissions;
    size_t count;
    bool to_the_end;             /* else until each has its id */
    int64_t span_ms;             /* how long at most */
    void (*look)(void *context); /* after each look into the history; NULL: none */
    void *context;
};

/* A database that is away is asked again until the span is over. ERROR_NONE also when it is and
 * some are not at their ends: submission_is_final tells. ERROR_CANCELLED: by the session's
 * cancel. */
MUST_CHECK enum error_code submit_follow(struct session *session,
                                         const struct submit_follow *follow, struct error *error);

#endif
