#include "core/operate/check/check.h"

#include "core/base/memory.h"
#include "core/operate/check/check_private.h"
#include "core/record/key_map.h"

/* How the catalogue stands to one row: what has its SKU, and what its product id. */
struct standing {
    struct {
        bool taken, own;
        uint16_t differing;
    } sku, product_id;
};

struct check {
    struct check_options options;
    struct csv_reader *reader;
    struct key_map skus, product_ids; /* of accepted records: the line */
    struct standing *standings;       /* by row; NULL offline */
    struct findings findings;
    struct check_store store;
    const char *data; /* of the last run */
    size_t len;
    bool refused;
};

enum error_code check_new(struct check **out, const struct check_options *options,
                          struct error *error)
{
    struct check *check = memory_new(1, sizeof *check);
    *out = check;
    if (!check)
        return error_set(error, ERROR_MEMORY, "out of memory for a check");
    check->options = *options;
    key_map_init(&check->skus);
    key_map_init(&check->product_ids);
    findings_init(&check->findings);
    check_store_init(&check->store);
    check->refused = true;
    if (options->lookup)
        check->standings = memory_new(CSV_RECORDS_MAX + 1, sizeof *check->standings);
    if (options->lookup && !check->standings) {
        check_free(check);
        *out = NULL;
        return error_set(error, ERROR_MEMORY, "out of memory for a check");
    }
    return ERROR_NONE;
}

void check_free(struct check *check)
{
    if (!check)
        return;
    csv_reader_free(check->reader);
    key_map_release(&check->skus);
    key_map_release(&check->product_ids);
    findings_release(&check->findings);
    check_store_release(&check->store);
    free(check->standings);
    free(check);
}

const char *check_status_name(enum check_status status)
{
    static const char *const names[] = {"completed", "partial", "failed"};
    return names[status];
}

static const struct standing *standing_of(const struct check *check, const struct record *record)
{
    static const struct standing none;
    return check->standings ? &check->standings[record->row_number] : &none;
}

static enum occupied sku_occupied(void *context, const struct record *record, const char *text,
                                  size_t len, uint32_t *line_number)
{
    const struct check *check = context;
    *line_number = key_map_find(&check->skus, text, len);
    return *line_number                            ? OCCUPIED_IN_FILE
           : standing_of(check, record)->sku.taken ? OCCUPIED_IN_CATALOGUE
                                                   : OCCUPIED_NO;
}

static enum occupied product_id_occupied(void *context, const struct record *record,
                                         const char *text, size_t len, uint32_t *line_number)
{
    const struct check *check = context;
    *line_number = key_map_find(&check->product_ids, text, len);
    return *line_number                                   ? OCCUPIED_IN_FILE
           : standing_of(check, record)->product_id.taken ? OCCUPIED_IN_CATALOGUE
                                                          : OCCUPIED_NO;
}

static bool own_differs(void *context, const struct record *record, enum product_column column,
                        uint32_t *differing)
{
    const struct standing *standing = standing_of(context, record);
    *differing = column == COLUMN_SKU ? standing->sku.differing : standing->product_id.differing;
    return column == COLUMN_SKU ? standing->sku.own : standing->product_id.own;
}

static enum error_code record_occupy(struct check *check, const struct record *record,
                                     struct error *error)
{
    const struct record_field *sku = &record->fields[COLUMN_SKU];
    const struct record_field *id = &record->fields[COLUMN_VENDOR_PRODUCT_ID];
    enum error_code code =
        key_map_put(&check->skus, sku->text, sku->len, record->line_number, error);
    if (!code)
        code = key_map_put(&check->product_ids, id->text, id->len, record->line_number, error);
    return code;
}

/* One pass: every record is judged, and those with findings are handed to the sink. */
typedef enum error_code record_sink(void *context, const struct record *record,
                                    const struct findings *findings, struct error *error);

static enum error_code records_judge(struct check *check, record_sink *sink, void *context,
                                     struct error *error)
{
    const struct catalogue catalogue = {check, sku_occupied, product_id_occupied, own_differs};
    struct record record;
    bool more = false;
    key_map_clear(&check->skus);
    key_map_clear(&check->product_ids);
    for (;;) {
        enum error_code code = csv_reader_next(check->reader, &record, &more, error);
        if (code || !more)
            return code;
        rules_judge(&record, check->options.categories, &catalogue, &check->findings);
        if (!check->findings.count) {
            code = record_occupy(check, &record, error);
        } else {
            code = buffer_check(&check->findings.messages, error);
            if (!code)
                code = sink(context, &record, &check->findings, error);
        }
        if (code)
            return code;
    }
}

struct counting {
    struct check *check;
    struct check_result *result;
};

static enum error_code record_count(void *context, const struct record *record,
                                    const struct findings *findings, struct error *error)
{
    struct counting *counting = context;
    (void)error;
    counting->result->error_records++;
    counting->result->errors_by_type[findings->list[0].rule]++;
    counting->result->findings += findings->count;
    check_store_add(&counting->check->store, record, findings);
    return ERROR_NONE;
}

/* Keys of one batch, copied: a record's texts last only until the next one is read. */
struct lookup_batch {
    struct check_key skus[CHECK_LOOKUP_BATCH], product_ids[CHECK_LOOKUP_BATCH];
    uint32_t rows[CHECK_LOOKUP_BATCH];
    struct product_values values[CHECK_LOOKUP_BATCH];
    size_t count;
    struct arena texts;
};

static enum error_code batch_add_key(struct lookup_batch *batch, const struct record *record,
                                     enum product_column column, struct check_key *key,
                                     const struct product_values *values, struct error *error)
{
    const struct record_field *field = &record->fields[column];
    *key = (struct check_key){.text = NULL, .values = values};
    if (!record_key_possible(record, column))
        return ERROR_NONE;
    key->text = arena_copy_text(&batch->texts, field->text, field->len);
    key->len = field->len;
    return key->text ? ERROR_NONE : error_set(error, ERROR_MEMORY, "out of memory for keys");
}

static enum error_code batch_look_up(struct check *check, const char *vendor_id,
                                     struct lookup_batch *batch, struct error *error)
{
    const struct check_lookup *lookup = check->options.lookup;
    enum error_code code = ERROR_NONE;
    if (batch->count)
        code = lookup->lookup(lookup->context, vendor_id, batch->skus, batch->product_ids,
                              batch->count, error);
    for (size_t i = 0; !code && i < batch->count; i++) {
        const struct check_key *sku = &batch->skus[i], *id = &batch->product_ids[i];
        check->standings[batch->rows[i]] =
            (struct standing){{sku->taken, sku->own, (uint16_t)sku->differing},
                              {id->taken, id->own, (uint16_t)id->differing}};
    }
    batch->count = 0;
    arena_release(&batch->texts);
    return code;
}

static enum error_code catalogue_look_up(struct check *check, const char *vendor_id,
                                         struct error *error)
{
    struct record record;
    bool more = true;
    struct lookup_batch *batch = memory_new(1, sizeof *batch);
    if (!batch)
        return error_set(error, ERROR_MEMORY, "out of memory for keys");
    enum error_code code = csv_reader_open(&check->reader, check->data, check->len, error);
    while (!code) {
        code = csv_reader_next(check->reader, &record, &more, error);
        if (code || !more)
            break;
        size_t i = batch->count++;
        batch->rows[i] = record.row_number;
        struct product_values *values = &batch->values[i];
        code = product_values_of(&record, &batch->texts, values, error);
        if (!code)
            code = batch_add_key(batch, &record, COLUMN_SKU, &batch->skus[i], values, error);
        if (!code)
            code = batch_add_key(batch, &record, COLUMN_VENDOR_PRODUCT_ID, &batch->product_ids[i],
                                 values, error);
        if (!code && batch->count == CHECK_LOOKUP_BATCH)
            code = batch_look_up(check, vendor_id, batch, error);
    }
    if (!code)
        code = batch_look_up(check, vendor_id, batch, error);
    arena_release(&batch->texts);
    free(batch);
    return code;
}

static void result_refuse(struct check *check, struct check_result *result)
{
    struct refusal refusal = result->refusal;
    result->total_records = result->valid_records = result->error_records = 0;
    memset(result->errors_by_type, 0, sizeof result->errors_by_type);
    result->findings = 0;
    result->refusal = refusal;
    result->status = CHECK_FAILED;
    check_store_clear(&check->store);
    check->refused = true;
}

static enum error_code records_check(struct check *check, struct check_result *result,
                                     struct error *error)
{
    struct counting counting = {check, result};
    enum error_code code = csv_reader_open(&check->reader, check->data, check->len, error);
    if (!code)
        code = records_judge(check, record_count, &counting, error);
    if (code)
        return code;
    const struct csv_header *header = csv_reader_header(check->reader);
    csv_reader_finish(check->reader, &result->refusal);
    result->total_records = csv_reader_count(check->reader);
    result->valid_records = result->total_records - result->error_records;
    result->unknown_count = header->unknown_count;
    result->unknown_columns = header->unknown.data;
    result->ignored_columns = header->ignored.data;
    result->swallowed = header->swallowed;
    result->swallowed_line = header->swallowed_line;
    result->swallowed_last_line = header->swallowed_last_line;
    return ERROR_NONE;
}

enum error_code check_run(struct check *check, const char *path, const char *vendor_id,
                          const char *data, size_t len, uint64_t size, struct check_result *result,
                          struct error *error)
{
    struct upload_name name;
    enum error_code code = ERROR_NONE;
    *result = (struct check_result){.unknown_columns = "", .ignored_columns = ""};
    check_store_clear(&check->store);
    check->data = data;
    check->len = len;
    check->refused = false;
    upload_file_name_parse(path, vendor_id, &name, &result->refusal);
    memcpy(result->vendor_id, name.vendor_id, sizeof result->vendor_id);
    if (result->refusal.code == REFUSAL_NONE && (size > CSV_FILE_MAX || len > CSV_FILE_MAX))
        refusal_set_too_large(&result->refusal, size > len ? size : len);
    if (result->refusal.code == REFUSAL_NONE && check->options.lookup)
        code = catalogue_look_up(check, result->vendor_id, error);
    if (!code && result->refusal.code == REFUSAL_NONE)
        code = records_check(check, result, error);
    if (code || result->refusal.code != REFUSAL_NONE)
        result_refuse(check, result);
    else
        result->status = !result->error_records  ? CHECK_COMPLETED
                         : result->valid_records ? CHECK_PARTIAL
                                                 : CHECK_FAILED;
    return code;
}

struct handing_out {
    check_sink *sink;
    void *context;
};

static enum error_code record_hand_out(void *context, const struct record *record,
                                       const struct findings *findings, struct error *error)
{
    struct handing_out *out = context;
    enum error_code code = ERROR_NONE;
    for (uint32_t i = 0; !code && i < findings->count; i++) {
        const struct check_finding finding = {
            .row_number = record->row_number,
            .line_number = record->line_number,
            .vendor_product_id = record->fields[COLUMN_VENDOR_PRODUCT_ID],
            .sku = record->fields[COLUMN_SKU],
            .rule = findings->list[i].rule,
            .column = findings->list[i].column,
            .message = findings_message(findings, i),
        };
        code = out->sink(out->context, &finding, error);
    }
    return code;
}

enum error_code check_each(struct check *check, check_sink *sink, void *context,
                           struct error *error)
{
    struct handing_out out = {sink, context};
    if (check->refused)
        return ERROR_NONE;
    if (!check_store_overflowed(&check->store))
        return check_store_each(&check->store, sink, context, error);
    enum error_code code = csv_reader_open(&check->reader, check->data, check->len, error);
    return code ? code : records_judge(check, record_hand_out, &out, error);
}
