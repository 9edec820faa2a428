/*
 * One upload as an operator's action needs to know it: the object it came from, how far the
 * pipeline is with it, and what was left behind. One round trip.
 */
#ifndef INTAKE_CORE_HISTORY_UPLOAD_STATE_H
#define INTAKE_CORE_HISTORY_UPLOAD_STATE_H

#include "core/pipeline/prune.h"
#include "core/record/names.h"

struct upload_state {
    char upload_id[UPLOAD_ID_SIZE];
    char vendor_id[VENDOR_ID_SIZE]; /* "" where it names none */
    char vendor_status[24];         /* "" where the vendor is not in the table (any more) */
    char status[16];
    char bucket[256];
    char key[OBJECT_KEY_SIZE];
    char version[1100];       /* as upload_history has it: "etag:..." where the bucket keeps none */
    char failure[640];        /* of a refused file: "INVALID_HEADER: ..."; else "" */
    char pruned[PRUNED_SIZE]; /* "its records were pruned on ..."; "" where they are here */
    bool processing;
    bool admitted; /* its records were counted */
    bool written;  /* all items are in the table, said the parser */
    int64_t total, valid, invalid;
    int64_t last_moved_at;
    int64_t items_unmarked;
    int64_t outbox_waiting, outbox_refused;
    int64_t notices;      /* automatic ones, claimed or sent */
    struct buffer header; /* the vendor's own line */
    char line_end[3];
    char delimiter[2];
};

void upload_state_init(struct upload_state *upload);
void upload_state_release(struct upload_state *upload);

/* ERROR_NOT_FOUND offers near ids and says in which database it looked. */
MUST_CHECK enum error_code upload_state_read(struct pipeline *pipeline, const char *upload_id,
                                             struct upload_state *upload, struct error *error);

/* ERROR_CONFLICT where its records were pruned: "ID: its records were pruned ...: WHAT". */
MUST_CHECK enum error_code upload_state_has_records(const struct upload_state *upload,
                                                    const char *what, struct error *error);

/* ERROR_CONFLICT where the upload came from another bucket than this environment's. */
MUST_CHECK enum error_code upload_state_is_here(const struct pipeline *pipeline,
                                                const struct upload_state *upload,
                                                struct error *error);

/* The version to ask S3 for, NULL where the bucket keeps none. */
const char *upload_state_version(const struct upload_state *upload);

#endif
