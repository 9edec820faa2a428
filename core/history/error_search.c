#include "core/history/error_search.h"

#include <string.h>

#include "core/base/json.h"
#include "core/history/rows.h"
#include "core/history/violation_read.h"
#include "core/record/record.h"

/* What is frequent is among so many of the newest errors; what is not, the indexes find. */
#define WALKED 5000
/* Of what an index found, the nearest: of a frequent value they fill a page. */
#define FOUND(limit) (2 * (int64_t)(limit) + 300)

/* Of the record: with its first violation, older ones with each or in the ledger. */
#define ORIGINAL                                                                              \
    "coalesce(r.original_data, (SELECT f.original_data FROM violation_rows f"                 \
    " WHERE f.upload_id = r.upload_id AND f.row_number = r.row_number AND f.rule_order = 1)," \
    " (SELECT l.original_data FROM upload_records l"                                          \
    " WHERE l.upload_id = r.upload_id AND l.row_number = r.row_number))"
#define SKU "(" ORIGINAL " ->> 'sku')"
#define VALUE "(" ORIGINAL " ->> v.error_field)"

/* A row's own violation, and with a record's first those that lie together. */
#define VIOLATIONS                                                                           \
    " CROSS JOIN LATERAL (SELECT r.rule_order, r.error_type, r.error_field, r.error_message" \
    " UNION ALL SELECT (j.place + 1)::smallint, j.one ->> 0, j.one ->> 1, j.one ->> 2"       \
    "   FROM violation_packs p"                                                              \
    "  CROSS JOIN LATERAL json_array_elements(p.violations) WITH ORDINALITY j (one, place)"  \
    "  WHERE r.rule_order = 1 AND p.upload_id = r.upload_id"                                 \
    "    AND p.row_number = r.row_number) v"

static const struct order_column own_order[] = {{.sql = NULL}};

static const struct order_table search_orders = {
    .columns = own_order,
    .count = 1,
    .number = "r.id",
    .number_value = "r.id",
    .number_param = "?::bigint",
    .id = "v.rule_order",
    .id_param = "?::smallint",
    .id_least = "0",
    .newest_first = true,
};

static const struct row_column found_columns[] = {
    ROW(found_error, ROW_TEXT, upload_id),
    ROW(found_error, ROW_TEXT, vendor_id),
    ROW(found_error, ROW_TIME, upload_timestamp),
    ROW_AS(found_error, ROW_NUMBER, violation.row_number, "row_number"),
    ROW_AS(found_error, ROW_NUMBER, violation.line_number, "line_number"),
    ROW_AS(found_error, ROW_NUMBER, violation.order, "rule_order"),
    ROW_AS(found_error, ROW_TEXT, violation.record_id, "record_id"),
    ROW_AS(found_error, ROW_TEXT, violation.vendor_product_id, "vendor_product_id"),
    ROW_AS(found_error, ROW_TEXT, violation.sku, "sku"),
    ROW_AS(found_error, ROW_TEXT, violation.error_type, "error_type"),
    ROW_AS(found_error, ROW_TEXT, violation.error_field, "error_field"),
    ROW_AS(found_error, ROW_TEXT, violation.error_message, "error_message"),
};

static enum error_code found_complete(struct arena *arena, const struct db_result *result, int row,
                                      void *out, struct error *error)
{
    struct found_error *found = out;
    return violation_original_read(arena, result, row, &found->violation, error);
}

static const struct row_table found_rows = {ROW_TABLE(found_error, found_columns),
                                            .key = offsetof(struct found_error, violation.key),
                                            .complete = found_complete};

/* ---- one value after the other */

struct value {
    const char *text; /* NUL-terminated */
    size_t len;
};

/* The next alternative of `*at`, a copy; false beyond the last. */
static bool value_next(struct query *query, struct arena *arena, const char **at, const char *end,
                       struct value *value)
{
    while (*at < end) {
        const char *begin = *at, *stop = memchr(begin, HISTORY_OR, (size_t)(end - begin));
        size_t len = (size_t)((stop ? stop : end) - begin);
        *at = stop ? stop + 1 : end;
        if (!len)
            continue;
        char *copy = arena_copy_text(arena, begin, len);
        if (!copy) {
            query->sql.failed = ERROR_MEMORY;
            return false;
        }
        for (char *gap = copy; (gap = strchr(gap, HISTORY_GAP)); gap++)
            *gap = ' ';
        *value = (struct value){copy, len};
        return true;
    }
    return false;
}

static void add_pattern(struct query *query, struct arena *arena, const char *sql,
                        const struct value *value)
{
    const char *pattern = like_pattern(arena, value->text, value->len);
    if (!pattern)
        query->sql.failed = ERROR_MEMORY;
    else
        query_text(query, sql, pattern);
}

/* ---- what must be true of a violation */

static void words_where(struct query *query, struct arena *arena, const char *words)
{
    struct value value;
    bool negated;
    size_t len;
    while (words && history_word(&words, &len, &negated)) {
        const char *at = words, *end = words + len;
        query_add(query, " AND (false");
        while (value_next(query, arena, &at, end, &value)) {
            add_pattern(query, arena, " OR v.error_message ILIKE ?", &value);
            int place = query_param(query, value.text);
            query_format(query, " OR r.vendor_product_id = $%d OR " SKU " = $%d OR " VALUE " = $%d",
                         place, place, place);
        }
        query_add(query, negated ? ") IS NOT TRUE" : ")");
        words = end;
    }
}

static void search_where(struct query *query, struct arena *arena,
                         const struct error_search *search)
{
    query_among(query, "v.error_type", search->type, false);
    query_among(query, "v.error_type", search->not_type, true);
    query_among(query, "v.error_field", search->field, false);
    query_among(query, "v.error_field", search->not_field, true);
    query_among(query, "h.vendor_id", search->vendor, false);
    query_among(query, "h.vendor_id", search->not_vendor, true);
    query_among(query, "r.vendor_product_id", search->product, false);
    query_among(query, "r.vendor_product_id", search->not_product, true);
    query_among(query, SKU, search->sku, false);
    query_among(query, SKU, search->not_sku, true);
    query_among(query, VALUE, search->value, false);
    query_among(query, VALUE, search->not_value, true);
    if (search->since_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp >= ?", search->since_ms);
    if (search->until_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp < ?", search->until_ms);
    words_where(query, arena, search->text);
}

/* ---- which records come into question */

#define RECORDS "SELECT o.upload_id, o.row_number FROM "

/* Records whose original has one of the values in `column`, NULL: in any. */
static void originals_from(struct query *query, struct arena *arena, const char *column,
                           const char *values, size_t len)
{
    static const char *const tables[] = {"violation_rows", "upload_records"};
    for (size_t t = 0; t < 2; t++) {
        const char *at = values;
        struct value value;
        query_format(query, "%s" RECORDS "%s o WHERE o.original_data IS NOT NULL AND (false",
                     t ? " UNION ALL " : "", tables[t]);
        while (value_next(query, arena, &at, values + len, &value)) {
            int place = query_param(query, value.text);
            for (size_t i = 0; i < COLUMN_COUNT; i++) {
                const char *name = column_table[i].name;
                if (!column || strcmp(column, name) == 0)
                    query_format(query,
                                 " OR o.original_data @> jsonb_build_object('%s', $%d::text)", name,
                                 place);
            }
        }
        query_add(query, ")");
    }
}

/* As it stands in the JSON of violations that lie together, without the quotes. */
static void pack_like(struct query *query, struct arena *arena, const struct value *value)
{
    struct buffer json;
    buffer_init(&json, (size_t)1 << 20);
    json_append_string(&json, value->text, value->len);
    struct value inner = {json.data + 1, json.len > 2 ? json.len - 2 : 0};
    if (json.failed)
        query->sql.failed = json.failed;
    else
        add_pattern(query, arena, " OR violation_pack_text(o.violations) ILIKE ?", &inner);
    buffer_release(&json);
}

static void message_like(struct query *query, struct arena *arena, const struct value *value)
{
    add_pattern(query, arena, " OR o.error_message ILIKE ?", value);
}

typedef void like_fn(struct query *query, struct arena *arena, const struct value *value);

/* Records in which each of the words, or one of its alternatives, is a part of the same text. */
static void words_from(struct query *query, struct arena *arena, const char *table, like_fn *like,
                       const char *words)
{
    struct value value;
    bool negated;
    size_t len;
    query_format(query, " UNION ALL " RECORDS "%s o WHERE true", table);
    while (history_word(&words, &len, &negated)) {
        const char *at = words, *end = words + len;
        if (!negated) {
            query_add(query, " AND (false");
            while (value_next(query, arena, &at, end, &value))
                like(query, arena, &value);
            query_add(query, ")");
        }
        words = end;
    }
}

/* Where not every word is a part of the message, one of them is a value of the record. */
static void text_from(struct query *query, struct arena *arena, const char *text)
{
    const char *words = text;
    bool negated, any = false;
    size_t len;
    while (history_word(&words, &len, &negated)) {
        if (!negated) {
            if (any)
                query_add(query, " UNION ALL ");
            originals_from(query, arena, NULL, words, len);
            any = true;
        }
        words += len;
    }
    words_from(query, arena, "violation_rows", message_like, text);
    words_from(query, arena, "violation_packs", pack_like, text);
}

static void pack_among(struct query *query, struct arena *arena, const char *values)
{
    const char *at = values;
    struct value value;
    if (!values)
        return;
    query_add(query, " AND (false");
    while (value_next(query, arena, &at, values + strlen(values), &value))
        pack_like(query, arena, &value);
    query_add(query, ")");
}

static void kinds_from(struct query *query, struct arena *arena, const struct error_search *search)
{
    query_add(query, RECORDS "violation_rows o WHERE true");
    query_among(query, "o.error_type", search->type, false);
    query_among(query, "o.error_field", search->field, false);
    query_add(query, " UNION ALL " RECORDS "violation_packs o WHERE true");
    pack_among(query, arena, search->type);
    pack_among(query, arena, search->field);
}

/* Whether there is a word that must be found. */
static bool has_word(const char *words)
{
    bool negated;
    size_t len;
    for (; words && history_word(&words, &len, &negated); words += len) {
        if (!negated)
            return true;
    }
    return false;
}

static void uploads_from(struct query *query, const struct error_search *search)
{
    query_add(query, RECORDS "upload_history h JOIN violation_rows o USING (upload_id) WHERE true");
    query_among(query, "h.vendor_id", search->vendor, false);
    if (search->since_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp >= ?", search->since_ms);
    if (search->until_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp < ?", search->until_ms);
}

/* By what records are found, what is least frequent as a rule first. */
enum criterion { BY_SKU, BY_PRODUCT, BY_UPLOAD, BY_VALUE, BY_WORDS, BY_KIND, CRITERIA };

static bool says(const struct error_search *search, enum criterion by)
{
    const bool said[CRITERIA] = {[BY_SKU] = search->sku,
                                 [BY_PRODUCT] = search->product,
                                 [BY_UPLOAD] = search->vendor ||
                                               search->since_ms != HISTORY_NEVER ||
                                               search->until_ms != HISTORY_NEVER,
                                 [BY_VALUE] = search->value,
                                 [BY_WORDS] = has_word(search->text),
                                 [BY_KIND] = search->type || search->field};
    return said[by];
}

static void candidates_from(struct query *query, struct arena *arena,
                            const struct error_search *search, enum criterion by)
{
    if (by == BY_SKU)
        originals_from(query, arena, "sku", search->sku, strlen(search->sku));
    else if (by == BY_PRODUCT)
        originals_from(query, arena, "vendor_product_id", search->product, strlen(search->product));
    else if (by == BY_UPLOAD)
        uploads_from(query, search);
    else if (by == BY_VALUE)
        originals_from(query, arena, NULL, search->value, strlen(search->value));
    else if (by == BY_WORDS)
        text_from(query, arena, search->text);
    else
        kinds_from(query, arena, search);
}

/* ---- the ways */

static const char select_sql[] =
    "SELECT r.upload_id, h.vendor_id, h.upload_timestamp, r.row_number, r.line_number,"
    " v.rule_order, r.record_id, r.vendor_product_id, v.error_type, v.error_field,"
    " v.error_message, " ORIGINAL " AS original_data, " SKU " AS sku";

static void finish(struct query *query, struct arena *arena, const struct error_search *search,
                   struct page_position position, size_t limit)
{
    query_add(query,
              " JOIN upload_history h ON h.upload_id = r.upload_id" VIOLATIONS " WHERE true");
    search_where(query, arena, search);
    order_page(query, &search_orders, position, limit);
}

/* Of `w` those from the position on, the nearest `most` of them; 0: all. */
static void nearest(struct query *query, struct page_position position, int64_t most)
{
    bool back = position.start == PAGE_LAST || position.start == PAGE_BEFORE;
    if (position.start == PAGE_EXACT)
        query_number(query, " AND w.id = ?::bigint", position.key.number);
    else if (position.start == PAGE_AFTER)
        query_number(query, " AND w.id <= ?::bigint", position.key.number);
    else if (position.start == PAGE_BEFORE)
        query_number(query, " AND w.id >= ?::bigint", position.key.number);
    if (most > 0) {
        query_add(query, back ? " ORDER BY w.id" : " ORDER BY w.id DESC");
        query_number(query, " LIMIT ?::bigint", most);
    }
}

/* Among the newest from the position on, or the oldest towards it; of named vendors alone. */
static void walk_query(struct query *query, struct arena *arena, const struct error_search *search,
                       struct page_position position, size_t limit, bool whole)
{
    query_init(query, select_sql);
    order_select(query, &search_orders, position.order);
    query_add(query, " FROM (SELECT * FROM violation_rows w WHERE true");
    query_among(query, "w.vendor_id", search->vendor, false);
    nearest(query, position, whole ? 0 : WALKED);
    query_add(query, ") r");
    finish(query, arena, search, position, limit);
}

static void index_query(struct query *query, struct arena *arena, const struct error_search *search,
                        enum criterion by, struct page_position position, size_t limit, bool whole)
{
    query_init(query, "WITH m AS MATERIALIZED (SELECT DISTINCT upload_id, row_number FROM (");
    candidates_from(query, arena, search, by);
    query_add(query, ") c) ");
    query_add(query, select_sql);
    order_select(query, &search_orders, position.order);
    query_add(query, " FROM (SELECT w.* FROM m JOIN violation_rows w ON w.upload_id = m.upload_id"
                     " AND w.row_number = m.row_number WHERE true");
    nearest(query, position, whole ? 0 : FOUND(limit));
    query_add(query, ") r");
    finish(query, arena, search, position, limit);
}

static enum error_code finds_few(struct db *db, struct arena *arena,
                                 const struct error_search *search, enum criterion by, int64_t most,
                                 bool *few, struct error *error)
{
    struct db_result row = DB_RESULT_INIT;
    struct query query;
    query_init(&query, "SELECT count(*) AS n FROM (SELECT FROM (");
    candidates_from(&query, arena, search, by);
    query_number(&query, ") c LIMIT ?) n", most + 1);
    enum error_code code = query_run(&query, db, &row, error);
    *few = !code && db_row_int(&row, 0, "n") <= most;
    query_release(&query);
    db_result_release(&row);
    return code;
}

/* By what the index is asked: where there is a choice what finds few, as far as that takes to
 * count. CRITERIA: by nothing that an index knows. */
static enum error_code choose(struct db *db, struct arena *arena, const struct error_search *search,
                              enum criterion *by, struct error *error)
{
    static const int64_t tiers[] = {3000, 30000, 300000};
    enum criterion any = CRITERIA;
    size_t count = 0;
    for (*by = 0; *by < CRITERIA; (*by)++) {
        if (says(search, *by)) {
            any = *by;
            count++;
        }
    }
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers && count > 1; i++) {
        for (*by = 0; *by < CRITERIA; (*by)++) {
            bool few = false;
            enum error_code code = ERROR_NONE;
            if (says(search, *by))
                code = finds_few(db, arena, search, *by, tiers[i], &few, error);
            if (code || few)
                return code;
        }
    }
    *by = count > 1 ? CRITERIA : any;
    return ERROR_NONE;
}

/* *filled: there are more behind it, so that none before them is missing. */
static enum error_code page_read(struct db *db, struct query *query, struct page_position position,
                                 size_t limit, struct found_errors *found, bool *filled,
                                 struct error *error)
{
    struct rows rows = {.arena = &found->arena};
    bool back = position.start == PAGE_LAST || position.start == PAGE_BEFORE;
    enum error_code code = rows_page(&rows, &found_rows, query, position, limit, db, error);
    ROWS_GIVE_PAGE(found, &rows);
    *filled = back ? found->more_before : found->more_after;
    return code;
}

enum error_code errors_search(struct db *db, const struct error_search *search,
                              struct page_position position, size_t limit,
                              struct found_errors *found, struct error *error)
{
    struct query query;
    enum criterion by = CRITERIA;
    bool filled = false;
    memset(found, 0, sizeof *found);
    walk_query(&query, &found->arena, search, position, limit, false);
    enum error_code code = page_read(db, &query, position, limit, found, &filled, error);
    if (code || filled || position.start == PAGE_EXACT)
        return code;
    code = choose(db, &found->arena, search, &by, error);
    if (!code && by == BY_VALUE) {
        index_query(&query, &found->arena, search, by, position, limit, false);
        code = page_read(db, &query, position, limit, found, &filled, error);
    }
    if (code || filled)
        return code;
    if (by < CRITERIA)
        index_query(&query, &found->arena, search, by, position, limit, true);
    else
        walk_query(&query, &found->arena, search, position, limit, true);
    return page_read(db, &query, position, limit, found, &filled, error);
}

void found_errors_release(struct found_errors *found)
{
    ROWS_RELEASE(found);
}
