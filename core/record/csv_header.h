/* The header of a file: which field is which column. Used by the reader of csv.h. */
#ifndef INTAKE_CORE_RECORD_CSV_HEADER_H
#define INTAKE_CORE_RECORD_CSV_HEADER_H

#include "core/record/csv.h"

struct csv_header_builder {
    struct csv_header *header;
    enum product_column twice; /* the first known column that came a second time, or COLUMN_NONE */
};

void csv_header_init(struct csv_header *header);
void csv_header_builder_init(struct csv_header_builder *builder, struct csv_header *header);

/* The next name, as it stands in the file. */
void csv_header_add(struct csv_header_builder *builder, const char *name, size_t len);

/* INVALID_HEADER, MISSING_COLUMN, or the refusal is left alone. */
void csv_header_finish(struct csv_header_builder *builder, struct refusal *refusal);

#endif
