#include "core/record/occupied.h"

#include "core/base/memory.h"

void occupied_init(struct occupied_set *set)
{
    *set = (struct occupied_set){.list = NULL};
}

void occupied_release(struct occupied_set *set)
{
    free(set->list);
    free(set->slots);
    occupied_init(set);
}

void occupied_clear(struct occupied_set *set)
{
    set->count = 0;
    if (set->slots)
        memset(set->slots, 0, set->slot_count * sizeof *set->slots);
}

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t hash_key(const char *vendor_id, const char *text, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    if (vendor_id)
        hash = hash_bytes(hash, vendor_id, strlen(vendor_id) + 1);
    return hash_bytes(hash, text, len);
}

static bool same_key(const struct occupant *occupant, const char *vendor_id, const char *text,
                     size_t len)
{
    if (occupant->len != len || memcmp(occupant->text, text, len) != 0)
        return false;
    if (!occupant->vendor_id || !vendor_id)
        return occupant->vendor_id == vendor_id;
    return strcmp(occupant->vendor_id, vendor_id) == 0;
}

/* The slot that holds the key, or the free one where it would go. */
static uint32_t *slot_of(const struct occupied_set *set, const char *vendor_id, const char *text,
                         size_t len)
{
    size_t at = (size_t)hash_key(vendor_id, text, len) & (set->slot_count - 1);
    while (set->slots[at] && !same_key(&set->list[set->slots[at] - 1], vendor_id, text, len))
        at = (at + 1) & (set->slot_count - 1);
    return &set->slots[at];
}

static enum error_code grow(struct occupied_set *set, struct error *error)
{
    if (set->slots && (set->count + 1) * 2 <= set->slot_count)
        return ERROR_NONE;
    size_t wanted = set->slot_count ? set->slot_count * 2 : 256;
    uint32_t *slots = memory_new(wanted, sizeof *slots);
    if (!slots)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu keys", wanted);
    free(set->slots);
    set->slots = slots;
    set->slot_count = wanted;
    for (size_t i = 0; i < set->count; i++) {
        const struct occupant *each = &set->list[i];
        *slot_of(set, each->vendor_id, each->text, each->len) = (uint32_t)(i + 1);
    }
    return ERROR_NONE;
}

enum error_code occupied_add(struct occupied_set *set, const struct occupant *occupant,
                             struct error *error)
{
    enum error_code code = grow(set, error);
    if (code)
        return code;
    uint32_t *slot = slot_of(set, occupant->vendor_id, occupant->text, occupant->len);
    if (*slot)
        return ERROR_NONE;
    void *list = set->list;
    code = memory_reserve(&list, &set->capacity, set->count + 1, sizeof *set->list, error);
    set->list = list;
    if (code)
        return code;
    set->list[set->count++] = *occupant;
    *slot = (uint32_t)set->count;
    return ERROR_NONE;
}

const struct occupant *occupied_find(const struct occupied_set *set, const char *vendor_id,
                                     const char *text, size_t len)
{
    if (!set->count)
        return NULL;
    uint32_t slot = *slot_of(set, vendor_id, text, len);
    return slot ? &set->list[slot - 1] : NULL;
}
