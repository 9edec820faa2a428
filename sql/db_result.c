#include "sql/db_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/time_text.h"

void db_result_adopt(struct db_result *result, PGresult *rows)
{
    const char *affected = PQcmdTuples(rows);
    db_result_release(result);
    result->rows = rows;
    result->count = PQntuples(rows);
    result->affected = affected[0] == '\0' ? 0 : strtoll(affected, NULL, 10);
}

void db_result_release(struct db_result *result)
{
    if (!result)
        return;
    PQclear(result->rows);
    result->rows = NULL;
    result->count = 0;
    result->affected = 0;
}

int db_result_column(const struct db_result *result, const char *name)
{
    return !result->rows ? -1 : PQfnumber(result->rows, name);
}

static bool has_cell(const struct db_result *result, int row, int column)
{
    bool there = result->rows && row >= 0 && row < result->count && column >= 0 &&
                 column < PQnfields(result->rows);
    assert(there);
    return there;
}

bool db_result_is_null(const struct db_result *result, int row, int column)
{
    return !has_cell(result, row, column) || PQgetisnull(result->rows, row, column) == 1;
}

const char *db_result_text(const struct db_result *result, int row, int column)
{
    return db_result_is_null(result, row, column) ? NULL : PQgetvalue(result->rows, row, column);
}

size_t db_result_length(const struct db_result *result, int row, int column)
{
    return db_result_is_null(result, row, column) ? 0
                                                  : (size_t)PQgetlength(result->rows, row, column);
}

int64_t db_result_int(const struct db_result *result, int row, int column)
{
    const char *text = db_result_text(result, row, column);
    return !text ? 0 : strtoll(text, NULL, 10);
}

bool db_result_bool(const struct db_result *result, int row, int column)
{
    const char *text = db_result_text(result, row, column);
    return text && text[0] == 't';
}

int64_t db_result_time(const struct db_result *result, int row, int column)
{
    const char *text = db_result_text(result, row, column);
    int64_t ms = 0;
    if (!text || !time_text_parse_iso8601(text, strlen(text), &ms))
        return 0;
    return ms;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool db_result_bytes(const struct db_result *result, int row, int column, struct buffer *out)
{
    const char *text = db_result_text(result, row, column);
    size_t len = db_result_length(result, row, column);
    if (!text)
        return true;
    if (len < 2 || len % 2 != 0 || text[0] != '\\' || text[1] != 'x')
        return false;
    for (size_t i = 2; i < len; i += 2) {
        int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        buffer_char(out, (char)(high << 4 | low));
    }
    return true;
}

bool db_row_is_null(const struct db_result *result, int row, const char *name)
{
    return db_result_is_null(result, row, db_result_column(result, name));
}

const char *db_row_text(const struct db_result *result, int row, const char *name)
{
    return db_result_text(result, row, db_result_column(result, name));
}

size_t db_row_length(const struct db_result *result, int row, const char *name)
{
    return db_result_length(result, row, db_result_column(result, name));
}

int64_t db_row_int(const struct db_result *result, int row, const char *name)
{
    return db_result_int(result, row, db_result_column(result, name));
}

bool db_row_bool(const struct db_result *result, int row, const char *name)
{
    return db_result_bool(result, row, db_result_column(result, name));
}

int64_t db_row_time(const struct db_result *result, int row, const char *name)
{
    return db_result_time(result, row, db_result_column(result, name));
}

bool db_row_bytes(const struct db_result *result, int row, const char *name, struct buffer *out)
{
    return db_result_bytes(result, row, db_result_column(result, name), out);
}
