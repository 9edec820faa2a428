#include "core/pipeline/database_secret.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "core/base/json.h"
#include "core/base/text.h"

struct member {
    const char *name;
    size_t offset;
    size_t size;
    bool required;
};

#define MEMBER(field, needed)                                       \
    {                                                               \
#field, offsetof(struct database_secret, field),            \
            sizeof(((struct database_secret *)NULL)->field), needed \
    }

static const struct member members[] = {
    MEMBER(username, true), MEMBER(password, true), MEMBER(host, true),         MEMBER(port, true),
    MEMBER(dbname, true),   MEMBER(sslmode, false), MEMBER(sslrootcert, false),
};

enum { LOGIN_MEMBERS = 2 }; /* the first of them */

static void list_present(struct json_object *object, struct buffer *out)
{
    size_t count = 0;
    json_object_object_foreach(object, key, value)
    {
        (void)value;
        if (count++ == 12)
            break;
        buffer_text(out, count == 1 ? "" : ", ");
        text_append_visible(out, key, strlen(key));
    }
    if (count == 0)
        buffer_text(out, "nothing");
}

static enum error_code missing(const char *name, const struct member *member,
                               struct json_object *object, struct error *error)
{
    struct buffer present;
    buffer_init(&present, 300);
    list_present(object, &present);
    error_set(error, ERROR_CONFIG, "the secret %s lacks \"%s\" (it has: %s)", name, member->name,
              present.data);
    buffer_release(&present);
    return ERROR_CONFIG;
}

static enum error_code take(const char *name, const struct member *member,
                            struct json_object *object, char *out, struct error *error)
{
    struct json_object *value = json_member(object, member->name);
    enum json_type type = json_object_get_type(value);
    size_t len = 0;
    if (!value)
        return member->required ? missing(name, member, object, error) : ERROR_NONE;
    if (type != json_type_string && type != json_type_int)
        return error_set(error, ERROR_CONFIG, "the secret %s: \"%s\" is neither text nor a number",
                         name, member->name);
    const char *text = json_object_get_string(value);
    len = strlen(text);
    if (len == 0 && member->required)
        return error_set(error, ERROR_CONFIG, "the secret %s: \"%s\" is empty", name, member->name);
    if (len >= member->size ||
        (type == json_type_string && len != (size_t)json_object_get_string_len(value)))
        return error_set(error, ERROR_CONFIG, "the secret %s: \"%s\" is not usable text", name,
                         member->name);
    memcpy(out, text, len + 1);
    return ERROR_NONE;
}

static enum error_code check_port(const char *name, const struct database_secret *secret,
                                  struct error *error)
{
    char *end = NULL;
    long port = strtol(secret->port, &end, 10);
    if (*end != '\0' || port < 1 || port > 65535)
        return error_set(error, ERROR_CONFIG, "the secret %s: \"port\" is not a port number", name);
    return ERROR_NONE;
}

static enum error_code parse_object(const char *name, const char *text, size_t len,
                                    const char *wanted, struct json_object **object,
                                    struct error *error)
{
    *object = NULL;
    if (json_parse(text, len, object, NULL) || !json_object_is_type(*object, json_type_object))
        return error_set(error, ERROR_CONFIG, "the secret %s is not a JSON object with %s", name,
                         wanted);
    return ERROR_NONE;
}

enum error_code database_secret_parse(const char *name, const char *text, size_t len,
                                      struct database_secret *secret, struct error *error)
{
    struct json_object *object = NULL;
    memset(secret, 0, sizeof *secret);
    enum error_code code =
        parse_object(name, text, len, "username, password, host, port and dbname", &object, error);
    for (size_t i = 0; !code && i < sizeof members / sizeof *members; i++)
        code = take(name, &members[i], object, (char *)secret + members[i].offset, error);
    if (!code)
        code = check_port(name, secret, error);
    if (code)
        database_secret_clear(secret);
    json_object_put(object);
    return code;
}

enum error_code database_secret_take_login(const char *name, const char *text, size_t len,
                                           struct database_secret *secret, struct error *error)
{
    struct json_object *object = NULL;
    enum error_code code = parse_object(name, text, len, "username and password", &object, error);
    for (size_t i = 0; !code && i < LOGIN_MEMBERS; i++)
        code = take(name, &members[i], object, (char *)secret + members[i].offset, error);
    if (code)
        database_secret_clear(secret);
    json_object_put(object);
    return code;
}

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

void database_secret_apply(const struct database_secret *secret, struct db_settings *settings)
{
    settings->host = secret->host;
    settings->port = secret->port;
    settings->user = secret->username;
    settings->password = secret->password;
    settings->dbname = secret->dbname;
    settings->sslmode = or_null(secret->sslmode);
    settings->sslrootcert = or_null(secret->sslrootcert);
}

void database_secret_clear(struct database_secret *secret)
{
    OPENSSL_cleanse(secret, sizeof *secret);
}
