/* What the areas of the doctor share. Used by core/health/ alone. */
#ifndef INTAKE_CORE_HEALTH_DOCTOR_PRIVATE_H
#define INTAKE_CORE_HEALTH_DOCTOR_PRIVATE_H

#include "core/health/doctor.h"

/* One area at work, on a thread of its own. */
struct doctor_visit {
    const char *area;
    const struct settings *settings;
    struct aws_client *aws; /* NULL: could not be made, see aws_error */
    struct error aws_error;
    struct db *db; /* NULL unless the area wants one */
    struct error db_error;
    const struct cancel *cancel;
    struct doctor_report report;
    bool out_of_memory;
};

/* Adds a check. The detail is formatted; remedy may be NULL. */
void doctor_add(struct doctor_visit *visit, const char *name, enum doctor_status status,
                const char *remedy, const char *format, ...) PRINTF_LIKE(5, 6);

/* ok, or the given status with the remedy. */
void doctor_expect(struct doctor_visit *visit, const char *name, bool good,
                   enum doctor_status otherwise, const char *remedy, const char *format, ...)
    PRINTF_LIKE(6, 7);

/* A check that could not be made: a right that is missing is a skip, anything else fails,
 * authentication too. */
void doctor_unseen(struct doctor_visit *visit, const char *name, const struct error *error,
                   const char *remedy);

/* The name of a resource; where it is unknown a failed check says so and false is answered. */
bool doctor_name(struct doctor_visit *visit, const char *check, enum setting setting,
                 const char **value);

/* The three functions, in the order of the pipeline. */
enum { DOCTOR_FUNCTIONS = 3 };
extern const enum setting doctor_functions[DOCTOR_FUNCTIONS];

/* A check of the table's area that wants the database too. */
void doctor_see_items(struct doctor_visit *visit);

/* A check of the uploads' area: whether what is kept of vendors is what the rows say. */
void doctor_see_counters(struct doctor_visit *visit);

/*
 * Whether a certificate of a PEM bundle has ended by now_ms, or ends within so many days; the
 * second looks at the bundle that the functions' images hold.
 */
#define DOCTOR_CERTIFICATE_DAYS 90
void doctor_see_certificates(struct doctor_visit *visit, const char *pem, size_t size,
                             int64_t now_ms);
void doctor_see_own_certificates(struct doctor_visit *visit, int64_t now_ms);

/* How long records are kept, by whom they are pruned, and when the database will be full. */
void doctor_see_retention(struct doctor_visit *visit);
/* A check of the storage's area that wants the database too: whether the reports in the bucket are
 * kept for as long as the records. */
void doctor_see_report_retention(struct doctor_visit *visit, const char *bucket);
void doctor_see_space(struct doctor_visit *visit);

/* The areas; each adds its checks. */
void doctor_visit_storage(struct doctor_visit *visit);
void doctor_visit_table(struct doctor_visit *visit);
void doctor_visit_database(struct doctor_visit *visit);
void doctor_visit_uploads(struct doctor_visit *visit);
void doctor_visit_secret(struct doctor_visit *visit);
void doctor_visit_queues(struct doctor_visit *visit);
void doctor_visit_notices(struct doctor_visit *visit);
void doctor_visit_functions(struct doctor_visit *visit);
void doctor_visit_mappings(struct doctor_visit *visit);
void doctor_visit_logs(struct doctor_visit *visit);
void doctor_visit_alarms(struct doctor_visit *visit);

#endif
