#include <json-c/json.h>

#include "core/base/json.h"
#include "core/operate/revalidate/revalidate_private.h"
#include "core/record/csv.h"

void revalidate_source_init(struct revalidate_source *source, struct pipeline *pipeline,
                            const struct upload_state *upload)
{
    *source = (struct revalidate_source){.pipeline = pipeline, .upload = upload};
}

void revalidate_source_release(struct revalidate_source *source)
{
    revalidate_file_free(source->file);
    source->file = NULL;
}

static bool keep(struct arena *memory, const char **text, size_t len)
{
    if (*text)
        *text = arena_copy_text(memory, *text, len);
    return *text || len == 0;
}

enum error_code revalidate_item_fill(struct upload_item *item, const struct upload_state *upload,
                                     const struct record *record, struct error *error)
{
    struct record *copy = &item->record;
    struct field_facts *facts = arena_new(&item->memory, COLUMN_COUNT, sizeof *facts);
    uint32_t *earlier = arena_new(&item->memory, record->earlier_count + 1, sizeof *earlier);
    bool kept = facts && earlier;
    *copy = *record;
    for (int i = 0; i < COLUMN_COUNT && kept; i++) {
        struct record_field *field = &copy->fields[i];
        kept = keep(&item->memory, &field->text, field->len);
        if (field->facts) {
            facts[i] = *field->facts;
            field->facts = &facts[i];
        }
    }
    if (!kept || !keep(&item->memory, &copy->raw, copy->raw_len))
        return error_set(error, ERROR_MEMORY, "out of memory for a record");
    if (record->earlier_count)
        memcpy(earlier, record->earlier_rows, record->earlier_count * sizeof *earlier);
    copy->earlier_rows = record->earlier_count ? earlier : NULL;
    snprintf(item->upload_id, sizeof item->upload_id, "%s", upload->upload_id);
    snprintf(item->vendor_id, sizeof item->vendor_id, "%s", upload->vendor_id);
    record_id_text(copy->row_number, item->record_id);
    return ERROR_NONE;
}

/* ---- stored originals, of records whose item is gone (its time to live is 30 days) */

/* A rejected record as the ledger keeps it. */
struct original {
    const struct db_result *rows;
    int at;
    struct buffer text; /* header and record: a file of one record */
    struct csv_reader *reader;
};

/* To where the record stood in the vendor's file. */
static void lines_move(struct record *record, uint32_t line_number)
{
    uint32_t by = line_number - record->line_number;
    record->line_number = line_number;
    if (record->last_line)
        record->last_line += by;
    if (record->open_quote_line)
        record->open_quote_line += by;
}

/* From its own bytes, by the very reader that took the file in. */
static enum error_code read_bytes(struct original *original, const struct upload_state *upload,
                                  struct upload_item *item, bool *found, struct error *error)
{
    struct record record;
    buffer_clear(&original->text);
    buffer_format(&original->text, "sep=%s\n", upload->delimiter);
    buffer_append(&original->text, upload->header.data, upload->header.len);
    buffer_text(&original->text, upload->line_end);
    db_row_bytes(original->rows, original->at, "raw", &original->text);
    buffer_text(&original->text, upload->line_end);
    /* A line that shows a field of the record to be unclosed, as what followed in the file did. */
    buffer_text(&original->text, "\".\"\n");
    enum error_code code = buffer_check(&original->text, error);
    if (!code)
        code = csv_reader_open(&original->reader, original->text.data, original->text.len, error);
    if (!code)
        code = csv_reader_next(original->reader, &record, found, error);
    if (code || !*found)
        return code;
    record.row_number = (uint32_t)db_row_int(original->rows, original->at, "row_number");
    lines_move(&record, (uint32_t)db_row_int(original->rows, original->at, "line_number"));
    return revalidate_item_fill(item, upload, &record, error);
}

/* Text that is not what the vendor wrote: cut, or with a sign in the place of U+0000. */
static bool is_altered(const char *text, size_t len)
{
    static const char end[] = " more bytes]";
    size_t end_len = sizeof end - 1;
    if (len > end_len && memcmp(text + len - end_len, end, end_len) == 0)
        return true;
    for (size_t i = 0; i + 3 <= len; i++)
        if (memcmp(text + i, "\xE2\x90\x80", 3) == 0)
            return true;
    return false;
}

/* From its values, where all of them are whole. */
static enum error_code read_values(const struct original *original,
                                   const struct upload_state *upload, struct upload_item *item,
                                   bool *found, struct error *error)
{
    struct json_object *values = NULL;
    struct record record = {.wave = 1};
    struct field_facts facts;
    const char *text = db_row_text(original->rows, original->at, "original_data");
    *found = false;
    if (!text || db_row_bool(original->rows, original->at, "untrusted"))
        return ERROR_NONE;
    enum error_code code = json_parse(
        text, db_row_length(original->rows, original->at, "original_data"), &values, error);
    *found = !code;
    for (int i = 0; i < COLUMN_COUNT && *found; i++) {
        size_t len = 0;
        const char *value = json_text(values, column_table[i].name, &len);
        char *copy = value ? arena_new(&item->memory, 1, len + 1) : NULL;
        if (!value)
            continue;
        *found = copy && len <= RECORD_VALUE_MAX && !is_altered(value, len);
        if (*found)
            record_field_set(&record.fields[i], (enum product_column)i, value, len, copy, &facts);
    }
    record.row_number = (uint32_t)db_row_int(original->rows, original->at, "row_number");
    record.line_number = (uint32_t)db_row_int(original->rows, original->at, "line_number");
    record.field_count = (uint32_t)db_row_int(original->rows, original->at, "field_count");
    record.extra_fields = (uint32_t)db_row_int(original->rows, original->at, "extra_fields");
    if (*found)
        code = revalidate_item_fill(item, upload, &record, error);
    json_object_put(values);
    return code;
}

static const char originals_sql[] =
    "SELECT r.row_number, r.line_number, r.extra_fields, r.field_count,"
    "       r.extra_fields = 0 AND EXISTS (SELECT FROM validation_errors v"
    "         WHERE v.upload_id = r.upload_id AND v.row_number = r.row_number"
    "           AND v.error_field IS NULL) AS untrusted,"
    "       coalesce(e.original_data, r.original_data)::text AS original_data,"
    "       coalesce(e.raw, r.raw) AS raw"
    "  FROM upload_records r"
    "  LEFT JOIN validation_errors e ON e.upload_id = r.upload_id"
    "        AND e.row_number = r.row_number AND e.rule_order = 1"
    " WHERE r.upload_id = $1 AND r.row_number = ANY ($2::int[]) AND r.outcome = 'error'"
    " ORDER BY r.row_number";

static enum error_code read_originals(struct revalidate_source *source,
                                      const struct db_result *rows, struct item_list *items,
                                      struct error *error)
{
    struct original original = {.rows = rows};
    enum error_code code = ERROR_NONE;
    buffer_init(&original.text, 64 << 20);
    for (; original.at < rows->count && !code; original.at++) {
        struct upload_item *item = NULL;
        bool found = false, whole = !db_row_is_null(rows, original.at, "raw");
        code = item_list_add(items, &item, error);
        if (!code && whole && source->upload->header.len)
            code = read_bytes(&original, source->upload, item, &found, error);
        else if (!code)
            code = read_values(&original, source->upload, item, &found, error);
        if (item && !code && !found) {
            upload_item_release(item);
            free(item);
            items->count--;
        }
    }
    csv_reader_free(original.reader);
    buffer_release(&original.text);
    return code;
}

static bool have_row(const struct item_list *items, size_t from, uint32_t row_number)
{
    for (size_t i = from; i < items->count; i++)
        if (items->list[i]->record.row_number == row_number)
            return true;
    return false;
}

static enum error_code add_originals(struct revalidate_source *source,
                                     const struct ledger_missing *rows, size_t from,
                                     struct item_list *items, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result found = DB_RESULT_INIT;
    struct db_array wanted;
    const char *literal = NULL;
    db_array_init(&wanted, 1 << 20);
    for (size_t i = 0; i < rows->count; i++)
        if (!have_row(items, from, rows->list[i].row_number))
            db_array_add_int(&wanted, rows->list[i].row_number);
    size_t count = wanted.count;
    enum error_code code = db_array_literal(&wanted, &literal, error);
    db_param_text(&params, source->upload->upload_id);
    db_param_text(&params, literal);
    if (!code && count)
        code = db_query(source->pipeline->db, originals_sql, &params, &found, error);
    if (!code && count)
        code = read_originals(source, &found, items, error);
    db_result_release(&found);
    db_array_release(&wanted);
    return code ? error_wrap(error, "reading the stored originals") : ERROR_NONE;
}

enum error_code revalidate_items(struct revalidate_source *source,
                                 const struct ledger_missing *rows, bool settled,
                                 struct item_list *items, size_t *absent, struct error *error)
{
    size_t from = items->count, poison = 0;
    enum error_code code = items_fetch(source->pipeline, rows, items, &poison, error);
    if (code)
        return error_wrap(error, "reading the items of %s", source->upload->upload_id);
    if (settled && items->count - from < rows->count)
        code = add_originals(source, rows, from, items, error);
    *absent = rows->count - (items->count - from);
    return code;
}
