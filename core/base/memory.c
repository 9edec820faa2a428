#include "core/base/memory.h"

#include <stdalign.h>
#include <stdint.h>

#define ARENA_BLOCK_SIZE ((size_t)32 * 1024)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

void *memory_new(size_t count, size_t size)
{
    return calloc(count ? count : 1, size ? size : 1);
}

char *memory_copy_text(const char *text, size_t len)
{
    char *copy = malloc(len + 1);
    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

enum error_code memory_reserve(void **array, size_t *capacity, size_t wanted, size_t size,
                               struct error *error)
{
    if (wanted <= *capacity)
        return ERROR_NONE;
    size_t grown = *capacity ? *capacity * 2 : 16;
    if (grown < wanted)
        grown = wanted;
    if (grown > SIZE_MAX / size)
        return error_set(error, ERROR_MEMORY, "out of memory (%zu elements)", wanted);
    void *moved = realloc(*array, grown * size);
    if (!moved)
        return error_set(error, ERROR_MEMORY, "out of memory (%zu bytes)", grown * size);
    *array = moved;
    *capacity = grown;
    return ERROR_NONE;
}

void *arena_new(struct arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX / 2) / size)
        return NULL;
    size_t align = alignof(max_align_t);
    size_t wanted = (count * size + align - 1) / align * align;
    struct arena_block *block = arena->block;
    if (!block || block->size - block->used < wanted) {
        size_t body = wanted > ARENA_BLOCK_SIZE ? wanted : ARENA_BLOCK_SIZE;
        block = malloc(sizeof *block + body);
        if (!block)
            return NULL;
        *block = (struct arena_block){.next = arena->block, .size = body};
        arena->block = block;
        arena->total += sizeof *block + body;
    }
    void *piece = block->bytes + block->used;
    block->used += wanted;
    memset(piece, 0, wanted);
    return piece;
}

char *arena_copy_text(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_new(arena, len + 1, 1);
    if (copy && len)
        memcpy(copy, text, len);
    return copy;
}

void arena_release(struct arena *arena)
{
    while (arena->block) {
        struct arena_block *next = arena->block->next;
        free(arena->block);
        arena->block = next;
    }
    arena->total = 0;
}
