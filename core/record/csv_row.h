/* How the cells of a row become the fields of a record. Used by the reader of csv.h. */
#ifndef INTAKE_CORE_RECORD_CSV_ROW_H
#define INTAKE_CORE_RECORD_CSV_ROW_H

#include "core/record/csv_shape.h"

struct csv_row {
    struct csv_header *header;
    struct record *record; /* being filled */
    uint32_t cells;        /* so far */
    uint32_t known;        /* the next of header->known to be filled */
    size_t used;           /* of values */
    bool filled;           /* a cell, known or not, holds more than white space */
    struct field_facts facts[COLUMN_COUNT];
    char values[COLUMN_COUNT * RECORD_VALUE_MAX]; /* of cells that do not stay where they stand */
};

/* Clears the record. */
void csv_row_begin(struct csv_row *row, struct csv_header *header, struct record *record);

/* The next cell, as libcsv hands it out: it is copied. */
void csv_row_add(struct csv_row *row, const char *text, size_t len);

/* Whether the row is no record: all of its cells are empty, or the header stands there again. */
bool csv_row_is_nothing(const struct csv_row *row);

/*
 * A whole row from one line, without libcsv, if the line is simple; its cells point into the line
 * where they can. False, with nothing done, where it is not.
 */
bool csv_row_read_simple(struct csv_row *row, const char *line, const char *end);

#endif
