#include "core/record/earlier.h"

#include "core/base/memory.h"
#include "core/record/key_map.h"

enum { BY_SKU, BY_PRODUCT_ID, KINDS };

static const enum product_column key_columns[KINDS] = {COLUMN_SKU, COLUMN_VENDOR_PRODUCT_ID};

struct earlier_row {
    uint32_t previous[KINDS]; /* the row before it with the same key, 0: none */
    uint32_t wave;
};

struct earlier {
    struct key_map last[KINDS]; /* the last row with each key */
    struct earlier_row *rows;   /* by row number */
    size_t capacity;
};

enum error_code earlier_new(struct earlier **out, struct error *error)
{
    struct earlier *earlier = memory_new(1, sizeof *earlier);
    *out = earlier;
    if (!earlier)
        return error_set(error, ERROR_MEMORY, "out of memory for the rows of a file");
    for (int kind = 0; kind < KINDS; kind++)
        key_map_init(&earlier->last[kind]);
    return ERROR_NONE;
}

void earlier_free(struct earlier *earlier)
{
    if (!earlier)
        return;
    for (int kind = 0; kind < KINDS; kind++)
        key_map_release(&earlier->last[kind]);
    free(earlier->rows);
    free(earlier);
}

/* Both chains run backwards; the nearer head goes first, a row on both only once. */
static uint32_t chains_merge(const struct earlier *earlier, uint32_t sku, uint32_t product_id,
                             uint32_t *rows)
{
    uint32_t count = 0;
    while ((sku || product_id) && count < RECORD_EARLIER_MAX) {
        uint32_t nearest = sku > product_id ? sku : product_id;
        rows[count++] = nearest;
        if (sku == nearest)
            sku = earlier->rows[nearest].previous[BY_SKU];
        if (product_id == nearest)
            product_id = earlier->rows[nearest].previous[BY_PRODUCT_ID];
    }
    return count;
}

enum error_code earlier_add(struct earlier *earlier, struct record *record, bool may_occupy,
                            uint32_t *rows, struct error *error)
{
    uint32_t row = record->row_number;
    void *list = earlier->rows;
    enum error_code code =
        memory_reserve(&list, &earlier->capacity, (size_t)row + 1, sizeof *earlier->rows, error);
    earlier->rows = list;
    if (code)
        return code;
    struct earlier_row *own = &earlier->rows[row];
    *own = (struct earlier_row){.wave = 1};
    for (int kind = 0; kind < KINDS; kind++) {
        const struct record_field *field = &record->fields[key_columns[kind]];
        if (!record_key_possible(record, key_columns[kind]))
            continue;
        uint32_t before = key_map_find(&earlier->last[kind], field->text, field->len);
        own->previous[kind] = before;
        if (before && earlier->rows[before].wave >= own->wave)
            own->wave = earlier->rows[before].wave + 1;
        if (may_occupy)
            code = key_map_put(&earlier->last[kind], field->text, field->len, row, error);
        if (code)
            return code;
    }
    record->wave = own->wave;
    record->earlier_count =
        chains_merge(earlier, own->previous[BY_SKU], own->previous[BY_PRODUCT_ID], rows);
    record->earlier_rows = record->earlier_count ? rows : NULL;
    return ERROR_NONE;
}
