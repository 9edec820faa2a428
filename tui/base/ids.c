#include "tui/base/ids.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/record/names.h"
#include "tui/base/filter.h"

#define UPLOAD_PREFIX "UPLOAD_"
#define VENDOR_PREFIX "VEND"
#define BLANK " \t\r\n\"'"

static const char *const names[ID_KINDS] = {
    [ID_UPLOAD] = "upload", [ID_VENDOR] = "vendor", [ID_QUEUE] = "queue", [ID_MESSAGE] = "message",
    [ID_ROW] = "row",       [ID_SKU] = "sku",       [ID_FILE] = "file",   [ID_WORD] = "word",
};

enum id_kind id_kind_named(const char *name, size_t length)
{
    for (int kind = ID_NONE; kind < ID_KINDS; kind++) {
        if (names[kind] && strlen(names[kind]) == length && strncmp(names[kind], name, length) == 0)
            return (enum id_kind)kind;
    }
    return ID_NONE;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void cut_end(char *text, const char *end)
{
    if (ends_with(text, end))
        text[strlen(text) - strlen(end)] = '\0';
}

static bool id_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* An upload's id, wherever in the text it stands. */
static bool find_upload(const char *text, char value[ID_SIZE])
{
    const char *at = strstr(text, UPLOAD_PREFIX);
    size_t length = 0;
    while (at && at > text && id_character(at[-1]))
        at = strstr(at + 1, UPLOAD_PREFIX);
    if (!at)
        return false;
    while (id_character(at[length]))
        length++;
    if (length >= ID_SIZE)
        return false;
    snprintf(value, ID_SIZE, "%.*s", (int)length, at);
    cut_end(value, "_errors");
    cut_end(value, "_rejected");
    return true;
}

static void last_part(char *word, char separator)
{
    char *at = strrchr(word, separator);
    if (at)
        memmove(word, at + 1, strlen(at + 1) + 1);
}

enum id_kind id_find(const char *text, char value[ID_SIZE])
{
    value[0] = '\0';
    if (find_upload(text, value))
        return ID_UPLOAD;
    text += strspn(text, BLANK);
    size_t length = strcspn(text, BLANK);
    if (length == 0 || length >= ID_SIZE)
        return ID_NONE;
    snprintf(value, ID_SIZE, "%.*s", (int)length, text);
    if (ends_with(value, ".csv")) {
        last_part(value, '/');
        return ID_FILE;
    }
    if (ends_with(value, "-dlq") || strstr(value, ":sqs:")) {
        last_part(value, '/');
        last_part(value, ':');
        return ID_QUEUE;
    }
    if (strncmp(value, VENDOR_PREFIX, strlen(VENDOR_PREFIX)) == 0 &&
        vendor_id_valid(value, strlen(value)))
        return ID_VENDOR;
    return ID_WORD;
}

/* UPLOAD_<date>_<time>_<VENDOR>, maybe with _R2 behind it. */
static void add_vendor_of(struct id_set *set, const char *upload_id)
{
    const char *at = upload_id;
    char vendor[ID_SIZE];
    for (int part = 0; part < 3 && at; part++) {
        at = strchr(at, '_');
        if (at)
            at++;
    }
    if (!at)
        return;
    snprintf(vendor, sizeof vendor, "%.*s", (int)strcspn(at, "_"), at);
    if (strcmp(vendor, VENDOR_ID_UNKNOWN) != 0)
        id_set_add(set, ID_VENDOR, vendor);
}

void id_set_add(struct id_set *set, enum id_kind kind, const char *value)
{
    char found[ID_SIZE];
    if (!value || value[0] == '\0' || kind == ID_NONE)
        return;
    if (kind == ID_ANY) {
        kind = id_find(value, found);
        if (kind == ID_WORD && vendor_id_valid(found, strlen(found)))
            kind = ID_VENDOR;
        if (kind != ID_WORD)
            id_set_add(set, kind, found);
        return;
    }
    if (set->values[kind][0] != '\0' || strlen(value) >= ID_SIZE)
        return;
    snprintf(set->values[kind], ID_SIZE, "%s", value);
    if (kind == ID_UPLOAD)
        add_vendor_of(set, value);
}

void id_set_add_filter(struct id_set *set, const char *filter)
{
    struct filter parsed;
    char found[ID_SIZE];
    filter_parse(&parsed, filter, "upload vendor queue message row sku target");
    for (size_t i = 0; i < parsed.count; i++) {
        const char *key = parsed.terms[i].key;
        enum id_kind kind = strcmp(key, "target") == 0 ? ID_ANY : id_kind_named(key, strlen(key));
        id_set_add(set, kind, parsed.terms[i].value);
    }
    enum id_kind words = id_find(parsed.search, found);
    if (words != ID_WORD)
        id_set_add(set, words, found);
}

static void add_word(struct id_set *set, const char *wants, const char *word, size_t length)
{
    char text[ID_SIZE];
    char name[16];
    size_t of_name = wants ? strcspn(wants, " ") : 0;
    enum id_kind kind = ID_ANY;
    if (length >= sizeof text || of_name >= sizeof name)
        return;
    snprintf(text, sizeof text, "%.*s", (int)length, word);
    for (size_t i = 0; i < of_name; i++)
        name[i] = (char)tolower((unsigned char)wants[i]);
    if (of_name > 0)
        kind = id_kind_named(name, of_name);
    id_set_add(set, kind, text);
}

void id_set_add_argument(struct id_set *set, const char *wants, const char *argument)
{
    size_t length = strcspn(argument, " ");
    add_word(set, wants, argument, length);
    argument += length + strspn(argument + length, " ");
    if (wants && strcmp(wants, "QUEUE MESSAGE") == 0)
        id_set_add(set, ID_MESSAGE, argument);
    else
        id_set_add_filter(set, argument);
}
