#include "core/record/waves.h"

#include "core/record/rules.h"

void waves_init(struct waves *waves)
{
    *waves = (struct waves){.rows = NULL};
}

void waves_release(struct waves *waves)
{
    free(waves->rows);
    free(waves->earlier);
    waves_init(waves);
}

static enum error_code keep(struct waves *waves, const struct record *record, struct error *error)
{
    void *rows = waves->rows, *earlier = waves->earlier;
    enum error_code code =
        memory_reserve(&rows, &waves->capacity, waves->count + 1, sizeof *waves->rows, error);
    waves->rows = rows;
    if (!code && record->earlier_count)
        code = memory_reserve(&earlier, &waves->earlier_capacity,
                              waves->earlier_count + record->earlier_count, sizeof *waves->earlier,
                              error);
    waves->earlier = earlier;
    if (code)
        return code;
    uint32_t wave = record->wave < WAVES_MAX ? record->wave : WAVES_MAX;
    waves->rows[waves->count++] = (struct wave_row){
        .wave = wave,
        .earlier_at = (uint32_t)waves->earlier_count,
        .earlier_count = record->earlier_count,
    };
    if (record->earlier_count)
        memcpy(waves->earlier + waves->earlier_count, record->earlier_rows,
               record->earlier_count * sizeof *waves->earlier);
    waves->earlier_count += record->earlier_count;
    if (wave > waves->last)
        waves->last = wave;
    return ERROR_NONE;
}

enum error_code waves_read(struct waves *waves, struct csv_reader *reader, struct refusal *refusal,
                           struct error *error)
{
    struct earlier *earlier = NULL;
    struct record record;
    uint32_t rows[RECORD_EARLIER_MAX];
    bool more = true;
    enum error_code code = earlier_new(&earlier, error);
    while (!code && more) {
        code = csv_reader_next(reader, &record, &more, error);
        if (code || !more)
            break;
        code = earlier_add(earlier, &record, !rules_never_accepted(&record), rows, error);
        if (!code)
            code = keep(waves, &record, error);
    }
    if (!code)
        csv_reader_finish(reader, refusal);
    earlier_free(earlier);
    return code;
}

void waves_apply(const struct waves *waves, struct record *record)
{
    const struct wave_row *row = &waves->rows[record->row_number - 1];
    record->wave = row->wave;
    record->earlier_count = row->earlier_count;
    record->earlier_rows = row->earlier_count ? waves->earlier + row->earlier_at : NULL;
}
