/* What the parts of the client share. Not for use outside aws/. */
#ifndef AWS_CLIENT_INTERNAL_H
#define AWS_CLIENT_INTERNAL_H

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/http.h"
#include "aws/rate.h"
#include "aws/service_code.h"
#include "aws/sigv4.h"

#define CALL_COUNTS 96
#define RETRY_QUOTA 500

struct call_count {
    enum aws_service service;
    const char *operation;
    uint64_t calls;
};

enum retry_mode { RETRY_STANDARD, RETRY_ADAPTIVE, RETRY_LEGACY };

struct aws_client {
    struct world world;
    const struct cancel *cancel;
    struct http_transport own_transport;
    const struct http_transport *transport; /* NULL until the first call */
    struct credentials_provider *credentials;
    profiles_reader read_profiles;
    struct profiles *profiles; /* NULL until something is not in the environment */
    char *region;              /* NULL until asked for */
    char *profile;             /* as the options gave it, or NULL */
    char *endpoint_url;
    char *user_agent;
    const struct aws_partition *partition; /* NULL until the region was checked */
    char *endpoints[AWS_SERVICE_COUNT];    /* NULL until asked for */
    bool endpoint_custom[AWS_SERVICE_COUNT];
    int64_t connect_timeout_ms;
    int64_t request_timeout_ms;
    int max_attempts; /* 0: not read yet, unless the options gave it */
    enum retry_mode retry_mode;
    struct rate rate; /* of the adaptive mode */
    bool retries_read;
    int64_t skew_ms; /* service's clock minus ours */
    int quota;
    const char *credentials_source;
    struct call_count counts[CALL_COUNTS];
    size_t count_used;
};

/* ---- client.c */
MUST_CHECK enum error_code client_transport(struct aws_client *client, struct error *error);
/* client->profiles stays NULL where nobody reads any. */
MUST_CHECK enum error_code client_profiles(struct aws_client *client, struct error *error);
void client_count(struct aws_client *client, const struct aws_request *request);

/* ---- endpoint.c: client->endpoints[service] is there afterwards */
MUST_CHECK enum error_code endpoint_find(struct aws_client *client, enum aws_service service,
                                         struct error *error);

/* ---- request.c: a request as it goes over the wire */
struct wire {
    struct buffer url;
    struct buffer path; /* parts of the URL, for signing */
    struct buffer query;
    struct buffer lines; /* header lines, NUL between them */
    const char **headers;
    size_t header_count;
    size_t header_capacity;
    const void *body;
    size_t body_length;
};
void wire_init(struct wire *wire);
void wire_clear(struct wire *wire);
void wire_release(struct wire *wire);
/* body/body_length: what goes out (the slot's own where the request has none). */
MUST_CHECK enum error_code wire_build(struct aws_client *client, const struct aws_request *request,
                                      const void *body, size_t body_length, struct wire *wire,
                                      struct error *error);

/* ---- service_error.c: the error of an answer that is no success */
void service_error_read(const struct aws_request *request, const struct http_exchange *exchange,
                        struct error *error);
/* The error of an exchange that had no answer. */
void transport_error_read(struct aws_client *client, const struct aws_request *request,
                          const struct http_exchange *exchange, struct error *error);

/* ---- retry.c */
struct retry_state {
    int attempt; /* attempts made */
    int held;    /* quota taken by the latest retry */
    bool clock_corrected;
    bool credentials_renewed;
};
/* Whether the failed attempt is made again: true with *delay_ms, false for good. */
bool retry_decide(struct aws_client *client, const struct aws_request *request,
                  const struct http_exchange *exchange, const struct error *error,
                  struct retry_state *state, int64_t *delay_ms);
/* A success gives quota back. */
void retry_settle(struct aws_client *client, struct retry_state *state);

#endif
