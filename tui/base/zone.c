#include "tui/base/zone.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/time_text.h"

#define UTC_MARK "(UTC)"
#define TIME_LENGTH 19

static bool local;

void zone_use(bool wanted)
{
    local = wanted;
    tzset();
}

bool zone_is_local(void)
{
    return local;
}

const char *zone_name(void)
{
    static char name[ZONE_TIME_SIZE];
    if (!local)
        return "UTC";
    if (daylight && strcmp(tzname[0], tzname[1]) != 0)
        snprintf(name, sizeof name, "%.24s/%.24s", tzname[0], tzname[1]);
    else
        snprintf(name, sizeof name, "%.24s", tzname[0]);
    return name;
}

/* Of "2026-01-02 03:04:05", and nothing or " UTC" behind. */
static bool read_time(const char *text, int64_t *ms)
{
    static const char shape[] = "dddd-dd-dd dd:dd:dd";
    char whole[TIME_LENGTH + 2];
    for (size_t i = 0; i < TIME_LENGTH; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return false;
    }
    snprintf(whole, sizeof whole, "%.10sT%.8sZ", text, text + 11);
    return (text[TIME_LENGTH] == '\0' || strcmp(text + TIME_LENGTH, " UTC") == 0) &&
           time_text_parse_iso8601(whole, strlen(whole), ms);
}

bool zone_time(const char *text, bool named, char out[ZONE_TIME_SIZE])
{
    struct tm parts;
    int64_t ms;
    if (!local || !read_time(text, &ms))
        return false;
    named |= text[TIME_LENGTH] != '\0';
    time_t at = (time_t)(ms / 1000);
    return localtime_r(&at, &parts) &&
           strftime(out, ZONE_TIME_SIZE, named ? "%Y-%m-%d %H:%M:%S %Z" : "%Y-%m-%d %H:%M:%S",
                    &parts) > 0;
}

void zone_title(const char *title, char *out, size_t size)
{
    const char *mark = strstr(title, UTC_MARK);
    if (mark)
        snprintf(out, size, "%.*s(%s)%s", (int)(mark - title), title, zone_name(),
                 mark + strlen(UTC_MARK));
    else
        snprintf(out, size, "%s", title);
}
