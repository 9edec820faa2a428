#include "sql/db_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_MAX 16384

void db_options_wipe(struct db_options *options)
{
    for (int i = 0; i < options->count; i++)
        if (strcmp(options->keywords[i], "password") == 0)
            OPENSSL_cleanse(options->values[i], strlen(options->values[i]));
    db_options_release(options);
}

static enum error_code options_copy(const struct db_options *from, struct db_options *to,
                                    struct error *error)
{
    enum error_code code = ERROR_NONE;
    memset(to, 0, sizeof *to);
    for (int i = 0; i < from->count && !code; i++)
        code = db_options_set(to, from->keywords[i], from->values[i], error);
    return code;
}

static const char *value_of(const struct db_options *options, const PQconninfoOption *defaults,
                            const char *keyword)
{
    const char *value = db_options_find(options, keyword);
    for (const PQconninfoOption *o = defaults; !value && o && o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0)
            value = o->val;
    return value && value[0] != '\0' ? value : NULL;
}

/* libpq takes the system's user where nobody names one: that is nobody's login here. */
static const char *user_of(const struct db_options *options, const PQconninfoOption *defaults)
{
    const char *variable = getenv("PGUSER");
    if (db_options_find(options, "user") || (variable && variable[0] != '\0') ||
        value_of(options, NULL, "service") || getenv("PGSERVICE"))
        return value_of(options, defaults, "user");
    return NULL;
}

static enum error_code verified_check(const struct db_options *options, struct error *error)
{
    const char *mode = db_options_find(options, "sslmode");
    if (!mode)
        mode = getenv("PGSSLMODE");
    if (!mode || strcmp(mode, "verify-full") == 0)
        return ERROR_NONE;
    return error_set(error, ERROR_CONFIG,
                     "sslmode %.20s: a short-lived password requires verify-full: remove "
                     "sslmode, or set it to verify-full",
                     mode);
}

static enum error_code route_apply(const struct db_route *route, bool verified,
                                   struct db_options *options, struct error *error)
{
    enum error_code code = buffer_check(&route->password, error);
    if (!code && route->hostaddr[0] != '\0')
        code = db_options_set(options, "hostaddr", route->hostaddr, error);
    if (!code && route->port[0] != '\0')
        code = db_options_set(options, "port", route->port, error);
    if (!code && route->password.len > 0)
        code = db_options_set(options, "password", route->password.data, error);
    if (!code && verified)
        code = db_options_set(options, "sslmode", "verify-full", error);
    return code;
}

static enum error_code way_ask(struct db *db, const PQconninfoOption *defaults,
                               struct db_options *options, struct error *error)
{
    const struct db_way *way = db->way;
    struct db_route route = {.hostaddr = ""};
    const struct db_target target = {.host = value_of(options, defaults, "host"),
                                     .port = value_of(options, defaults, "port"),
                                     .user = user_of(options, defaults)};
    if (target.host && strchr(target.host, ','))
        return error_set(error, ERROR_CONFIG,
                         "the database has several hosts: a tunnel or a short-lived password "
                         "supports only one");
    enum error_code code = way->verified ? verified_check(options, error) : ERROR_NONE;
    buffer_init(&route.password, PASSWORD_MAX);
    if (!code)
        code = way->find(way->context, &target, db->watch, &route, error);
    if (!code)
        code = route_apply(&route, way->verified, options, error);
    (void)snprintf(db->note, sizeof db->note, "%s", route.note);
    if (route.password.capacity > 0)
        OPENSSL_cleanse(route.password.data, route.password.len);
    buffer_release(&route.password);
    return code;
}

enum error_code db_way_options(struct db *db, struct db_options *options, struct error *error)
{
    enum error_code code = options_copy(&db->options, options, error);
    db->note[0] = '\0';
    if (code || !db->way)
        return code;
    PQconninfoOption *defaults = PQconndefaults();
    code = way_ask(db, defaults, options, error);
    PQconninfoFree(defaults);
    return code;
}
