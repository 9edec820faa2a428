#ifndef INTAKE_CORE_HISTORY_HISTORY_H
#define INTAKE_CORE_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/history/page.h"
#include "core/history/words.h"

struct db;

/*
 * The uploads as the operators see them: what both faces read, never how it came about. Every
 * function is one round trip; a search for uploads is two. Times are milliseconds since the epoch,
 * UTC; HISTORY_NEVER where the database has NULL. Texts belong to the page or object they came
 * with, end with NUL, and are the vendor's own: they pass text_append_visible before a person sees
 * them. NULL text is the database's NULL.
 */
/* What an upload is looked for by; NULL-terminated. "stuck" is a processing one that does not move.
 */
extern const char *const upload_statuses[];
extern const char *const upload_notices[];

/* Each but the times may hold alternatives; what begins with not_ leaves these out. Vendors are
 * found whatever their case; ERROR_NOT_FOUND where there is none such. */
struct upload_filter {
    const char *vendor; /* exact vendor_id; NULL: any */
    const char *status; /* of upload_statuses; NULL: any */
    const char *notice; /* of upload_notices, as upload_counts counts them; NULL: any */
    const char *code;   /* exact failure_code of a refused file; NULL: any */
    const char *not_vendor, *not_status, *not_notice, *not_code;
    const char *search; /* words, each a part of upload_id, file_name, vendor_id, or the vendor's
                           name or e-mail, whatever the case; "-word" for none of these,
                           alternatives by HISTORY_OR; NULL: any */
    int64_t since_ms;   /* at or after; HISTORY_NEVER: no bound */
    int64_t until_ms;   /* before; HISTORY_NEVER: no bound */
};

#define UPLOAD_FILTER_INIT                                   \
    {                                                        \
        .since_ms = HISTORY_NEVER, .until_ms = HISTORY_NEVER \
    }

struct upload {
    const char *upload_id;
    const char *vendor_id;
    const char *vendor_name; /* NULL: the vendor is not in the table (any more) */
    const char *file_name;
    const char *s3_key;
    const char *s3_version_id;
    const char *status;
    const char *error_file_s3_key;
    const char *failure_code;   /* of a refused file: INVALID_HEADER, ... */
    const char *failure_reason; /* code and message: "INVALID_HEADER: ..." */
    int64_t total_records;
    int64_t valid_records;
    int64_t error_records;
    int64_t upload_timestamp;
    int64_t processing_started_at;
    int64_t processing_completed_at;
    double processing_duration_seconds; /* negative: NULL */
    bool stuck;        /* processing, and nothing has moved for longer than the pipeline may take */
    bool acknowledged; /* and nothing new has happened since */
    const char *assignee; /* who has it; NULL: nobody */
    int64_t pruned_at;    /* its records began to be deleted; HISTORY_NEVER: they are here */
    int64_t prune_finished_at;
    const char *pruned_by;
    int64_t prune_days;
    const char *pruned; /* the same as a sentence, see core/pipeline/prune.h; NULL: they are here */
    struct page_key key; /* in a page alone */
};

/* Uploads are newest first by themselves, equal times by upload_id descending. */
enum upload_order {
    UPLOAD_BY_ITSELF,
    UPLOAD_BY_TIME,
    UPLOAD_BY_ID,
    UPLOAD_BY_STATUS, /* stuck ones are "stuck" */
    UPLOAD_BY_VALID,
    UPLOAD_BY_ERRORS,
    UPLOAD_BY_TOTAL,
    UPLOAD_BY_DURATION,
    UPLOAD_BY_VENDOR, /* its name, else its id */
    UPLOAD_BY_FILE,
    UPLOAD_BY_REASON,
};

struct upload_page {
    struct arena arena;
    struct upload *rows;
    size_t count;
    bool more_before; /* there are rows before the first */
    bool more_after;  /* there are rows after the last */
};

/* `limit` rows at most. The page is released by the caller, also after a failure. */
MUST_CHECK enum error_code uploads_list(struct db *db, const struct upload_filter *filter,
                                        struct page_position position, size_t limit,
                                        struct upload_page *page, struct error *error);
/* How many that will be in all, from the counters: of all, or of vendors; 0 where a filter by
 * anything else leaves it open. */
MUST_CHECK enum error_code uploads_expect(struct db *db, const struct upload_filter *filter,
                                          int64_t *count, struct error *error);
void upload_page_release(struct upload_page *page);

/* Counts for the strip above the uploads, without what is acknowledged. Bounded work: by index,
 * never the whole table. */
struct upload_counts {
    int64_t processing;
    int64_t stuck;
    int64_t failed_recently;  /* failed in the last 24 hours */
    int64_t partial_recently; /* partial in the last 24 hours */
    int64_t uploads_recently; /* all of the last 24 hours */
    /* Uploads by their notice, where none was accepted since: */
    int64_t notices_unknown; /* claimed more than a minute ago, and never marked */
    int64_t notices_failed;
    int64_t notices_pending; /* what would send it waits in the outbox, for more than a minute */
    int64_t outbox_waiting;  /* outgoing messages that nobody sent yet, older than a minute */
    int64_t outbox_refused;  /* of these: refused by the queue for what they hold */
    int64_t acknowledged;    /* uploads of the last 24 hours that would be among these */
    char letters[512];       /* acknowledged dead letters; for upload_counts_letters */
    char vendors[512];       /* vendors acknowledged without a subscription; for
                                upload_counts_vendor */
};

MUST_CHECK enum error_code uploads_count(struct db *db, struct upload_counts *counts,
                                         struct error *error);

/* How many dead letters of a queue are acknowledged; NULL: of all. */
int64_t upload_counts_letters(const struct upload_counts *counts, const char *queue);
/* Whether the state of a vendor is acknowledged. */
bool upload_counts_vendor(const struct upload_counts *counts, const char *vendor_id);

struct type_count {
    const char *name;  /* error type, field or value: its first 200 characters, NULL where absent */
    const char *field; /* by value only: the field it stood in */
    int64_t records;
};

struct notification {
    int64_t sent_at; /* when it was claimed, where it was never marked */
    const char *kind;
    const char *subject;
    const char *message_id;
    const char *outcome;
    const char *operator_name; /* NULL: sent by the pipeline */
};

/* One upload with everything that is counted about it. */
struct upload_detail {
    struct arena arena;
    struct upload upload;
    struct type_count *errors_by_type; /* records by their primary type, most first */
    size_t errors_by_type_count;
    struct notification *notifications; /* oldest first */
    size_t notifications_count;
    int64_t pending_records;     /* ledger rows without an outcome */
    const char *ignored_columns; /* JSON: [{"name": "Desc", "looks_like": "description"}] */
    const char *ignored_shown;   /* "Desc (looks like description)"; NULL: none */
};

/*
 * Exact upload_id only. Where there is none, ERROR_NOT_FOUND whose message offers the nearest ids.
 * Released by the caller, also after a failure.
 */
MUST_CHECK enum error_code upload_find(struct db *db, const char *upload_id,
                                       struct upload_detail *detail, struct error *error);
void upload_detail_release(struct upload_detail *detail);

/* Why there is nothing to show of single records: "its records were pruned on ..."; "" where they
 * are here, or there is no such upload. */
MUST_CHECK enum error_code upload_pruned(struct db *db, const char *upload_id, char *out,
                                         size_t size, struct error *error);

/* Violations of an upload; type, field, sku and product may hold alternatives. */
struct violation_filter {
    const char *type;    /* exact error_type; NULL: any */
    const char *sku;     /* exact; NULL: any */
    const char *product; /* exact vendor_product_id; NULL: any */
    const char *not_type, *not_field, *not_sku, *not_product;
    const char *field;     /* exact error_field; "" for violations of the whole record; NULL: any */
    const char *unchanged; /* "yes", "no": of records that are in the catalogue as they are */
    const char *search;    /* words, parts of message or product id; NULL: any */
    const char *value;  /* what was written in the field, as violations_group tells it; NULL: any */
    bool absent;        /* only where nothing was */
    int64_t row_number; /* 0: any */
};

struct column_value {
    const char *column;
    const char *value; /* NULL: JSON null */
};

struct violation {
    int64_t row_number;
    int64_t line_number; /* 0: unknown */
    int64_t order;       /* place among the violations of its record */
    const char *record_id;
    const char *vendor_product_id;
    const char *sku;
    const char *error_type;
    const char *error_field;
    const char *error_message;
    struct column_value *original; /* as the vendor wrote it, in the order of the 14 columns */
    size_t original_count;
    struct page_key key;
};
/* What was written in the column that is wrong; NULL where the original is not kept, or none is. */
const char *violation_value(const struct violation *violation);

/* Violations are in row order, then rule order, by themselves. */
enum violation_order {
    VIOLATION_BY_ITSELF,
    VIOLATION_BY_ROW,
    VIOLATION_BY_LINE,
    VIOLATION_BY_TYPE,
    VIOLATION_BY_FIELD,
    VIOLATION_BY_VALUE, /* what the vendor wrote in the field */
    VIOLATION_BY_MESSAGE,
    VIOLATION_BY_PRODUCT,
    VIOLATION_BY_SKU,
};

struct violation_page {
    struct arena arena;
    struct violation *rows;
    size_t count;
    bool more_before;
    bool more_after;
};

MUST_CHECK enum error_code violations_list(struct db *db, const char *upload_id,
                                           const struct violation_filter *filter,
                                           struct page_position position, size_t limit,
                                           struct violation_page *page, struct error *error);
void violation_page_release(struct violation_page *page);

/* Violations of an upload in groups, most first: the processing report. BY_KIND_OF_ALL: the kinds
   of message (core/record/advice.h) that every record of the file has, in the order of the rules.
 */
enum violation_grouping { GROUP_BY_TYPE, GROUP_BY_FIELD, GROUP_BY_VALUE, GROUP_BY_KIND_OF_ALL };

struct violation_groups {
    struct arena arena;
    struct type_count *rows;
    size_t count;
};

MUST_CHECK enum error_code violations_group(struct db *db, const char *upload_id,
                                            enum violation_grouping grouping, size_t limit,
                                            struct violation_groups *groups, struct error *error);
void violation_groups_release(struct violation_groups *groups);

#endif
