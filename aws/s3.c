#include "aws/s3.h"

#include <strings.h>

#include "core/base/time_text.h"

#define METADATA_MAX 16384
#define METADATA_PREFIX "x-amz-meta-"

void s3_object_init(struct s3_object *object)
{
    memset(object, 0, sizeof *object);
    buffer_init(&object->metadata, METADATA_MAX);
}

void s3_object_release(struct s3_object *object)
{
    buffer_release(&object->metadata);
}

const char *s3_object_metadata(const struct s3_object *object, const char *name)
{
    const char *end = object->metadata.data + object->metadata.len;
    for (const char *at = object->metadata.data; at < end;) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

static void unquoted_copy(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= 2 && text[0] == '"' && text[length - 1] == '"') {
        text++;
        length -= 2;
    }
    snprintf(out, size, "%.*s", (int)length, text);
}

static void metadata_read(const struct buffer *headers, struct buffer *metadata)
{
    size_t prefix = strlen(METADATA_PREFIX);
    for (const char *line = headers->data; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        const char *colon = memchr(line, ':', length);
        if (colon && strncmp(line, METADATA_PREFIX, prefix) == 0) {
            const char *value = colon + 1 + strspn(colon + 1, " ");
            buffer_append(metadata, line + prefix, (size_t)(colon - line) - prefix);
            buffer_char(metadata, '\0');
            buffer_append(metadata, value, (size_t)(line + length - value));
            buffer_char(metadata, '\0');
        }
        line += length;
        line += *line == '\n';
    }
}

static void object_read(const struct aws_response *response, struct s3_object *object)
{
    char text[256];
    if (!object)
        return;
    s3_object_release(object);
    s3_object_init(object);
    if (aws_response_header(response, "content-length", text, sizeof text))
        object->size = strtoll(text, NULL, 10);
    if (aws_response_header(response, "last-modified", text, sizeof text) &&
        !time_text_parse_http(text, &object->last_modified_ms))
        object->last_modified_ms = 0;
    if (aws_response_header(response, "etag", text, sizeof text))
        unquoted_copy(object->etag, sizeof object->etag, text);
    if (!aws_response_header(response, "x-amz-version-id", object->version_id,
                             sizeof object->version_id))
        object->version_id[0] = '\0';
    if (!aws_response_header(response, "content-type", object->content_type,
                             sizeof object->content_type))
        object->content_type[0] = '\0';
    metadata_read(&response->headers, &object->metadata);
}

struct object_call {
    const char *operation;
    const char *method;
    const char *bucket;
    const char *key;
    const char *version;
};

static struct aws_request object_request(const struct object_call *call, struct aws_pair *query)
{
    bool versioned = call->version && *call->version != '\0';
    *query = (struct aws_pair){.name = "versionId", .value = call->version};
    return (struct aws_request){.service = AWS_S3,
                                .operation = call->operation,
                                .method = call->method,
                                .bucket = call->bucket,
                                .path = call->key,
                                .query = query,
                                .query_count = versioned ? 1 : 0};
}

static enum error_code object_call(struct aws_client *client, const struct aws_request *request,
                                   struct s3_object *object, struct error *error)
{
    struct aws_response response;
    aws_response_init(&response);
    enum error_code code = aws_call(client, request, &response, NULL, error);
    if (!code)
        object_read(&response, object);
    aws_response_release(&response);
    return code;
}

enum error_code s3_head_object(struct aws_client *client, const char *bucket, const char *key,
                               const char *version, struct s3_object *object, struct error *error)
{
    struct aws_pair query;
    struct object_call call = {"HeadObject", "HEAD", bucket, key, version};
    struct aws_request request = object_request(&call, &query);
    return object_call(client, &request, object, error);
}

static enum error_code get_into(struct aws_client *client, struct aws_request *request, size_t max,
                                struct buffer *body, struct s3_object *object, struct error *error)
{
    size_t own_max = body->max;
    if (max < body->max - body->len)
        body->max = body->len + max;
    request->into = body;
    enum error_code code = object_call(client, request, object, error);
    body->max = own_max;
    return code;
}

enum error_code s3_get_object(struct aws_client *client, const char *bucket, const char *key,
                              const char *version, size_t max, struct buffer *body,
                              struct s3_object *object, struct error *error)
{
    struct aws_pair query;
    struct object_call call = {"GetObject", "GET", bucket, key, version};
    struct aws_request request = object_request(&call, &query);
    return get_into(client, &request, max, body, object, error);
}

enum error_code s3_get_object_matching(struct aws_client *client, const char *bucket,
                                       const char *key, const char *version, const char *etag,
                                       size_t max, struct buffer *body, struct error *error)
{
    struct aws_pair query;
    char quoted[96];
    const struct aws_pair match = {.name = "If-Match", .value = etag[0] ? quoted : NULL};
    struct object_call call = {"GetObject", "GET", bucket, key, version};
    struct aws_request request = object_request(&call, &query);
    snprintf(quoted, sizeof quoted, "\"%s\"", etag);
    request.headers = &match;
    request.header_count = 1;
    return get_into(client, &request, max, body, NULL, error);
}

enum error_code s3_get_object_stream(struct aws_client *client, const char *bucket, const char *key,
                                     const char *version,
                                     bool (*sink)(void *context, const void *data, size_t length),
                                     void *context, struct s3_object *object, struct error *error)
{
    struct aws_pair query;
    struct object_call call = {"GetObject", "GET", bucket, key, version};
    struct aws_request request = object_request(&call, &query);
    request.sink = sink;
    request.sink_context = context;
    return object_call(client, &request, object, error);
}

enum error_code s3_put_object(struct aws_client *client, const struct s3_put *put,
                              struct s3_object *object, struct error *error)
{
    struct aws_pair headers[S3_METADATA_MAX + 2];
    char names[S3_METADATA_MAX][96];
    size_t count = 0;
    if (put->metadata_count > S3_METADATA_MAX)
        return error_set(error, ERROR_INVALID, "S3 PutObject: at most %d metadata entries",
                         S3_METADATA_MAX);
    for (size_t i = 0; i < put->metadata_count; i++) {
        snprintf(names[i], sizeof names[i], METADATA_PREFIX "%s", put->metadata[i].name);
        headers[count++] = (struct aws_pair){.name = names[i], .value = put->metadata[i].value};
    }
    struct aws_request request = {.service = AWS_S3,
                                  .operation = "PutObject",
                                  .method = "PUT",
                                  .bucket = put->bucket,
                                  .path = put->key,
                                  .headers = headers,
                                  .header_count = count,
                                  .body = put->body ? put->body : "",
                                  .body_length = put->body_length,
                                  .content_type = put->content_type ? put->content_type
                                                                    : "application/octet-stream"};
    enum error_code code = object_call(client, &request, object, error);
    if (!code && object)
        object->size = (int64_t)put->body_length;
    return code;
}

enum error_code s3_delete_object(struct aws_client *client, const char *bucket, const char *key,
                                 const char *version, struct error *error)
{
    struct aws_pair query;
    struct object_call call = {"DeleteObject", "DELETE", bucket, key, version};
    struct aws_request request = object_request(&call, &query);
    return object_call(client, &request, NULL, error);
}

enum error_code s3_presign_get(struct aws_client *client, const char *bucket, const char *key,
                               const char *version, int64_t expires_s, struct buffer *url,
                               int64_t *expires_at_ms, struct error *error)
{
    struct aws_pair query;
    struct object_call call = {"GetObject", "GET", bucket, key, version};
    struct aws_request request = object_request(&call, &query);
    return aws_presign(client, &request, expires_s, url, expires_at_ms, error);
}

enum error_code s3_presign_put(struct aws_client *client, const struct s3_presigned_put *put,
                               struct buffer *url, int64_t *expires_at_ms, struct error *error)
{
    struct aws_pair query;
    char length[24];
    const struct aws_pair headers[] = {
        {"Content-Type", put->content_type},
        {"Content-Length", put->content_length > 0 ? length : NULL},
    };
    struct object_call call = {"PutObject", "PUT", put->bucket, put->key, NULL};
    struct aws_request request = object_request(&call, &query);
    snprintf(length, sizeof length, "%lld", (long long)put->content_length);
    request.headers = headers;
    request.header_count = sizeof headers / sizeof *headers;
    return aws_presign(client, &request, put->expires_s, url, expires_at_ms, error);
}
