#include "core/operate/revalidate/revalidate_private.h"

#define RANGES_MAX 1000

static bool read_row(const char **at, uint32_t *row)
{
    uint64_t value = 0;
    const char *start = *at;
    while (**at >= '0' && **at <= '9' && *at - start < 9)
        value = value * 10 + (uint64_t)(*(*at)++ - '0');
    *row = (uint32_t)value;
    return *at > start && value > 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct revalidate_rows *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

enum error_code revalidate_rows_parse(const char *text, struct revalidate_rows **rows,
                                      size_t *count, struct error *error)
{
    const char *at = text;
    struct revalidate_rows *list = memory_new(RANGES_MAX, sizeof *list);
    bool good = list != NULL;
    *rows = NULL;
    *count = 0;
    if (!list)
        return error_set(error, ERROR_MEMORY, "out of memory for rows");
    while (good) {
        struct revalidate_rows *range = &list[*count];
        good = *count < RANGES_MAX && read_row(&at, &range->first);
        range->last = good ? range->first : 0;
        if (good && *at == '-') {
            at++;
            good = read_row(&at, &range->last) && range->last >= range->first;
        }
        *count += good;
        if (good && *at != ',')
            break;
        at += good;
    }
    if (!good || *at) {
        free(list);
        *count = 0;
        return error_set(error, ERROR_USAGE,
                         "%.60s: not a list of rows; use row numbers and ranges such as 3,7-12 "
                         "(at most %d of them)",
                         text, RANGES_MAX);
    }
    qsort(list, *count, sizeof *list, compare_ranges);
    *rows = list;
    return ERROR_NONE;
}

void revalidate_rows_append(struct buffer *out, const uint32_t *rows, size_t count, size_t most)
{
    size_t ranges = 0;
    for (size_t i = 0; i < count; ranges++) {
        size_t last = i;
        while (last + 1 < count && rows[last + 1] == rows[last] + 1)
            last++;
        if (ranges == most) {
            buffer_text(out, ", ...");
            return;
        }
        buffer_format(out, "%s%u", ranges ? ", " : "", (unsigned)rows[i]);
        if (last > i)
            buffer_format(out, "-%u", (unsigned)rows[last]);
        i = last + 1;
    }
}

static bool is_named(const struct revalidate_request *request, uint32_t row)
{
    if (!request->rows)
        return true;
    for (size_t i = 0; i < request->row_count; i++)
        if (row >= request->rows[i].first && row <= request->rows[i].last)
            return true;
    return false;
}

static enum error_code check_range(const char *upload_id, int64_t total,
                                   const struct revalidate_request *request, struct error *error)
{
    for (size_t i = 0; request->rows && i < request->row_count; i++)
        if ((int64_t)request->rows[i].last > total)
            return error_set(error, ERROR_USAGE, "%s has %lld records: row %u does not exist",
                             upload_id, (long long)total, (unsigned)request->rows[i].last);
    return ERROR_NONE;
}

static const char rows_sql[] =
    "SELECT n AS row_number, r.outcome FROM generate_series(1, $2::int) AS n"
    "  LEFT JOIN upload_records r ON r.upload_id = $1 AND r.row_number = n ORDER BY n";

enum error_code revalidate_select(struct pipeline *pipeline, const char *upload_id, int64_t total,
                                  const struct revalidate_request *request,
                                  struct revalidate_selection *selection, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result found = DB_RESULT_INIT;
    *selection = (struct revalidate_selection){.rows = NULL};
    db_param_text(&params, upload_id);
    db_param_int(&params, total);
    enum error_code code = check_range(upload_id, total, request, error);
    if (!code)
        code = db_query(pipeline->db, rows_sql, &params, &found, error);
    selection->rows = code ? NULL : memory_new((size_t)found.count + 1, sizeof *selection->rows);
    if (!code && !selection->rows)
        code = error_set(error, ERROR_MEMORY, "out of memory for %d rows", found.count);
    for (int i = 0; i < found.count && !code; i++) {
        uint32_t row = (uint32_t)db_row_int(&found, i, "row_number");
        const char *outcome = db_row_text(&found, i, "outcome");
        if (!is_named(request, row))
            continue;
        if (request->pending ? !outcome : outcome && strcmp(outcome, "error") == 0)
            selection->rows[selection->count++] = row;
        else if (!outcome)
            selection->pending++;
        else if (strcmp(outcome, "valid") == 0 && request->rows)
            selection->accepted++;
    }
    db_result_release(&found);
    return code;
}

void revalidate_selection_release(struct revalidate_selection *selection)
{
    free(selection->rows);
    *selection = (struct revalidate_selection){.rows = NULL};
}

static enum error_code add_key(struct ledger_missing *keys, const char *upload_id, uint32_t row,
                               struct error *error)
{
    void *list = keys->list;
    enum error_code code =
        memory_reserve(&list, &keys->capacity, keys->count + 1, sizeof *keys->list, error);
    keys->list = list;
    if (code)
        return code;
    struct ledger_key *key = &keys->list[keys->count++];
    snprintf(key->upload_id, sizeof key->upload_id, "%s", upload_id);
    key->row_number = row;
    return ERROR_NONE;
}

enum error_code revalidate_keys(const char *upload_id, const uint32_t *rows, size_t count,
                                struct ledger_missing *keys, struct error *error)
{
    enum error_code code = ERROR_NONE;
    keys->count = 0;
    for (size_t i = 0; i < count && !code; i++)
        code = add_key(keys, upload_id, rows[i], error);
    return code;
}

enum error_code revalidate_absent(const struct ledger_missing *rows, const struct item_list *items,
                                  struct ledger_missing *absent, struct error *error)
{
    enum error_code code = ERROR_NONE;
    absent->count = 0;
    for (size_t i = 0; i < rows->count && !code; i++) {
        bool found = false;
        for (size_t k = 0; k < items->count && !found; k++)
            found = items->list[k]->record.row_number == rows->list[i].row_number;
        if (!found)
            code = add_key(absent, rows->list[i].upload_id, rows->list[i].row_number, error);
    }
    return code;
}
