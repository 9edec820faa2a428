#include "aws/http.h"

#include <strings.h>

#define HEADERS_MAX 65536

void http_exchange_init(struct http_exchange *exchange, size_t max_body)
{
    memset(exchange, 0, sizeof *exchange);
    buffer_init(&exchange->headers_in, HEADERS_MAX);
    buffer_init(&exchange->body_in, max_body);
}

void http_exchange_clear(struct http_exchange *exchange)
{
    exchange->status = 0;
    buffer_clear(&exchange->headers_in);
    buffer_clear(&exchange->body_in);
    if (exchange->into) {
        buffer_cut(exchange->into, exchange->into_start);
        exchange->into->failed = ERROR_NONE;
    }
    exchange->sent = false;
    exchange->sunk = 0;
    error_clear(&exchange->error);
}

void http_exchange_release(struct http_exchange *exchange)
{
    buffer_release(&exchange->headers_in);
    buffer_release(&exchange->body_in);
}

bool http_headers_find(const struct buffer *headers, const char *name, char *out, size_t size)
{
    size_t name_length = strlen(name);
    for (const char *line = headers->data; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (length > name_length && line[name_length] == ':' &&
            strncasecmp(line, name, name_length) == 0) {
            const char *value = line + name_length + 1;
            size_t value_length = length - name_length - 1;
            while (value_length > 0 && *value == ' ') {
                value++;
                value_length--;
            }
            if (value_length >= size)
                return false;
            memcpy(out, value, value_length);
            out[value_length] = '\0';
            return true;
        }
        line += length;
        line += *line == '\n';
    }
    return false;
}

bool http_exchange_header(const struct http_exchange *exchange, const char *name, char *out,
                          size_t size)
{
    return http_headers_find(&exchange->headers_in, name, out, size);
}

void http_transport_release(struct http_transport *transport)
{
    if (transport->free)
        transport->free(transport->context);
    memset(transport, 0, sizeof *transport);
}
