#include "core/operate/state_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"

#define PATH_MAX_BYTES ((size_t)4096)

static enum error_code directory_make(const char *path, struct error *error)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return ERROR_NONE;
    return error_set(error, ERROR_IO, "cannot create %s: %s", path, strerror(errno));
}

/* Every folder of the path that is missing, like `mkdir -p`. */
static enum error_code directories_make(const char *path, struct error *error)
{
    char part[PATH_MAX_BYTES];
    enum error_code code = ERROR_NONE;
    size_t len = strlen(path);
    if (len >= sizeof part)
        return error_set(error, ERROR_IO, "the path of the state directory is too long");
    for (size_t i = 1; i <= len && !code; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        code = directory_make(part, error);
    }
    return code;
}

static char chosen[128];
static char target_mark[16];

void state_directory_choose(const char *environment, const char *target)
{
    char name[sizeof chosen], mark[sizeof target_mark] = "";
    if (target[0] != '\0')
        snprintf(mark, sizeof mark, "-%08x", text_hash(target, strlen(target)));
    if (strcmp(mark, target_mark) != 0)
        memcpy(target_mark, mark, sizeof mark);
    snprintf(name, sizeof name, "%s", strcmp(environment, "default") != 0 ? environment : "");
    for (char *c = name; *c != '\0'; c++)
        if (*c == '/' || (c == name && *c == '.'))
            *c = '_';
    if (strcmp(name, chosen) != 0)
        memcpy(chosen, name, sizeof name);
}

void state_directory_target(struct buffer *name)
{
    buffer_text(name, target_mark);
}

enum error_code state_directory_name(struct buffer *path, struct error *error)
{
    enum error_code code = state_directory_common(path, error);
    if (!code && chosen[0] != '\0')
        buffer_format(path, "/%s", chosen);
    return code ? code : buffer_check(path, error);
}

enum error_code state_directory_common(struct buffer *path, struct error *error)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && state[0] == '/')
        buffer_format(path, "%s/intake", state);
    else if (home && home[0] == '/')
        buffer_format(path, "%s/.local/state/intake", home);
    else
        return error_set(error, ERROR_CONFIG,
                         "cannot save state: neither XDG_STATE_HOME nor HOME is an absolute path");
    return buffer_check(path, error);
}

enum error_code state_directory(struct buffer *path, struct error *error)
{
    size_t start = path->len;
    enum error_code code = state_directory_name(path, error);
    return code ? code : directories_make(path->data + start, error);
}
