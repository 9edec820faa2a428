/* The names a product's category may have. Built once, then read by any number of threads. */
#ifndef INTAKE_CORE_RECORD_CATEGORIES_H
#define INTAKE_CORE_RECORD_CATEGORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"

struct category {
    const char *name;
    uint32_t len;
    uint32_t hash;
};

struct categories {
    struct category *list;
    size_t count, capacity;
    uint32_t *slots; /* open addressing over list, index + 1 */
    size_t slot_count;
    struct arena arena;
};

void categories_init(struct categories *categories);
void categories_release(struct categories *categories);

/* One active name; a second time is a no-op. The text is copied. */
MUST_CHECK enum error_code categories_add(struct categories *categories, const char *name,
                                          size_t len, struct error *error);
/* The 20 of the contract, which migrations put into product_categories too. */
#define CATEGORY_DEFAULTS 20
struct category_default {
    const char *name;
    const char *parent; /* NULL: it has none */
};
extern const struct category_default category_defaults[CATEGORY_DEFAULTS];
MUST_CHECK enum error_code categories_add_defaults(struct categories *categories,
                                                   struct error *error);

/* Exact, by bytes. */
bool categories_have(const struct categories *categories, const char *name, size_t len);

/* The listed name that was probably meant, or NULL. */
const char *categories_suggest(const struct categories *categories, const char *name, size_t len);

#endif
