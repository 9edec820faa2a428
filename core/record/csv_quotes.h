/*
 * A look at each quote of a line before libcsv is fed with it: libcsv's own default reading of
 * them, and beside it whether a field was meant to end before. Used by the reader of csv.h and by
 * whoever has to know where in a record's bytes a field stands open.
 */
#ifndef INTAKE_CORE_RECORD_CSV_QUOTES_H
#define INTAKE_CORE_RECORD_CSV_QUOTES_H

#include <stdbool.h>
#include <stddef.h>

struct csv_quotes {
    char delimiter;
    bool quoted;      /* the line ended inside of a quoted field */
    const char *open; /* the quote that opened the last quoted field */
};

/*
 * The next line of a row, without its line end; quotes->quoted is whether the row goes on from the
 * line before. False: a field that is open was never closed. That is so where a quote that is
 * neither doubled nor before a delimiter or line end stands directly behind a delimiter or a line
 * end, or where the field is not closed on the line of such a quote.
 */
bool csv_quotes_look(struct csv_quotes *quotes, const char *line, const char *end);

/* The quote that opens the field which stands open at the end of a record's own bytes, or NULL. */
const char *csv_quotes_find_open(char delimiter, const char *raw, size_t len);

#endif
