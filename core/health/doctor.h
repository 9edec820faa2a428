/*
 * The doctor: every item of the deployment's check list and every known trouble, each with what was
 * seen and the command that mends it. Areas are looked at side by side, each with connections of
 * its own and one common deadline, so that a world in which everything is down is a complete answer
 * too. Nothing is changed.
 */
#ifndef INTAKE_CORE_HEALTH_DOCTOR_H
#define INTAKE_CORE_HEALTH_DOCTOR_H

#include <stddef.h>

#include "aws/client.h"
#include "core/pipeline/settings.h"
#include "sql/db.h"

#define DOCTOR_DEADLINE_MS 4500 /* of all areas together */

enum doctor_status { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL, DOCTOR_SKIP };

/* "ok", "warn", "fail", "skip" */
const char *doctor_status_name(enum doctor_status status);

struct doctor_check {
    const char *area; /* static */
    const char *name; /* static */
    enum doctor_status status;
    enum error_code unseen; /* why it could not be made; ERROR_NONE where it was */
    char detail[512];       /* what was seen; may hold text that is not ours */
    char remedy[384];       /* a command or an act; "" where none is due */
};

/*
 * Connections and names for the areas. Clients are made on the caller's thread before the areas
 * begin; databases on theirs, one at a time. What is opened is the doctor's to free.
 */
struct doctor_host {
    void *context;
    enum error_code (*open_aws)(void *context, struct aws_client **client, struct error *error);
    enum error_code (*open_database)(void *context, struct db **db, struct error *error);
    const struct settings *settings; /* names; an unknown one fails its checks */
    struct cancel *cancel; /* that every connection watches: requested when the time is over */
    int64_t deadline_ms;   /* 0: DOCTOR_DEADLINE_MS */
};

struct doctor_report {
    struct doctor_check *checks; /* in a fixed order of areas */
    size_t count, capacity;
};

void doctor_report_init(struct doctor_report *report);
void doctor_report_release(struct doctor_report *report);

/* Fails for want of memory or threads alone: what is wrong with the world is in the report. */
MUST_CHECK enum error_code doctor_run(const struct doctor_host *host, struct doctor_report *report,
                                      struct error *error);

/* A check of the caller's own, behind the others. The remedy goes with
 * what is not ok; NULL: none. Without memory it is left out. */
void doctor_report_add(struct doctor_report *report, const char *area, const char *name,
                       enum doctor_status status, const char *remedy, const char *format, ...)
    PRINTF_LIKE(6, 7);

/* The worst of the report: fail, warn, skip (not seen) or ok. */
enum doctor_status doctor_worst(const struct doctor_report *report);

#endif
