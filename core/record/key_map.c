#include "core/record/key_map.h"

#include "core/base/memory.h"

#define KEYS_MAX ((size_t)64 * 1024 * 1024)

void key_map_init(struct key_map *map)
{
    *map = (struct key_map){.slots = NULL};
    buffer_init(&map->keys, KEYS_MAX);
}

void key_map_release(struct key_map *map)
{
    free(map->slots);
    free(map->entries);
    buffer_release(&map->keys);
    key_map_init(map);
}

void key_map_clear(struct key_map *map)
{
    if (map->slots)
        memset(map->slots, 0, map->slot_count * sizeof *map->slots);
    map->count = 0;
    buffer_clear(&map->keys);
}

static uint32_t key_hash(const char *key, size_t len)
{
    uint64_t hash = len * UINT64_C(0x9E3779B97F4A7C15), word;
    for (; len >= 8; len -= 8, key += 8) {
        memcpy(&word, key, 8);
        hash = (hash ^ word) * UINT64_C(0xD6E8FEB86659FD93);
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, key, len);
    hash = (hash ^ word) * UINT64_C(0xD6E8FEB86659FD93);
    hash ^= hash >> 32;
    return (uint32_t)(hash * UINT64_C(0xD6E8FEB86659FD93) >> 32);
}

/* The key's slot, or the free one where it would go. */
static struct key_slot *slot_find(const struct key_map *map, uint32_t hash, const char *key,
                                  size_t len)
{
    size_t mask = map->slot_count - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct key_slot *slot = &map->slots[at];
        if (!slot->entry)
            return slot;
        const struct key_entry *entry = &map->entries[slot->entry - 1];
        if (slot->hash == hash && entry->len == len &&
            !memcmp(map->keys.data + entry->at, key, len))
            return slot;
    }
}

uint32_t key_map_find(const struct key_map *map, const char *key, size_t len)
{
    if (!map->count)
        return 0;
    const struct key_slot *slot = slot_find(map, key_hash(key, len), key, len);
    return slot->entry ? map->entries[slot->entry - 1].value : 0;
}

static enum error_code slots_grow(struct key_map *map, struct error *error)
{
    size_t wanted = map->slot_count ? map->slot_count * 2 : 1024;
    struct key_slot *slots = memory_new(wanted, sizeof *slots);
    if (!slots)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu keys", map->count);
    for (size_t i = 0; i < map->slot_count; i++) {
        if (!map->slots[i].entry)
            continue;
        size_t at = map->slots[i].hash & (wanted - 1);
        while (slots[at].entry)
            at = (at + 1) & (wanted - 1);
        slots[at] = map->slots[i];
    }
    free(map->slots);
    map->slots = slots;
    map->slot_count = wanted;
    return ERROR_NONE;
}

static enum error_code room_make(struct key_map *map, struct error *error)
{
    void *entries = map->entries;
    enum error_code code =
        memory_reserve(&entries, &map->capacity, map->count + 1, sizeof *map->entries, error);
    map->entries = entries;
    if (!code && map->count * 2 >= map->slot_count)
        code = slots_grow(map, error);
    return code;
}

enum error_code key_map_put(struct key_map *map, const char *key, size_t len, uint32_t value,
                            struct error *error)
{
    enum error_code code = room_make(map, error);
    if (code)
        return code;
    uint32_t hash = key_hash(key, len);
    struct key_slot *slot = slot_find(map, hash, key, len);
    if (!slot->entry) {
        uint32_t at = (uint32_t)map->keys.len;
        buffer_append(&map->keys, key, len);
        code = buffer_check(&map->keys, error);
        if (code)
            return code;
        map->entries[map->count++] = (struct key_entry){.at = at, .len = (uint32_t)len};
        *slot = (struct key_slot){.hash = hash, .entry = (uint32_t)map->count};
    }
    map->entries[slot->entry - 1].value = value;
    return ERROR_NONE;
}
