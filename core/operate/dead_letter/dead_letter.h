/*
 * The dead-letter queues: which there are, where their messages came from, and by which engine they
 * can be replayed, and why. Nothing here receives a message.
 *
 * Operations on dead letters look at pipeline->cancel between their calls and finish what they
 * began: what is held goes back also after Ctrl-C. Meanwhile the AWS client watches nothing itself
 * (aws_client_watch).
 *
 * Sources: Amazon SQS Developer Guide, "Using dead-letter queues"; AWS Lambda Developer Guide,
 * "Capturing records of Lambda asynchronous invocations" and "Retaining discarded
 * batches". */
#ifndef INTAKE_CORE_OPERATE_DEAD_LETTER_DEAD_LETTER_H
#define INTAKE_CORE_OPERATE_DEAD_LETTER_DEAD_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pipeline/pipeline.h"

/* What put the messages there. */
enum dead_letter_kind {
    DEAD_LETTER_REDRIVE,  /* a queue's redrive policy: the messages themselves */
    DEAD_LETTER_FUNCTION, /* the parser's on-failure destination: records with the event within */
    DEAD_LETTER_STREAM,   /* the validator's mapping: positions in a stream, no records */
};

enum replay_engine {
    REPLAY_MOVE_TASK,   /* the queue's own: whole queue, without receiving */
    REPLAY_SEND_DELETE, /* received, sent to the source, then deleted */
    REPLAY_INVOKE,      /* the parser is called with the stored event */
    REPLAY_REVALIDATE,  /* the records that the letter names get their outcome here */
};

/* "move_task", "send_delete", "invoke", "revalidate" */
const char *replay_engine_name(enum replay_engine engine);

#define DEAD_LETTER_NAME_SIZE 96
#define DEAD_LETTER_URL_SIZE 512

struct dead_letter_queue {
    char name[DEAD_LETTER_NAME_SIZE];
    char url[DEAD_LETTER_URL_SIZE];
    char arn[256];
    enum dead_letter_kind kind;
    char source[128];                      /* queue or function that the messages failed in */
    char source_url[DEAD_LETTER_URL_SIZE]; /* of a redrive with one known source, else "" */
    size_t source_count;                   /* queues that redrive to it */
    enum replay_engine engine;             /* of a replay of the whole queue */
    char why[256];                         /* why this engine; a sentence without its full stop */
    int64_t messages;                      /* approximate, to be received now; -1: not told */
    int64_t in_flight;                     /* approximate; -1: not told */
    int64_t oldest_age_s;                  /* -1: not told */
    int64_t retention_s;
    int64_t buries_after; /* maxReceiveCount of a redrive policy of its own; 0: it has none */
    char buries_in[256];  /* ARN of where it would go then, "" = none */
    char error[256];      /* why it could not be read; "" = it was */
};

/* SQS drops a message when its retention is over: late from half of it on, old from an hour on. */
enum dead_letter_age { DEAD_LETTER_FRESH, DEAD_LETTER_OLD, DEAD_LETTER_LATE };
enum dead_letter_age dead_letter_queue_age(const struct dead_letter_queue *queue);

/* Waiting and held by somebody's plan or peek: a dead letter is there as long as nobody deleted it.
 * -1: not told. */
int64_t dead_letter_queue_total(const struct dead_letter_queue *queue);

#define DEAD_LETTER_QUEUES 3

/* The three of the pipeline, each with its own error where it may not be read. Fails only where
 * none could be asked for at all (no region, no credentials, cancelled). */
MUST_CHECK enum error_code
dead_letter_queues_list(struct pipeline *pipeline,
                        struct dead_letter_queue queues[DEAD_LETTER_QUEUES], struct error *error);

/* By name, URL or ARN. ERROR_NOT_FOUND names those that there are; ERROR_USAGE: a queue that is
 * not a dead-letter queue. */
MUST_CHECK enum error_code dead_letter_queue_find(struct pipeline *pipeline, const char *queue,
                                                  struct dead_letter_queue *found,
                                                  struct error *error);

/* Any queue but `from` and a FIFO one (which wants groups), by name, URL or ARN, to send messages
 * of `from` to: its URL. ERROR_NOT_FOUND: there is none. */
MUST_CHECK enum error_code dead_letter_destination_find(struct pipeline *pipeline,
                                                        const struct dead_letter_queue *from,
                                                        const char *queue,
                                                        char url[DEAD_LETTER_URL_SIZE],
                                                        struct error *error);

/* What makes one receive of this queue dangerous, or NULL: its own redrive policy would put a
 * message aside for good, and only receiving tells which. The text is `out`. */
const char *dead_letter_queue_danger(const struct dead_letter_queue *queue, char *out, size_t size);

#endif
