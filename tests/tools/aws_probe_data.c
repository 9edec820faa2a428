/* aws_probe_data s3 BUCKET | dynamodb TABLE STREAM SHARD */
#include "tests/tools/aws_probe.h"

#include "aws/dynamodb.h"
#include "aws/s3.h"
#include "core/base/json.h"

static const char key[] = "uploads/V 1/a+b%20 \xc3\xa9\xe2\x82\xac&=?#'~.csv";

static bool count_entry(void *context, const struct s3_entry *entry)
{
    struct probe *probe = context;
    printf("  %s %lld\n", entry->key, (long long)entry->size);
    probe->seen++;
    return true;
}

static bool sink_count(void *context, const void *data, size_t length)
{
    struct probe *probe = context;
    (void)data;
    probe->seen += length;
    return true;
}

static bool probe_bucket(struct probe *probe)
{
    const char *bucket = probe->arguments[0];
    struct aws_client *client = probe->client;
    bool enabled;
    char algorithm[32];
    struct s3_public_access access;
    struct s3_notification notifications[4];
    size_t count = 4;
    int64_t days[3];
    STEP(s3_get_versioning(client, bucket, &enabled, &probe->error));
    STEP(s3_get_encryption(client, bucket, algorithm, &probe->error));
    STEP(s3_get_public_access(client, bucket, &access, &probe->error));
    STEP(s3_get_notifications(client, bucket, notifications, &count, &probe->error));
    STEP(s3_get_expiration(client, bucket, "errors/", &days[0], &probe->error));
    STEP(s3_get_expiration(client, bucket, "uploads/", &days[1], &probe->error));
    STEP(s3_get_expiration(client, bucket, "x/", &days[2], &probe->error));
    EXPECT(days[0] == 400 && days[1] == 31 && days[2] == 0);
    EXPECT(enabled && strcmp(algorithm, "AES256") == 0 && access.block_public_policy);
    printf("  notifications %zu\n", count);
    return true;
}

static bool probe_objects(struct probe *probe)
{
    const char *bucket = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct s3_object object;
    struct buffer body;
    struct aws_pair metadata[] = {{"upload_id", "U 1"}, {"vendor_id", "V"}};
    struct s3_put put = {.bucket = bucket,
                         .key = key,
                         .body = "a,b\r\n1,2\r\n",
                         .body_length = 10,
                         .content_type = "text/csv; charset=utf-8",
                         .metadata = metadata,
                         .metadata_count = 2};
    s3_object_init(&object);
    buffer_init(&body, 1 << 20);
    STEP(s3_head_bucket(client, bucket, &probe->error));
    STEP(s3_put_object(client, &put, &object, &probe->error));
    printf("  version %s etag %s\n", object.version_id, object.etag);
    EXPECT(object.version_id[0] != '\0' && object.etag[0] != '\0');
    char *version = probe->text;
    snprintf(version, sizeof probe->text, "%s", object.version_id);
    STEP(s3_head_object(client, bucket, key, NULL, &object, &probe->error));
    EXPECT(object.size == 10 && object.last_modified_ms > 0);
    EXPECT(strcmp(object.content_type, "text/csv; charset=utf-8") == 0);
    EXPECT(strcmp(s3_object_metadata(&object, "Upload_ID"), "U 1") == 0);
    STEP(s3_get_object(client, bucket, key, version, 1 << 20, &body, &object, &probe->error));
    EXPECT(body.len == 10 && memcmp(body.data, "a,b\r\n1,2\r\n", 10) == 0);
    EXPECT(strcmp(object.version_id, version) == 0);
    buffer_clear(&body);
    EXPECT(s3_get_object(client, bucket, key, NULL, 9, &body, NULL, &probe->error) ==
           ERROR_TOO_LARGE);
    STEP(s3_get_object_stream(client, bucket, key, NULL, sink_count, probe, NULL, &probe->error));
    EXPECT(probe->seen == 10);
    EXPECT(s3_head_object(client, bucket, "no/such", NULL, NULL, &probe->error) == ERROR_NOT_FOUND);
    EXPECT(s3_get_object(client, bucket, "no/such", NULL, 100, &body, NULL, &probe->error) ==
           ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    EXPECT(strcmp(probe->error.service_code, "NoSuchKey") == 0 &&
           probe->error.request_id[0] != '\0');
    s3_object_release(&object);
    buffer_release(&body);
    return true;
}

static bool probe_listing(struct probe *probe)
{
    const char *bucket = probe->arguments[0], *version = probe->text;
    struct aws_client *client = probe->client;
    struct buffer url;
    buffer_init(&url, 8192);
    probe->seen = 0;
    STEP(s3_list_objects(client, bucket, "uploads/V 1/", count_entry, probe, &probe->error));
    EXPECT(probe->seen == 1);
    int64_t expires_at_ms = 0;
    STEP(s3_presign_get(client, bucket, key, version, 600, &url, &expires_at_ms, &probe->error));
    printf("PRESIGNED %s\n", url.data);
    EXPECT(expires_at_ms > 0);
    STEP(s3_delete_object(client, bucket, key, NULL, &probe->error));
    buffer_release(&url);
    return true;
}

static bool probe_s3(struct probe *probe)
{
    return probe_objects(probe) && probe_listing(probe) && probe_bucket(probe);
}

struct source {
    size_t at;
    size_t count;
};

static bool item_next(void *context, struct buffer *item)
{
    struct source *source = context;
    char id[24];
    if (source->at == source->count)
        return false;
    snprintf(id, sizeof id, "REC_%05zu", ++source->at);
    dynamodb_item_begin(item);
    dynamodb_write_string(item, "upload_id", "U1");
    dynamodb_write_string(item, "record_id", id);
    dynamodb_write_string(item, "vendor_id", "VEND001");
    dynamodb_item_end(item);
    return true;
}

static bool item_count(void *context, struct json_object *item)
{
    struct probe *probe = context;
    probe->seen++;
    return dynamodb_get_text(item, "record_id", NULL) != NULL;
}

static bool record_count(void *context, struct json_object *record)
{
    return item_count(context, json_path(record, "dynamodb", "NewImage", NULL));
}

static bool probe_streams(struct probe *probe, const char *stream_arn, const char *shard_id)
{
    struct dynamodb_stream_range range = {
        .stream_arn = stream_arn, .shard_id = shard_id, .limit = 10};
    probe->seen = 0;
    STEP(dynamodb_stream_read(probe->client, &range, record_count, probe, &probe->error));
    printf("  stream records %zu\n", probe->seen);
    EXPECT(probe->seen == 10);
    return true;
}

static bool probe_writing(struct probe *probe)
{
    const char *table = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct source source = {.count = 510};
    struct dynamodb_puts puts = {.context = &source, .next = item_next};
    size_t written;
    STEP(dynamodb_batch_write(client, table, &puts, &written, &probe->error));
    EXPECT(written == 510 && aws_client_calls(client, AWS_DYNAMODB, "BatchWriteItem") == 21);
    struct dynamodb_query query = {.table = table,
                                   .condition = "upload_id = :u",
                                   .values = "{\":u\":{\"S\":\"U1\"}}",
                                   .projection = "record_id,status",
                                   .consistent = true};
    probe->seen = 0;
    STEP(dynamodb_query(client, &query, item_count, probe, &probe->error));
    EXPECT(probe->seen == 510);
    query = (struct dynamodb_query){.table = table,
                                    .index = "VendorIndex",
                                    .condition = "#v = :v",
                                    .names = "{\"#v\":\"vendor_id\"}",
                                    .values = "{\":v\":{\"S\":\"VEND001\"}}",
                                    .limit = 7};
    probe->seen = 0;
    STEP(dynamodb_query(client, &query, item_count, probe, &probe->error));
    EXPECT(probe->seen == 7);
    return true;
}

static bool probe_items(struct probe *probe)
{
    const char *table = probe->arguments[0];
    struct aws_client *client = probe->client;
    char keys[150][96];
    const char *list[150];
    for (int i = 0; i < 150; i++) {
        snprintf(keys[i], sizeof keys[i],
                 "{\"upload_id\":{\"S\":\"U1\"},\"record_id\":{\"S\":\"REC_%05d\"}}", i + 1);
        list[i] = keys[i];
    }
    probe->seen = 0;
    STEP(dynamodb_batch_get(client, table, list, 150, true, "record_id,product_data", item_count,
                            probe, &probe->error));
    EXPECT(probe->seen == 150);
    return true;
}

static bool probe_statements(struct probe *probe)
{
    const char *table = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct dynamodb_statement statements[30];
    struct dynamodb_outcome outcomes[30];
    char text[256], parameters[30][64];
    snprintf(text, sizeof text,
             "UPDATE \"%s\" SET processed_at='now' WHERE upload_id='U1' AND record_id=?", table);
    for (int i = 0; i < 30; i++) {
        snprintf(parameters[i], sizeof parameters[i], "[{\"S\":\"REC_%05d\"}]", i + 1);
        statements[i] = (struct dynamodb_statement){.statement = text, .parameters = parameters[i]};
    }
    STEP(dynamodb_batch_execute(client, statements, 30, outcomes, &probe->error));
    for (int i = 0; i < 30; i++)
        EXPECT(outcomes[i].code == ERROR_NONE);
    return true;
}

static bool probe_table(struct probe *probe)
{
    const char *table = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct dynamodb_table description;
    char attribute[64];
    bool enabled;
    STEP(dynamodb_describe_table(client, table, &description, &probe->error));
    printf("  %s %s %s %s %s\n", description.arn, description.billing_mode, description.hash_key,
           description.range_key, description.index_names);
    EXPECT(strcmp(description.stream_view, "NEW_IMAGE") == 0);
    STEP(dynamodb_describe_ttl(client, table, attribute, &enabled, &probe->error));
    EXPECT(enabled && strcmp(attribute, "ttl") == 0);
    EXPECT(dynamodb_describe_table(client, "NoSuchTable", &description, &probe->error) ==
           ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    return true;
}

static bool probe_dynamodb(struct probe *probe)
{
    return probe_writing(probe) && probe_items(probe) && probe_statements(probe) &&
           probe_table(probe) && probe_streams(probe, probe->arguments[1], probe->arguments[2]);
}

int main(int count, char **arguments)
{
    static const struct probe_area areas[] = {
        {"s3", probe_s3},
        {"dynamodb", probe_dynamodb},
    };
    return probe_main(count, arguments, areas, sizeof areas / sizeof areas[0]);
}
