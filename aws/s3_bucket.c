#include <strings.h>

#include "aws/s3.h"
#include "aws/xml.h"
#include "core/base/time_text.h"

/* The document is to be released whatever is returned. */
static enum error_code bucket_get(struct aws_client *client, const char *operation,
                                  const char *bucket, const struct aws_pair *query, size_t count,
                                  struct xml_document *document, struct error *error)
{
    struct aws_response response;
    struct aws_request request = {.service = AWS_S3,
                                  .operation = operation,
                                  .method = "GET",
                                  .bucket = bucket,
                                  .query = query,
                                  .query_count = count};
    *document = (struct xml_document){.arena = ARENA_INIT};
    aws_response_init(&response);
    enum error_code code = aws_call(client, &request, &response, NULL, error);
    if (!code)
        code = xml_parse(document, response.body.data, response.body.len, error);
    aws_response_release(&response);
    return code;
}

static bool is_true(const char *text)
{
    return strcasecmp(text, "true") == 0;
}

static void entry_read(const struct xml_node *node, struct s3_entry *entry, char etag[80])
{
    const char *modified = xml_text(node, "LastModified");
    const char *tag = xml_text(node, "ETag");
    size_t length = strlen(tag);
    bool quoted = length >= 2 && tag[0] == '"';
    snprintf(etag, 80, "%.*s", (int)(quoted ? length - 2 : length), quoted ? tag + 1 : tag);
    *entry = (struct s3_entry){.key = xml_text(node, "Key"),
                               .version_id = xml_text(node, "VersionId"),
                               .etag = etag,
                               .size = xml_integer(node, "Size")};
    if (!time_text_parse_iso8601(modified, strlen(modified), &entry->last_modified_ms))
        entry->last_modified_ms = 0;
}

static bool entries_give(const struct xml_node *root, s3_entry_fn *give, void *context)
{
    bool more = true;
    for (const struct xml_node *node = root->first; node && more; node = node->next) {
        struct s3_entry entry;
        char etag[80];
        if (strcmp(node->name, "Contents") != 0)
            continue;
        entry_read(node, &entry, etag);
        more = give(context, &entry);
    }
    return more;
}

enum error_code s3_list_objects(struct aws_client *client, const char *bucket, const char *prefix,
                                s3_entry_fn *entry, void *context, struct error *error)
{
    struct xml_document page = {.arena = ARENA_INIT};
    const char *token = NULL;
    bool more = true;
    enum error_code code = ERROR_NONE;
    while (more && !code) {
        struct xml_document next;
        struct aws_pair query[] = {{"list-type", "2"},
                                   {prefix ? "prefix" : NULL, prefix},
                                   {token ? "continuation-token" : NULL, token}};
        code = bucket_get(client, "ListObjectsV2", bucket, query, 3, &next, error);
        xml_release(&page);
        page = next;
        if (code)
            break;
        more =
            entries_give(page.root, entry, context) && is_true(xml_text(page.root, "IsTruncated"));
        token = xml_text(page.root, "NextContinuationToken");
        more = more && *token != '\0';
    }
    xml_release(&page);
    return code;
}

enum error_code s3_head_bucket(struct aws_client *client, const char *bucket, struct error *error)
{
    struct aws_request request = {
        .service = AWS_S3, .operation = "HeadBucket", .method = "HEAD", .bucket = bucket};
    return aws_call(client, &request, NULL, NULL, error);
}

enum error_code s3_get_versioning(struct aws_client *client, const char *bucket, bool *enabled,
                                  struct error *error)
{
    struct xml_document document;
    struct aws_pair query = {"versioning", ""};
    *enabled = false;
    enum error_code code =
        bucket_get(client, "GetBucketVersioning", bucket, &query, 1, &document, error);
    if (!code)
        *enabled = strcmp(xml_text(document.root, "Status"), "Enabled") == 0;
    xml_release(&document);
    return code;
}

/* A configuration that was never made is answered with an error of its own. */
static enum error_code absent_is_fine(enum error_code code, const char *service_code,
                                      struct error *error)
{
    if (!code || strcmp(error->service_code, service_code) != 0)
        return code;
    error_clear(error);
    return ERROR_NONE;
}

enum error_code s3_get_encryption(struct aws_client *client, const char *bucket, char algorithm[32],
                                  struct error *error)
{
    struct xml_document document;
    struct error own = ERROR_INIT;
    struct aws_pair query = {"encryption", ""};
    algorithm[0] = '\0';
    enum error_code code =
        bucket_get(client, "GetBucketEncryption", bucket, &query, 1, &document, &own);
    if (!code)
        snprintf(algorithm, 32, "%s",
                 xml_text(document.root, "Rule/ApplyServerSideEncryptionByDefault/SSEAlgorithm"));
    xml_release(&document);
    code = absent_is_fine(code, "ServerSideEncryptionConfigurationNotFoundError", &own);
    if (code && error)
        *error = own;
    return code;
}

enum error_code s3_get_public_access(struct aws_client *client, const char *bucket,
                                     struct s3_public_access *access, struct error *error)
{
    struct xml_document document;
    struct error own = ERROR_INIT;
    struct aws_pair query = {"publicAccessBlock", ""};
    memset(access, 0, sizeof *access);
    enum error_code code =
        bucket_get(client, "GetPublicAccessBlock", bucket, &query, 1, &document, &own);
    if (!code) {
        const struct xml_node *root = document.root;
        access->block_public_acls = is_true(xml_text(root, "BlockPublicAcls"));
        access->ignore_public_acls = is_true(xml_text(root, "IgnorePublicAcls"));
        access->block_public_policy = is_true(xml_text(root, "BlockPublicPolicy"));
        access->restrict_public_buckets = is_true(xml_text(root, "RestrictPublicBuckets"));
    }
    xml_release(&document);
    code = absent_is_fine(code, "NoSuchPublicAccessBlockConfiguration", &own);
    if (code && error)
        *error = own;
    return code;
}

/* Whether a rule of the life cycle holds for all objects under `prefix`: one that asks for tags or
 * sizes does not. API_LifecycleRule: the prefix of older rules stands beside the filter. */
static bool rule_covers(const struct xml_node *rule, const char *prefix)
{
    const struct xml_node *filter = xml_find(rule, "Filter");
    const struct xml_node *both = xml_find(filter, "And");
    const struct xml_node *where = both ? both : filter ? filter : rule;
    const char *of = xml_text(where, "Prefix");
    return !xml_find(where, "Tag") && !xml_integer(where, "ObjectSizeGreaterThan") &&
           !xml_integer(where, "ObjectSizeLessThan") && strncmp(prefix, of, strlen(of)) == 0;
}

enum error_code s3_get_expiration(struct aws_client *client, const char *bucket, const char *prefix,
                                  int64_t *days, struct error *error)
{
    struct xml_document document;
    struct error own = ERROR_INIT;
    struct aws_pair query = {"lifecycle", ""};
    *days = 0;
    enum error_code code =
        bucket_get(client, "GetBucketLifecycleConfiguration", bucket, &query, 1, &document, &own);
    const struct xml_node *rule = code ? NULL : xml_find(document.root, "Rule");
    for (; rule; rule = xml_next(rule)) {
        int64_t after = xml_integer(rule, "Expiration/Days");
        if (after > 0 && (!*days || after < *days) && rule_covers(rule, prefix) &&
            strcmp(xml_text(rule, "Status"), "Enabled") == 0)
            *days = after;
    }
    xml_release(&document);
    code = absent_is_fine(code, "NoSuchLifecycleConfiguration", &own);
    if (code && error)
        *error = own;
    return code;
}

static void notification_read(const struct xml_node *node, struct s3_notification *out)
{
    memset(out, 0, sizeof *out);
    const char *arn = xml_text(node, "CloudFunction");
    snprintf(out->function_arn, sizeof out->function_arn, "%s",
             *arn != '\0' ? arn : xml_text(node, "LambdaFunctionArn"));
    for (const struct xml_node *event = xml_find(node, "Event"); event; event = xml_next(event)) {
        size_t used = strlen(out->events);
        snprintf(out->events + used, sizeof out->events - used, "%s%s", used > 0 ? "," : "",
                 event->text);
    }
    const struct xml_node *rule = xml_find(node, "Filter/S3Key/FilterRule");
    for (; rule; rule = xml_next(rule)) {
        const char *value = xml_text(rule, "Value");
        if (strcasecmp(xml_text(rule, "Name"), "prefix") == 0)
            snprintf(out->prefix, sizeof out->prefix, "%s", value);
        else
            snprintf(out->suffix, sizeof out->suffix, "%s", value);
    }
}

enum error_code s3_get_notifications(struct aws_client *client, const char *bucket,
                                     struct s3_notification *notifications, size_t *count,
                                     struct error *error)
{
    struct xml_document document;
    struct aws_pair query = {"notification", ""};
    size_t room = *count;
    *count = 0;
    enum error_code code = bucket_get(client, "GetBucketNotificationConfiguration", bucket, &query,
                                      1, &document, error);
    if (!code) {
        const struct xml_node *node = document.root->first;
        for (; node && *count < room; node = node->next)
            if (strcmp(node->name, "CloudFunctionConfiguration") == 0 ||
                strcmp(node->name, "LambdaFunctionConfiguration") == 0)
                notification_read(node, &notifications[(*count)++]);
    }
    xml_release(&document);
    return code;
}
