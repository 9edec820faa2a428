/* One file judged by the live catalogue, for the screens: what `intake check --database` says. */
#ifndef INTAKE_TUI_SESSION_FILE_CHECK_H
#define INTAKE_TUI_SESSION_FILE_CHECK_H

#include "core/operate/check/check.h"
#include "tui/session/session.h"

struct file_check {
    struct check_result result; /* but unknown_columns: they are below */
    char unknown_columns[256];  /* ignored ones, visible, joined by ", "; "" for none */
    uint64_t size;              /* bytes */
    struct buffer findings;     /* a line for each, as people read them; the caller's to release */
    size_t findings_left_out;   /* beyond the limit */
};

/* Reads and judges the file as one of that vendor's. `most` findings are put into words. */
MUST_CHECK enum error_code file_check(struct session *session, const char *path,
                                      const char *vendor_id, size_t most, struct file_check *check,
                                      struct error *error);

/* Appends "18 of 20 records valid", or why the file would be refused. */
void file_check_verdict(const struct file_check *check, struct buffer *out);

#endif
