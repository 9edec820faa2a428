#include "core/record/categories.h"

#include "core/base/text.h"

#define SUGGEST_BYTES_MAX TEXT_DISTANCE_MAX
#define WORD_MIN 4 /* bytes of a word that is looked for among those of a category */

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

static const struct category *category_find(const struct categories *categories, const char *name,
                                            size_t len)
{
    if (!categories->slot_count)
        return NULL;
    uint32_t hash = text_hash(name, len);
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
        uint32_t *slots = memory_new(wanted, sizeof *slots);
        if (!slots)
            return error_set(error, ERROR_MEMORY, "out of memory for categories");
        free(categories->slots);
        categories->slots = slots;
        categories->slot_count = wanted;
    }
    memset(categories->slots, 0, categories->slot_count * sizeof *categories->slots);
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
                                          sizeof *categories->list, error);
    categories->list = list;
    if (code)
        return code;
    char *copy = arena_copy_text(&categories->arena, name, len);
    if (!copy)
        return error_set(error, ERROR_MEMORY, "out of memory for categories");
    categories->list[categories->count++] =
        (struct category){copy, (uint32_t)len, text_hash(name, len)};
    if (categories->count * 2 > categories->slot_count)
        return slots_rebuild(categories, error);
    slot_take(categories);
    return ERROR_NONE;
}

const struct category_default category_defaults[CATEGORY_DEFAULTS] = {
    {"Electronics", NULL},
    {"Computer Accessories", "Electronics"},
    {"Audio Equipment", "Electronics"},
    {"Mobile Accessories", "Electronics"},
    {"Computer Storage", "Electronics"},
    {"Clothing", NULL},
    {"Men's Clothing", "Clothing"},
    {"Women's Clothing", "Clothing"},
    {"Accessories", "Clothing"},
    {"Home & Garden", NULL},
    {"Kitchen", "Home & Garden"},
    {"Bedroom", "Home & Garden"},
    {"Bathroom", "Home & Garden"},
    {"Living Room", "Home & Garden"},
    {"Garden", "Home & Garden"},
    {"Sports & Outdoors", NULL},
    {"Books", NULL},
    {"Toys & Games", NULL},
    {"Health & Beauty", NULL},
    {"Food & Beverage", NULL},
};

enum error_code categories_add_defaults(struct categories *categories, struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; !code && i < CATEGORY_DEFAULTS; i++)
        code = categories_add(categories, category_defaults[i].name,
                              strlen(category_defaults[i].name), error);
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
    size_t steps = text_edit_distance(name, len, category->name, category->len, true);
    return steps <= allowed ? 1 + steps : SIZE_MAX;
}

static const char *best_of(const struct categories *categories, const char *name, size_t len)
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

static bool is_word_end(const char *at, const char *end)
{
    return at == end || *at == ' ' || *at == '&';
}

/* The one category that has the name among its words: Games of Toys & Games. */
static const char *word_of(const struct categories *categories, const char *name, size_t len)
{
    const char *found = NULL;
    for (size_t i = 0; len >= WORD_MIN && i < categories->count; i++) {
        const struct category *category = &categories->list[i];
        const char *end = category->name + category->len;
        for (const char *at = category->name; (size_t)(end - at) >= len; at++) {
            if ((at > category->name && at[-1] != ' ' && at[-1] != '&') ||
                !begins_with(at, (size_t)(end - at), name, len) || !is_word_end(at + len, end))
                continue;
            if (found)
                return NULL;
            found = category->name;
            break;
        }
    }
    return found;
}

struct spelling {
    const char *written, *meant;
};

/* HTML entities, typographic apostrophes, blanks that are none and characters of no width. */
static const struct spelling spellings[] = {
    {"&amp;", "&"},
    {"&#38;", "&"},
    {"&#038;", "&"},
    {"&#x26;", "&"},
    {"&#39;", "'"},
    {"&#039;", "'"},
    {"&#x27;", "'"},
    {"&apos;", "'"},
    {"&rsquo;", "'"},
    {"&lsquo;", "'"},
    {"&#8217;", "'"},
    {"&#8216;", "'"},
    {"&#x2019;", "'"},
    {"&nbsp;", " "},
    {"&#160;", " "},
    {"&quot;", ""},
    {"&gt;", ">"},
    {"&#62;", ">"},
    {"\xE2\x80\x99", "'"},
    {"\xE2\x80\x98", "'"},
    {"\xCA\xBC", "'"},
    {"\xC2\xB4", "'"},
    {"`", "'"},
    {"\xE2\x80\xB2", "'"},
    {"\xEF\xBC\x87", "'"},
    {"\xC2\xA0", " "},
    {"\xE2\x80\xAF", " "},
    {"\xE2\x80\x89", " "},
    {"\xE2\x80\x8B", ""},
    {"\xE2\x80\x8C", ""},
    {"\xE2\x80\x8D", ""},
    {"\xE2\x81\xA0", ""},
    {"\xEF\xBB\xBF", ""},
    {"\xC2\xAD", ""},
    {"\t", " "},
    {"\n", " "},
    {"\r", " "},
    {"\xE3\x80\x80", " "},
    {"\xE2\x80\x8E", ""},
    {"\xE2\x80\x8F", ""},
};

static const struct spelling *spelling_at(const char *at, const char *end)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        size_t len = strlen(spellings[i].written);
        if ((size_t)(end - at) >= len && begins_with(at, len, spellings[i].written, len))
            return &spellings[i];
    }
    return NULL;
}

#define PLAIN_MAX 512

/* The name as it was meant to be spelled: blanks in a row are one. */
static size_t spell(const char *name, size_t len, char plain[PLAIN_MAX])
{
    const char *end = name + len;
    size_t used = 0;
    while (name < end && used + 1 < PLAIN_MAX) {
        const struct spelling *spelling = spelling_at(name, end);
        char c = spelling ? *spelling->meant : *name;
        name += spelling ? strlen(spelling->written) : 1;
        if (c && (c != ' ' || (used && plain[used - 1] != ' ')))
            plain[used++] = c;
    }
    while (used && plain[used - 1] == ' ')
        used--;
    return used;
}

/* "&amp;amp;" is spelled again until nothing changes. */
static size_t spell_fully(const char *name, size_t len, char plain[PLAIN_MAX])
{
    char again[PLAIN_MAX];
    size_t before, used = spell(name, len, plain);
    do {
        before = used;
        used = spell(plain, before, again);
        memcpy(plain, again, used);
    } while (used != before);
    return used;
}

/* The part of a path behind the last separator that ends before *end; moves *end before it. */
static const char *part_last(const char *text, size_t *end, size_t *len)
{
    static const char *const separators[] = {
        ">", "/", "|",   "\\",       "::",           ":",
        ";", ",", " - ", "\xC2\xBB", "\xE2\x80\xBA", "\xE2\x86\x92"};
    size_t at = *end, separator = 0;
    for (; at && !separator; at--) {
        for (size_t i = 0; i < sizeof separators / sizeof *separators && !separator; i++) {
            size_t n = strlen(separators[i]);
            if (n <= at && !memcmp(text + at - n, separators[i], n))
                separator = n;
        }
        if (separator)
            break;
    }
    const char *part = text + at;
    *len = *end - at;
    *end = at - (separator < at ? separator : at);
    while (*len && *part == ' ') {
        part++;
        --*len;
    }
    while (*len && part[*len - 1] == ' ')
        --*len;
    return part;
}

static const char *exact_of(const struct categories *categories, const char *name, size_t len)
{
    for (size_t i = 0; len && i < categories->count; i++) {
        if (categories->list[i].len == len && begins_with(categories->list[i].name, len, name, len))
            return categories->list[i].name;
    }
    return NULL;
}

static const char *close_to(const struct categories *categories, const char *name, size_t len)
{
    const char *found = best_of(categories, name, len);
    return found ? found : word_of(categories, name, len);
}

const char *categories_suggest(const struct categories *categories, const char *name, size_t len)
{
    char plain[PLAIN_MAX];
    if (len >= PLAIN_MAX)
        return NULL;
    size_t plain_len = spell_fully(name, len, plain);
    const char *found = exact_of(categories, plain, plain_len);
    for (size_t end = plain_len, part_len; !found && end;) {
        const char *part = part_last(plain, &end, &part_len);
        found = exact_of(categories, part, part_len);
        if (!found && part_len >= 3 && part_len < plain_len)
            found = close_to(categories, part, part_len);
    }
    return found ? found : close_to(categories, plain, plain_len);
}
