/*
 * Log lines: one JSON object a line (RFC 8259), so that no vendor's text can break a line or
 * pretend to be another one. Fields that hold for a while (a request id) are set as
 * context. */
#ifndef INTAKE_CORE_BASE_LOG_H
#define INTAKE_CORE_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

/* "debug", "INFO", "WARNING", ...; false where the name is none. */
bool log_level_parse(const char *name, enum log_level *level);

/* Lines below the level are dropped; fd is where they go (stdout of a function: 1). */
void log_init(enum log_level level, int fd);

/* A field of every line until it is set again; NULL drops it. At most 4 keys; both are copied. */
void log_context(const char *key, const char *value);

/* One line: time, level, message, the context, then pairs of key and value (both const char *,
   a NULL value is null) ended by a NULL key. Safe from several threads. */
void log_line(enum log_level level, const char *message, ...) __attribute__((sentinel));

/* A whole line that is JSON already (an embedded metric); written as it is, with a newline. */
void log_raw(const char *line, size_t len);

/* The number as text for log_line; `out` is the caller's. Returns out. */
const char *log_number(int64_t value, char out[24]);

#endif
