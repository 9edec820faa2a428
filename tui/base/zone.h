/* The zone that times are shown in on the screen: UTC, or the user's own (TZ). What is copied,
 * written to files and typed stays UTC. Belongs to the screen's thread. */
#ifndef INTAKE_TUI_BASE_ZONE_H
#define INTAKE_TUI_BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#define ZONE_TIME_SIZE 64

void zone_use(bool local);
bool zone_is_local(void);
/* "UTC", "JST"; "CET/CEST" where it changes with the season. */
const char *zone_name(void);
/* "2026-01-02 03:04:05", in UTC, with or without " UTC" behind, in local time: with the name of its
 * zone where it had one or `named`. False where the text is no time, or UTC is shown. */
bool zone_time(const char *text, bool named, char out[ZONE_TIME_SIZE]);
/* "SENT (UTC)" with the zone's name in place of UTC. */
void zone_title(const char *title, char *out, size_t size);

#endif
