#include "core/history/error_where.h"

#include <string.h>

#include "core/base/json.h"
#include "core/history/page.h"
#include "core/history/words.h"
#include "core/record/record.h"

/* So many records are looked up aside; where more come into question each row is looked at closely.
 */
#define ASIDE_MOST 10000
/* The violations of a record are written together, beside those of other records. */
#define APART_MOST 20000

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
            query_format(query,
                         " OR r.vendor_product_id = $%d OR " ERROR_SKU " = $%d OR " ERROR_VALUE
                         " = $%d",
                         place, place, place);
        }
        query_add(query, negated ? ") IS NOT TRUE" : ")");
        words = end;
    }
}

void errors_when(struct query *query, const struct error_search *search)
{
    if (search->since_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp >= ?", search->since_ms);
    if (search->until_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp < ?", search->until_ms);
}

void errors_where(struct query *query, struct arena *arena, const struct error_search *search)
{
    query_among(query, "v.error_type", search->type, false);
    query_among(query, "v.error_type", search->not_type, true);
    query_among(query, "v.error_field", search->field, false);
    query_among(query, "v.error_field", search->not_field, true);
    query_among(query, "h.vendor_id", search->vendor, false);
    query_among(query, "h.vendor_id", search->not_vendor, true);
    query_among(query, "r.vendor_product_id", search->product, false);
    query_among(query, "r.vendor_product_id", search->not_product, true);
    query_among(query, ERROR_SKU, search->sku, false);
    query_among(query, ERROR_SKU, search->not_sku, true);
    query_among(query, ERROR_VALUE, search->value, false);
    query_among(query, ERROR_VALUE, search->not_value, true);
    errors_when(query, search);
    words_where(query, arena, search->text);
}

/* ---- which records come into question */

#define RECORDS "SELECT o.upload_id, o.row_number FROM "

/* An original lies with the first violation of its record, which has the lowest number. */
static void numbered(struct query *query, struct error_range range)
{
    if (!range.to_id)
        return;
    query_number(query, " AND o.id > ?::bigint", range.from_id - APART_MOST);
    query_number(query, " AND o.id <= ?::bigint", range.to_id);
}

/* Records whose original has one of the values in `column`, NULL: in any. */
static void originals_from(struct query *query, struct arena *arena, const char *column,
                           struct value values, struct error_range range)
{
    static const char *const tables[] = {"violation_rows", "upload_records"};
    for (size_t t = 0; t < 2; t++) {
        const char *at = values.text;
        struct value value;
        query_format(query, "%s" RECORDS "%s o WHERE o.original_data IS NOT NULL",
                     t ? " UNION ALL " : "", tables[t]);
        if (!t)
            numbered(query, range);
        query_add(query, " AND (false");
        while (value_next(query, arena, &at, values.text + values.len, &value)) {
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

typedef void like_fn(struct query *query, struct arena *arena, const struct value *value);

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

/* As far as trigrams find it: of what is shorter every pack is read. */
static void pack_likely(struct query *query, struct arena *arena, const struct value *value)
{
    if (value->len < 3)
        query_add(query, " OR true");
    else
        pack_like(query, arena, value);
}

/* Each of the words, or one of its alternatives, is a part of the same text. */
static void words_like(struct query *query, struct arena *arena, like_fn *like, const char *words)
{
    struct value value;
    bool negated;
    size_t len;
    while (words && history_word(&words, &len, &negated)) {
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

/* What o, a row of violation_rows, says of its own violation. */
static void own_where(struct query *query, struct arena *arena, const struct error_search *search)
{
    query_among(query, "o.error_type", search->type, false);
    query_among(query, "o.error_field", search->field, false);
    words_like(query, arena, message_like, search->text);
}

static void packs_from(struct query *query, struct arena *arena, const struct error_search *search,
                       like_fn *like)
{
    query_add(query, RECORDS "violation_packs o WHERE true");
    pack_among(query, arena, search->type);
    pack_among(query, arena, search->field);
    words_like(query, arena, like, search->text);
}

/* Where not every word is a part of the message, one of them is a value of the record. */
static void words_from(struct query *query, struct arena *arena, const char *words,
                       struct error_range range)
{
    bool negated;
    size_t len;
    for (; words && history_word(&words, &len, &negated); words += len) {
        if (!negated) {
            query_add(query, " UNION ALL ");
            originals_from(query, arena, NULL, (struct value){words, len}, range);
        }
    }
}

static void violations_from(struct query *query, struct arena *arena,
                            const struct error_search *search)
{
    query_add(query, RECORDS "violation_rows o WHERE true");
    own_where(query, arena, search);
    query_add(query, " UNION ALL ");
    packs_from(query, arena, search, pack_like);
    words_from(query, arena, search->text, (struct error_range){0});
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
    errors_when(query, search);
}

bool error_search_says(const struct error_search *search, enum criterion by)
{
    const bool said[CRITERIA] = {
        [BY_SKU] = search->sku,
        [BY_PRODUCT] = search->product,
        [BY_UPLOAD] = search->vendor || search->since_ms != HISTORY_NEVER ||
                      search->until_ms != HISTORY_NEVER,
        [BY_VALUE] = search->value,
        [BY_VIOLATION] = has_word(search->text) || search->type || search->field};
    return said[by];
}

static struct value whole(const char *values)
{
    return (struct value){values, strlen(values)};
}

void errors_from(struct query *query, struct arena *arena, const struct error_search *search,
                 enum criterion by, struct error_range range)
{
    if (by == BY_SKU)
        originals_from(query, arena, "sku", whole(search->sku), range);
    else if (by == BY_PRODUCT)
        originals_from(query, arena, "vendor_product_id", whole(search->product), range);
    else if (by == BY_UPLOAD)
        uploads_from(query, search);
    else if (by == BY_VALUE)
        originals_from(query, arena, NULL, whole(search->value), range);
    else
        violations_from(query, arena, search);
}

/* ---- what a row shows */

void errors_aside(struct query *query, struct arena *arena, const struct error_search *search,
                  struct error_range range)
{
    query_add(query, "WITH aside AS MATERIALIZED (SELECT upload_id, row_number FROM (");
    packs_from(query, arena, search, pack_likely);
    words_from(query, arena, search->text, range);
    query_format(query, ") a LIMIT %d) ", ASIDE_MOST + 1);
}

void errors_likely(struct query *query, struct arena *arena, const struct error_search *search)
{
    query_add(query, " AND ((true");
    own_where(query, arena, search);
    query_format(query,
                 ") OR (o.upload_id, o.row_number) IN (SELECT upload_id, row_number FROM aside)"
                 " OR (SELECT count(*) FROM aside) > %d)",
                 ASIDE_MOST);
}
