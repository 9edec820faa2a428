/* A client: region, endpoints, credentials, connections, retry quota and clock skew of one thread.
 * Every service header builds on aws_call and aws_call_many. Making a client costs next to nothing:
 * no file, no network, no TLS set-up before the first call.
 * Retries are the SDKs' standard mode, unless AWS_RETRY_MODE or the profile says otherwise: 3
 * attempts, exponential backoff with full jitter, a quota of 500 tokens (5 a retry, 10 after a
 * timeout), throttling and transient codes, Retry-After, and the clock corrected once from the
 * answer's Date. Source: AWS SDKs and Tools Reference Guide, "Retry behavior". */
#ifndef AWS_CLIENT_H
#define AWS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "aws/profile.h"
#include "aws/region.h"
#include "aws/service.h"
#include "core/base/buffer.h"
#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/base/world.h"

struct aws_client;
struct credentials_provider;
struct http_transport;
struct json_object;

/* All zero is a good default. Texts are copied; pointers to structs are borrowed. */
struct aws_options {
    const char *region;            /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's region */
    const char *profile;           /* NULL: AWS_PROFILE, then "default" */
    profiles_reader profiles;      /* profiles_read_files; NULL: there are none */
    credentials_assume_fn *assume; /* sts_credentials_assume; NULL: no role can be assumed */
    credentials_sso_fn *sso;       /* sso_credentials_get; NULL: no SSO */
    credentials_code_fn *code;     /* asks for an MFA code; NULL: nobody can be asked */
    void *code_context;
    const char *endpoint_url; /* every service; NULL: AWS_ENDPOINT_URL[_<SERVICE>], the profile's */
    const char *user_agent;   /* NULL: "intake" */
    const struct world *world;                /* NULL: world_real */
    const struct cancel *cancel;              /* for every call; NULL: never */
    int64_t connect_timeout_ms;               /* 0: 5,000 */
    int64_t request_timeout_ms;               /* of one attempt; 0: 60,000 */
    int max_attempts;                         /* 0: AWS_MAX_ATTEMPTS, the profile's, then 3 */
    struct credentials_provider *credentials; /* shared, takes its own reference; NULL: its own */
    const struct http_transport *transport;   /* NULL: curl */
};

/* ERROR_MEMORY alone: a missing or unknown region is told by the first call that needs it
 * (aws_client_region_check tells it at once). */
MUST_CHECK enum error_code aws_client_new(struct aws_client **client,
                                          const struct aws_options *options, struct error *error);
void aws_client_free(struct aws_client *client);

/* Another wish to stop from now on (NULL: none); the one before is returned. For work that must be
 * brought to its end after the user has asked to stop. */
const struct cancel *aws_client_watch(struct aws_client *client, const struct cancel *cancel);

/* The region, "" where none is set. The text is the client's. */
const char *aws_client_region(struct aws_client *client);
MUST_CHECK enum error_code aws_client_region_check(struct aws_client *client,
                                                   const struct aws_partition **partition,
                                                   struct error *error);
/* Endpoint URL that a service's calls go to, without a slash at the end. */
MUST_CHECK enum error_code aws_client_endpoint(struct aws_client *client, enum aws_service service,
                                               struct buffer *url, struct error *error);
/* True where the service's endpoint is set by environment, profile or option, so not AWS's own. */
bool aws_client_endpoint_is_custom(struct aws_client *client, enum aws_service service);
/* When the credentials in use end; INT64_MAX: never or not known. Looks them up. */
MUST_CHECK enum error_code aws_client_credentials_expire_at(struct aws_client *client,
                                                            int64_t *at_ms, struct error *error);
/* The provider, to share with another client. Borrowed. */
struct credentials_provider *aws_client_credentials(struct aws_client *client);
/* Wall clock corrected by the skew the services told of. */
int64_t aws_client_now_ms(const struct aws_client *client);

/* HTTP requests sent so far, retries included: of a service, of one operation of it (NULL = any),
 * in all. */
uint64_t aws_client_calls(const struct aws_client *client, enum aws_service service,
                          const char *operation);
uint64_t aws_client_calls_total(const struct aws_client *client);

struct aws_pair {
    const char *name;
    const char *value;
};

/* One call. Nothing is owned; it must live until the call returns. */
struct aws_request {
    enum aws_service service;
    const char *operation; /* static: counts, messages, X-Amz-Target */
    const char *method;    /* NULL: POST */
    const char *bucket;    /* S3: the bucket; else NULL */
    const char *path;      /* not encoded, from the '/' on (S3: the key, no '/'); NULL: "/" */
    const struct aws_pair *query; /* not encoded; value NULL: name alone */
    size_t query_count;
    const struct aws_pair *headers; /* entries with value NULL are skipped */
    size_t header_count;
    const void *body;
    size_t body_length;
    const char *content_type; /* NULL: the protocol's own */
    size_t max_response;      /* bytes; 0: 16 MiB */
    int64_t timeout_ms;       /* of one attempt; 0: the client's (long polls need more) */
    int64_t deadline_ms;      /* monotonic clock of the world; 0: none */
    int max_attempts;         /* 0: the client's */
    bool unsigned_request;    /* no credentials (AssumeRoleWithWebIdentity) */
    bool (*sink)(void *context, const void *data, size_t length); /* a 2xx body, as it comes;
                                       after the first byte a failure is not retried */
    void *sink_context;
    struct buffer *into; /* a 2xx body goes behind what this buffer holds; it bounds it */
    bool once;           /* not idempotent: never sent again once it may have been taken */
    bool no_proxy;
};

struct aws_response {
    int status;
    struct buffer headers; /* "name: value\n", names in lower case */
    struct buffer body;
};

void aws_response_init(struct aws_response *response);
void aws_response_release(struct aws_response *response);
/* Copies a header's value; false: absent or too long. */
bool aws_response_header(const struct aws_response *response, const char *name, char *out,
                         size_t size);

/* Sends, retries, and gives back the answer of a 2xx (and of a 304). Any other outcome is an error
 * with service code, HTTP status and request id, one line saying what, where and what to do.
 * error->possibly_done: the request went out whole and no answer came. */
MUST_CHECK enum error_code aws_call(struct aws_client *client, const struct aws_request *request,
                                    struct aws_response *response, const struct cancel *cancel,
                                    struct error *error);

/* aws_call, then the body parsed as JSON; `json` is the caller's to json_object_put. */
MUST_CHECK enum error_code aws_call_json(struct aws_client *client, enum aws_service service,
                                         const char *operation, const struct buffer *body,
                                         struct json_object **json, struct error *error);

/* Many calls at a time. A slot is one place in flight, used again and again. */
struct aws_slot {
    struct aws_request request; /* filled by next */
    struct buffer body; /* the slot's own, cleared before next; used where request.body is NULL */
    size_t number;      /* of the slot, 0 to max_in_flight - 1 */
    size_t tries;       /* how often `done` asked to send this one again */
    void *state;        /* the caller's; NULL at first */
};

#define AWS_SLOT_DONE (-1)

struct aws_flight {
    void *context;
    size_t max_in_flight;        /* 0: 8 */
    const struct cancel *cancel; /* besides the client's; NULL: none */
    /* Fills the slot with a request; false: no more. Not asked again after false. */
    bool (*next)(void *context, struct aws_slot *slot);
    /* One outcome (after the client's own retries); error->code is ERROR_NONE on success. Answers
     * AWS_SLOT_DONE, or milliseconds after which the slot's request, changed at will, goes out
     * again. Setting *stop ends the pulling of further requests; those in flight are finished. */
    int64_t (*done)(void *context, struct aws_slot *slot, const struct aws_response *response,
                    const struct error *error, bool *stop);
};

/* Runs until next has no more and nothing is in flight. Fails only where it could not go on
 * (cancelled, memory): outcomes of calls are done's matter, and every request that next gave has
 * reached done when this returns, a cancelled one with ERROR_CANCELLED. */
MUST_CHECK enum error_code aws_call_many(struct aws_client *client, const struct aws_flight *flight,
                                         struct error *error);

/* Presigned URL of a request, good for expires_s seconds. It dies with the credentials if these end
 * sooner: *expires_at_ms (may be NULL) is the true end. With a session token whose end is not known
 * that is at most 12 hours, the longest session of a role. */
MUST_CHECK enum error_code aws_presign(struct aws_client *client, const struct aws_request *request,
                                       int64_t expires_s, struct buffer *url,
                                       int64_t *expires_at_ms, struct error *error);

/* Full jitter: a random wait in [0, min(cap, base * 2^attempt)] milliseconds. */
int64_t aws_backoff_ms(struct aws_client *client, size_t attempt, int64_t base_ms, int64_t cap_ms);

#endif
