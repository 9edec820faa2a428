/* Which known column a vendor's unknown one was probably meant to be. It is told, never taken. */
#ifndef INTAKE_CORE_RECORD_COLUMN_ALIKE_H
#define INTAKE_CORE_RECORD_COLUMN_ALIKE_H

#include "core/base/buffer.h"
#include "core/record/record.h"

/* COLUMN_NONE: none. *unlikeness, if not NULL: of two names for one column the lower is meant. */
enum product_column column_alike(const char *name, size_t len, unsigned *unlikeness);

#define COLUMN_ALIKE_SIZE 128 /* bytes of a name that a message shows */

/* The unknown name that looks most like each column, made visible; "": none. */
struct column_alikes {
    char name[COLUMN_COUNT][COLUMN_ALIKE_SIZE];
    unsigned unlikeness[COLUMN_COUNT];
};

/* One more name. Returns the column that it looks like. */
enum product_column column_alikes_note(struct column_alikes *alikes, const char *name, size_t len);

/* `rename "Qty" to stock_quantity, "Name" to product_name`: the required columns that are not in
   `known` (1 << column each), at most `most` bytes. False, and nothing, where there are none. */
bool column_alikes_append(struct buffer *out, const struct column_alikes *alikes, uint32_t known,
                          size_t most);

#endif
