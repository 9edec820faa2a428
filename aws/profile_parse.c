#include "aws/profile_parse.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/memory.h"

#define VALUE_MAX 65536
#define NAME_MAX_BYTES 256

struct parse {
    struct profiles *profiles;
    const char *path;
    int line;
    bool credentials_file;
    bool in_section;
    enum profile_kind kind;
    char section[NAME_MAX_BYTES];
    size_t property; /* index of the one that a line may continue */
    bool open;       /* there is one */
    bool skipped;    /* it is of no use to us */
    bool nested;     /* it has no value of its own */
    size_t indent;
    struct error *error;
};

static enum error_code fault(const struct parse *parse, const char *what)
{
    return error_set(parse->error, ERROR_CONFIG, "%s:%d: %s: correct the line", parse->path,
                     parse->line, what);
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static void comment_cut(char *text)
{
    for (char *at = text; *at != '\0'; at++)
        if ((*at == '#' || *at == ';') && (at == text || isspace((unsigned char)at[-1])))
            *at = '\0';
}

static bool is_name(const char *text, bool spaces)
{
    static const char others[] = "-_/.%@:+";
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && !strchr(others, *text) && !(spaces && *text == ' '))
            return false;
    return true;
}

/* The name itself, or NULL where no SDK would take it. */
static char *name_read(char *text)
{
    size_t length = strlen(text);
    bool quoted = length >= 2 && (*text == '"' || *text == '\'') && text[length - 1] == *text;
    if (quoted) {
        text[length - 1] = '\0';
        text++;
    }
    return is_name(text, quoted) && strlen(text) < NAME_MAX_BYTES ? text : NULL;
}

/* The name behind "profile ", "services " or "sso-session "; NULL: another word. */
static char *word_take(char *text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(text, word, length) != 0 || !isspace((unsigned char)text[length]))
        return NULL;
    return trim(text + length);
}

static char *section_kind(const struct parse *parse, char *text, enum profile_kind *kind)
{
    static const struct {
        const char *word;
        enum profile_kind kind;
    } words[] = {{"profile", PROFILE_KIND_PROFILE},
                 {"services", PROFILE_KIND_SERVICES},
                 {"sso-session", PROFILE_KIND_SSO_SESSION}};
    *kind = PROFILE_KIND_PROFILE;
    if (parse->credentials_file)
        return text;
    if (strcmp(text, "default") == 0) {
        *kind = PROFILE_KIND_BARE_DEFAULT;
        return text;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char *name = word_take(text, words[i].word);
        *kind = words[i].kind;
        if (name)
            return name;
    }
    return NULL;
}

static void text_wipe(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

static enum error_code entry_add(struct parse *parse, const char *name, const char *value)
{
    struct profiles *profiles = parse->profiles;
    void *list = profiles->list;
    enum error_code code = memory_reserve(&list, &profiles->capacity, profiles->count + 1,
                                          sizeof *profiles->list, parse->error);
    if (code)
        return code;
    profiles->list = list;
    struct profile_entry *entry = &profiles->list[profiles->count++];
    *entry =
        (struct profile_entry){.kind = parse->kind,
                               .section = memory_copy_text(parse->section, strlen(parse->section)),
                               .name = memory_copy_text(name, strlen(name)),
                               .value = memory_copy_text(value, strlen(value))};
    if (!entry->section || !entry->name || !entry->value)
        return error_set(parse->error, ERROR_MEMORY, "%s: out of memory", parse->path);
    return ERROR_NONE;
}

static enum error_code section_line(struct parse *parse, char *line)
{
    char *end = strchr(line, ']');
    parse->open = false;
    if (!end)
        return fault(parse, "a section must end with ']'");
    *end = '\0';
    char *name = section_kind(parse, trim(line + 1), &parse->kind);
    if (name)
        name = name_read(name);
    parse->in_section = true;
    if (!name) {
        parse->kind = PROFILE_KIND_NONE;
        return ERROR_NONE;
    }
    snprintf(parse->section, sizeof parse->section, "%s", name);
    return entry_add(parse, "", "");
}

/* NULL after a fault, for a line that has no '=' or nothing before it. */
static char *pair_split(const struct parse *parse, char *line, char **value, enum error_code *code)
{
    char *equals = strchr(line, '=');
    *code = ERROR_NONE;
    if (!equals) {
        *code = fault(parse, "not a [section], a # comment or KEY = VALUE");
        return NULL;
    }
    *equals = '\0';
    char *name = trim(line);
    *value = trim(equals + 1);
    if (*name == '\0') {
        *code = fault(parse, "no key before the '='");
        return NULL;
    }
    for (char *at = name; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return name;
}

static enum error_code property_line(struct parse *parse, char *line, size_t indent)
{
    char *value;
    enum error_code code;
    char *name = pair_split(parse, line, &value, &code);
    if (!name)
        return code;
    comment_cut(value);
    value = trim(value);
    parse->open = true;
    parse->indent = indent;
    parse->nested = *value == '\0';
    parse->skipped = parse->kind == PROFILE_KIND_NONE || !is_name(name, false);
    if (parse->skipped)
        return ERROR_NONE;
    parse->property = parse->profiles->count;
    return entry_add(parse, name, value);
}

static enum error_code continued(struct parse *parse, const char *line)
{
    struct profile_entry *entry = &parse->profiles->list[parse->property];
    struct buffer whole;
    buffer_init(&whole, VALUE_MAX);
    buffer_format(&whole, "%s\n%s", entry->value, line);
    enum error_code code = buffer_check(&whole, parse->error);
    if (!code) {
        text_wipe(entry->value);
        entry->value = buffer_take(&whole);
        if (!entry->value)
            code = error_set(parse->error, ERROR_MEMORY, "%s: out of memory", parse->path);
    }
    buffer_release(&whole);
    return code;
}

static enum error_code continuation_line(struct parse *parse, char *line)
{
    char full[2 * NAME_MAX_BYTES], *value;
    enum error_code code = ERROR_NONE;
    if (!parse->skipped)
        code = continued(parse, line);
    if (code || !parse->nested)
        return code;
    char *name = pair_split(parse, line, &value, &code);
    if (!name || parse->skipped)
        return code;
    comment_cut(value);
    snprintf(full, sizeof full, "%s.%s", parse->profiles->list[parse->property].name, name);
    return entry_add(parse, full, trim(value));
}

static enum error_code line_read(struct parse *parse, char *line)
{
    size_t indent = strspn(line, " \t");
    char *text = trim(line);
    if (*text == '\0' || *text == '#' || *text == ';')
        return ERROR_NONE;
    if (indent == 0 && *text == '[')
        return section_line(parse, text);
    if (!parse->in_section)
        return fault(parse, "no [section] above it");
    if (parse->open && indent > parse->indent)
        return continuation_line(parse, text);
    return property_line(parse, text, indent);
}

enum error_code profile_parse(struct profiles *profiles, const char *path, char *text,
                              size_t length, bool credentials_file, struct error *error)
{
    static const char mark[] = "\xEF\xBB\xBF";
    struct parse parse = {.profiles = profiles,
                          .path = path,
                          .credentials_file = credentials_file,
                          .kind = PROFILE_KIND_NONE,
                          .error = error};
    enum error_code code = ERROR_NONE;
    char *at = strncmp(text, mark, 3) == 0 ? text + 3 : text, *end = text + length;
    while (!code && at < end) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        *stop = '\0';
        parse.line++;
        code = strlen(at) < (size_t)(stop - at) ? fault(&parse, "contains a NUL byte")
                                                : line_read(&parse, at);
        at = stop + 1;
    }
    return code;
}
