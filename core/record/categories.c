#include "core/record/categories.h"

#define SUGGEST_BYTES_MAX 64

void categories_init(struct categories *categories)
{
    *categories = (struct categories){.list = NULL};
}

void categories_release(struct categories *categories)
{
    free(categories->list);
    free(categories->slots);
    arena_release(&categories->arena);
    categories_init(categories);
}

static uint32_t name_hash(const char *name, size_t len)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619U;
    return hash;
}

static const struct category *category_find(const struct categories *categories, const char *name,
                                            size_t len)
{
    if (!categories->slot_count)
        return NULL;
    uint32_t hash = name_hash(name, len);
    size_t mask = categories->slot_count - 1;
    for (size_t at = hash & mask; categories->slots[at]; at = (at + 1) & mask) {
        const struct category *category = &categories->list[categories->slots[at] - 1];
        if (category->hash == hash && category->len == len && !memcmp(category->name, name, len))
            return category;
    }
    return NULL;
}

static enum error_code slots_rebuild(struct categories *categories, struct error *error)
{
    size_t wanted = 16;
    while (wanted < categories->count * 4)
        wanted *= 2;
    if (wanted != categories->slot_count) {
        uint32_t *slots = memory_new(wanted, sizeof(*slots));
        if (!slots)
            return error_set(error, ERROR_MEMORY, "out of memory for categories");
        free(categories->slots);
        categories->slots = slots;
        categories->slot_count = wanted;
    }
    memset(categories->slots, 0, categories->slot_count * sizeof(*categories->slots));
    for (size_t i = 0; i < categories->count; i++) {
        size_t at = categories->list[i].hash & (categories->slot_count - 1);
        while (categories->slots[at])
            at = (at + 1) & (categories->slot_count - 1);
        categories->slots[at] = (uint32_t)i + 1;
    }
    return ERROR_NONE;
}

static void slot_take(struct categories *categories)
{
    size_t at = categories->list[categories->count - 1].hash & (categories->slot_count - 1);
    while (categories->slots[at])
        at = (at + 1) & (categories->slot_count - 1);
    categories->slots[at] = (uint32_t)categories->count;
}

enum error_code categories_add(struct categories *categories, const char *name, size_t len,
                               struct error *error)
{
    if (category_find(categories, name, len))
        return ERROR_NONE;
    void *list = categories->list;
    enum error_code code = memory_reserve(&list, &categories->capacity, categories->count + 1,
                                          sizeof(*categories->list), error);
    categories->list = list;
    if (code)
        return code;
    char *copy = arena_copy_text(&categories->arena, name, len);
    if (!copy)
        return error_set(error, ERROR_MEMORY, "out of memory for categories");
    categories->list[categories->count++] =
        (struct category){copy, (uint32_t)len, name_hash(name, len)};
    if (categories->count * 2 > categories->slot_count)
        return slots_rebuild(categories, error);
    slot_take(categories);
    return ERROR_NONE;
}

enum error_code categories_add_defaults(struct categories *categories, struct error *error)
{
    static const char *const defaults[] = {
        "Electronics",
        "Computer Accessories",
        "Audio Equipment",
        "Mobile Accessories",
        "Computer Storage",
        "Clothing",
        "Men's Clothing",
        "Women's Clothing",
        "Accessories",
        "Home & Garden",
        "Kitchen",
        "Bedroom",
        "Bathroom",
        "Living Room",
        "Garden",
        "Sports & Outdoors",
        "Books",
        "Toys & Games",
        "Health & Beauty",
        "Food & Beverage",
    };
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; !code && i < sizeof(defaults) / sizeof(*defaults); i++)
        code = categories_add(categories, defaults[i], strlen(defaults[i]), error);
    return code;
}

bool categories_have(const struct categories *categories, const char *name, size_t len)
{
    return category_find(categories, name, len) != NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool begins_with(const char *text, size_t len, const char *start, size_t start_len)
{
    if (len < start_len)
        return false;
    for (size_t i = 0; i < start_len; i++) {
        if (lower(text[i]) != lower(start[i]))
            return false;
    }
    return true;
}

/* Levenshtein's distance without regard to ASCII case, by bytes. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[SUGGEST_BYTES_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = corner + (lower(a[i - 1]) != lower(b[j - 1]));
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            corner = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[b_len];
}

/* 0: the same but for case; 1: one begins with the other; more: mistyped. */
static size_t unlikeness(const char *name, size_t len, const struct category *category)
{
    size_t shorter = len < category->len ? len : category->len;
    size_t gap = len < category->len ? category->len - len : len - category->len;
    size_t allowed = shorter / 3;
    if (len == category->len && begins_with(category->name, category->len, name, len))
        return 0;
    if (shorter >= 3 && begins_with(category->name, shorter, name, shorter))
        return 1;
    if (gap > allowed)
        return SIZE_MAX;
    size_t steps = distance(name, len, category->name, category->len);
    return steps <= allowed ? 1 + steps : SIZE_MAX;
}

const char *categories_suggest(const struct categories *categories, const char *name, size_t len)
{
    const char *best = NULL;
    size_t least = SIZE_MAX;
    if (!len || len > SUGGEST_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < categories->count; i++) {
        if (categories->list[i].len > SUGGEST_BYTES_MAX)
            continue;
        size_t found = unlikeness(name, len, &categories->list[i]);
        if (found < least) {
            least = found;
            best = categories->list[i].name;
        }
    }
    return best;
}
