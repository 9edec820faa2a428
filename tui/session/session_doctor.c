#include "tui/session/session_doctor.h"

#include <string.h>

#include "aws/client.h"
#include "core/base/time_text.h"
#include "core/base/world.h"
#include "tui/session/session_way.h"
#include "tui/session/tunnel.h"

#define AREA "session"
#define SOON_MS (INT64_C(60) * 60 * 1000)
#define SIGN_IN_AGAIN "sign in again: aws sso login, a new MFA code, or new keys"
#define CREDENTIALS_ELSEWHERE                                                            \
    "check what the profile names (sso_session, credential_process, role) with aws sts " \
    "get-caller-identity, or choose another with --profile"

static void see_sign_in(struct session *session, struct doctor_report *report)
{
    struct error error = ERROR_INIT;
    struct aws_client *aws = NULL;
    char at[TIME_TEXT_SIZE];
    int64_t end = INT64_MAX;
    enum error_code code = session_aws(session, &aws, &error);
    if (!code)
        code = aws_client_credentials_expire_at(aws, &end, &error);
    if (code) {
        bool refused = code == ERROR_UNAUTHENTICATED || code == ERROR_EXPIRED_CREDENTIALS;
        doctor_report_add(report, AREA, "sign-in", DOCTOR_FAIL,
                          refused ? SIGN_IN_AGAIN : CREDENTIALS_ELSEWHERE, "%s", error.message);
        return;
    }
    if (end == INT64_MAX)
        return;
    int64_t left = end - world_now_ms(&world_real);
    time_text_iso8601(end, at);
    if (left <= 0)
        doctor_report_add(report, AREA, "sign-in", DOCTOR_FAIL, SIGN_IN_AGAIN,
                          "the credentials expired at %s", at);
    else
        doctor_report_add(report, AREA, "sign-in", left < SOON_MS ? DOCTOR_WARN : DOCTOR_OK,
                          SIGN_IN_AGAIN, "the credentials expire at %s, in %lld min", at,
                          (long long)(left / 60000));
}

static void see_tunnel(const struct session *session, struct doctor_report *report)
{
    const char *host = session_config(session, "database_host");
    host = host ? host : "the database";
    if (!session_has_tunnel(session))
        return;
    switch (tunnel_look()) {
    case TUNNEL_UP:
        doctor_report_add(report, AREA, "tunnel", DOCTOR_OK, NULL, "open to %s", host);
        break;
    case TUNNEL_STARTING:
        doctor_report_add(report, AREA, "tunnel", DOCTOR_WARN, "run intake doctor again",
                          "still starting, to %s", host);
        break;
    case TUNNEL_DOWN:
        doctor_report_add(report, AREA, "tunnel", DOCTOR_FAIL,
                          "run the command of `tunnel` in config.ini manually to see what it says; "
                          "for ssm see `man intake-config`",
                          "closed; the next command starts it again");
        break;
    case TUNNEL_NONE:
        doctor_report_add(report, AREA, "tunnel", DOCTOR_SKIP, NULL,
                          "not started: nothing was asked of the database");
        break;
    }
}

/* The database's first check says whether it can be reached. A token that was not tried is not
 * judged. */
static void see_token(const struct session *session, struct doctor_report *report)
{
    const struct doctor_check *database = NULL;
    for (size_t i = 0; i < report->count && !database; i++) {
        if (strcmp(report->checks[i].area, "database") == 0)
            database = &report->checks[i];
    }
    if (!session_by_iam(session) || !database)
        return;
    if (database->unseen == ERROR_UNAUTHENTICATED)
        doctor_report_add(report, AREA, "database token", DOCTOR_FAIL,
                          "the role needs rds-db:connect for the database user, and the user "
                          "the group rds_iam: intake migrate --in-account --login NAME=ROLE",
                          "database_auth = iam: %s", database->detail);
    else if (database->unseen)
        doctor_report_add(report, AREA, "database token", DOCTOR_SKIP, database->remedy,
                          "database_auth = iam: not tried: %s", database->detail);
    else
        doctor_report_add(report, AREA, "database token", DOCTOR_OK, NULL,
                          "database_auth = iam: a token opened the session");
}

void session_doctor(struct session *session, struct doctor_report *report)
{
    see_sign_in(session, report);
    see_tunnel(session, report);
    see_token(session, report);
}
