/*
 * A record as its DynamoDB item, both ways. An item never passes 400 KB: values are cut to
 * RECORD_VALUE_MAX and RECORD_TOTAL_MAX with a mark and their facts kept, and the record's own
 * bytes (`raw`) to what is left (`raw_bytes` then tells how many there were).
 *
 * Attributes: upload_id, record_id, vendor_id S; row_number, line_number N; product_data M of S
 * (present columns only, trimmed); status S; created_at S; ttl N; and where there is something to
 * say: raw S, raw_bytes N (the whole length where raw was cut), field_count N, extra_fields N,
 * short_of N, last_line N, open_quote_line N (see struct record, absent where 0),
 * earlier_rows L of N, facts M {column: M {bytes, characters N, control N, kept N, ...}}.
 */
#ifndef INTAKE_CORE_RECORD_ITEM_H
#define INTAKE_CORE_RECORD_ITEM_H

#include <json-c/json.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/record/names.h"
#include "core/record/record.h"

#define ITEM_STATUS_PENDING "pending_validation"
#define ITEM_STATUS_VALIDATED "validated"
#define ITEM_STATUS_ERROR "error"
#define ITEM_BYTES_MAX ((size_t)400 * 1024)
#define ITEM_TTL_DAYS 30

struct item_head {
    const char *upload_id;
    const char *vendor_id;
    int64_t created_at_ms; /* ttl is ITEM_TTL_DAYS later */
};

/* Appends the item's attribute map {"upload_id":{"S":...},...} with status pending_validation. */
void item_append(struct buffer *out, const struct item_head *head, const struct record *record);

/* An item read back. record's texts point into memory of the item. */
struct upload_item {
    char upload_id[UPLOAD_ID_SIZE];
    char record_id[RECORD_ID_SIZE];
    char vendor_id[VENDOR_ID_SIZE];
    char status[24];
    int64_t created_at_ms;
    struct record record;
    struct arena memory;
};

void upload_item_init(struct upload_item *item);
void upload_item_release(struct upload_item *item);

/*
 * From an attribute map ({"upload_id":{"S":...}}), which may be put afterwards: everything is
 * copied. ERROR_INVALID names the attribute: such an item is a poison record, never a vendor's
 * error. The item must be released in any case.
 */
MUST_CHECK enum error_code item_decode(struct json_object *attributes, struct upload_item *item,
                                       struct error *error);

#endif
