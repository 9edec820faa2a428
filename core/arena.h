#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

/*
 * Memory that lives and dies together: the rows of one page, the events of one timeline. What is taken
 * from an arena is never freed alone. Not for several threads at once.
 */
struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t total; /* bytes taken from malloc */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

/* Zeroed and aligned for any type; NULL when memory is out. */
void *arena_take(struct arena *arena, size_t size);
void *arena_take_array(struct arena *arena, size_t count, size_t size);

/* A NUL-terminated copy; NULL when memory is out. `text` may be NULL: then the answer is NULL too. */
char *arena_copy(struct arena *arena, const char *text);
char *arena_copy_bytes(struct arena *arena, const char *bytes, size_t len);

#endif
