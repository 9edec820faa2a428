#include "tui/widgets/freshness.h"

#include <stdio.h>

#include "tui/widgets/draw.h"

#define IDLE_AFTER_MS 30000

#define SLOW_MS 300 /* a refresh faster than this is not worth a word */
#define RETRY_MS 1500
#define RETRY_MOST_MS 10000
#define RETRY_IDLE_MS 30000

void freshness_asked(struct freshness *freshness, int64_t now_ms)
{
    freshness->asked_ms = now_ms;
}

void freshness_answered(struct freshness *freshness, int64_t now_ms, const struct error *error)
{
    freshness->asked_ms = 0;
    freshness->failed = error->code != ERROR_NONE;
    if (!freshness->failed) {
        freshness->loaded = true;
        freshness->loaded_ms = now_ms;
        freshness->failures = 0;
        return;
    }
    freshness->failures++;
    freshness->failed_ms = now_ms;
    snprintf(freshness->message, sizeof freshness->message, "%s",
             error->message[0] != '\0' ? error->message : error_name(error->code));
}

void freshness_dropped(struct freshness *freshness)
{
    freshness->asked_ms = 0;
}

enum theme_tone freshness_text(const struct freshness *freshness, int64_t now_ms, char *out,
                               size_t size)
{
    char age[16];
    bool slow = freshness->asked_ms != 0 && now_ms - freshness->asked_ms >= SLOW_MS;
    draw_age(now_ms - freshness->loaded_ms, age);
    if (!freshness->loaded && freshness->failed) {
        snprintf(out, size, slow ? "not loaded, retrying" : "not loaded");
        return TONE_BAD;
    }
    if (slow && freshness->doing) {
        int64_t seconds = (now_ms - freshness->asked_ms) / 1000;
        if (seconds > 0)
            snprintf(out, size, "%s, %lld s%s", freshness->doing, (long long)seconds,
                     freshness->may_cancel ? ": Ctrl-C cancels" : "");
        else
            snprintf(out, size, "%s ...", freshness->doing);
        return TONE_WARN;
    }
    if (!freshness->loaded) {
        snprintf(out, size, slow ? "loading" : "");
        return TONE_DIM;
    }
    if (freshness->failed) {
        snprintf(out, size, "stale, %s old", age);
        return TONE_WARN;
    }
    if (slow) {
        snprintf(out, size, "refreshing, %s old", age);
        return TONE_DIM;
    }
    snprintf(out, size, "%s ago", age);
    return TONE_DIM;
}

static int64_t touched_ms;

void freshness_touch(int64_t now_ms)
{
    touched_ms = now_ms;
}

int64_t freshness_pace(int64_t now_ms, int64_t interval_ms, int64_t idle_ms)
{
    bool idle = touched_ms != 0 && now_ms - touched_ms > IDLE_AFTER_MS;
    return idle && idle_ms > interval_ms ? idle_ms : interval_ms;
}

int64_t freshness_due_in(const struct freshness *freshness, int64_t now_ms, int64_t interval_ms)
{
    int64_t due;
    if (freshness->failed) {
        int64_t wait = RETRY_MS * (int64_t)freshness->failures;
        int64_t most = freshness_pace(now_ms, RETRY_MOST_MS, RETRY_IDLE_MS);
        due = freshness->failed_ms + (wait < most ? wait : most);
    } else if (!freshness->loaded) {
        return 0;
    } else {
        due = freshness->loaded_ms + interval_ms;
    }
    return due > now_ms ? due - now_ms : 0;
}
