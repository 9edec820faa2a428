/* Amazon SQS, JSON protocol. Queues are named by URL; where AWS_ENDPOINT_URL_SQS (or another
 * setting of the endpoint) is there, it wins over the URL's host. Batches of any length are split
 * here (ten entries and the payload limit a call; a call that is refused for what it carries is cut
 * into smaller ones), several calls in flight, an outcome for each entry. Source: Amazon SQS API
 * Reference. */
#ifndef AWS_SQS_H
#define AWS_SQS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"

#define SQS_MESSAGE_MAX 262144 /* bytes of body and attributes that every queue takes */

struct sqs_entry_attribute {
    const char *name;
    const char *value; /* String type */
};

struct sqs_send {
    const char *body;
    size_t body_length;
    const struct sqs_entry_attribute *attributes;
    size_t attribute_count;
};

struct sqs_outcome {
    enum error_code code; /* ERROR_NONE: done */
    bool sender_fault; /* this one will never be taken: aws/service_code.h, not what AWS calls so */
    bool possibly_done;  /* the request went out and no answer came */
    char message_id[64]; /* of a send */
    char service_code[64];
    char detail[192];
};

/* outcomes has `count` entries. The call fails (with the first error) where a whole request did,
 * but not for what one entry holds; outcomes are filled in any case. max_in_flight 0: 4. */
MUST_CHECK enum error_code sqs_send_message_batch(struct aws_client *client, const char *queue_url,
                                                  const struct sqs_send *messages, size_t count,
                                                  size_t max_in_flight,
                                                  struct sqs_outcome *outcomes,
                                                  struct error *error);
MUST_CHECK enum error_code
sqs_delete_message_batch(struct aws_client *client, const char *queue_url,
                         const char *const *receipt_handles, size_t count, size_t max_in_flight,
                         struct sqs_outcome *outcomes, struct error *error);
MUST_CHECK enum error_code
sqs_change_visibility_batch(struct aws_client *client, const char *queue_url,
                            const char *const *receipt_handles, size_t count, int timeout_s,
                            size_t max_in_flight, struct sqs_outcome *outcomes,
                            struct error *error);
MUST_CHECK enum error_code sqs_change_visibility(struct aws_client *client, const char *queue_url,
                                                 const char *receipt_handle, int timeout_s,
                                                 struct error *error);

struct sqs_queue {
    char arn[256];
    int64_t messages;  /* approximate */
    int64_t in_flight; /* approximate */
    int64_t visibility_timeout_s;
    int64_t retention_s;
    int64_t created_at_ms;
    char dead_letter_arn[256]; /* of the redrive policy, "" = none */
    int64_t max_receive_count; /* of the redrive policy, 0 = none */
};
MUST_CHECK enum error_code sqs_get_queue_attributes(struct aws_client *client,
                                                    const char *queue_url, struct sqs_queue *queue,
                                                    struct error *error);
/* Appends the URL. ERROR_NOT_FOUND: no such queue. account: NULL = the caller's. */
MUST_CHECK enum error_code sqs_get_queue_url(struct aws_client *client, const char *name,
                                             const char *account, struct buffer *url,
                                             struct error *error);
/* Name of a queue, the last part of its URL or ARN; points into the text. */
const char *sqs_queue_name(const char *url_or_arn);

typedef bool sqs_url_fn(void *context, const char *url);
MUST_CHECK enum error_code sqs_list_queues(struct aws_client *client, const char *prefix,
                                           sqs_url_fn *url, void *context, struct error *error);
MUST_CHECK enum error_code sqs_list_dead_letter_sources(struct aws_client *client,
                                                        const char *queue_url, sqs_url_fn *url,
                                                        void *context, struct error *error);

/* ---- the queue's own redrive. An emulator without it answers ERROR_SERVICE or ERROR_INVALID with
 * its own service code; sqs_action_is_missing tells that case (of any SQS action). */
struct sqs_move_task {
    char *handle;    /* NULL once it has ended */
    char status[24]; /* RUNNING, COMPLETED, CANCELLING, CANCELLED, FAILED */
    char source_arn[256];
    char destination_arn[256];
    int64_t moved;
    int64_t to_move; /* -1: not told */
    char failure_reason[192];
};
/* destination_arn NULL: back to the source; max_per_second 0: the service's choice. *handle is the
 * caller's to free. */
MUST_CHECK enum error_code sqs_start_move_task(struct aws_client *client, const char *source_arn,
                                               const char *destination_arn, int max_per_second,
                                               char **handle, struct error *error);
/* Newest first, at most *count; the caller frees each handle. */
MUST_CHECK enum error_code sqs_list_move_tasks(struct aws_client *client, const char *source_arn,
                                               struct sqs_move_task *tasks, size_t *count,
                                               struct error *error);
MUST_CHECK enum error_code sqs_cancel_move_task(struct aws_client *client, const char *handle,
                                                int64_t *moved, struct error *error);
bool sqs_action_is_missing(const struct error *error);

#endif
