/* Byte strings to numbers: which row has a SKU. */
#ifndef INTAKE_CORE_RECORD_KEY_MAP_H
#define INTAKE_CORE_RECORD_KEY_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"

struct key_slot {
    uint32_t hash;
    uint32_t entry; /* index + 1; 0: the slot is free */
};

struct key_entry {
    uint32_t at; /* in keys */
    uint32_t len;
    uint32_t value;
};

struct key_map {
    struct key_slot *slots; /* open addressing */
    size_t slot_count;
    struct key_entry *entries;
    size_t count, capacity;
    struct buffer keys;
};

void key_map_init(struct key_map *map);
void key_map_release(struct key_map *map);
void key_map_clear(struct key_map *map); /* memory is kept */

/* The key's value, or 0 where it has none. */
uint32_t key_map_find(const struct key_map *map, const char *key, size_t len);

/* Gives the key a value, not 0, in place of any it had. */
MUST_CHECK enum error_code key_map_put(struct key_map *map, const char *key, size_t len,
                                       uint32_t value, struct error *error);

#endif
