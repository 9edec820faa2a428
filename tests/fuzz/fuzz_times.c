/* Times in answers, files, filters and prompts: what is read is written and read again the same. At
 * most 64 bytes. Files: core/base/time_text.c tui/base/typed.c tui/base/zone.c tui/base/distance.c
 */
#include "core/base/time_text.h"
#include "tests/fuzz/fuzz.h"
#include "tui/base/typed.h"
#include "tui/base/zone.h"

#define NOW_MS INT64_C(1767323045678) /* 2026-01-02T03:04:05.678Z */

static void round_trip(int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    int64_t again;
    time_text_iso8601_ms(ms, text);
    FUZZ_HOLDS(strlen(text) >= 20 && fuzz_is_plain(text, strlen(text)));
    if (text[0] != '-' && text[4] == '-') /* of a year with four digits */
        FUZZ_HOLDS(time_text_parse_iso8601(text, strlen(text), &again) && again == ms);
}

static void read_typed(const char *text)
{
    int64_t ms, ahead;
    if (!typed_time(text, NOW_MS, &ms))
        return;
    char *upper = fuzz_text(text, strlen(text));
    for (char *at = upper; *at; at++)
        *at = (char)(*at == 'z' ? 'Z' : *at);
    FUZZ_HOLDS(typed_time(upper, NOW_MS, &ahead) && ahead == ms);
    free(upper);
    FUZZ_HOLDS(typed_time_ahead(text, NOW_MS, &ahead));
    FUZZ_HOLDS(ahead == ms || ahead >= NOW_MS);
}

static void show(const char *text)
{
    char out[ZONE_TIME_SIZE], title[16];
    if (zone_time(text, true, out))
        FUZZ_HOLDS(strlen(out) >= 19 && fuzz_is_plain(out, strlen(out)));
    zone_title(text, title, sizeof title);
}

static void choose(const char *text)
{
    static const char *const words[] = {"MALFORMED_CSV", "completed", "partial", "failed", NULL};
    char near[64];
    const char *word = typed_choice(typed_word_of_list, words, text);
    if (!word || strcmp(word, text) != 0)
        (void)typed_near(typed_word_of_list, words, text, near, sizeof near);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool chosen;
    char *text = fuzz_text(data, len);
    int64_t ms = 0, number = 0;
    if (!chosen) {
        setenv("TZ", "Europe/Berlin", 1);
        zone_use(true);
        chosen = true;
    }
    if (time_text_parse_iso8601(text, len, &ms))
        round_trip(ms);
    if (time_text_parse_http(text, &ms))
        round_trip(ms);
    if (typed_number(text, &number))
        FUZZ_HOLDS(number > 0 && strspn(text, "0123456789") == strlen(text));
    read_typed(text);
    show(text);
    if (len < 16)
        choose(text);
    free(text);
    return 0;
}
