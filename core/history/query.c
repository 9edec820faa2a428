#include "core/history/query.h"

#include <stdarg.h>
#include <string.h>

#include "core/history/page.h"
#include "core/history/words.h"

enum { STATEMENT_MAX = 64 * 1024 };

void query_init(struct query *query, const char *sql)
{
    buffer_init(&query->sql, STATEMENT_MAX);
    db_params_clear(&query->params);
    buffer_text(&query->sql, sql);
}

void query_release(struct query *query)
{
    buffer_release(&query->sql);
}

void query_add(struct query *query, const char *sql)
{
    buffer_text(&query->sql, sql);
}

void query_format(struct query *query, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_format_list(&query->sql, format, arguments);
    va_end(arguments);
}

int query_param(struct query *query, const char *value)
{
    db_param_text(&query->params, value);
    return query->params.count;
}

static void query_numbered(struct query *query, const char *sql)
{
    for (const char *at = sql; *at != '\0'; at++) {
        if (*at == '?')
            buffer_format(&query->sql, "$%d", query->params.count);
        else
            buffer_char(&query->sql, *at);
    }
}

void query_text(struct query *query, const char *sql, const char *value)
{
    db_param_text(&query->params, value);
    query_numbered(query, sql);
}

void query_number(struct query *query, const char *sql, int64_t value)
{
    db_param_int(&query->params, value);
    query_numbered(query, sql);
}

void query_time(struct query *query, const char *sql, int64_t ms)
{
    db_param_time(&query->params, ms);
    query_numbered(query, sql);
}

const char *like_pattern(struct arena *arena, const char *value, size_t len)
{
    size_t used = 0;
    char *pattern = arena_new(arena, 2 * len + 3, 1);
    if (!pattern)
        return NULL;
    pattern[used++] = '%';
    for (size_t i = 0; i < len; i++) {
        if (strchr("%_\\", value[i]))
            pattern[used++] = '\\';
        pattern[used++] = value[i] == HISTORY_GAP ? ' ' : value[i];
    }
    pattern[used] = '%';
    return pattern;
}

void query_like(struct query *query, struct arena *arena, const char *sql, const char *value)
{
    const char *pattern = like_pattern(arena, value, strlen(value));
    if (!pattern)
        query->sql.failed = ERROR_MEMORY;
    else
        query_text(query, sql, pattern);
}

void query_among(struct query *query, const char *column, const char *values, bool negated)
{
    if (!values)
        return;
    query_add(query, " AND ");
    query_add(query, column);
    if (strchr(values, HISTORY_OR)) {
        query_text(query, " = ANY (string_to_array(?, E'\\x1f'))", values);
        if (negated)
            query_add(query, " IS NOT TRUE");
    } else {
        query_text(query, negated ? " IS DISTINCT FROM ?" : " = ?", values);
    }
}

void query_words(struct query *query, struct arena *arena, const char *sql, const char *words)
{
    size_t len, one;
    bool negated;
    while (words && history_word(&words, &len, &negated)) {
        const char *end = words + len, *pattern;
        query_add(query, " AND (false");
        for (; words < end && !query->sql.failed; words += one + (words + one < end)) {
            const char *next = memchr(words, HISTORY_OR, (size_t)(end - words));
            one = (size_t)((next ? next : end) - words);
            pattern = one > 0 ? like_pattern(arena, words, one) : NULL;
            if (one > 0 && !pattern)
                query->sql.failed = ERROR_MEMORY;
            if (!pattern)
                continue;
            query_add(query, " OR ");
            query_text(query, sql, pattern);
        }
        query_add(query, negated ? ") IS NOT TRUE" : ")");
        words = end;
    }
}

enum error_code query_run(struct query *query, struct db *db, struct db_result *result,
                          struct error *error)
{
    if (buffer_check(&query->sql, error))
        return error_wrap(error, "statement");
    return db_query(db, query->sql.data, &query->params, result, error);
}

enum error_code query_near(struct query *query, struct db *db, char *near, size_t size,
                           struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    size_t used = 0;
    near[0] = '\0';
    enum error_code code = query_run(query, db, &result, error);
    for (int i = 0; !code && i < result.count; i++) {
        if (db_row_int(&result, i, "place") != db_row_int(&result, 0, "place"))
            break;
        int n = snprintf(near + used, size - used, "%s%s", i > 0 ? ", " : "",
                         db_row_text(&result, i, "id"));
        if (n > 0 && (size_t)n < size - used)
            used += (size_t)n;
    }
    query_release(query);
    db_result_release(&result);
    return code;
}

const char *history_text(struct arena *arena, const struct db_result *result, int row,
                         const char *column, bool *failed)
{
    if (db_row_is_null(result, row, column))
        return NULL;
    const char *copy = arena_copy_text(arena, db_row_text(result, row, column),
                                       db_row_length(result, row, column));
    if (!copy)
        *failed = true;
    return copy;
}

int64_t history_time(const struct db_result *result, int row, const char *column)
{
    if (db_row_is_null(result, row, column))
        return HISTORY_NEVER;
    return db_row_time(result, row, column);
}

enum error_code history_memory(bool failed, struct error *error)
{
    if (failed)
        return error_set(error, ERROR_MEMORY, "out of memory for rows of the database");
    return ERROR_NONE;
}
