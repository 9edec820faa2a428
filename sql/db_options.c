#include "sql/db_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/memory.h"

void db_options_release(struct db_options *options)
{
    for (int i = 0; i < options->count; i++) {
        free(options->keywords[i]);
        free(options->values[i]);
    }
    memset(options, 0, sizeof *options);
}

static int option_index(const struct db_options *options, const char *keyword)
{
    for (int i = 0; i < options->count; i++)
        if (strcmp(options->keywords[i], keyword) == 0)
            return i;
    return -1;
}

const char *db_options_find(const struct db_options *options, const char *keyword)
{
    int at = option_index(options, keyword);
    return at < 0 ? NULL : options->values[at];
}

enum error_code db_options_set(struct db_options *options, const char *keyword, const char *value,
                               struct error *error)
{
    int at = option_index(options, keyword);
    char *key = NULL, *copy = NULL;
    if (!value)
        return ERROR_NONE;
    if (at < 0 && options->count == DB_OPTIONS_MAX)
        return error_set(error, ERROR_CONFIG, "the database URL has too many options");
    copy = memory_copy_text(value, strlen(value));
    if (at < 0)
        key = memory_copy_text(keyword, strlen(keyword));
    if (!copy || (at < 0 && !key)) {
        free(copy);
        free(key);
        return error_set(error, ERROR_MEMORY, "out of memory");
    }
    if (at < 0) {
        at = options->count++;
        options->keywords[at] = key;
    } else {
        free(options->values[at]);
    }
    options->values[at] = copy;
    return ERROR_NONE;
}

static bool one_host_is_local(const char *host, size_t len)
{
    static const char *const names[] = {"localhost", "::1", "[::1]", "ip6-localhost"};
    if (len == 0 || host[0] == '/' || host[0] == '@')
        return true;
    if (len > 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == len && strncasecmp(host, names[i], len) == 0)
            return true;
    return false;
}

bool db_host_is_local(const char *host)
{
    if (!host)
        return true;
    for (;;) {
        size_t len = strcspn(host, ",");
        if (!one_host_is_local(host, len))
            return false;
        if (host[len] == '\0')
            return true;
        host += len + 1;
    }
}

/*
 * A password with a raw '@' or '/' makes libpq take a piece of it for a host, a port or a database,
 * and quote that piece in its messages. Such a URL is refused here, unquoted.
 */
static bool url_is_ambiguous(const char *url)
{
    const char *scheme = strstr(url, "://");
    const char *first;
    size_t len;
    if (!scheme)
        return false;
    len = strcspn(scheme + 3, "?");
    first = memchr(scheme + 3, '@', len);
    if (!first)
        return false;
    if (memchr(scheme + 3, '/', (size_t)(first - scheme - 3)))
        return true;
    return memchr(first + 1, '@', len - (size_t)(first + 1 - scheme - 3)) != NULL;
}

static enum error_code options_from_url(const char *url, struct db_options *options,
                                        struct error *error)
{
    enum error_code code = ERROR_NONE;
    char *reason = NULL;
    PQconninfoOption *parsed = NULL;
    if (!url_is_ambiguous(url))
        parsed = PQconninfoParse(url, &reason);
    PQfreemem(reason);
    if (!parsed)
        return error_set(error, ERROR_CONFIG,
                         "the database URL is invalid (write '@', '/' and ':' in its password "
                         "as %%40, %%2F and %%3A)");
    for (PQconninfoOption *o = parsed; o->keyword && !code; o++)
        code = db_options_set(options, o->keyword, o->val, error);
    PQconninfoFree(parsed);
    return code;
}

static const char *default_option(const PQconninfoOption *defaults, const char *keyword)
{
    for (const PQconninfoOption *o = defaults; o && o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0)
            return o->val;
    return NULL;
}

/* libpq knows one place for the root certificates; most systems have theirs elsewhere. */
static const char *system_certificates(void)
{
    static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
        if (access(bundles[i], R_OK) == 0)
            return bundles[i];
    return NULL;
}

static bool home_has_root_certificate(void)
{
    const char *home = getenv("HOME");
    char path[4096];
    if (!home)
        return false;
    (void)snprintf(path, sizeof path, "%s/.postgresql/root.crt", home);
    return access(path, R_OK) == 0;
}

static enum error_code options_secure(struct db_options *options, bool *sslmode_given,
                                      struct error *error)
{
    enum error_code code = ERROR_NONE;
    PQconninfoOption *defaults = PQconndefaults();
    const char *host = db_options_find(options, "hostaddr");
    const char *mode = default_option(defaults, "sslmode");
    const char *roots = db_options_find(options, "sslrootcert");
    *sslmode_given = db_options_find(options, "sslmode") || getenv("PGSSLMODE") ||
                     (mode && strcmp(mode, "prefer") != 0);
    if (!host)
        host = db_options_find(options, "host");
    if (!host)
        host = default_option(defaults, "hostaddr");
    if (!host)
        host = default_option(defaults, "host");
    if (!*sslmode_given && !db_host_is_local(host))
        code = db_options_set(options, "sslmode", "verify-full", error);
    if (!roots)
        roots = default_option(defaults, "sslrootcert");
    if (!code && !roots && !home_has_root_certificate())
        code = db_options_set(options, "sslrootcert", system_certificates(), error);
    PQconninfoFree(defaults);
    return code;
}

static enum error_code options_writable(const struct db_settings *settings,
                                        struct db_options *options, struct error *error)
{
    const char *hosts = db_options_find(options, "hostaddr");
    if (!hosts)
        hosts = db_options_find(options, "host");
    if (!settings->writes && (!hosts || !strchr(hosts, ',')))
        return ERROR_NONE;
    if (db_options_find(options, "target_session_attrs"))
        return ERROR_NONE;
    return db_options_set(options, "target_session_attrs", "read-write", error);
}

enum error_code db_options_build(const struct db_settings *settings, struct db_options *options,
                                 bool *sslmode_given, struct error *error)
{
    const char *const fields[][2] = {
        {"host", settings->host},
        {"port", settings->port},
        {"user", settings->user},
        {"password", settings->password},
        {"dbname", settings->dbname},
        {"sslmode", settings->sslmode},
        {"sslrootcert", settings->sslrootcert},
        {"application_name", settings->application_name},
        {"client_encoding", "UTF8"},
    };
    static const char *const unless_given[][2] = {
        {"keepalives_idle", "30"},
        {"keepalives_interval", "10"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "15000"},
    };
    enum error_code code = ERROR_NONE;
    memset(options, 0, sizeof *options);
    if (settings->url && settings->url[0] != '\0')
        code = options_from_url(settings->url, options, error);
    for (size_t i = 0; !code && i < sizeof fields / sizeof fields[0]; i++)
        code = db_options_set(options, fields[i][0], fields[i][1], error);
    for (size_t i = 0; !code && i < sizeof unless_given / sizeof *unless_given; i++)
        if (!db_options_find(options, unless_given[i][0]))
            code = db_options_set(options, unless_given[i][0], unless_given[i][1], error);
    if (!code)
        code = options_writable(settings, options, error);
    if (!code)
        code = options_secure(options, sslmode_given, error);
    if (code)
        db_options_release(options);
    return code;
}
