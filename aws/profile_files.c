#include "aws/profile_files.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/profile_parse.h"
#include "core/base/buffer.h"
#include "core/base/memory.h"

#define FILE_MAX (1 << 20)

static void default_path(const char *variable, const char *file, char *out, size_t size)
{
    const char *set = getenv(variable);
    const char *home = getenv("HOME");
    if (!home)
        home = "";
    if (set && set[0] == '~' && set[1] == '/')
        snprintf(out, size, "%s%s", home, set + 1);
    else if (set && *set != '\0')
        snprintf(out, size, "%s", set);
    else if (*home != '\0')
        snprintf(out, size, "%s/.aws/%s", home, file);
    else
        out[0] = '\0';
}

static enum error_code bytes_read(const char *path, struct buffer *text, struct error *error)
{
    char chunk[4096];
    size_t got;
    FILE *file = *path != '\0' ? fopen(path, "re") : NULL;
    if (!file && (*path == '\0' || errno == ENOENT || errno == ENOTDIR))
        return ERROR_NONE;
    if (!file)
        return error_set(error, ERROR_CONFIG, "%s: %s: make it readable, or name another file",
                         path, strerror(errno));
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(text, chunk, got);
    bool failed = ferror(file) != 0;
    fclose(file);
    OPENSSL_cleanse(chunk, sizeof chunk);
    if (failed)
        return error_set(error, ERROR_CONFIG, "%s: cannot be read", path);
    return buffer_check(text, error);
}

static enum error_code file_read(struct profiles *profiles, const char *path, bool credentials_file,
                                 struct error *error)
{
    struct buffer text;
    buffer_init(&text, FILE_MAX);
    enum error_code code = bytes_read(path, &text, error);
    if (!code && text.len > 0)
        code = profile_parse(profiles, path, text.data, text.len, credentials_file, error);
    if (text.capacity > 0)
        OPENSSL_cleanse(text.data, text.len);
    buffer_release(&text);
    return code;
}

/* [profile default] and [default] are not one: the first hides the second. */
static void default_settle(struct profiles *profiles)
{
    bool prefixed = false;
    for (size_t i = 0; i < profiles->count; i++)
        prefixed = prefixed || (profiles->list[i].kind == PROFILE_KIND_PROFILE &&
                                strcmp(profiles->list[i].section, "default") == 0);
    for (size_t i = 0; i < profiles->count; i++)
        if (profiles->list[i].kind == PROFILE_KIND_BARE_DEFAULT)
            profiles->list[i].kind = prefixed ? PROFILE_KIND_NONE : PROFILE_KIND_PROFILE;
}

enum error_code profiles_read_files(struct profiles **profiles, struct error *error)
{
    char config[4096], credentials[4096];
    *profiles = memory_new(1, sizeof **profiles);
    if (!*profiles)
        return error_set(error, ERROR_MEMORY, "profiles: out of memory");
    default_path("AWS_CONFIG_FILE", "config", config, sizeof config);
    default_path("AWS_SHARED_CREDENTIALS_FILE", "credentials", credentials, sizeof credentials);
    enum error_code code = file_read(*profiles, config, false, error);
    default_settle(*profiles);
    if (!code)
        code = file_read(*profiles, credentials, true, error);
    if (code) {
        profiles_free(*profiles);
        *profiles = NULL;
    }
    return code;
}
