#include "tui/session/config.h"

#include <errno.h>
#include <ini.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/pipeline/settings.h"
#include "tui/base/distance.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/theme.h"

#define LINE_MAX_BYTES 8192
#define WHY_SIZE 96

enum config_type {
    CONFIG_TEXT,
    CONFIG_BOOL,
    CONFIG_NUMBER,
    CONFIG_URL,      /* http:// or https:// */
    CONFIG_DATABASE, /* a libpq URI without a password */
    CONFIG_THEME,
    CONFIG_KEY_NAMES,
    CONFIG_CHOICE, /* one of the words of `value` */
};

struct config_row {
    const char *name;
    enum config_type type;
    const char *value;
    const char *help;
};

static const struct config_row rows[] = {
    {"production", CONFIG_BOOL, "true|false",
     "marks a production environment: read-only unless --write is given"},
    {"environment", CONFIG_TEXT, "NAME", "before the first section: the default environment"},
    {"profile", CONFIG_TEXT, "NAME", "profile of the AWS configuration files"},
    {"stack", CONFIG_TEXT, "NAME", "CloudFormation stack whose outputs name the resources"},
    {"endpoint_url", CONFIG_URL, "URL", "endpoint to use instead of AWS"},
    {"database_service", CONFIG_TEXT, "NAME", "a service from libpq's pg_service.conf"},
    {"database_port", CONFIG_NUMBER, "PORT", "database port"},
    {"database_name", CONFIG_TEXT, "NAME", "database"},
    {"database_user", CONFIG_TEXT, "NAME",
     "database login: your own, which is recorded in the audit log"},
    {"database_auth", CONFIG_CHOICE, "password|iam",
     "iam: use an RDS token (valid for 15 minutes) from your AWS credentials instead of a "
     "password; requires sslmode verify-full"},
    {"database_sslmode", CONFIG_TEXT, "MODE", "sslmode of libpq"},
    {"database_sslrootcert", CONFIG_TEXT, "FILE", "file with the server's CA certificates"},
    {"tunnel", CONFIG_TEXT, "ssm|none|COMMAND",
     "tunnel to a private database: ssm uses Session Manager through tunnel_instance (requires "
     "the AWS CLI and its session-manager-plugin); a command must stay in the foreground and "
     "forward 127.0.0.1:{local_port} to {host}:{port}, such as ssh -N -L "
     "{local_port}:{host}:{port} bastion; it is run without a shell"},
    {"tunnel_port", CONFIG_NUMBER, "PORT", "local port of the tunnel (default: any free port)"},
    {"tunnel_seconds", CONFIG_NUMBER, "N",
     "timeout in seconds until the tunnel listens (default: 30)"},
    {"cool_down_minutes", CONFIG_NUMBER, "N",
     "minutes between two resends of one notice (default: 10)"},
    {"refresh_seconds", CONFIG_NUMBER, "N", "seconds between refreshes of the console"},
    {"color", CONFIG_CHOICE, "auto|always|never", "colors in the output of commands"},
    {"theme", CONFIG_THEME, "auto|light|dark|contrast|mono",
     "colors of the console; auto (the default) asks the terminal for its background"},
    {"time", CONFIG_CHOICE, "utc|local", "zone of the times in the console (utc); z switches"},
    {"mouse", CONFIG_CHOICE, "on|off",
     "off: the console leaves the mouse to the terminal, for selecting text (on)"},
    {"clipboard", CONFIG_TEXT, "COMMAND",
     "program that is given what y and c copy, such as wl-copy (default: the terminal, by OSC 52)"},
    {"bell", CONFIG_BOOL, "true|false",
     "the console rings when an upload fails or gets stuck, or a dead letter arrives (false)"},
    {"keys.*", CONFIG_KEY_NAMES, "KEY...", "keys for an action of the console: keys.leave = q"},
};

struct config_entry {
    struct config_entry *next;
    const char *section;
    const char *key;
    const char *value;
};

struct config {
    struct arena arena;
    const char *path;
    struct config_entry *entries, **end;
    const char **sections;
    size_t section_count, section_capacity;
};

struct reading {
    struct config *config;
    FILE *file;
    int line;
    bool too_long;
    struct error *error;
    enum error_code code;
};

bool config_key_at(size_t index, struct config_key *key)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (!setting_key(i))
            continue;
        if (index-- == 0) {
            *key = (struct config_key){setting_key(i), "NAME", setting_help(i)};
            return true;
        }
    }
    if (index >= sizeof rows / sizeof rows[0])
        return false;
    *key = (struct config_key){rows[index].name, rows[index].value, rows[index].help};
    return true;
}

static enum config_type setting_type(enum setting setting)
{
    if (setting == SETTING_DATABASE_URL)
        return CONFIG_DATABASE;
    return setting == SETTING_ERROR_QUEUE_URL ? CONFIG_URL : CONFIG_TEXT;
}

static bool key_type(const char *key, enum config_type *type, const char **words)
{
    enum setting setting = setting_find_key(key);
    if (setting != SETTING_COUNT) {
        *type = setting_type(setting);
        return true;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].name);
        bool open = rows[i].name[len - 1] == '*';
        if (open ? strncmp(rows[i].name, key, len - 1) == 0 && key[len - 1] != '\0'
                 : strcmp(rows[i].name, key) == 0) {
            *type = rows[i].type;
            *words = rows[i].value;
            return true;
        }
    }
    return false;
}

static const char *key_near(const char *key)
{
    struct config_key candidate;
    const char *near = NULL;
    size_t best = 4;
    for (size_t i = 0; config_key_at(i, &candidate); i++) {
        size_t distance = text_distance(key, candidate.name);
        if (distance < best) {
            best = distance;
            near = candidate.name;
        }
    }
    return near;
}

static bool looks_secret(const char *key)
{
    static const char *const words[] = {"password", "passwd", "secret_access_key", "session_token",
                                        "secret_key"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(key, words[i]))
            return true;
    }
    return false;
}

static bool url_has_password(const char *url)
{
    const char *host = strstr(url, "://");
    if (host) {
        host += 3;
        size_t len = strcspn(host, "/?");
        const char *at = memchr(host, '@', len);
        if (at && memchr(host, ':', (size_t)(at - host)))
            return true;
    }
    return strstr(url, "password") != NULL;
}

static bool number_valid(const char *value)
{
    size_t len = strlen(value);
    return len > 0 && len < 10 && strspn(value, "0123456789") == len;
}

static bool bool_read(const char *value, bool *result)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(value, yes[i]) == 0 || strcmp(value, no[i]) == 0) {
            *result = strcmp(value, yes[i]) == 0;
            return true;
        }
    }
    return false;
}

static bool theme_exists(const char *value)
{
    const char *name;
    for (size_t i = 0; (name = theme_at(i)); i++) {
        if (strcmp(name, value) == 0)
            return true;
    }
    return false;
}

static bool keys_valid(const char *value)
{
    const char *at = value;
    if (*at == '\0')
        return false;
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        if (len > 0 && keys_parse(at, len) == KEYS_NONE)
            return false;
        at += len;
        at += strspn(at, " ");
    }
    return true;
}

/* Whether it is one of the words between the bars. */
static bool is_choice(const char *words, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = words; length > 0 && (at = strstr(at, value)); at += length) {
        if ((at == words || at[-1] == '|') && (at[length] == '\0' || at[length] == '|'))
            return true;
    }
    return false;
}

/* What is wrong with the value; NULL: nothing. */
static const char *value_fault(enum config_type type, const char *words, const char *value,
                               char why[WHY_SIZE])
{
    bool ignored;
    switch (type) {
    case CONFIG_TEXT:
        return value[0] != '\0' ? NULL : "is empty";
    case CONFIG_BOOL:
        return bool_read(value, &ignored) ? NULL : "must be true or false";
    case CONFIG_NUMBER:
        return number_valid(value) ? NULL : "must be a whole number";
    case CONFIG_URL:
        if (strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0)
            return NULL;
        return "must start with http:// or https://";
    case CONFIG_DATABASE:
        return url_has_password(value) ? "holds a password; use a service file, ~/.pgpass or the "
                                         "secret"
                                       : NULL;
    case CONFIG_THEME:
        return theme_exists(value) ? NULL : "unknown theme";
    case CONFIG_CHOICE:
        snprintf(why, WHY_SIZE, "must be %s", words);
        return is_choice(words, value) ? NULL : why;
    case CONFIG_KEY_NAMES:
        return keys_valid(value) ? NULL : "must be names of keys, like: q ctrl-l f1";
    }
    return NULL;
}

static bool fault(struct reading *reading, const char *format, ...) PRINTF_LIKE(2, 3);
static bool fault(struct reading *reading, const char *format, ...)
{
    char text[400];
    va_list arguments;
    if (reading->code)
        return false;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reading->code = error_set(reading->error, ERROR_CONFIG, "%s:%d: %s", reading->config->path,
                              reading->line, text);
    return false;
}

static bool entry_check(struct reading *reading, const char *key, const char *value)
{
    enum config_type type = CONFIG_TEXT;
    const char *words = "";
    char why[WHY_SIZE];
    if (looks_secret(key))
        return fault(reading, "%.60s: this file must not contain a password", key);
    if (!key_type(key, &type, &words)) {
        const char *near = key_near(key);
        return near ? fault(reading, "%.60s: unknown key; did you mean %s?", key, near)
                    : fault(reading, "%.60s: unknown key (see intake-config(5))", key);
    }
    const char *wrong = value_fault(type, words, value, why);
    if (wrong)
        return type == CONFIG_DATABASE ? fault(reading, "%s: %s", key, wrong)
                                       : fault(reading, "%s = %.60s: %s", key, value, wrong);
    return true;
}

static bool section_note(struct config *config, const char *name, size_t len)
{
    void *list = config->sections;
    if (memory_reserve(&list, &config->section_capacity, config->section_count + 1,
                       sizeof *config->sections, NULL))
        return false;
    config->sections = list;
    const char *section = arena_copy_text(&config->arena, name, len);
    if (section && !config_has_section(config, section))
        config->sections[config->section_count++] = section;
    return section != NULL;
}

static int entry_take(void *user, const char *section, const char *key, const char *value)
{
    struct reading *reading = user;
    struct config *config = reading->config;
    if (reading->code || !entry_check(reading, key, value))
        return 0;
    struct config_entry *entry = arena_new(&config->arena, 1, sizeof *entry);
    if (!entry) {
        reading->code =
            error_set(reading->error, ERROR_MEMORY, "out of memory for %s", config->path);
        return 0;
    }
    entry->section = arena_copy_text(&config->arena, section, strlen(section));
    entry->key = arena_copy_text(&config->arena, key, strlen(key));
    entry->value = arena_copy_text(&config->arena, value, strlen(value));
    if (!entry->section || !entry->key || !entry->value) {
        reading->code =
            error_set(reading->error, ERROR_MEMORY, "out of memory for %s", config->path);
        return 0;
    }
    *config->end = entry;
    config->end = &entry->next;
    return 1;
}

/* inih tells its handler no line, and nothing of a section without keys: both are seen here. */
static char *line_read(char *text, int size, void *stream)
{
    struct reading *reading = stream;
    if (reading->code || !fgets(text, size, reading->file))
        return NULL;
    reading->line++;
    size_t len = strlen(text);
    if (len + 1 == (size_t)size && text[len - 1] != '\n') {
        fault(reading, "the line is longer than %d characters", size - 2);
        return NULL;
    }
    if (text[0] == ' ' || text[0] == '\t')
        memmove(text, text + strspn(text, " \t"), strlen(text + strspn(text, " \t")) + 1);
    const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
    if (end && !section_note(reading->config, text + 1, (size_t)(end - text - 1)))
        reading->code = error_set(reading->error, ERROR_MEMORY, "out of memory for a section");
    return text;
}

/* Its own bound is 198 characters: a tunnel's command is longer. */
static void inih_configure(void)
{
    ini_use_stack = false;
    ini_allow_realloc = true;
    ini_initial_alloc = 512;
    ini_max_line = LINE_MAX_BYTES;
}

static enum error_code file_read(struct config *config, FILE *file, struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct reading reading = {.config = config, .file = file, .error = error};
    pthread_once(&once, inih_configure);
    int first_fault = ini_parse_stream(line_read, &reading, entry_take, &reading);
    if (!reading.code && first_fault > 0) {
        reading.line = first_fault;
        fault(&reading, "must be a [section] or KEY = VALUE");
    }
    if (!reading.code && ferror(file))
        return error_set(error, ERROR_IO, "cannot read %s", config->path);
    return reading.code;
}

static enum error_code path_find(char *path, size_t size, struct error *error)
{
    const char *named = getenv("INTAKE_CONFIG");
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int n = 0;
    path[0] = '\0';
    if (named && named[0] != '\0')
        n = snprintf(path, size, "%s", named);
    else if (base && base[0] == '/')
        n = snprintf(path, size, "%s/intake/config.ini", base);
    else if (home && home[0] != '\0')
        n = snprintf(path, size, "%s/.config/intake/config.ini", home);
    if (n < 0 || (size_t)n >= size)
        return error_set(error, ERROR_CONFIG, "the path of config.ini is too long");
    return ERROR_NONE;
}

enum error_code config_read(const char *path, struct config **out, struct error *error)
{
    char usual[1024];
    FILE *file = NULL;
    enum error_code code = ERROR_NONE;
    const char *named = getenv("INTAKE_CONFIG");
    bool wanted = path || (named && named[0] != '\0');
    struct config *config = memory_new(1, sizeof *config);
    *out = NULL;
    if (!config)
        return error_set(error, ERROR_MEMORY, "out of memory for the configuration");
    config->end = &config->entries;
    config->path = "";
    if (!path) {
        code = path_find(usual, sizeof usual, error);
        path = usual;
    }
    if (code || path[0] == '\0')
        goto done;
    file = fopen(path, "re");
    if (!file) {
        if (wanted || (errno != ENOENT && errno != ENOTDIR))
            code = error_set(error, ERROR_CONFIG, "cannot read %s: %s", path, strerror(errno));
        goto done;
    }
    config->path = arena_copy_text(&config->arena, path, strlen(path));
    code = config->path ? file_read(config, file, error)
                        : error_set(error, ERROR_MEMORY, "out of memory for %s", path);
done:
    if (file)
        fclose(file);
    if (!code)
        *out = config;
    else
        config_free(config);
    return code;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    arena_release(&config->arena);
    free(config->sections);
    free(config);
}

const char *config_path(const struct config *config)
{
    return config->path;
}

bool config_has_section(const struct config *config, const char *section)
{
    for (size_t i = 0; i < config->section_count; i++) {
        if (strcmp(config->sections[i], section) == 0)
            return true;
    }
    return false;
}

const char *config_section(const struct config *config, size_t index)
{
    return index < config->section_count ? config->sections[index] : NULL;
}

const char *config_get(const struct config *config, const char *section, const char *key)
{
    const char *common = NULL, *own = NULL;
    for (const struct config_entry *entry = config->entries; entry; entry = entry->next) {
        if (strcmp(entry->key, key) != 0)
            continue;
        if (entry->section[0] == '\0')
            common = entry->value;
        else if (strcmp(entry->section, section) == 0)
            own = entry->value;
    }
    return own ? own : common;
}

bool config_is_true(const char *value)
{
    bool result = false;
    return value && bool_read(value, &result) && result;
}

bool config_get_bool(const struct config *config, const char *section, const char *key,
                     bool otherwise)
{
    const char *value = config_get(config, section, key);
    bool result = otherwise;
    if (value && !bool_read(value, &result))
        return otherwise;
    return result;
}
