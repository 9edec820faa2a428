/* Allocation that never aborts: NULL means out of memory, and the caller returns ERROR_MEMORY. */
#ifndef INTAKE_CORE_BASE_MEMORY_H
#define INTAKE_CORE_BASE_MEMORY_H

#include <stddef.h>

#include "core/base/error.h"

/* count * size bytes, zeroed, free() by the caller; NULL also where the product overflows. */
void *memory_new(size_t count, size_t size);

/* A copy of len bytes with a NUL behind them, free() by the caller. */
char *memory_copy_text(const char *text, size_t len);

/* Makes *array hold at least `wanted` elements of `size` bytes, doubling; *capacity is updated.
   New elements are not zeroed. On ERROR_MEMORY the array is as before. */
MUST_CHECK enum error_code memory_reserve(void **array, size_t *capacity, size_t wanted,
                                          size_t size, struct error *error);

/*
 * An arena: many small pieces with one lifetime, freed together.
 * Memory is zeroed and aligned for any type. Not for use by two threads at once.
 */
struct arena_block;
struct arena {
    struct arena_block *block;
    size_t total; /* bytes held from malloc */
};

#define ARENA_INIT    \
    {                 \
        .block = NULL \
    }

void *arena_new(struct arena *arena, size_t count, size_t size);
char *arena_copy_text(struct arena *arena, const char *text, size_t len);
void arena_release(struct arena *arena);

#endif
