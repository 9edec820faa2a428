/* The header of a file: which field is which column. Used by the reader of csv.h. */
#ifndef INTAKE_CORE_RECORD_CSV_HEADER_H
#define INTAKE_CORE_RECORD_CSV_HEADER_H

#include "core/record/csv_shape.h"
#include "core/record/refusal.h"

#define CSV_ALIKE_SIZE 128 /* bytes of a name that a message shows */

struct csv_header_builder {
    struct csv_header *header;
    enum product_column twice; /* the first known column that came a second time, or COLUMN_NONE */
    uint32_t twice_index;
    char alike[COLUMN_COUNT][CSV_ALIKE_SIZE]; /* the first unknown name that looks like it, or "" */
};

void csv_header_init(struct csv_header *header);
void csv_header_release(struct csv_header *header);
MUST_CHECK enum error_code csv_header_check(const struct csv_header *header, struct error *error);
void csv_header_builder_init(struct csv_header_builder *builder, struct csv_header *header);

/* The next name, as it stands in the file. */
void csv_header_add(struct csv_header_builder *builder, const char *name, size_t len);

/* INVALID_HEADER, MISSING_COLUMN, or the refusal is left alone. */
void csv_header_finish(struct csv_header_builder *builder, struct refusal *refusal);

#endif
