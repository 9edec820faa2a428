#include "tui/session/session_way.h"

#include <stdlib.h>
#include <string.h>

#include "aws/client.h"
#include "tui/session/session.h"
#include "tui/session/session_private.h"
#include "tui/session/way.h"

bool session_by_iam(const struct session *session)
{
    const char *auth = session_config(session, "database_auth");
    return auth && strcmp(auth, "iam") == 0;
}

/* NULL where there is none. */
static const char *tunnel_command(const struct session *session)
{
    const char *command = session_config(session, "tunnel");
    return command && strcmp(command, "none") != 0 ? command : NULL;
}

bool session_has_tunnel(const struct session *session)
{
    return tunnel_command(session) != NULL;
}

static int number_of(const struct session *session, const char *key)
{
    const char *value = session_config(session, key);
    return value ? (int)strtol(value, NULL, 10) : 0;
}

static enum error_code keys_and_region(struct session *session, struct way_spec *spec,
                                       struct error *error)
{
    struct aws_client *aws = NULL;
    enum error_code code = session_aws(session, &aws, error);
    if (!code)
        code = aws_client_region_check(aws, NULL, error);
    if (code)
        return code;
    spec->region = aws_client_region(aws);
    spec->provider = aws_client_credentials(aws);
    return ERROR_NONE;
}

static enum error_code instance_find(struct session *session, struct way_spec *spec,
                                     struct error *error)
{
    enum error_code code =
        session_resource(session, SETTING_TUNNEL_INSTANCE, &spec->instance, error);
    if (code == ERROR_CONFIG)
        return error_set(
            error, ERROR_CONFIG,
            "tunnel = ssm requires an instance: set tunnel_instance = i-..., or use a stack "
            "created with OperatorAccess=ssm");
    return code ? error_wrap(error, "tunnel = ssm") : ERROR_NONE;
}

static enum error_code way_make(struct session *session, struct error *error)
{
    struct way_spec spec = {.command = tunnel_command(session),
                            .local_port = number_of(session, "tunnel_port"),
                            .wait_s = number_of(session, "tunnel_seconds"),
                            .say = session->say,
                            .say_context = session->say_context};
    bool ssm = spec.command && strcmp(spec.command, "ssm") == 0;
    enum error_code code = ERROR_NONE;
    if (spec.local_port > 65535)
        return error_set(error, ERROR_CONFIG, "tunnel_port = %d: a port must be at most 65535",
                         spec.local_port);
    if (ssm || session_by_iam(session))
        code = keys_and_region(session, &spec, error);
    if (!code && ssm)
        code = instance_find(session, &spec, error);
    return code ? code : way_new(&spec, &session->way, error);
}

enum error_code session_way(struct session *session, bool tokens, const struct db_way **way,
                            struct error *error)
{
    bool iam = tokens && session_by_iam(session);
    *way = NULL;
    if (!iam && !tunnel_command(session))
        return ERROR_NONE;
    enum error_code code = session->way ? ERROR_NONE : way_make(session, error);
    if (!code)
        *way = way_of(session->way, iam);
    return code;
}
