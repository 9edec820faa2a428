/* Amazon S3. Keys are given as they are; encoding is done here. Path style where the endpoint is
 * custom or the bucket has dots, virtual hosts otherwise.
 * Source: Amazon S3 API Reference. */
#ifndef AWS_S3_H
#define AWS_S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"

#define S3_METADATA_MAX 16

struct s3_object {
    int64_t size;
    int64_t last_modified_ms; /* 0 = unknown */
    char version_id[128];     /* "" = none; "null" is S3's own word */
    char etag[80];            /* without quotes */
    char content_type[128];
    struct buffer metadata; /* "name\0value\0" pairs, names in lower case without x-amz-meta- */
};

void s3_object_init(struct s3_object *object);
void s3_object_release(struct s3_object *object);
/* A metadata value, NULL where absent. The object's. */
const char *s3_object_metadata(const struct s3_object *object, const char *name);

/* version NULL or "": the latest. object (initialised) may be NULL. ERROR_NOT_FOUND: no such key,
 * version or bucket (service_code tells), or a delete marker. */
MUST_CHECK enum error_code s3_head_object(struct aws_client *client, const char *bucket,
                                          const char *key, const char *version,
                                          struct s3_object *object, struct error *error);
/* Appends to `body`: ERROR_TOO_LARGE beyond max bytes (or the buffer's own). After an error `body`
 * holds what it held before. */
MUST_CHECK enum error_code s3_get_object(struct aws_client *client, const char *bucket,
                                         const char *key, const char *version, size_t max,
                                         struct buffer *body, struct s3_object *object,
                                         struct error *error);
/* The same, of the object with that ETag alone (If-Match): else ERROR_CONFLICT (412). */
MUST_CHECK enum error_code s3_get_object_matching(struct aws_client *client, const char *bucket,
                                                  const char *key, const char *version,
                                                  const char *etag, size_t max, struct buffer *body,
                                                  struct error *error);
/* Bytes to a callback as they come; false from it ends with ERROR_CANCELLED. */
MUST_CHECK enum error_code
s3_get_object_stream(struct aws_client *client, const char *bucket, const char *key,
                     const char *version,
                     bool (*sink)(void *context, const void *data, size_t length), void *context,
                     struct s3_object *object, struct error *error);

struct s3_put {
    const char *bucket;
    const char *key;
    const void *body;
    size_t body_length;
    const char *content_type;        /* NULL: application/octet-stream */
    const struct aws_pair *metadata; /* names without x-amz-meta-; values ASCII */
    size_t metadata_count;           /* at most S3_METADATA_MAX */
};

/* object (initialised, may be NULL) gets version_id, etag and size. */
MUST_CHECK enum error_code s3_put_object(struct aws_client *client, const struct s3_put *put,
                                         struct s3_object *object, struct error *error);
MUST_CHECK enum error_code s3_delete_object(struct aws_client *client, const char *bucket,
                                            const char *key, const char *version,
                                            struct error *error);

struct s3_entry {
    const char *key;
    const char *version_id; /* "" in a plain list */
    const char *etag;       /* without quotes */
    int64_t size;
    int64_t last_modified_ms;
};

/* One entry, valid during the call; false ends the listing. Pages are fetched as needed. */
typedef bool s3_entry_fn(void *context, const struct s3_entry *entry);
MUST_CHECK enum error_code s3_list_objects(struct aws_client *client, const char *bucket,
                                           const char *prefix, s3_entry_fn *entry, void *context,
                                           struct error *error);

/* version NULL or "": the latest at the time of use. expires_s 1 to 604800. */
MUST_CHECK enum error_code s3_presign_get(struct aws_client *client, const char *bucket,
                                          const char *key, const char *version, int64_t expires_s,
                                          struct buffer *url, int64_t *expires_at_ms,
                                          struct error *error);

/* A PUT by whoever has the link: it has to send the same Content-Type, and Content-Length where
 * that is signed. A custom endpoint is the link's own. */
struct s3_presigned_put {
    const char *bucket;
    const char *key;
    const char *content_type; /* signed */
    int64_t content_length;   /* signed; 0: any */
    int64_t expires_s;        /* 1 to 604800 */
};

MUST_CHECK enum error_code s3_presign_put(struct aws_client *client,
                                          const struct s3_presigned_put *put, struct buffer *url,
                                          int64_t *expires_at_ms, struct error *error);

struct s3_public_access {
    bool block_public_acls;
    bool ignore_public_acls;
    bool block_public_policy;
    bool restrict_public_buckets;
};

/* Bucket configuration, for a doctor. An absent configuration is not an error. */
MUST_CHECK enum error_code s3_head_bucket(struct aws_client *client, const char *bucket,
                                          struct error *error);
MUST_CHECK enum error_code s3_get_versioning(struct aws_client *client, const char *bucket,
                                             bool *enabled, struct error *error);
/* algorithm: "AES256", "aws:kms" or "" */
MUST_CHECK enum error_code s3_get_encryption(struct aws_client *client, const char *bucket,
                                             char algorithm[32], struct error *error);
MUST_CHECK enum error_code s3_get_public_access(struct aws_client *client, const char *bucket,
                                                struct s3_public_access *access,
                                                struct error *error);

/* The days after which the life cycle deletes every object under `prefix`: of the rules that are
 * enabled and hold for all of them, the least. 0: none does. */
MUST_CHECK enum error_code s3_get_expiration(struct aws_client *client, const char *bucket,
                                             const char *prefix, int64_t *days,
                                             struct error *error);

struct s3_notification {
    char function_arn[256];
    char events[256]; /* joined by ',' */
    char prefix[128];
    char suffix[128];
};

/* Lambda notifications; *count is in: room, out: how many were written. */
MUST_CHECK enum error_code s3_get_notifications(struct aws_client *client, const char *bucket,
                                                struct s3_notification *notifications,
                                                size_t *count, struct error *error);

#endif
