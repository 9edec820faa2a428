#include "tui/session/submit_follow.h"

#include "core/base/world.h"

enum { POLL_FIRST_MS = 20, POLL_LAST_MS = 250 };

static bool all_settled(const struct submit_follow *follow)
{
    for (size_t i = 0; i < follow->count; i++) {
        const struct submission *submission = &follow->submissions[i];
        if (follow->to_the_end ? !submission_is_final(submission)
                               : submission->sent && submission->upload_id[0] == '\0')
            return false;
    }
    return true;
}

enum error_code submit_follow(struct session *session, const struct submit_follow *follow,
                              struct error *error)
{
    int64_t deadline = world_monotonic_ms(&world_real) + follow->span_ms, pause = POLL_FIRST_MS;
    for (;;) {
        struct db *db = NULL;
        struct error own = ERROR_INIT;
        enum error_code code = session_database(session, &db, &own);
        if (!code)
            code = submissions_look(db, follow->bucket, follow->submissions, follow->count, &own);
        bool over = world_monotonic_ms(&world_real) >= deadline;
        if (code && (!own.retryable || over)) {
            *error = own;
            return code;
        }
        if (follow->look)
            follow->look(follow->context);
        if (all_settled(follow) || over)
            return ERROR_NONE;
        if (cancel_requested(session_cancel(session)))
            return error_set(error, ERROR_CANCELLED, "interrupted");
        world_sleep_ms(&world_real, pause);
        pause = pause * 3 / 2 < POLL_LAST_MS ? pause * 3 / 2 : POLL_LAST_MS;
    }
}
