/* HTTP exchanges, many at a time from one thread, over kept connections. The default transport is
 * libcurl's multi interface; a test puts its own in the same place. TLS is always verified. */
#ifndef AWS_HTTP_H
#define AWS_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"

struct http_exchange {
    /* in; borrowed until the exchange is finished or aborted */
    const char *method;
    const char *url;            /* path and query go out as they are here */
    const char *const *headers; /* "Name: value" lines */
    size_t header_count;
    const void *body;
    size_t body_length;
    int64_t connect_timeout_ms; /* 0 = none */
    int64_t timeout_ms;         /* of the whole exchange; 0 = none */
    bool (*sink)(void *context, const void *data, size_t length); /* bytes of a 2xx body; false
                                         ends the exchange with ERROR_CANCELLED; NULL: `body_in` */
    void *sink_context;
    struct buffer *into; /* a 2xx body goes here, behind what it holds; NULL: `body_in` */
    size_t into_start;   /* its length before: what clear cuts it to */
    void *owner;         /* the caller's own */
    bool once; /* nothing is sent again behind the caller's back, not even where a kept connection
                  turns out to be dead */
    size_t body_given; /* of a body that is sent once */
    bool no_proxy;     /* straight to the host (link-local addresses) */
    /* out */
    int status;               /* 0 = no answer */
    struct buffer headers_in; /* "name: value\n" lines, names in lower case */
    struct buffer body_in;    /* its max is the bound: beyond it ERROR_TOO_LARGE */
    bool sent;                /* the request went out whole */
    size_t sunk;              /* bytes that the sink took */
    struct error error;       /* code ERROR_NONE where an answer came, of any status */
    /* the transport's own */
    void *handle;
    void *header_list;
};

void http_exchange_init(struct http_exchange *exchange, size_t max_body);
void http_exchange_clear(struct http_exchange *exchange); /* the out part, to use it again */
void http_exchange_release(struct http_exchange *exchange);

/* Value of a header of the answer, copied without spaces around it. False: absent or too long. */
bool http_exchange_header(const struct http_exchange *exchange, const char *name, char *out,
                          size_t size);

/* The same over "name: value\n" lines. */
bool http_headers_find(const struct buffer *headers, const char *name, char *out, size_t size);

/* What a test replaces. start() queues, wait() lets time pass (at most timeout_ms) and hands back
 * one finished exchange or NULL, abort() gives an unfinished one up. free() may be NULL. */
struct http_transport {
    void *context;
    enum error_code (*start)(void *context, struct http_exchange *exchange, struct error *error);
    struct http_exchange *(*wait)(void *context, int64_t timeout_ms);
    void (*abort)(void *context, struct http_exchange *exchange);
    void (*free)(void *context);
};

/* libcurl and OpenSSL made ready once for the process, without reading OpenSSL's configuration
 * file. Called by http_curl_new; call it before other threads begin, and before any other use of
 * curl. */
void http_global_init(void);

/* The curl transport; for one thread. ca_bundle: NULL = AWS_CA_BUNDLE, then the system's. */
MUST_CHECK enum error_code http_curl_new(struct http_transport *transport, const char *ca_bundle,
                                         struct error *error);
void http_transport_release(struct http_transport *transport);

#endif
