/* The findings of a check, packed, up to a limit of memory. Used by check.h. */
#ifndef INTAKE_CORE_OPERATE_CHECK_CHECK_PRIVATE_H
#define INTAKE_CORE_OPERATE_CHECK_CHECK_PRIVATE_H

#include "core/operate/check/check.h"

struct check_store {
    struct buffer bytes; /* a head, the key texts and the findings of one record after another */
};

void check_store_init(struct check_store *store);
void check_store_release(struct check_store *store);
void check_store_clear(struct check_store *store);

/* Beyond the limit nothing more is kept, and the store has overflowed. */
void check_store_add(struct check_store *store, const struct record *record,
                     const struct findings *findings);
bool check_store_overflowed(const struct check_store *store);

MUST_CHECK enum error_code check_store_each(const struct check_store *store, check_sink *sink,
                                            void *context, struct error *error);

#endif
