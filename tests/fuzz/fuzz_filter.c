/* What is typed into a filter, an option or `@`: it is understood or refused in plain words, and a
 * value that was quoted comes back as it was. At most 300 bytes.
 * Files: tui/base/filter.c tui/base/ids.c tui/base/typed.c core/history/words.c */
#include "core/history/words.h"
#include "tests/fuzz/fuzz.h"
#include "tui/base/choices.h"
#include "tui/base/filter.h"
#include "tui/base/ids.h"
#include "tui/base/typed.h"

#define NOW_MS INT64_C(1767323045678)
#define KEYS "vendor status since until row sku code"

static const char *const statuses[] = {"processing", "completed", "partial", "failed", NULL};
static const struct filter_words words[] = {
    {.key = "status", .words = statuses}, {.key = "code", .word = choice_refusal}, {.key = NULL}};

/* The words of a search as the statements are made of them. */
static void walk(const char *search)
{
    size_t len, count = 0;
    bool negated;
    for (const char *at = search; history_word(&at, &len, &negated); at += len)
        count++;
    FUZZ_HOLDS(count <= FILTER_SIZE / 2);
}

static void read_filter(const char *text, bool plain)
{
    struct filter filter, again;
    const char *texts[] = {text, "VEND001", NULL};
    filter_read(&filter, text, KEYS, words, NOW_MS);
    FUZZ_HOLDS(!filter.refused || filter.problem[0]);
    FUZZ_HOLDS(!plain || fuzz_is_plain(filter.problem, strlen(filter.problem)));
    FUZZ_HOLDS(filter.count <= FILTER_TERMS);
    for (size_t i = 0; i < filter.count; i++)
        FUZZ_HOLDS(filter.terms[i].value[0] && filter.terms[i].value[0] != TYPED_OR);
    walk(filter.search);
    (void)filter_matches(&filter, texts, 3);
    (void)filter_key_is(&filter, "vendor", "VEND001");
    (void)filter_key_holds(&filter, "sku", text);
    if (!filter.refused && plain) {
        filter_read(&again, filter.typed_search, "", NULL, NOW_MS);
        FUZZ_HOLDS(again.refused || !strcmp(again.search, filter.search));
    }
}

static void read_option(const char *text)
{
    char out[FILTER_SIZE];
    bool negated;
    filter_option_read(text, out, sizeof out, &negated);
    FUZZ_HOLDS(strlen(out) < sizeof out);
    (void)filter_search_read(text, out);
    walk(out);
}

static void quote(const char *text)
{
    char quoted[FILTER_SIZE], whole[FILTER_SIZE + 8];
    struct filter filter;
    if (!*text || !filter_quote(text, quoted))
        return;
    snprintf(whole, sizeof whole, "sku:%s", quoted);
    filter_parse(&filter, whole, KEYS);
    if (filter.refused && strlen(whole) >= FILTER_SIZE)
        return;
    const char *value = filter_value(&filter, "sku");
    FUZZ_HOLDS(filter.count == 1 && value && !strcmp(value, text));
}

static void find_ids(const char *text)
{
    struct id_set set = {.values = {""}};
    char value[ID_SIZE];
    enum id_kind kind = id_find(text, value);
    FUZZ_HOLDS(kind < ID_KINDS && strlen(value) < ID_SIZE);
    id_set_add(&set, ID_ANY, text);
    id_set_add_argument(&set, "QUEUE MESSAGE", text);
    id_set_add_argument(&set, NULL, text);
    id_set_add_filter(&set, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = fuzz_text(data, len);
    bool plain = fuzz_is_plain(text, strlen(text));
    read_filter(text, plain);
    read_option(text);
    if (plain)
        quote(text);
    find_ids(text);
    free(text);
    return 0;
}
