#include "tui/session/way.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/rds_token.h"
#include "core/base/memory.h"
#include "tui/session/tunnel.h"

extern char **environ;

struct way {
    struct way_spec spec;  /* with ways, as it was made: threads share it */
    struct db_way ways[2]; /* without and with tokens */
    pthread_mutex_t lock;  /* guards the tunnel's reference */
    struct tunnel *tunnel;
};

static bool is_replaced(const char *entry)
{
    static const char *const names[] = {
        "AWS_PROFILE=",           "AWS_DEFAULT_PROFILE=", "AWS_ACCESS_KEY_ID=",
        "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=",   "AWS_CREDENTIAL_EXPIRATION="};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool entry_add(char **list, size_t *count, const char *name, const char *value)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    buffer_format(&text, "%s%s", name, value);
    char *entry = buffer_take(&text);
    if (entry)
        list[(*count)++] = entry;
    return entry != NULL;
}

/* This process's environment, with the keys that the session itself uses: a profile that wants an
 * MFA code is not asked for another one, and a role is assumed once. */
static enum error_code environment_make(void *context, char ***out, struct error *error)
{
    struct way *way = context;
    struct aws_credentials keys;
    size_t count = 0, all = 0;
    char **list = NULL;
    aws_credentials_init(&keys);
    enum error_code code = credentials_get(way->spec.provider, &keys, error);
    if (code)
        return error_wrap(error, "tunnel");
    while (environ[all])
        all++;
    list = memory_new(all + 4, sizeof *list);
    bool made = list != NULL;
    for (size_t i = 0; i < all && made; i++)
        made = is_replaced(environ[i]) || entry_add(list, &count, environ[i], "");
    made = made && entry_add(list, &count, "AWS_ACCESS_KEY_ID=", keys.access_key_id) &&
           entry_add(list, &count, "AWS_SECRET_ACCESS_KEY=", keys.secret_access_key) &&
           (!keys.token || entry_add(list, &count, "AWS_SESSION_TOKEN=", keys.token));
    aws_credentials_release(&keys);
    *out = list;
    return made ? ERROR_NONE : error_set(error, ERROR_MEMORY, "out of memory for a tunnel");
}

static enum error_code tunnel_find(struct way *way, const struct db_target *target,
                                   const struct cancel *cancel, struct db_route *route,
                                   struct error *error)
{
    bool ssm = strcmp(way->spec.command, "ssm") == 0;
    const struct tunnel_spec spec = {.command = way->spec.command,
                                     .host = target->host,
                                     .port = target->port ? target->port : "5432",
                                     .instance = way->spec.instance,
                                     .region = way->spec.region,
                                     .local_port = way->spec.local_port,
                                     .wait_s = way->spec.wait_s,
                                     .say = way->spec.say,
                                     .say_context = way->spec.say_context,
                                     .environment = ssm ? environment_make : NULL,
                                     .environment_context = way};
    struct tunnel *tunnel = NULL, *before;
    int port = 0;
    enum error_code code = tunnel_share(&spec, &tunnel, error);
    if (code)
        return code;
    pthread_mutex_lock(&way->lock);
    before = way->tunnel;
    way->tunnel = tunnel;
    pthread_mutex_unlock(&way->lock);
    tunnel_release(before);
    code = tunnel_need(tunnel, &spec, cancel, &port, error);
    (void)snprintf(route->hostaddr, sizeof route->hostaddr, "127.0.0.1");
    (void)snprintf(route->port, sizeof route->port, "%d", port);
    (void)snprintf(route->note, sizeof route->note, "by tunnel");
    return code;
}

static enum error_code token_find(struct way *way, const struct db_target *target,
                                  struct db_route *route, struct error *error)
{
    const struct rds_login login = {.host = target->host,
                                    .port = target->port ? target->port : "5432",
                                    .user = target->user,
                                    .region = way->spec.region};
    if (!login.host)
        return error_set(error, ERROR_CONFIG,
                         "database_auth = iam: the database host is unknown: set database_host");
    if (!login.user)
        return error_set(error, ERROR_CONFIG,
                         "database_auth = iam requires a login: set database_user to your own "
                         "login");
    enum error_code code = rds_token_make(way->spec.provider, &login, &route->password, error);
    return code ? error_wrap(error, "database_auth = iam") : ERROR_NONE;
}

static enum error_code find_plain(void *context, const struct db_target *target,
                                  const struct cancel *cancel, struct db_route *route,
                                  struct error *error)
{
    struct way *way = context;
    return way->spec.command ? tunnel_find(way, target, cancel, route, error) : ERROR_NONE;
}

static enum error_code find_with_token(void *context, const struct db_target *target,
                                       const struct cancel *cancel, struct db_route *route,
                                       struct error *error)
{
    enum error_code code = token_find(context, target, route, error);
    return code ? code : find_plain(context, target, cancel, route, error);
}

enum error_code way_new(const struct way_spec *spec, struct way **out, struct error *error)
{
    struct way *way = memory_new(1, sizeof *way);
    *out = way;
    if (!way)
        return error_set(error, ERROR_MEMORY, "out of memory for the way to the database");
    way->spec = *spec;
    if (spec->provider)
        way->spec.provider = credentials_provider_share(spec->provider);
    way->ways[0] = (struct db_way){.context = way, .find = find_plain};
    way->ways[1] = (struct db_way){.context = way, .verified = true, .find = find_with_token};
    pthread_mutex_init(&way->lock, NULL);
    return ERROR_NONE;
}

const struct db_way *way_of(const struct way *way, bool tokens)
{
    return &way->ways[tokens ? 1 : 0];
}

void way_free(struct way *way)
{
    if (!way)
        return;
    tunnel_release(way->tunnel);
    credentials_provider_free(way->spec.provider);
    pthread_mutex_destroy(&way->lock);
    free(way);
}
