#include "core/history/search.h"

#include <string.h>

#include "core/history/upload.h"
#include "core/history/words.h"

enum { PATTERNS_MAX = 64 * 1024 };

static const char vendors_sql[] =
    "SELECT w.place, array_agg(v.vendor_id)::text AS vendors"
    " FROM unnest($1::text[]) WITH ORDINALITY w (pattern, place)"
    " JOIN vendors v ON v.vendor_name ILIKE w.pattern OR v.email ILIKE w.pattern GROUP BY w.place";

static enum error_code word_add(struct arena *arena, const char *text, size_t len, bool negated,
                                bool joined, struct upload_search *search, struct error *error)
{
    const char *pattern = like_pattern(arena, text, len);
    if (!pattern)
        return error_set(error, ERROR_MEMORY, "out of memory for a search");
    if (search->count == SEARCH_WORDS)
        return error_set(error, ERROR_USAGE, "a search takes %d words at most", SEARCH_WORDS);
    search->words[search->count++] =
        (struct search_word){.pattern = pattern, .negated = negated, .joined = joined};
    return ERROR_NONE;
}

static enum error_code words_read(struct arena *arena, const char *text,
                                  struct upload_search *search, struct error *error)
{
    enum error_code code = ERROR_NONE;
    size_t len, one;
    bool negated;
    search->count = 0;
    while (!code && history_word(&text, &len, &negated)) {
        const char *end = text + len;
        for (bool joined = false; text < end && !code; text += one + (text + one < end)) {
            const char *next = memchr(text, HISTORY_OR, (size_t)(end - text));
            one = (size_t)((next ? next : end) - text);
            if (one > 0)
                code = word_add(arena, text, one, negated, joined, search, error);
            joined = joined || one > 0;
        }
        text = end;
    }
    return code;
}

static enum error_code vendors_read(struct db *db, struct arena *arena,
                                    struct upload_search *search, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    struct db_array patterns;
    const char *literal;
    bool failed = false;
    db_array_init(&patterns, PATTERNS_MAX);
    for (size_t i = 0; i < search->count; i++)
        db_array_add_string(&patterns, search->words[i].pattern);
    enum error_code code = db_array_literal(&patterns, &literal, error);
    if (!code) {
        db_param_text(&params, literal);
        code = db_query(db, vendors_sql, &params, &result, error);
    }
    for (int i = 0; !code && i < result.count; i++) {
        size_t word = (size_t)db_row_int(&result, i, "place") - 1;
        search->words[word].vendors = history_text(arena, &result, i, "vendors", &failed);
    }
    db_result_release(&result);
    db_array_release(&patterns);
    return code ? code : history_memory(failed, error);
}

enum error_code upload_search_read(struct db *db, struct arena *arena, const char *text,
                                   struct upload_search *search, struct error *error)
{
    enum error_code code = words_read(arena, text ? text : "", search, error);
    if (!code && search->count > 0)
        code = vendors_read(db, arena, search, error);
    return code;
}

void upload_search_add(struct query *query, const struct upload_search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct search_word *word = &search->words[i];
        bool last = i + 1 == search->count || !search->words[i + 1].joined;
        query_add(query, word->joined ? " OR " : " AND (");
        query_text(query, UPLOAD_SEARCHED " ILIKE ?", word->pattern);
        if (word->vendors)
            query_text(query, " OR h.vendor_id = ANY (?::text[])", word->vendors);
        if (last)
            query_add(query, word->negated ? ") IS NOT TRUE" : ")");
    }
}
