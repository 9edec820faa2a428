/* AWS Signature Version 4 in stages, so that each can be asserted: canonical request, string to
 * sign, signing key, signature; as a header or as a presigned query.
 * Source: IAM User Guide, "AWS Signature Version 4 for API requests"; S3 API Reference,
 * "Authenticating Requests (AWS Signature Version 4)". */
#ifndef AWS_SIGV4_H
#define AWS_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"

#define SIGV4_DIGEST_SIZE 32
#define SIGV4_HEX_SIZE 65 /* with its NUL */
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define SIGV4_STREAMING_PAYLOAD "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"

struct sigv4_credentials {
    const char *access_key_id;
    const char *secret_access_key;
    const char *token; /* session token; NULL or "" = none */
};

struct sigv4_header {
    const char *name;  /* any case */
    const char *value; /* as sent; folded and trimmed for signing */
};

/* A request as it will go over the wire. Nothing here is owned. */
struct sigv4_request {
    const char *method;
    const char *path;  /* as on the request line, before the '?'; "" is "/" */
    const char *query; /* as on the request line, after the '?'; NULL or "" = none */
    const struct sigv4_header *headers; /* Host must be among them */
    size_t header_count;
    const void *body;
    size_t body_length;
};

struct sigv4_options {
    struct sigv4_credentials credentials;
    const char *region;
    const char *service; /* signing name */
    int64_t time_ms;
    bool normalize_path;      /* resolve "." and ".." and doubled slashes; off for S3 */
    bool encode_path_twice;   /* on for every service but S3 */
    bool sign_body;           /* add x-amz-content-sha256 to the signed headers */
    bool omit_session_token;  /* add the token after signing, unsigned */
    const char *payload_hash; /* NULL: SHA-256 of the body; or one of the constants above */
    int64_t expires_s;        /* presigned form: 1 to 604800 */
};

/* Every stage of one signing. init and release are the caller's. */
struct sigv4_result {
    struct buffer canonical_request;
    struct buffer string_to_sign;
    struct buffer signed_headers; /* names joined by ';' */
    char signature[SIGV4_HEX_SIZE];
    struct buffer authorization;       /* header form: the Authorization value */
    struct buffer query;               /* presigned form: the whole query string, signed */
    char date[17];                     /* X-Amz-Date, 20260102T030405Z */
    char payload_hash[SIGV4_HEX_SIZE]; /* x-amz-content-sha256 */
};

void sigv4_result_init(struct sigv4_result *result);
void sigv4_result_release(struct sigv4_result *result);

/* Header form. X-Amz-Date, X-Amz-Security-Token and, with sign_body, x-amz-content-sha256 are added
 * to the signed headers here and must be sent with the values of `result` and the token. Headers of
 * these names in the request, Authorization, User-Agent, X-Amzn-Trace-Id and the hop-by-hop ones
 * (RFC 9110, section 7.6.1) are left out of the signature; an x-amz-content-sha256 in the
 * request is taken as the payload hash where options->payload_hash is NULL. A result may be used
 * again. */
MUST_CHECK enum error_code sigv4_sign_header(const struct sigv4_request *request,
                                             const struct sigv4_options *options,
                                             struct sigv4_result *result, struct error *error);

/* Presigned form: result->query is the request's query with the X-Amz-* parameters and the
 * signature. */
MUST_CHECK enum error_code sigv4_sign_query(const struct sigv4_request *request,
                                            const struct sigv4_options *options,
                                            struct sigv4_result *result, struct error *error);

/* The stages, apart. All hashing is OpenSSL's. */
void sigv4_scope(const struct sigv4_options *options, struct buffer *scope);
MUST_CHECK enum error_code sigv4_signing_key(const struct sigv4_options *options,
                                             unsigned char key[SIGV4_DIGEST_SIZE],
                                             struct error *error);
MUST_CHECK enum error_code sigv4_hash_hex(const void *data, size_t length, char hex[SIGV4_HEX_SIZE],
                                          struct error *error);

/* Percent-encodes all but RFC 3986's unreserved characters; '/' is kept where keep_slash. */
void sigv4_encode(struct buffer *out, const char *text, size_t length, bool keep_slash);

#endif
