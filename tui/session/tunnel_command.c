#include "tui/session/tunnel_command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"

#define WORD_MAX 4096

void tunnel_words_release(struct tunnel_words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->words[i]);
    memset(words, 0, sizeof *words);
}

/* Letters, digits and what names and addresses have besides; never an option. */
static bool is_host(const char *text)
{
    if (*text == '\0' || *text == '-')
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && !strchr(".-_:", *text))
            return false;
    return true;
}

static bool is_port(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < 6 && strspn(text, "0123456789") == length;
}

static bool is_instance(const char *text)
{
    return (strncmp(text, "i-", 2) == 0 || strncmp(text, "mi-", 3) == 0) && is_host(text);
}

static enum error_code places_check(const struct tunnel_places *places, struct error *error)
{
    if (!places->host)
        return error_set(error, ERROR_CONFIG,
                         "tunnel: the database host is unknown: set database_host");
    if (!is_host(places->host))
        return error_set(error, ERROR_CONFIG, "tunnel: \"%.80s\" is not a host name", places->host);
    if (!is_port(places->port))
        return error_set(error, ERROR_CONFIG, "tunnel: \"%.20s\" is not a port", places->port);
    return ERROR_NONE;
}

static void filled_append(struct buffer *word, const char **at, const struct tunnel_places *places)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", places->local_port);
    const char *const names[][2] = {
        {"{host}", places->host}, {"{port}", places->port}, {"{local_port}", number}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(names[i][0]);
        if (strncmp(*at, names[i][0], length) == 0) {
            buffer_text(word, names[i][1]);
            *at += length;
            return;
        }
    }
    buffer_char(word, *(*at)++);
}

static enum error_code word_keep(struct tunnel_words *words, struct buffer *word,
                                 struct error *error)
{
    if (words->count == TUNNEL_WORDS_MOST)
        return error_set(error, ERROR_CONFIG, "tunnel: the command has more than %d words",
                         TUNNEL_WORDS_MOST);
    enum error_code code = buffer_check(word, error);
    char *text = code ? NULL : buffer_take(word);
    if (!code && !text)
        code = error_set(error, ERROR_MEMORY, "out of memory for a tunnel");
    if (!code)
        words->words[words->count++] = text;
    return code;
}

/* One word; false where a quote is open at its end. */
static bool word_read(const char **at, const struct tunnel_places *places, struct buffer *word)
{
    char quote = '\0';
    for (; **at != '\0' && (quote || !isspace((unsigned char)**at));) {
        char c = **at;
        if (c == quote || (!quote && (c == '"' || c == '\''))) {
            quote = c == quote ? '\0' : c;
            ++*at;
        } else if (c == '\\' && quote != '\'' && (*at)[1] != '\0') {
            buffer_char(word, (*at)[1]);
            *at += 2;
        } else {
            filled_append(word, at, places);
        }
    }
    return !quote;
}

static enum error_code words_split(const char *command, const struct tunnel_places *places,
                                   struct tunnel_words *words, struct error *error)
{
    const char *at = command + strspn(command, " \t");
    enum error_code code = ERROR_NONE;
    while (*at != '\0' && !code) {
        struct buffer word;
        buffer_init(&word, WORD_MAX);
        buffer_text(&word, "");
        if (!word_read(&at, places, &word))
            code = error_set(error, ERROR_CONFIG, "tunnel: unclosed quote in the command");
        if (!code && word.len == 0)
            code = error_set(error, ERROR_CONFIG, "tunnel: the command has an empty word");
        if (!code)
            code = word_keep(words, &word, error);
        buffer_release(&word);
        at += strspn(at, " \t");
    }
    if (!code && words->count == 0)
        code = error_set(error, ERROR_CONFIG, "tunnel: the command is empty");
    return code;
}

static enum error_code ssm_make(const struct tunnel_places *places, struct tunnel_words *words,
                                struct error *error)
{
    struct buffer command;
    if (!places->instance || places->instance[0] == '\0')
        return error_set(
            error, ERROR_CONFIG,
            "tunnel = ssm requires an instance: set tunnel_instance = i-..., or use a stack "
            "created with OperatorAccess=ssm");
    if (!is_instance(places->instance))
        return error_set(error, ERROR_CONFIG,
                         "tunnel_instance = %.60s: an instance id begins with i- or mi-",
                         places->instance);
    buffer_init(&command, WORD_MAX);
    buffer_format(&command,
                  "aws ssm start-session --target %s --document-name "
                  "AWS-StartPortForwardingSessionToRemoteHost --parameters "
                  "host={host},portNumber={port},localPortNumber={local_port}",
                  places->instance);
    if (places->region && is_host(places->region))
        buffer_format(&command, " --region %s", places->region);
    enum error_code code = buffer_check(&command, error);
    if (!code)
        code = words_split(command.data, places, words, error);
    buffer_release(&command);
    return code;
}

enum error_code tunnel_words_make(const char *command, const struct tunnel_places *places,
                                  struct tunnel_words *words, struct error *error)
{
    memset(words, 0, sizeof *words);
    enum error_code code = places_check(places, error);
    if (!code)
        code = strcmp(command, "ssm") == 0 ? ssm_make(places, words, error)
                                           : words_split(command, places, words, error);
    if (code)
        tunnel_words_release(words);
    return code;
}
