#include "core/pipeline/batch.h"

#include "core/record/advice.h"
#include "core/record/error_message.h"

void batch_init(struct batch *batch)
{
    *batch = (struct batch){.entries = NULL};
    categories_init(&batch->categories);
    occupied_init(&batch->occupied);
}

void batch_release(struct batch *batch)
{
    free(batch->entries);
    categories_release(&batch->categories);
    occupied_release(&batch->occupied);
    arena_release(&batch->memory);
    *batch = (struct batch){.entries = NULL};
}

void batch_restart(struct batch *batch)
{
    categories_release(&batch->categories);
    categories_init(&batch->categories);
    occupied_clear(&batch->occupied);
    arena_release(&batch->memory);
    batch->uploads = NULL;
    batch->upload_count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];
        *entry = (struct batch_entry){.item = entry->item,
                                      .event_index = entry->event_index,
                                      .superseded = entry->superseded};
    }
}

enum error_code batch_add(struct batch *batch, const struct upload_item *item, size_t event_index,
                          struct error *error)
{
    void *list = batch->entries;
    enum error_code code =
        memory_reserve(&list, &batch->capacity, batch->count + 1, sizeof *batch->entries, error);
    batch->entries = list;
    if (!code)
        batch->entries[batch->count++] =
            (struct batch_entry){.item = item, .event_index = event_index};
    return code;
}

static int compare_rows(const char *upload_a, uint32_t row_a, const char *upload_b, uint32_t row_b)
{
    int order = strcmp(upload_a, upload_b);
    if (order)
        return order;
    return row_a < row_b ? -1 : row_a > row_b;
}

static int compare_entries(const void *a, const void *b)
{
    const struct batch_entry *left = a, *right = b;
    int order = compare_rows(left->item->upload_id, left->item->record.row_number,
                             right->item->upload_id, right->item->record.row_number);
    if (order)
        return order;
    return left->event_index < right->event_index ? -1 : left->event_index > right->event_index;
}

void batch_sort(struct batch *batch)
{
    if (batch->count)
        qsort(batch->entries, batch->count, sizeof *batch->entries, compare_entries);
    for (size_t i = 0; i < batch->count; i++) {
        const struct upload_item *item = batch->entries[i].item;
        batch->entries[i].superseded =
            i > 0 && compare_rows(batch->entries[i - 1].item->upload_id,
                                  batch->entries[i - 1].item->record.row_number, item->upload_id,
                                  item->record.row_number) == 0;
    }
}

struct batch_entry *batch_find(const struct batch *batch, const char *upload_id,
                               uint32_t row_number)
{
    size_t low = 0, high = batch->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct upload_item *item = batch->entries[middle].item;
        if (compare_rows(item->upload_id, item->record.row_number, upload_id, row_number) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == batch->count ||
        compare_rows(batch->entries[low].item->upload_id,
                     batch->entries[low].item->record.row_number, upload_id, row_number) != 0)
        return NULL;
    return &batch->entries[low];
}

bool batch_entry_open(const struct batch_entry *entry)
{
    return entry->upload && !entry->upload->ended && !entry->settled_before && !entry->superseded &&
           !entry->waiting;
}

struct judgement {
    const struct occupied_set *occupied;
    const struct batch_upload *upload;
    const struct product_values *values; /* of the record; NULL: nothing to compare them with */
    bool again;
};

/* A later row of the file may have come first: it waits for none that can never be accepted. */
static enum occupied answer(const struct judgement *judgement, const struct record *record,
                            const struct occupant *occupant, uint32_t *line_number)
{
    if (!occupant)
        return OCCUPIED_NO;
    if (!occupant->upload_id || strcmp(occupant->upload_id, judgement->upload->upload_id) != 0)
        return OCCUPIED_IN_CATALOGUE;
    if (occupant->row_number > record->row_number && !judgement->again)
        return OCCUPIED_NO;
    *line_number = occupant->line_number;
    return OCCUPIED_IN_FILE;
}

static enum occupied sku_occupied(void *context, const struct record *record, const char *text,
                                  size_t len, uint32_t *line_number)
{
    const struct judgement *judgement = context;
    return answer(judgement, record, occupied_find(judgement->occupied, NULL, text, len),
                  line_number);
}

static enum occupied product_id_occupied(void *context, const struct record *record,
                                         const char *text, size_t len, uint32_t *line_number)
{
    const struct judgement *judgement = context;
    return answer(judgement, record,
                  occupied_find(judgement->occupied, judgement->upload->vendor_id, text, len),
                  line_number);
}

static const struct occupant_product *own_product(const struct occupied_set *occupied,
                                                  const struct batch_upload *upload,
                                                  const struct record *record,
                                                  enum product_column column)
{
    const struct record_field *field = &record->fields[column];
    const char *vendor_id = column == COLUMN_SKU ? NULL : upload->vendor_id;
    const struct occupant *occupant =
        field->text ? occupied_find(occupied, vendor_id, field->text, field->len) : NULL;
    const struct occupant_product *product = occupant ? occupant->product : NULL;
    return product && product->values && !strcmp(product->vendor_id, upload->vendor_id) ? product
                                                                                        : NULL;
}

static bool own_differs(void *context, const struct record *record, enum product_column column,
                        uint32_t *differing)
{
    const struct judgement *judgement = context;
    const struct occupant_product *product =
        own_product(judgement->occupied, judgement->upload, record, column);
    if (!product || !judgement->values)
        return false;
    *differing = product_values_differ(product->values, judgement->values);
    return true;
}

static enum error_code occupy(struct batch *batch, const struct batch_entry *entry,
                              struct error *error)
{
    const struct record *record = &entry->item->record;
    const struct record_field *sku = &record->fields[COLUMN_SKU];
    const struct record_field *id = &record->fields[COLUMN_VENDOR_PRODUCT_ID];
    struct occupant occupant = {.text = sku->text,
                                .len = sku->len,
                                .upload_id = entry->upload->upload_id,
                                .row_number = record->row_number,
                                .line_number = record->line_number};
    enum error_code code = occupied_add(&batch->occupied, &occupant, error);
    if (code)
        return code;
    occupant.vendor_id = entry->upload->vendor_id;
    occupant.text = id->text;
    occupant.len = id->len;
    return occupied_add(&batch->occupied, &occupant, error);
}

static enum error_code keep_findings(struct batch *batch, struct batch_entry *entry,
                                     const struct findings *findings, struct buffer *scratch,
                                     int64_t now_ms, struct error *error)
{
    struct batch_finding *list = arena_new(&batch->memory, findings->count, sizeof *list);
    if (!list)
        return error_set(error, ERROR_MEMORY, "out of memory for %u findings", findings->count);
    bool unchanged = findings_unchanged(findings);
    for (uint32_t i = 0; i < findings->count; i++) {
        const char *message = findings_message(findings, i);
        const struct advice *advice = advice_of_violation(findings->list[i].rule, message);
        list[i] = (struct batch_finding){
            .rule = findings->list[i].rule,
            .column = findings->list[i].column,
            .unchanged = unchanged,
            .kind = advice ? advice->kind : NULL,
            .message = arena_copy_text(&batch->memory, message, strlen(message))};
        if (!list[i].message)
            return error_set(error, ERROR_MEMORY, "out of memory for a finding");
    }
    buffer_clear(scratch);
    error_message_append(scratch, entry->item->upload_id, entry->upload->vendor_id,
                         &entry->item->record, findings, now_ms);
    enum error_code code = buffer_check(scratch, error);
    if (code)
        return code;
    entry->findings = list;
    entry->finding_count = findings->count;
    entry->message = arena_copy_text(&batch->memory, scratch->data, scratch->len);
    entry->message_len = scratch->len;
    if (!entry->message)
        return error_set(error, ERROR_MEMORY, "out of memory for a message");
    return ERROR_NONE;
}

static enum error_code judge_entry(struct batch *batch, struct batch_entry *entry,
                                   struct findings *findings, struct buffer *scratch,
                                   int64_t now_ms, struct error *error)
{
    const struct record *record = &entry->item->record;
    struct product_values values;
    struct judgement judgement = {&batch->occupied, entry->upload, NULL, entry->again};
    const struct catalogue catalogue = {.context = &judgement,
                                        .sku = sku_occupied,
                                        .product_id = product_id_occupied,
                                        .own = own_differs};
    if (own_product(&batch->occupied, entry->upload, record, COLUMN_SKU) ||
        own_product(&batch->occupied, entry->upload, record, COLUMN_VENDOR_PRODUCT_ID)) {
        enum error_code copied = product_values_of(record, &batch->memory, &values, error);
        if (copied)
            return copied;
        judgement.values = &values;
    }
    rules_judge(record, &batch->categories, &catalogue, findings);
    if (!findings->count) {
        entry->upload->added_valid++;
        return occupy(batch, entry, error);
    }
    entry->upload->added_invalid++;
    enum error_code code = buffer_check(&findings->messages, error);
    return code ? code : keep_findings(batch, entry, findings, scratch, now_ms, error);
}

enum error_code batch_judge(struct batch *batch, int64_t now_ms, struct error *error)
{
    enum error_code code = ERROR_NONE;
    struct findings findings;
    struct buffer scratch;
    findings_init(&findings);
    buffer_init(&scratch, 2 * ERROR_MESSAGE_MAX);
    for (size_t i = 0; i < batch->count && !code; i++) {
        if (batch_entry_open(&batch->entries[i]))
            code = judge_entry(batch, &batch->entries[i], &findings, &scratch, now_ms, error);
    }
    findings_release(&findings);
    buffer_release(&scratch);
    return code;
}
