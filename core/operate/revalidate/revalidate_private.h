/* What the files of core/operate/revalidate/ share. */
#ifndef INTAKE_CORE_OPERATE_REVALIDATE_REVALIDATE_PRIVATE_H
#define INTAKE_CORE_OPERATE_REVALIDATE_REVALIDATE_PRIVATE_H

#include "core/pipeline/item_fetch.h"
#include "core/pipeline/ledger.h"
#include "core/record/occupied.h"
#include "core/pipeline/lease.h"
#include "core/operate/revalidate/revalidate.h"
#include "core/history/upload_state.h"

#define REVALIDATE_BATCH 100 /* records: one BatchGetItem, one transaction */

/* ---- core/operate/revalidate/rows.c: the rows that a request names, ascending */
struct revalidate_selection {
    uint32_t *rows;
    size_t count;
    int64_t accepted; /* named one by one, and accepted before: their products stay */
    int64_t pending;  /* without an outcome, and not asked for */
};

/* `total`: of the upload, or of its file where it was never admitted. ERROR_USAGE: a row beyond
 * it. */
MUST_CHECK enum error_code revalidate_select(struct pipeline *pipeline, const char *upload_id,
                                             int64_t total,
                                             const struct revalidate_request *request,
                                             struct revalidate_selection *selection,
                                             struct error *error);
void revalidate_selection_release(struct revalidate_selection *selection);

/* Keys of a batch of rows, from `at` on. */
MUST_CHECK enum error_code revalidate_keys(const char *upload_id, const uint32_t *rows,
                                           size_t count, struct ledger_missing *keys,
                                           struct error *error);
/* Those of `rows` that no item is of. */
MUST_CHECK enum error_code revalidate_absent(const struct ledger_missing *rows,
                                             const struct item_list *items,
                                             struct ledger_missing *absent, struct error *error);

/* ---- core/operate/revalidate/source.c: where the records come from */
struct revalidate_source {
    struct pipeline *pipeline;
    const struct upload_state *upload;
    struct revalidate_file *file; /* NULL until it is asked for */
};

void revalidate_source_init(struct revalidate_source *source, struct pipeline *pipeline,
                            const struct upload_state *upload);
void revalidate_source_release(struct revalidate_source *source);

/* Adds the items of these rows: from the table, and settled ones that it lacks from the stored
 * originals. *absent: how many were nowhere. */
MUST_CHECK enum error_code revalidate_items(struct revalidate_source *source,
                                            const struct ledger_missing *rows, bool settled,
                                            struct item_list *items, size_t *absent,
                                            struct error *error);

/* ---- core/operate/revalidate/file.c: records that were never written, from the object itself */
struct revalidate_file;
/* *refusal: why the file cannot be taken. ERROR_NOT_FOUND: the object version is gone. */
MUST_CHECK enum error_code revalidate_file_open(struct revalidate_source *source,
                                                struct refusal *refusal, struct error *error);
size_t revalidate_file_count(const struct revalidate_source *source);
MUST_CHECK enum error_code revalidate_file_items(struct revalidate_source *source,
                                                 const struct ledger_missing *rows,
                                                 struct item_list *items, struct error *error);
void revalidate_file_free(struct revalidate_file *file);

/* A record's copy in memory of the item; its ids as well. */
MUST_CHECK enum error_code revalidate_item_fill(struct upload_item *item,
                                                const struct upload_state *upload,
                                                const struct record *record, struct error *error);

/* ---- core/operate/revalidate/standing.c: the verdicts that stand in the ledger */
struct revalidate_verdict {
    uint32_t row_number;
    enum revalidate_state state;
    const struct revalidate_violation *list;
    size_t count;
};

struct standing {
    struct revalidate_verdict *list; /* by row */
    uint32_t *lines;
    size_t count;
};

/* In the transaction that is open, if one is; with a lease (else NULL) it is renewed in it. */
MUST_CHECK enum error_code standing_read(struct db *db, const char *upload_id,
                                         struct db_array *rows, const struct lease *lease,
                                         struct arena *memory, struct standing *standing,
                                         struct error *error);
/* NULL: no outcome. */
const struct revalidate_verdict *standing_find(const struct standing *standing,
                                               uint32_t row_number);

/* ---- core/operate/revalidate/judge.c: the verdicts on a batch */
struct revalidate_judge {
    struct pipeline *pipeline;
    const struct upload_state *upload;
    struct revalidate_changes *changes;
    struct arena *memory;      /* of the changes */
    const struct lease *lease; /* of a run: the operator's */
    /* of a plan, where nothing is written between the batches */
    struct occupied_set accepted;
    struct arena accepted_memory;
    bool *judged; /* by row - 1, of all rows; NULL in a run */
};

void revalidate_judge_init(struct revalidate_judge *judge, struct pipeline *pipeline,
                           const struct upload_state *upload, struct revalidate_changes *changes,
                           struct arena *memory);
void revalidate_judge_release(struct revalidate_judge *judge);

/* The items of a batch, looked at: settled ones anew, the others as the pipeline would. Earlier
 * rows that these wait for are fetched into the list, which becomes longer. */
MUST_CHECK enum error_code revalidate_judge_look(struct revalidate_judge *judge,
                                                 struct revalidate_source *source,
                                                 struct item_list *items, struct error *error);
/* The same for settled ones, under locks, and written. */
MUST_CHECK enum error_code revalidate_judge_write(struct revalidate_judge *judge,
                                                  const struct item_list *items,
                                                  struct error *error);
/* What became of rows that had no outcome before: adds changes for those that have one now. */
MUST_CHECK enum error_code revalidate_judge_read(struct revalidate_judge *judge,
                                                 const struct ledger_missing *rows,
                                                 struct error *error);

/* ---- core/operate/revalidate/changes.c */
bool revalidate_verdict_same(const struct revalidate_verdict *a,
                             const struct revalidate_verdict *b);
MUST_CHECK enum error_code revalidate_changes_add(struct revalidate_changes *changes,
                                                  struct arena *memory, uint32_t line_number,
                                                  const struct revalidate_verdict *before,
                                                  const struct revalidate_verdict *after,
                                                  struct error *error);
/* Into row order. */
void revalidate_changes_sort(struct revalidate_changes *changes);
void revalidate_changes_release(struct revalidate_changes *changes);

/* A sentence more. */
MUST_CHECK enum error_code revalidate_say(struct arena *memory, const char ***list, size_t *count,
                                          size_t *capacity, struct error *error, const char *format,
                                          ...) PRINTF_LIKE(6, 7);

#endif
