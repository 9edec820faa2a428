/* The shape of a file: its limits, its delimiter, and what its header means. */
#ifndef INTAKE_CORE_RECORD_CSV_SHAPE_H
#define INTAKE_CORE_RECORD_CSV_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

#define CSV_FILE_MAX ((size_t)10485760)
#define CSV_RECORDS_MAX 10000

struct csv_known {
    uint32_t index; /* of the field, from 0 */
    enum product_column column;
};

/* What may delimit, the first that fits on a tie. */
#define CSV_DELIMITERS ",;\t|"

/* The header's meaning, and what is to be told of the file. */
struct csv_header {
    char delimiter; /* one of CSV_DELIMITERS */
    uint32_t field_count;
    uint32_t required_count; /* fields up to the last required column */
    uint32_t line_number;
    struct csv_known known[COLUMN_COUNT]; /* the known columns, by index */
    uint32_t known_count;
    struct buffer raw;    /* the header's own text in UTF-8, without BOM and line end */
    const char *line_end; /* "\n", "\r\n" or "\r", as behind the header ("\n" where nothing is) */
    bool bom;
    struct buffer unknown; /* "Desc (looks like description), x": unknown ones, made visible */
    struct buffer ignored; /* the same as JSON: [{"name":"Desc","looks_like":"description"}] */
    uint32_t unknown_count;
    bool errors_last;   /* the last column is named `errors` */
    bool errors_own;    /* and holds what no rejected file of ours held: it is the vendor's own */
    uint32_t swallowed; /* records over several lines that look like more than one */
    uint32_t swallowed_line, swallowed_last_line; /* the first of them */
};

#endif
