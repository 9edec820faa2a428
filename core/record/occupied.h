/*
 * Which SKUs and product ids are occupied while a batch is judged: by products that the database
 * named, and by records of the batch that were accepted just now. SKUs are taken over all vendors,
 * product ids within one. Compared by bytes. Texts are borrowed.
 */
#ifndef INTAKE_CORE_RECORD_OCCUPIED_H
#define INTAKE_CORE_RECORD_OCCUPIED_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/record/product_values.h"

/* A product of the catalogue. */
struct occupant_product {
    const char *vendor_id;
    const struct product_values *values; /* NULL: not read */
};

struct occupant {
    const char *vendor_id; /* NULL: the text is a SKU; else a product id of this vendor */
    const char *text;
    size_t len;
    const char *upload_id; /* whose record occupies it; NULL: not known */
    uint32_t row_number;
    uint32_t line_number;             /* of that row, which is what the vendor is told */
    struct occupant_product *product; /* NULL: none of the catalogue, or not known */
};

struct occupied_set {
    struct occupant *list;
    size_t count, capacity;
    uint32_t *slots; /* open addressing over list, index + 1 */
    size_t slot_count;
};

void occupied_init(struct occupied_set *set);
void occupied_release(struct occupied_set *set);
void occupied_clear(struct occupied_set *set);

/* A text that is there already keeps its first occupant. */
MUST_CHECK enum error_code occupied_add(struct occupied_set *set, const struct occupant *occupant,
                                        struct error *error);

/* NULL: free. */
const struct occupant *occupied_find(const struct occupied_set *set, const char *vendor_id,
                                     const char *text, size_t len);

#endif
