/* Times as text. A time is an int64_t of milliseconds since the epoch, UTC. */
#ifndef INTAKE_CORE_BASE_TIME_TEXT_H
#define INTAKE_CORE_BASE_TIME_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_TEXT_SIZE 32

void time_text_iso8601(int64_t ms, char out[TIME_TEXT_SIZE]);    /* 2026-01-02T03:04:05Z */
void time_text_iso8601_ms(int64_t ms, char out[TIME_TEXT_SIZE]); /* 2026-01-02T03:04:05.678Z */
void time_text_basic(int64_t ms, char out[TIME_TEXT_SIZE]);      /* 20260102T030405Z (SigV4) */
void time_text_compact(int64_t ms, char out[TIME_TEXT_SIZE]);    /* 20260102_030405 (ids) */

/* RFC 3339, and PostgreSQL's form of it: 'T' or a space, an optional fraction, an offset of 'Z',
   +hh, +hhmm or +hh:mm; without an offset, UTC. The whole text must be a real time. */
bool time_text_parse_iso8601(const char *text, size_t len, int64_t *ms);

/* The IMF-fixdate of RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
bool time_text_parse_http(const char *text, int64_t *ms);

/* A real calendar date and time of day as milliseconds; false for 31 February or 24:00. */
bool time_text_from_parts(int year, int month, int day, int hour, int minute, int second,
                          int64_t *ms);

#endif
