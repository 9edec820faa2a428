/*
 * Dead letters in hand: received once, decoded, searched without receiving again, and given back.
 * Receiving costs each message one receive count and hides it from everybody else for a while; that
 * is the price of looking, and the caller says so before.
 */
#ifndef INTAKE_CORE_OPERATE_DEAD_LETTER_HOLD_H
#define INTAKE_CORE_OPERATE_DEAD_LETTER_HOLD_H

#include "core/base/memory.h"
#include "core/operate/dead_letter/dead_letter.h"

#define DEAD_LETTER_HOLD_PEEK_S 120 /* hidden for as long as that, should we die */
#define DEAD_LETTER_HOLD_REPLAY_S 300
#define DEAD_LETTER_BYTES_MAX ((size_t)512 * 1024 * 1024) /* held at a time */

/* All NULL or 0: everything. Ids and names are compared whole, whatever the case; "a,b" is one of
 * both,
 * "-a" all but it. */
struct dead_letter_filter {
    const char *upload;
    const char *vendor;
    const char *type; /* error_type */
    const char *const *ids;
    size_t id_count;
};
bool dead_letter_filter_is_empty(const struct dead_letter_filter *filter);

/* Texts are the letters' own; those of a decoded one are NULL where it does not say. They are the
 * vendor's or the service's: text_append_visible before a person sees them. */
struct dead_letter {
    const char *message_id;
    const char *body;
    size_t body_length;
    const char *receipt;      /* NULL once given back, deleted, or taken from a file */
    const char *attributes;   /* MessageAttributes as JSON, NULL = none */
    const char *trace_header; /* AWSTraceHeader, NULL = none */
    const char *source_arn;   /* DeadLetterQueueSourceArn, NULL = not told */
    const char *group_id;     /* of a FIFO queue, else NULL */
    int64_t receive_count;
    int64_t sent_at_ms;
    int64_t hidden_until_ms; /* monotonic */
    bool decoded;            /* false: it fits no decoder, and only the raw body can be shown */
    const char *upload_id;
    const char *vendor_id;
    const char *record_id;
    const char *error_type;
    const char *summary;        /* the error and its cause, or why it could not be decoded */
    const char *object_key;     /* of a function's letter */
    const char *object_version; /* likewise */
    const char *const *uploads; /* of a stream's letter, where the stream still has the records */
    size_t upload_count;
    int64_t record_count; /* of a stream's letter: in the batch; -1: not told */
    bool trimmed;         /* of a stream's letter: the stream no longer has the records */
    bool returned;        /* nothing is held of it any more */
};

/* A message that the filter left out, until it is given back. */
struct dead_letter_other {
    const char *message_id;
    const char *receipt;
};

#define DEAD_LETTER_SEEN 32

/* What the messages that were received said in one field of the filter: some of the values, and
 * whether the filter wants any. */
struct dead_letter_seen {
    const char *values[DEAD_LETTER_SEEN + 1]; /* NULL beyond the last */
    size_t count;
    bool met;
};

struct dead_letters {
    struct dead_letter *list;
    size_t count, capacity;
    struct dead_letter **by_id; /* sorted by message id, after receiving */
    struct dead_letter_other *others;
    size_t other_count, other_capacity;
    size_t received; /* in all, those that the filter left out and gave back among them */
    struct dead_letter_seen uploads, vendors, types; /* with a filter alone */
    size_t bytes;
    bool cut_short; /* the bound on bytes or the service's on messages in flight was met */
    struct arena memory;
};

void dead_letters_init(struct dead_letters *letters);
/* Frees; gives nothing back (dead_letters_return does). */
void dead_letters_release(struct dead_letters *letters);

typedef void dead_letter_progress_fn(void *context, int64_t done, int64_t total);

struct dead_letter_take {
    const struct dead_letter_queue *queue;
    struct dead_letter_filter filter; /* what does not match is given back when all is received */
    int64_t limit;                    /* matching letters; 0: as many as there are now */
    int64_t hold_s;
    /* Told of every message that is taken, before the next ones are; may be NULL. */
    void (*held)(void *context, const char *message_id, const char *receipt);
    void *held_context;
    dead_letter_progress_fn *progress; /* may be NULL */
    void *progress_context;
};

/*
 * Receives what the queue has at this moment (never more than its depth when it began, so that a
 * stream of new ones cannot keep it going), each message once. ERROR_DENIED where one more receive
 * might bury messages (dead_letter_queue_danger). On any error, cancelled among them, what was
 * taken is in `letters` all the same and wants to be returned.
 */
MUST_CHECK enum error_code dead_letters_take(struct pipeline *pipeline,
                                             const struct dead_letter_take *take,
                                             struct dead_letters *letters, struct error *error);

/* Visibility 0 for everything still held; batched, several in flight, in spite of pipeline->cancel.
 * *returned may be NULL. The first error of the service is told when all was tried. */
MUST_CHECK enum error_code dead_letters_return(struct pipeline *pipeline,
                                               const struct dead_letter_queue *queue,
                                               struct dead_letters *letters, size_t *returned,
                                               struct error *error);

/* The same for what the filter left out; dead_letters_take does it. */
MUST_CHECK enum error_code dead_letters_return_others(struct pipeline *pipeline,
                                                      const struct dead_letter_queue *queue,
                                                      struct dead_letters *letters,
                                                      struct error *error);

bool dead_letter_matches(const struct dead_letter *letter, const struct dead_letter_filter *filter);
/* dead_letters_take does it; for a list made otherwise. */
MUST_CHECK enum error_code dead_letters_index(struct dead_letters *letters, struct error *error);
struct dead_letter *dead_letter_by_id(const struct dead_letters *letters, const char *message_id);

/* Fills the decoded part from the body; texts go to `memory`. Never fails: what it cannot read is
 * left undecoded with a summary that says why. */
void dead_letter_decode(enum dead_letter_kind kind, struct dead_letter *letter,
                        struct arena *memory);

/* Which uploads they are about, where the letter itself does not say: a function's letter by object
 * key and version in the database (nothing without one), a stream's by the records that its shard
 * still has. dead_letters_take does it where the filter asks for an upload or vendor. */
MUST_CHECK enum error_code dead_letters_name_uploads(struct pipeline *pipeline,
                                                     const struct dead_letter_queue *queue,
                                                     struct dead_letters *letters,
                                                     struct error *error);

#endif
