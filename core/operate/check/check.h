/*
 * Judges a file without the pipeline, by the pipeline's own code. The engine of `intake check`.
 *
 * Memory is bounded, whatever the file: findings are kept up to a limit and, where there are more,
 * found again by a second pass when they are asked for.
 */
#ifndef INTAKE_CORE_OPERATE_CHECK_CHECK_H
#define INTAKE_CORE_OPERATE_CHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/record/categories.h"
#include "core/record/csv.h"
#include "core/record/names.h"
#include "core/record/product_values.h"
#include "core/record/refusal.h"
#include "core/record/rules.h"

/* Keys of up to CHECK_LOOKUP_BATCH records that are looked up together. */
#define CHECK_LOOKUP_BATCH 1000
struct check_key {
    const char *text; /* NULL: nothing to look up */
    size_t len;
    const struct product_values *values; /* of the record */
    /* to be set by the lookup */
    bool taken;
    bool own;           /* by a product of the vendor's own; then: */
    uint32_t differing; /* as product_values_differ says it */
};

/*
 * The live catalogue, for --database. Sets what is to be set of each key: SKUs over all vendors,
 * product ids of vendor_id. Called from the thread that checks. An error ends the check with it.
 */
struct check_lookup {
    void *context;
    enum error_code (*lookup)(void *context, const char *vendor_id, struct check_key *skus,
                              struct check_key *product_ids, size_t count, struct error *error);
};

struct check_options {
    const struct categories *categories; /* required; shared between checks */
    const struct check_lookup *lookup;   /* NULL: offline */
};

enum check_status { CHECK_COMPLETED, CHECK_PARTIAL, CHECK_FAILED };

struct check_result {
    char vendor_id[VENDOR_ID_SIZE]; /* "" where none is known */
    enum check_status status;
    struct refusal refusal; /* REFUSAL_NONE: the file was taken; else all counts are 0 */
    uint32_t total_records, valid_records, error_records;
    uint32_t errors_by_type[RULE_COUNT];          /* records by primary type */
    uint32_t findings;                            /* violations in all */
    uint32_t unknown_count;                       /* unknown columns, ignored */
    uint32_t swallowed;                           /* records that look like more than one */
    uint32_t swallowed_line, swallowed_last_line; /* the first of them */
    const char *unknown_columns; /* their names, visible, joined by ", "; the check's */
    const char
        *ignored_columns; /* {"name","looks_like"}, ... as JSON, without brackets; likewise */
};

/* One violation, as check_each hands it out; valid during the call. */
struct check_finding {
    uint32_t row_number, line_number;
    struct record_field vendor_product_id, sku; /* text NULL: absent */
    enum rule rule;
    enum product_column column; /* COLUMN_NONE: null */
    const char *message;
};

/* A check and its working memory, to be used for one file after another; one per thread. */
struct check;

MUST_CHECK enum error_code check_new(struct check **out, const struct check_options *options,
                                     struct error *error);
void check_free(struct check *check);

/*
 * Judges the bytes of a file (CSV_FILE_MAX + 1 of them are enough to see that it is too large;
 * `size` is the true size where known, else len). path gives the file's name; vendor_id NULL: from
 * the name. data must stay until the next check_run or check_free. result may be read until then
 * too.
 */
MUST_CHECK enum error_code check_run(struct check *check, const char *path, const char *vendor_id,
                                     const char *data, size_t len, uint64_t size,
                                     struct check_result *result, struct error *error);

/* Hands out every violation of the last run, in row order, then rule order. A sink that returns an
   error ends it. */
typedef enum error_code check_sink(void *context, const struct check_finding *finding,
                                   struct error *error);
MUST_CHECK enum error_code check_each(struct check *check, check_sink *sink, void *context,
                                      struct error *error);

/* "completed", "partial", "failed" */
const char *check_status_name(enum check_status status);

/*
 * The result as one JSON object of `check --json`, in pieces: whenever out holds more than a few
 * KiB, drain is called to write and clear it (NULL: out takes all). file is the name to
 * show. */
struct check_drain {
    void *context;
    enum error_code (*drain)(void *context, struct buffer *out, struct error *error);
};
MUST_CHECK enum error_code check_append_json(struct check *check, const char *file,
                                             const struct check_result *result, struct buffer *out,
                                             const struct check_drain *drain, struct error *error);

/*
 * Reads a file, "-" being standard input, into *bytes (cleared first), at most CSV_FILE_MAX + 1
 * bytes; *size is the true size where the system knows it.
 */
MUST_CHECK enum error_code check_read_file(const char *path, struct buffer *bytes, uint64_t *size,
                                           struct error *error);

#endif
