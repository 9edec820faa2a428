#include "core/pipeline/ledger_columns.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/record/error_message.h"

static void arrays_init(struct db_array *arrays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        db_array_init(&arrays[i], LEDGER_ARRAY_MAX);
}

static void arrays_release(struct db_array *arrays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        db_array_release(&arrays[i]);
}

enum error_code ledger_params(struct db_params *params, struct db_array *arrays, size_t count,
                              struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < count && !code; i++) {
        const char *literal = NULL;
        code = db_array_literal(&arrays[i], &literal, error);
        if (!code)
            db_param_text(params, literal);
    }
    return code;
}

enum error_code ledger_queue(struct db *db, const char *sql, struct db_array *const *arrays,
                             size_t max, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < max && arrays[i] && !code; i++)
        code = ledger_params(&params, arrays[i], 1, error);
    return code ? code : db_pipeline_queue(db, sql, &params, error);
}

void ledger_keys_init(struct ledger_keys *keys)
{
    arrays_init(&keys->uploads, 1);
    arrays_init(&keys->row_uploads, 1);
    arrays_init(&keys->rows, 1);
    arrays_init(&keys->earlier_uploads, 1);
    arrays_init(&keys->earlier_rows, 1);
    arrays_init(&keys->skus, 1);
    arrays_init(&keys->vendors, 1);
    arrays_init(&keys->product_ids, 1);
}

void ledger_keys_release(struct ledger_keys *keys)
{
    arrays_release(&keys->uploads, 1);
    arrays_release(&keys->row_uploads, 1);
    arrays_release(&keys->rows, 1);
    arrays_release(&keys->earlier_uploads, 1);
    arrays_release(&keys->earlier_rows, 1);
    arrays_release(&keys->skus, 1);
    arrays_release(&keys->vendors, 1);
    arrays_release(&keys->product_ids, 1);
}

static void add_record_keys(struct ledger_keys *keys, const struct upload_item *item)
{
    const struct record *record = &item->record;
    db_array_add_string(&keys->row_uploads, item->upload_id);
    db_array_add_int(&keys->rows, record->row_number);
    for (uint32_t i = 0; i < record->earlier_count; i++) {
        db_array_add_string(&keys->earlier_uploads, item->upload_id);
        db_array_add_int(&keys->earlier_rows, record->earlier_rows[i]);
    }
    if (record_key_possible(record, COLUMN_SKU))
        db_array_add_text(&keys->skus, record->fields[COLUMN_SKU].text,
                          record->fields[COLUMN_SKU].len);
    if (record_key_possible(record, COLUMN_VENDOR_PRODUCT_ID)) {
        db_array_add_string(&keys->vendors, item->vendor_id);
        db_array_add_text(&keys->product_ids, record->fields[COLUMN_VENDOR_PRODUCT_ID].text,
                          record->fields[COLUMN_VENDOR_PRODUCT_ID].len);
    }
}

void ledger_keys_fill(struct ledger_keys *keys, const struct batch *batch)
{
    const char *previous = "";
    for (size_t i = 0; i < batch->count; i++) {
        const struct upload_item *item = batch->entries[i].item;
        if (batch->entries[i].superseded)
            continue;
        if (strcmp(item->upload_id, previous) != 0)
            db_array_add_string(&keys->uploads, item->upload_id);
        previous = item->upload_id;
        add_record_keys(keys, item);
    }
}

void ledger_products_init(struct ledger_products *products)
{
    arrays_init(products->columns, LEDGER_PRODUCT_ARRAYS);
}

void ledger_products_release(struct ledger_products *products)
{
    arrays_release(products->columns, LEDGER_PRODUCT_ARRAYS);
}

enum error_code ledger_products_fill(struct ledger_products *products, const struct batch *batch,
                                     size_t *accepted, struct error *error)
{
    struct buffer value;
    buffer_init(&value, RECORD_TOTAL_MAX);
    enum error_code code = ERROR_NONE;
    *accepted = 0;
    for (size_t i = 0; i < batch->count && !code; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (!batch_entry_open(entry) || entry->finding_count)
            continue;
        ++*accepted;
        db_array_add_string(&products->columns[0], entry->item->upload_id);
        db_array_add_int(&products->columns[1], entry->item->record.row_number);
        db_array_add_string(&products->columns[2], entry->upload->vendor_id);
        for (int column = 0; column < COLUMN_COUNT; column++) {
            struct db_array *array = &products->columns[LEDGER_PRODUCT_HEAD + column];
            buffer_clear(&value);
            if (record_append_product_value(&value, &entry->item->record,
                                            (enum product_column)column))
                db_array_add_text(array, value.data, value.len);
            else
                db_array_add_null(array);
        }
        code = buffer_check(&value, error);
    }
    buffer_release(&value);
    return code;
}

void ledger_verdicts_init(struct ledger_verdicts *verdicts)
{
    arrays_init(verdicts->records, LEDGER_RECORD_ARRAYS);
    arrays_init(verdicts->errors, LEDGER_ERROR_ARRAYS);
    arrays_init(verdicts->counts, LEDGER_COUNT_ARRAYS);
    arrays_init(verdicts->outbox, LEDGER_OUTBOX_ARRAYS);
}

void ledger_verdicts_release(struct ledger_verdicts *verdicts)
{
    arrays_release(verdicts->records, LEDGER_RECORD_ARRAYS);
    arrays_release(verdicts->errors, LEDGER_ERROR_ARRAYS);
    arrays_release(verdicts->counts, LEDGER_COUNT_ARRAYS);
    arrays_release(verdicts->outbox, LEDGER_OUTBOX_ARRAYS);
}

const char *ledger_status(int64_t total, int64_t valid, int64_t invalid)
{
    if (valid + invalid < total)
        return "processing";
    if (invalid == 0)
        return "completed";
    return valid == 0 ? "failed" : "partial";
}

/* What a record is looked up by: no longer than the column may be. The whole is in its original
 * data, and this column stands in each of its violations. */
static void add_key_text(struct db_array *array, const struct record *record,
                         enum product_column column, struct buffer *scratch)
{
    const struct record_field *field = &record->fields[column];
    if (!field->text) {
        db_array_add_null(array);
        return;
    }
    uint64_t whole = field->facts ? field->facts->bytes : field->len;
    size_t kept = utf8_prefix(field->text, field->len, column_table[column].limit);
    buffer_clear(scratch);
    buffer_append(scratch, field->text, kept);
    if (kept < whole)
        record_append_cut_mark(scratch, whole - kept);
    db_array_add_text(array, scratch->data, scratch->len);
}

static void add_original(struct db_array *data, struct db_array *raw, const struct record *record,
                         struct buffer *scratch)
{
    buffer_clear(scratch);
    record_append_json(scratch, record, false, 0);
    db_array_add_text(data, scratch->data, scratch->len);
    if (record->raw && record->raw_whole_len <= record->raw_len)
        db_array_add_bytes(raw, record->raw, record->raw_len);
    else
        db_array_add_null(raw);
}

/* Of a valid record nothing is said that stands in its product. */
static void add_record(struct ledger_verdicts *verdicts, const struct batch_entry *entry,
                       struct buffer *scratch)
{
    const struct record *record = &entry->item->record;
    struct db_array *to = verdicts->records;
    bool valid = entry->finding_count == 0;
    db_array_add_string(&to[0], entry->item->upload_id);
    db_array_add_int(&to[1], record->row_number);
    db_array_add_int(&to[2], record->line_number);
    db_array_add_string(&to[3], valid ? "valid" : "error");
    if (valid) {
        for (size_t i = 4; i < LEDGER_RECORD_ARRAYS; i++)
            db_array_add_null(&to[i]);
        return;
    }
    db_array_add_string(&to[4], rule_name(entry->findings[0].rule));
    add_key_text(&to[5], record, COLUMN_VENDOR_PRODUCT_ID, scratch);
    add_key_text(&to[6], record, COLUMN_SKU, scratch);
    db_array_add_int(&to[7], record->extra_fields);
    db_array_add_int(&to[8], record->field_count);
}

static void add_errors(struct ledger_verdicts *verdicts, const struct batch_entry *entry,
                       struct buffer *scratch)
{
    struct db_array *to = verdicts->errors;
    for (size_t i = 0; i < entry->finding_count; i++) {
        const struct batch_finding *finding = &entry->findings[i];
        db_array_add_string(&to[0], entry->item->upload_id);
        db_array_add_string(&to[1], entry->upload->vendor_id);
        db_array_add_int(&to[2], entry->item->record.row_number);
        db_array_add_int(&to[3], (int64_t)i + 1);
        db_array_add_string(&to[4], rule_name(finding->rule));
        db_array_add_string(&to[5], column_name(finding->column));
        db_array_add_string(&to[6], finding->message);
        db_array_add_string(&to[9], finding->unchanged ? "true" : "false");
        db_array_add_string(&to[10], finding->kind);
        if (i == 0) {
            add_original(&to[7], &to[8], &entry->item->record, scratch);
        } else {
            db_array_add_null(&to[7]);
            db_array_add_null(&to[8]);
        }
    }
}

static void add_message(struct ledger_verdicts *verdicts, const struct batch_upload *upload,
                        const char *body, size_t len, const char *name, const char *value,
                        struct buffer *scratch)
{
    buffer_clear(scratch);
    buffer_char(scratch, '{');
    json_append_member(scratch, "upload_id", upload->upload_id);
    json_append_member(scratch, "vendor_id", upload->vendor_id);
    json_append_member(scratch, name, value);
    buffer_char(scratch, '}');
    db_array_add_string(&verdicts->outbox[0], upload->upload_id);
    db_array_add_text(&verdicts->outbox[1], body, len);
    db_array_add_text(&verdicts->outbox[2], scratch->data, scratch->len);
}

static void add_upload(struct ledger_verdicts *verdicts, const struct batch_upload *upload,
                       int64_t now_ms, struct buffer *body, struct buffer *scratch)
{
    if (!upload->added_valid && !upload->added_invalid)
        return;
    int64_t valid = upload->valid + upload->added_valid;
    int64_t invalid = upload->invalid + upload->added_invalid;
    const char *status = ledger_status(upload->total, valid, invalid);
    db_array_add_string(&verdicts->counts[0], upload->upload_id);
    db_array_add_int(&verdicts->counts[1], valid);
    db_array_add_int(&verdicts->counts[2], invalid);
    db_array_add_string(&verdicts->counts[3], status);
    if (valid + invalid < upload->total)
        return;
    buffer_clear(body);
    upload_finished_append(body, upload->upload_id, upload->vendor_id, status, now_ms);
    add_message(verdicts, upload, body->data, body->len, "status", status, scratch);
}

enum error_code ledger_verdicts_fill(struct ledger_verdicts *verdicts, const struct batch *batch,
                                     int64_t now_ms, struct error *error)
{
    struct buffer scratch, body;
    buffer_init(&scratch, RECORD_JSON_MAX);
    buffer_init(&body, 4096);
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (!batch_entry_open(entry))
            continue;
        add_record(verdicts, entry, &scratch);
        add_errors(verdicts, entry, &scratch);
        if (entry->message)
            add_message(verdicts, entry->upload, entry->message, entry->message_len, "error_type",
                        rule_name(entry->findings[0].rule), &scratch);
    }
    for (size_t i = 0; i < batch->upload_count; i++)
        add_upload(verdicts, &batch->uploads[i], now_ms, &body, &scratch);
    enum error_code code = buffer_check(&scratch, error);
    if (!code)
        code = buffer_check(&body, error);
    buffer_release(&scratch);
    buffer_release(&body);
    return code;
}
