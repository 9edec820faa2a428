#include "aws/profile_files.h"

#include <ctype.h>
#include <ini.h>
#include <pthread.h>

#include "aws/profile_internal.h"
#include "core/base/buffer.h"
#include "core/base/memory.h"

#define LINE_MAX_BYTES 65536

static void inih_configure(void)
{
    ini_use_stack = false;
    ini_allow_realloc = true;
    ini_initial_alloc = 1024;
    ini_max_line = LINE_MAX_BYTES;
    ini_allow_inline_comments = false;
}

static bool section_read(const struct profiles *profiles, const char *section,
                         enum profile_kind *kind, const char **name)
{
    *kind = PROFILE_KIND_PROFILE;
    *name = section;
    if (profiles->credentials_file || strcmp(section, "default") == 0)
        return true;
    if (strncmp(section, "profile", 7) == 0 && isspace((unsigned char)section[7])) {
        *name = section + 8;
    } else if (strncmp(section, "services", 8) == 0 && isspace((unsigned char)section[8])) {
        *kind = PROFILE_KIND_SERVICES;
        *name = section + 9;
    } else {
        return false;
    }
    while (isspace((unsigned char)**name))
        (*name)++;
    return true;
}

static char *text_unquoted(const char *text)
{
    size_t length = strlen(text);
    if (length >= 2 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0])
        return memory_copy_text(text + 1, length - 2);
    return memory_copy_text(text, length);
}

/* A nested line comes from inih as a further value of its parent's name. */
static bool nested_split(const char *value, struct buffer *name, const char **inner)
{
    const char *equals = strchr(value, '=');
    if (!equals)
        return false;
    size_t length = (size_t)(equals - value);
    while (length > 0 && isspace((unsigned char)value[length - 1]))
        length--;
    buffer_char(name, '.');
    buffer_append(name, value, length);
    *inner = equals + 1;
    while (isspace((unsigned char)**inner))
        (*inner)++;
    return true;
}

static int on_entry(void *context, const char *section, const char *name, const char *value)
{
    struct profiles *profiles = context;
    struct buffer full;
    enum profile_kind kind;
    const char *section_name;
    void *list = profiles->list;
    if (!section_read(profiles, section, &kind, &section_name))
        return 1;
    buffer_init(&full, LINE_MAX_BYTES);
    buffer_text(&full, name);
    if (kind == PROFILE_KIND_SERVICES && *value != '\0' && !nested_split(value, &full, &value)) {
        buffer_release(&full);
        return 1;
    }
    if (memory_reserve(&list, &profiles->capacity, profiles->count + 1, sizeof *profiles->list,
                       NULL)) {
        profiles->failed = true;
        buffer_release(&full);
        return 0;
    }
    profiles->list = list;
    struct profile_entry *entry = &profiles->list[profiles->count];
    *entry = (struct profile_entry){.kind = kind,
                                    .section = text_unquoted(section_name),
                                    .name = memory_copy_text(full.data, full.len),
                                    .value = memory_copy_text(value, strlen(value))};
    profiles->count++;
    if (!entry->section || !entry->name || !entry->value)
        profiles->failed = true;
    buffer_release(&full);
    return 1;
}

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

static enum error_code file_read(struct profiles *profiles, const char *path, bool credentials_file,
                                 struct error *error)
{
    profiles->credentials_file = credentials_file;
    int line = *path != '\0' ? ini_parse(path, on_entry, profiles) : 0;
    if (profiles->failed || line == -2)
        return error_set(error, ERROR_MEMORY, "%s: out of memory", path);
    if (line > 0)
        return error_set(error, ERROR_CONFIG,
                         "%s:%d: not a section, a comment or \"key = value\": correct the line",
                         path, line);
    return ERROR_NONE;
}

void profiles_prepare_parser(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, inih_configure);
}

enum error_code profiles_read_files(struct profiles **profiles, struct error *error)
{
    char config[4096], credentials[4096];
    profiles_prepare_parser();
    *profiles = memory_new(1, sizeof **profiles);
    if (!*profiles)
        return error_set(error, ERROR_MEMORY, "profiles: out of memory");
    default_path("AWS_CONFIG_FILE", "config", config, sizeof config);
    default_path("AWS_SHARED_CREDENTIALS_FILE", "credentials", credentials, sizeof credentials);
    enum error_code code = file_read(*profiles, credentials, true, error);
    if (!code)
        code = file_read(*profiles, config, false, error);
    if (code) {
        profiles_free(*profiles);
        *profiles = NULL;
    }
    return code;
}
