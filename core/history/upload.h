/* The columns of one upload, for the statements of core/history/. */
#ifndef INTAKE_CORE_HISTORY_UPLOAD_H
#define INTAKE_CORE_HISTORY_UPLOAD_H

#include "core/history/rows.h"
#include "core/pipeline/prune.h"

/*
 * Processing, and nothing has moved for 15 minutes: three times what a function may take. The
 * ledger is looked at only where the upload's own row is as old as that.
 */
#define UPLOAD_STUCK                                                                  \
    "(h.status = 'processing'"                                                        \
    " AND greatest(h.upload_timestamp, h.processing_started_at, h.pipeline_owner_at," \
    "   h.items_written_at) < now() - interval '15 minutes'"                          \
    " AND NOT EXISTS (SELECT FROM upload_records l WHERE l.upload_id = h.upload_id"   \
    "   AND l.judged_at >= now() - interval '15 minutes'))"

/*
 * What is open about the notice of an upload: each a condition on one table, under which its rows
 * name the uploads. The counts and the filter both use them, so that they agree. The names of the
 * outcomes are those of the index notifications_open.
 */
#define NOTICE_NOT_SETTLED                                                         \
    " AND NOT EXISTS (SELECT FROM notifications a WHERE a.upload_id = n.upload_id" \
    " AND a.outcome = 'accepted' AND a.claimed_at > n.claimed_at)"
#define NOTICE_UNKNOWN                                  \
    " FROM notifications n WHERE n.outcome = 'unknown'" \
    " AND n.claimed_at < now() - interval '1 minute'" NOTICE_NOT_SETTLED
#define NOTICE_FAILED " FROM notifications n WHERE n.outcome = 'failed'" NOTICE_NOT_SETTLED
/* Of the messages in the outbox the one that ends an upload names its status. */
#define NOTICE_OUTGOING " FROM outbox n WHERE n.created_at < now() - interval '1 minute'"
#define NOTICE_PENDING NOTICE_OUTGOING " AND n.attributes ->> 'status' IS NOT NULL"

/* Whether the upload of that column is acknowledged, and nothing new has happened to it. */
#define UPLOAD_ACKNOWLEDGED(column) \
    "EXISTS (SELECT FROM acknowledged k WHERE k.upload_id = " column ")"

/* What a search looks in: the very expression of the index upload_history_search. */
#define UPLOAD_SEARCHED "(h.upload_id || ' ' || h.file_name || ' ' || coalesce(h.vendor_id, ''))"

#define UPLOAD_COLUMNS                                                                        \
    "h.upload_id, h.vendor_id, v.vendor_name, h.file_name, h.s3_key, h.object_version,"       \
    " h.status, h.error_file_s3_key, h.failure_code, h.failure_reason, h.failure_line,"       \
    " h.total_records, h.valid_records, h.error_records, h.upload_timestamp,"                 \
    " h.processing_started_at, h.processing_completed_at, h.processing_duration_seconds,"     \
    " h.pruned_at, h.prune_finished_at, h.pruned_by, h.prune_days, " PRUNED_SQL " AS pruned," \
    " " UPLOAD_STUCK " AS stuck,"                                                             \
    " " UPLOAD_ACKNOWLEDGED(                                                                  \
        "h.upload_id") " AS acknowledged,"                                                    \
                       " (SELECT w.assignee FROM upload_assignments w WHERE w.upload_id = h.upload_id) AS assignee"

#define UPLOAD_FROM " FROM upload_history h LEFT JOIN vendors v ON v.vendor_id = h.vendor_id"

#define UPLOAD_SELECT "SELECT " UPLOAD_COLUMNS UPLOAD_FROM

extern const struct row_table upload_rows; /* without a place in a page */

#endif
