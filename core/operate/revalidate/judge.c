#include "core/operate/revalidate/revalidate_private.h"
#include "core/pipeline/batch.h"
#include "core/pipeline/ledger_revise.h"

#define RACES_MAX 50

void revalidate_judge_init(struct revalidate_judge *judge, struct pipeline *pipeline,
                           const struct upload_state *upload, struct revalidate_changes *changes,
                           struct arena *memory)
{
    *judge = (struct revalidate_judge){
        .pipeline = pipeline, .upload = upload, .changes = changes, .memory = memory};
    occupied_init(&judge->accepted);
}

void revalidate_judge_release(struct revalidate_judge *judge)
{
    occupied_release(&judge->accepted);
    arena_release(&judge->accepted_memory);
    free(judge->judged);
}

static enum error_code read_entries(struct revalidate_judge *judge, const struct batch *batch,
                                    const struct lease *lease, struct arena *memory,
                                    struct standing *standing, struct error *error)
{
    struct db_array rows;
    db_array_init(&rows, 1 << 20);
    for (size_t i = 0; i < batch->count; i++)
        db_array_add_int(&rows, batch->entries[i].item->record.row_number);
    enum error_code code = standing_read(judge->pipeline->db, judge->upload->upload_id, &rows,
                                         lease, memory, standing, error);
    db_array_release(&rows);
    return code;
}

/* ---- judging */

static void reopen_rejected(struct batch *batch, const struct standing *standing)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];
        const struct revalidate_verdict *verdict =
            standing_find(standing, entry->item->record.row_number);
        if (entry->upload && !entry->superseded && verdict && verdict->state == REVALIDATE_ERROR)
            ledger_reopen(entry);
    }
}

static enum error_code note_entry(struct revalidate_judge *judge, struct batch_entry *entry,
                                  const struct standing *standing, struct arena *memory,
                                  struct error *error)
{
    uint32_t row_number = entry->item->record.row_number;
    const struct revalidate_verdict none = {row_number, REVALIDATE_PENDING, NULL, 0};
    const struct revalidate_verdict *before = standing_find(standing, row_number);
    struct revalidate_violation *list = arena_new(memory, entry->finding_count + 1, sizeof *list);
    if (!list)
        return error_set(error, ERROR_MEMORY, "out of memory for a verdict");
    for (size_t i = 0; i < entry->finding_count; i++)
        list[i] = (struct revalidate_violation){rule_name(entry->findings[i].rule),
                                                column_name(entry->findings[i].column),
                                                entry->findings[i].message};
    const struct revalidate_verdict after = {
        row_number, entry->finding_count ? REVALIDATE_ERROR : REVALIDATE_VALID, list,
        entry->finding_count};
    before = before ? before : &none;
    if (revalidate_verdict_same(before, &after)) {
        judge->changes->unchanged++;
        ledger_keep(entry);
        return ERROR_NONE;
    }
    return revalidate_changes_add(judge->changes, judge->memory, entry->item->record.line_number,
                                  before, &after, error);
}

/* One attempt's verdicts, noted as changes; what is unchanged is closed again. */
static enum error_code note_verdicts(struct revalidate_judge *judge, struct batch *batch,
                                     const struct standing *standing, struct arena *memory,
                                     struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < batch->count && !code; i++) {
        struct batch_entry *entry = &batch->entries[i];
        if (entry->superseded)
            continue;
        judge->changes->records++;
        if (batch_entry_open(entry)) {
            code = note_entry(judge, entry, standing, memory, error);
        } else {
            judge->changes->unchanged++;
            judge->changes->not_judged++;
        }
    }
    return code;
}

static enum error_code fill_batch(struct batch *batch, const struct item_list *items,
                                  struct error *error)
{
    enum error_code code = ERROR_NONE;
    batch->count = 0;
    for (size_t i = 0; i < items->count && !code; i++)
        code = batch_add(batch, items->list[i], i, error);
    batch_sort(batch);
    return code;
}

/* ---- a plan: nothing is written, so what it would accept is remembered */

static enum error_code remember_key(struct revalidate_judge *judge, const char *vendor_id,
                                    const struct batch_entry *entry, enum product_column column,
                                    struct error *error)
{
    const struct record_field *field = &entry->item->record.fields[column];
    struct occupant occupant = {
        .vendor_id = vendor_id,
        .text = arena_copy_text(&judge->accepted_memory, field->text, field->len),
        .len = field->len,
        .upload_id = judge->upload->upload_id,
        .row_number = entry->item->record.row_number,
        .line_number = entry->item->record.line_number};
    if (!occupant.text)
        return error_set(error, ERROR_MEMORY, "out of memory for a key");
    return occupied_add(&judge->accepted, &occupant, error);
}

static enum error_code remember(struct revalidate_judge *judge, const struct batch *batch,
                                struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < batch->count && !code; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        uint32_t row = entry->item->record.row_number;
        judge->judged[row - 1] = true;
        if (!batch_entry_open(entry) || entry->finding_count)
            continue;
        code = remember_key(judge, NULL, entry, COLUMN_SKU, error);
        if (!code)
            code = remember_key(judge, judge->upload->vendor_id, entry, COLUMN_VENDOR_PRODUCT_ID,
                                error);
    }
    return code;
}

static enum error_code recall_key(const struct revalidate_judge *judge, struct batch *batch,
                                  const char *vendor_id, const struct record_field *field,
                                  struct error *error)
{
    const struct occupant *occupant =
        field->text ? occupied_find(&judge->accepted, vendor_id, field->text, field->len) : NULL;
    return occupant ? occupied_add(&batch->occupied, occupant, error) : ERROR_NONE;
}

static enum error_code recall(const struct revalidate_judge *judge, struct batch *batch,
                              struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < batch->count && !code; i++) {
        const struct record_field *fields = batch->entries[i].item->record.fields;
        code = recall_key(judge, batch, NULL, &fields[COLUMN_SKU], error);
        if (!code)
            code = recall_key(judge, batch, judge->upload->vendor_id,
                              &fields[COLUMN_VENDOR_PRODUCT_ID], error);
    }
    return code;
}

/* Earlier rows that are to be judged before, and neither were nor can be expected to be. */
static void drop_judged(const struct revalidate_judge *judge, struct ledger_missing *missing)
{
    size_t kept = 0;
    for (size_t i = 0; i < missing->count; i++) {
        uint32_t row = missing->list[i].row_number;
        if (!judge->judged[row - 1])
            missing->list[kept++] = missing->list[i];
    }
    missing->count = kept;
}

/* An upload that was never admitted has no total yet that a row could be within. */
static void admit_entries(const struct revalidate_judge *judge, struct batch *batch)
{
    for (size_t i = 0; i < batch->count && !judge->upload->admitted && batch->upload_count; i++)
        batch->entries[i].upload = &batch->uploads[0];
}

/* What is nowhere to be found is not waited for: the next look goes on without it. */
static enum error_code bring_missing(struct revalidate_judge *judge,
                                     struct revalidate_source *source,
                                     struct ledger_missing *missing, struct item_list *items,
                                     struct error *error)
{
    size_t before = items->count, absent = 0;
    enum error_code code = revalidate_items(source, missing, false, items, &absent, error);
    if (!code && absent && source->file)
        code = revalidate_file_items(source, missing, items, error);
    for (size_t i = 0; i < missing->count && items->count == before && !code; i++)
        judge->judged[missing->list[i].row_number - 1] = true;
    return code;
}

enum error_code revalidate_judge_look(struct revalidate_judge *judge,
                                      struct revalidate_source *source, struct item_list *items,
                                      struct error *error)
{
    struct batch batch;
    struct ledger_missing missing;
    struct standing standing = {.list = NULL};
    struct arena memory = ARENA_INIT;
    bool again = true;
    enum error_code code = ERROR_NONE;
    batch_init(&batch);
    ledger_missing_init(&missing);
    while (again && !code) {
        again = false;
        code = fill_batch(&batch, items, error);
        batch_restart(&batch);
        if (!code)
            code = ledger_look(judge->pipeline, &batch, &missing, error);
        if (code)
            break;
        drop_judged(judge, &missing);
        if (missing.count) {
            ledger_abandon(judge->pipeline);
            code = bring_missing(judge, source, &missing, items, error);
            again = true;
        }
    }
    if (!code)
        code = read_entries(judge, &batch, NULL, &memory, &standing, error);
    ledger_abandon(judge->pipeline);
    if (!code) {
        admit_entries(judge, &batch);
        reopen_rejected(&batch, &standing);
        code = recall(judge, &batch, error);
    }
    if (!code)
        code = batch_judge(&batch, world_now_ms(judge->pipeline->world), error);
    if (!code)
        code = remember(judge, &batch, error);
    if (!code)
        code = note_verdicts(judge, &batch, &standing, &memory, error);
    arena_release(&memory);
    ledger_missing_release(&missing);
    batch_release(&batch);
    return code;
}

/* ---- the run */

static enum error_code attempt(struct revalidate_judge *judge, struct batch *batch,
                               struct arena *memory, bool *raced, struct error *error)
{
    struct ledger_missing missing;
    struct standing standing = {.list = NULL};
    ledger_missing_init(&missing);
    batch_restart(batch);
    enum error_code code = ledger_open(judge->pipeline, batch, &missing, error);
    if (!code)
        code = read_entries(judge, batch, judge->lease, memory, &standing, error);
    if (!code) {
        reopen_rejected(batch, &standing);
        code = batch_judge(batch, world_now_ms(judge->pipeline->world), error);
    }
    if (!code)
        code = note_verdicts(judge, batch, &standing, memory, error);
    if (code)
        ledger_abandon(judge->pipeline);
    else
        code = ledger_revise(judge->pipeline, batch, raced, error);
    ledger_missing_release(&missing);
    return code;
}

static bool lost_a_race(const struct error *error)
{
    return strcmp(error->service_code, "40P01") == 0 || strcmp(error->service_code, "40001") == 0;
}

enum error_code revalidate_judge_write(struct revalidate_judge *judge,
                                       const struct item_list *items, struct error *error)
{
    struct batch batch;
    struct arena memory = ARENA_INIT;
    const struct revalidate_changes before = *judge->changes;
    bool again = items->count > 0;
    batch_init(&batch);
    enum error_code code = fill_batch(&batch, items, error);
    for (int races = 0; again && !code; races++) {
        bool raced = false;
        code = attempt(judge, &batch, &memory, &raced, error);
        if (code && lost_a_race(error)) {
            code = ERROR_NONE;
            raced = true;
        }
        again = raced;
        if (raced || code) {
            struct revalidate_changes *changes = judge->changes;
            struct revalidate_change *list = changes->list;
            size_t capacity = changes->capacity;
            *changes = before;
            changes->list = list;
            changes->capacity = capacity;
        }
        if (raced && races >= RACES_MAX)
            code = error_set(error, ERROR_UNAVAILABLE, "the batch met concurrent uploads %d times",
                             races + 1);
    }
    arena_release(&memory);
    batch_release(&batch);
    return code;
}

enum error_code revalidate_judge_read(struct revalidate_judge *judge,
                                      const struct ledger_missing *rows, struct error *error)
{
    struct db_array wanted;
    struct standing standing = {.list = NULL};
    struct arena memory = ARENA_INIT;
    db_array_init(&wanted, 1 << 20);
    for (size_t i = 0; i < rows->count; i++)
        db_array_add_int(&wanted, rows->list[i].row_number);
    enum error_code code = standing_read(judge->pipeline->db, judge->upload->upload_id, &wanted,
                                         NULL, &memory, &standing, error);
    judge->changes->records += (int64_t)rows->count;
    for (size_t i = 0; i < standing.count && !code; i++) {
        const struct revalidate_verdict none = {standing.list[i].row_number, REVALIDATE_PENDING,
                                                NULL, 0};
        code = revalidate_changes_add(judge->changes, judge->memory, standing.lines[i], &none,
                                      &standing.list[i], error);
    }
    if (!code) {
        int64_t left = (int64_t)(rows->count - standing.count);
        judge->changes->unchanged += left;
        judge->changes->not_judged += left;
    }
    arena_release(&memory);
    db_array_release(&wanted);
    return code;
}
