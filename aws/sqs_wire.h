/* Bodies of SQS requests and what their answers say, for a flight that mixes operations in one
 * slot (receive, send, delete). Everything a message carries is kept: attributes of any type as
 * they came, and the system attributes that a sender may set.
 * Source: Amazon SQS API Reference, "SendMessageBatchRequestEntry", "Message". */
#ifndef AWS_SQS_WIRE_H
#define AWS_SQS_WIRE_H

#include "aws/sqs.h"

struct json_object;

#define SQS_BATCH_ENTRIES 10

/* A received message; everything belongs to the answer's document. */
struct sqs_wire_message {
    const char *message_id;
    const char *receipt_handle;
    const char *body;
    size_t body_length;
    int64_t receive_count;
    int64_t sent_at_ms;
    const char *trace_header;       /* AWSTraceHeader, NULL = none */
    const char *source_queue_arn;   /* DeadLetterQueueSourceArn, NULL = not told */
    const char *group_id;           /* MessageGroupId, NULL = none */
    struct json_object *attributes; /* MessageAttributes, NULL = none */
};

void sqs_wire_receive(struct buffer *body, const char *queue_url, int max_messages,
                      int visibility_timeout_s, int wait_s);
/* False where it has no id, handle or body. */
bool sqs_wire_message_read(struct json_object *json, struct sqs_wire_message *message);

/* A batch: begin, at most SQS_BATCH_ENTRIES entries of one kind, end. Ids are the entries' places.
 * attributes: JSON text of MessageAttributes, NULL = none. */
void sqs_wire_batch_begin(struct buffer *body, const char *queue_url);
void sqs_wire_batch_send(struct buffer *body, size_t place, const char *text, size_t length,
                         const char *attributes, const char *trace_header);
/* The body of SendMessage, for one message alone. */
void sqs_wire_send(struct buffer *body, const char *queue_url, const char *text, size_t length,
                   const char *attributes, const char *trace_header);
void sqs_wire_batch_delete(struct buffer *body, size_t place, const char *receipt_handle);
void sqs_wire_batch_visibility(struct buffer *body, size_t place, const char *receipt_handle,
                               int timeout_s);
void sqs_wire_batch_end(struct buffer *body);

/* Fills `count` outcomes; an entry that the answer does not name is ERROR_SERVICE and possibly
 * done; the answer of SendMessage is that of one entry. ERROR_INVALID where the answer is no JSON:
 * outcomes are filled likewise. */
MUST_CHECK enum error_code sqs_wire_batch_read(const struct aws_response *response, size_t count,
                                               struct sqs_outcome *outcomes, struct error *error);
/* The same outcome for every entry, from a request that failed as a whole. */
void sqs_wire_batch_fail(const struct error *error, size_t count, struct sqs_outcome *outcomes);

#endif
