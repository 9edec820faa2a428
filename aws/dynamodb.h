/* Amazon DynamoDB and its streams. Items go out as text written by the dynamodb_write_* helpers and
 * come back as json-c objects in DynamoDB's own JSON ({"S": "text"}).
 * Source: Amazon DynamoDB API Reference. */
#ifndef AWS_DYNAMODB_H
#define AWS_DYNAMODB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"

struct json_object;

/* ---- writing an item: begin, attributes, end. Names are static or trusted text and are escaped;
 * commas are put where they belong. A NULL text writes nothing. */
void dynamodb_item_begin(struct buffer *item);
void dynamodb_write_text(struct buffer *item, const char *name, const char *text, size_t length);
void dynamodb_write_string(struct buffer *item, const char *name, const char *text);
void dynamodb_item_end(struct buffer *item);

/* ---- reading an attribute of an item; texts are the item's. */
const char *dynamodb_get_text(struct json_object *item, const char *name, size_t *length);

/* ---- BatchWriteItem, several in flight: puts of whole items, unprocessed ones again with backoff.
 * next appends one item's text to an empty buffer, false: no more. Returns when all are
 * acknowledged, or with the first error (nothing new is sent after it; *written tells how many
 * items were acknowledged). max_in_flight 0: 8; batch_size 0: 25.
 *
 * A put whose outcome is unknown (no answer, a 5xx) is never put again: a BatchWriteItem has no
 * conditions, and the item may bear a later state by then. Its items are repeated one by one, each
 * a PutItem on the condition that there is none of its key (an item's text begins with its hash
 * key); one that is there counts as acknowledged. With absent_only every item goes that way from
 * the start, and so does what the service did not take up where `sole` does not answer that nobody
 * else writes these items. */
struct dynamodb_puts {
    void *context;
    bool (*next)(void *context, struct buffer *item);
    size_t max_in_flight;
    size_t batch_size;
    bool absent_only;            /* somebody else may have written some of them */
    bool (*sole)(void *context); /* NULL: true */
    size_t *repeated;            /* counts calls of unknown outcome; NULL: not wanted */
};
MUST_CHECK enum error_code dynamodb_batch_write(struct aws_client *client, const char *table,
                                                const struct dynamodb_puts *puts, size_t *written,
                                                struct error *error);

/* One item, valid during the call; false ends the reading. */
typedef bool dynamodb_item_fn(void *context, struct json_object *item);

/* ---- BatchGetItem: keys[] are items' texts of key attributes, any number (100 a call, several in
 * flight, unprocessed ones again). projection: attribute names separated by commas, NULL = all. */
MUST_CHECK enum error_code dynamodb_batch_get(struct aws_client *client, const char *table,
                                              const char *const *keys, size_t key_count,
                                              bool consistent, const char *projection,
                                              dynamodb_item_fn *item, void *context,
                                              struct error *error);

/* ---- Query, all pages. */
struct dynamodb_query {
    const char *table;
    const char *index;      /* NULL: the table */
    const char *condition;  /* KeyConditionExpression */
    const char *filter;     /* NULL: none */
    const char *projection; /* attribute names separated by commas (names are aliased here);
                               NULL: all */
    const char *names;      /* ExpressionAttributeNames as JSON, NULL: none */
    const char *values;     /* ExpressionAttributeValues as JSON, NULL: none */
    bool consistent;
    int64_t limit; /* items in all; 0: no limit */
};
MUST_CHECK enum error_code dynamodb_query(struct aws_client *client,
                                          const struct dynamodb_query *query,
                                          dynamodb_item_fn *item, void *context,
                                          struct error *error);

/* ---- BatchExecuteStatement: any number of PartiQL statements, 25 a call, several in flight.
 * outcomes[i].code is ERROR_NONE, or what the service said of that statement (a condition that does
 * not hold: ERROR_CONFLICT); throttled ones are sent again with backoff. The call itself fails only
 * where a request did. */
struct dynamodb_statement {
    const char *statement;
    const char *parameters; /* JSON array of attribute values, NULL: none */
};
struct dynamodb_outcome {
    enum error_code code;
    char service_code[64];
};
MUST_CHECK enum error_code dynamodb_batch_execute(struct aws_client *client,
                                                  const struct dynamodb_statement *statements,
                                                  size_t count, struct dynamodb_outcome *outcomes,
                                                  struct error *error);

/* ---- description */
struct dynamodb_table {
    char status[32];
    char arn[256];
    char billing_mode[32]; /* "PAY_PER_REQUEST" */
    char hash_key[64];
    char range_key[64];
    char stream_arn[320];  /* "" = no stream */
    char stream_view[32];  /* "NEW_IMAGE" */
    char index_names[256]; /* joined by ',' */
};
MUST_CHECK enum error_code dynamodb_describe_table(struct aws_client *client, const char *name,
                                                   struct dynamodb_table *table,
                                                   struct error *error);
/* attribute "" where TTL is off. */
MUST_CHECK enum error_code dynamodb_describe_ttl(struct aws_client *client, const char *name,
                                                 char attribute[64], bool *enabled,
                                                 struct error *error);

/* ---- streams: the records between two sequence numbers of one shard, as a dead letter names them.
 * record is one stream record in the event's form ("dynamodb": {"NewImage": ...}); false ends.
 * ERROR_NOT_FOUND where the records are trimmed (24 hours). */
struct dynamodb_stream_range {
    const char *stream_arn;
    const char *shard_id;
    const char *start_sequence;
    const char *end_sequence;
    int64_t limit; /* records; 0: all */
};
typedef bool dynamodb_record_fn(void *context, struct json_object *record);
MUST_CHECK enum error_code dynamodb_stream_read(struct aws_client *client,
                                                const struct dynamodb_stream_range *range,
                                                dynamodb_record_fn *record, void *context,
                                                struct error *error);
/* The parts, raw: GetShardIterator, GetRecords (*next is the caller's to free, NULL at the shard's
 * end). */
MUST_CHECK enum error_code dynamodb_get_shard_iterator(struct aws_client *client,
                                                       const char *stream_arn, const char *shard_id,
                                                       const char *type, const char *sequence,
                                                       char **iterator, struct error *error);
MUST_CHECK enum error_code dynamodb_get_records(struct aws_client *client, const char *iterator,
                                                struct json_object **records, char **next,
                                                struct error *error);

#endif
