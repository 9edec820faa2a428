/* What the statements of the read model are put together from. For core/history/ and
 * timeline.c. */
#ifndef INTAKE_CORE_HISTORY_QUERY_H
#define INTAKE_CORE_HISTORY_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "sql/db.h"

/* A statement that grows with its parameters. All text of callers goes into parameters. */
struct query {
    struct buffer sql;
    struct db_params params;
};

void query_init(struct query *query, const char *sql);
void query_release(struct query *query);
void query_add(struct query *query, const char *sql);
/* Constants of ours alone. */
void query_format(struct query *query, const char *format, ...) PRINTF_LIKE(2, 3);
/* The number of a parameter that the statement names itself. */
int query_param(struct query *query, const char *value);
/* `sql` with each `?` replaced by the number of the parameter: $3. */
void query_text(struct query *query, const char *sql, const char *value);
void query_number(struct query *query, const char *sql, int64_t value);
void query_time(struct query *query, const char *sql, int64_t ms);
/* The LIKE pattern that finds the value anywhere; taken from `arena`, NULL when memory is out. */
const char *like_pattern(struct arena *arena, const char *value, size_t len);
/* `sql` with that pattern as its parameter. */
void query_like(struct query *query, struct arena *arena, const char *sql, const char *value);
/*
 * What people narrow by: a value, or alternatives with HISTORY_OR between them. Adds that the
 * column is one of them, or none of them (NULL is none). Nothing for NULL.
 */
void query_among(struct query *query, const char *column, const char *values, bool negated);
/*
 * Words with spaces between them; each must be found by `sql` (a condition with `?` for the
 * pattern), one of its alternatives, or with a '-' before it none. HISTORY_LITERAL before a word:
 * no '-' of ours.
 */
void query_words(struct query *query, struct arena *arena, const char *sql, const char *words);

MUST_CHECK enum error_code query_run(struct query *query, struct db *db, struct db_result *result,
                                     struct error *error);

/* Ids near one that is not there, "a, b": of a query for `id` and `place` the rows whose place is
 * the first one's. Releases the query; "" where there are none. */
MUST_CHECK enum error_code query_near(struct query *query, struct db *db, char *near, size_t size,
                                      struct error *error);

/* A column of a row, copied; NULL for NULL. When memory is out *failed is set. */
const char *history_text(struct arena *arena, const struct db_result *result, int row,
                         const char *column, bool *failed);
int64_t history_time(const struct db_result *result, int row, const char *column);

MUST_CHECK enum error_code history_memory(bool failed, struct error *error);
#endif
