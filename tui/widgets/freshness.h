/* How old the data of a pane is, and whether it is being refreshed, stale or failed. */
#ifndef INTAKE_TUI_WIDGETS_FRESHNESS_H
#define INTAKE_TUI_WIDGETS_FRESHNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "tui/terminal/theme.h"

struct freshness {
    bool loaded;       /* something was had at least once */
    int64_t loaded_ms; /* monotonic: when the data was read */
    int64_t asked_ms;  /* monotonic: when the request that runs was made; 0 for none */
    bool failed;       /* the newest answer was an error */
    int64_t failed_ms;
    unsigned failures; /* in a row */
    bool may_cancel;   /* and Ctrl-C ends it */
    const char *doing; /* what the request that runs is for ("sorting"), static; NULL: news */
    char message[768]; /* of that error */
};

void freshness_asked(struct freshness *freshness, int64_t now_ms);
void freshness_answered(struct freshness *freshness, int64_t now_ms, const struct error *error);
/* No answer will come: the request was given up. */
void freshness_dropped(struct freshness *freshness);
/* "2s ago", "loading", "stale: 3m old, database ..."; the tone says how bad it is. */
enum theme_tone freshness_text(const struct freshness *freshness, int64_t now_ms, char *out,
                               size_t size);
/* A key came. Nobody is there who sees what changes where none came for half a minute: then what is
 * asked for again and again is asked for less often. Belongs to the screen's thread. */
void freshness_touch(int64_t now_ms);
/* `interval_ms` while somebody is there, else the longer one. */
int64_t freshness_pace(int64_t now_ms, int64_t interval_ms, int64_t idle_ms);

/* How long to wait before asking again, after `interval_ms` when all is well; longer after
 * failures. */
int64_t freshness_due_in(const struct freshness *freshness, int64_t now_ms, int64_t interval_ms);

#endif
