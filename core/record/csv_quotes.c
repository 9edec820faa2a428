#include "core/record/csv_quotes.h"

#include <string.h>

static const char *blanks_skip(const char *at, const char *end, char delimiter)
{
    while (at < end && (*at == ' ' || *at == '\t') && *at != delimiter)
        at++;
    return at;
}

static const char *byte_find(const char *at, const char *end, char byte)
{
    return at < end ? memchr(at, byte, (size_t)(end - at)) : NULL;
}

bool csv_quotes_look(struct csv_quotes *quotes, const char *line, const char *end)
{
    const char delimiter = quotes->delimiter;
    const char *at = line;
    bool stray = false;
    for (;;) {
        if (!quotes->quoted) {
            at = blanks_skip(at, end, delimiter);
            if (at == end || *at != '"') {
                at = byte_find(at, end, delimiter);
                if (!at)
                    return true;
                at++;
                continue;
            }
            quotes->open = at++;
            quotes->quoted = true;
            stray = false;
        }
        const char *quote = byte_find(at, end, '"');
        if (!quote)
            return !stray;
        if (quote + 1 < end && quote[1] == '"') {
            at = quote + 2;
            continue;
        }
        at = blanks_skip(quote + 1, end, delimiter);
        if (at == end || *at == delimiter) {
            quotes->quoted = false;
            if (at++ == end)
                return true;
            continue;
        }
        if (quote == line || quote[-1] == delimiter)
            return false;
        stray = true;
        at = quote + 1;
    }
}

const char *csv_quotes_find_open(char delimiter, const char *raw, size_t len)
{
    struct csv_quotes quotes = {.delimiter = delimiter};
    const char *end = raw + len;
    for (const char *line = raw;;) {
        const char *stop = line;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        if (!csv_quotes_look(&quotes, line, stop))
            return quotes.open;
        if (stop == end)
            return quotes.quoted ? quotes.open : NULL;
        line = stop + 1;
    }
}
