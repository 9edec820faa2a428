/* How values look in a cell: one way for each kind of value, on every screen. Each returns
 * `out`. */
#ifndef INTAKE_TUI_FRAMES_CELLS_H
#define INTAKE_TUI_FRAMES_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "tui/terminal/theme.h"

#define CELL_SIZE 32

struct filter;

/* 2026-01-02 03:04:05, UTC; "" for HISTORY_NEVER. */
const char *cell_time(int64_t ms, char out[CELL_SIZE]);
const char *cell_number(int64_t number, char out[CELL_SIZE]);
/* "" below zero; 0.8s, 12.3s, 4m10s */
const char *cell_duration(double seconds, char out[CELL_SIZE]);
/* The tone of an upload's, vendor's, notice's or record's status. */
enum theme_tone cell_status_tone(const char *status);
const char *cell_text(const char *text); /* "" for NULL */
/* `since:` or `until:` of a filter, HISTORY_NEVER where it is absent or no time. */
int64_t cell_filter_time(const struct filter *filter, const char *key, int64_t now_ms);
/* The filter's words, NULL where there are none. */
const char *cell_search(const struct filter *filter);
const char *cell_search_typed(const struct filter *filter); /* for a command line */

#endif
