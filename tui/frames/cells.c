#include "tui/frames/cells.h"

#include <stdio.h>
#include <string.h>

#include "core/base/time_text.h"
#include "core/history/history.h"
#include "tui/base/filter.h"
#include "tui/base/typed.h"

struct status_tone {
    const char *status;
    enum theme_tone tone;
};

static const struct status_tone tones[] = {
    {"completed", TONE_GOOD},   {"partial", TONE_WARN},     {"failed", TONE_BAD},
    {"stuck", TONE_BAD},        {"processing", TONE_INFO},  {"active", TONE_GOOD},
    {"suspended", TONE_BAD},    {"inactive", TONE_DIM},     {"pending_approval", TONE_WARN},
    {"accepted", TONE_GOOD},    {"unknown", TONE_WARN},     {"valid", TONE_GOOD},
    {"error", TONE_BAD},        {"done", TONE_GOOD},        {"refused", TONE_WARN},
    {"out_of_stock", TONE_DIM}, {"discontinued", TONE_DIM}, {"ok", TONE_GOOD},
    {"warn", TONE_WARN},        {"fail", TONE_BAD},         {"pending", TONE_WARN},
};

const char *cell_time(int64_t ms, char out[CELL_SIZE])
{
    char text[TIME_TEXT_SIZE];
    if (ms == HISTORY_NEVER) {
        out[0] = '\0';
        return out;
    }
    time_text_iso8601(ms, text);
    snprintf(out, CELL_SIZE, "%.10s %.8s", text, strlen(text) > 11 ? text + 11 : "");
    return out;
}

const char *cell_number(int64_t number, char out[CELL_SIZE])
{
    snprintf(out, CELL_SIZE, "%lld", (long long)number);
    return out;
}

const char *cell_duration(double seconds, char out[CELL_SIZE])
{
    long whole = (long)seconds;
    if (seconds < 0)
        out[0] = '\0';
    else if (seconds < 60)
        snprintf(out, CELL_SIZE, "%.1fs", seconds);
    else if (seconds < 3600)
        snprintf(out, CELL_SIZE, "%ldm%02lds", whole / 60, whole % 60);
    else
        snprintf(out, CELL_SIZE, "%ldh%02ldm", whole / 3600, whole / 60 % 60);
    return out;
}

enum theme_tone cell_status_tone(const char *status)
{
    for (size_t i = 0; status && i < sizeof tones / sizeof tones[0]; i++) {
        if (strcmp(tones[i].status, status) == 0)
            return tones[i].tone;
    }
    return TONE_NORMAL;
}

const char *cell_text(const char *text)
{
    return text ? text : "";
}

int64_t cell_filter_time(const struct filter *filter, const char *key, int64_t now_ms)
{
    const char *value = filter_value(filter, key);
    int64_t ms;
    return value && typed_time(value, now_ms, &ms) ? ms : HISTORY_NEVER;
}

const char *cell_search(const struct filter *filter)
{
    return filter->search[0] != '\0' ? filter->search : NULL;
}

const char *cell_search_typed(const struct filter *filter)
{
    return filter->typed_search[0] != '\0' ? filter->typed_search : NULL;
}
