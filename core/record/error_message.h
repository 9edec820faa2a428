/* What goes into the error queue. */
#ifndef INTAKE_CORE_RECORD_ERROR_MESSAGE_H
#define INTAKE_CORE_RECORD_ERROR_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/record/record.h"
#include "core/record/rules.h"

/* SQS: a message, body and attributes together, has at most 262,144 bytes. Ours leave room for the
   attributes upload_id, vendor_id, error_type and for what a sender adds. */
#define ERROR_MESSAGE_MAX ((size_t)262144 - 4096)

/*
 * {"upload_id","vendor_id","record_id","row_number","error_type","error_message","errors":[{"type",
 * "field","message"}],"product_data":{14 columns, absent ones null},"timestamp"}
 * findings->count is at least 1. product_data, and in a pinch the errors, are cut, with marks, to
 * keep within ERROR_MESSAGE_MAX; `out` should be able to hold twice as much. */
void error_message_append(struct buffer *out, const char *upload_id, const char *vendor_id,
                          const struct record *record, const struct findings *findings,
                          int64_t now_ms);

/* {"type":"upload_finished","upload_id","vendor_id","status","timestamp"} */
void upload_finished_append(struct buffer *out, const char *upload_id, const char *vendor_id,
                            const char *status, int64_t now_ms);

#endif
