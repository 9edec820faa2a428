/* The rows of a list as a command prints them: a table for people, an array of objects with
 * --json. */
#ifndef INTAKE_TUI_COMMANDS_ROWS_H
#define INTAKE_TUI_COMMANDS_ROWS_H

#include "tui/cli/listing.h"

struct row_shape {
    size_t size; /* of a row's struct */
    const struct listing_column *columns;
    void (*cells)(struct listing *listing, const void *row);
    void (*members)(struct buffer *out, const void *row); /* of its object */
    const char *what; /* the plural of a row, for the progress of a long list; NULL: none */
};

struct row_printer {
    const struct row_shape *shape;
    struct output *output;
    struct listing listing;
    bool first;
    int64_t count; /* rows added */
    int64_t total; /* that will come; 0: not known */
};

/* A list that comes in parts; flush prints what was added, and says how far it is where standard
 * output is no terminal that shows it. rows_end gives the listing's memory
 * back, also where something failed. */
void rows_begin(struct row_printer *rows, struct output *output, const struct row_shape *shape);
void rows_add(struct row_printer *rows, const void *row);
MUST_CHECK enum error_code rows_flush(struct row_printer *rows, struct error *error);
void rows_end(struct row_printer *rows);

/* A list that is there whole. */
MUST_CHECK enum error_code rows_print(struct output *output, const struct row_shape *shape,
                                      const void *list, size_t count, struct error *error);

#endif
