/* The header of a file: which field is which column. Used by the reader of csv.h. */
#ifndef INTAKE_CORE_RECORD_CSV_HEADER_H
#define INTAKE_CORE_RECORD_CSV_HEADER_H

#include "core/record/column_alike.h"
#include "core/record/csv_shape.h"
#include "core/record/refusal.h"

struct csv_header_builder {
    struct csv_header *header;
    enum product_column twice; /* the first known column that came a second time, or COLUMN_NONE */
    uint32_t twice_index;
    struct column_alikes alikes;
    char other_delimiter; /* under which an unknown name holds known ones, or 0 */
};

void csv_header_init(struct csv_header *header);
void csv_header_release(struct csv_header *header);
MUST_CHECK enum error_code csv_header_check(const struct csv_header *header, struct error *error);
void csv_header_builder_init(struct csv_header_builder *builder, struct csv_header *header);

/* The next name, as it stands in the file. */
void csv_header_add(struct csv_header_builder *builder, const char *name, size_t len);

/* INVALID_HEADER, MISSING_COLUMN, or the refusal is left alone. */
void csv_header_finish(struct csv_header_builder *builder, struct refusal *refusal);

/* Of a line that was no header: its names are no columns of the vendor's. */
void csv_header_forget_unknown(struct csv_header *header);

#endif
