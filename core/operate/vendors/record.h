/*
 * A vendor's own row: adding one, and editing its name and e-mail address.
 *
 *     vendor_record_plan_make -> show it, ask -> vendor_record_apply ->
 * vendor_record_plan_release */
#ifndef INTAKE_CORE_OPERATE_VENDORS_RECORD_H
#define INTAKE_CORE_OPERATE_VENDORS_RECORD_H

#include "core/history/subscriptions.h"
#include "core/operate/operator_plan.h"

#define VENDOR_NAME_MAX 200
#define VENDOR_EMAIL_MAX 254 /* RFC 5321, section 4.5.3.1.3, without its brackets */

struct vendor_record_request {
    bool adds;
    const char *vendor_id;
    const char *name, *email; /* NULL, of an edit: as it is */
};

struct vendor_record_plan {
    bool adds, changes;
    const char *vendor_id, *name, *email, *status; /* as they will be */
    const char *name_before, *email_before;        /* NULL: it had none, or was not there */
    struct plan_notes notes;
    struct arena memory;
};

/* "vendors add", "vendors edit": as the audit log has it. */
const char *vendor_record_action(bool adds);

/*
 * Reads alone; what is subscribed is asked where the address changes, and said to be unknown where
 * SNS does not answer. ERROR_USAGE: a value cannot be one. ERROR_CONFLICT: the id is taken, also in
 * another case. ERROR_NOT_FOUND offers near ids. Release in any case.
 */
MUST_CHECK enum error_code vendor_record_plan_make(struct pipeline *pipeline,
                                                   const struct vendor_record_request *request,
                                                   struct vendor_record_plan *plan,
                                                   struct error *error);
void vendor_record_plan_release(struct vendor_record_plan *plan);
/* As people read it, sanitised; and as JSON, for the audit log. */
void vendor_record_plan_text(const struct vendor_record_plan *plan, struct buffer *out);
void vendor_record_plan_json(const struct vendor_record_plan *plan, struct buffer *out);

/* Writes one row to the audit log, whatever comes of it. ERROR_CONFLICT: somebody else added the id
 * or changed the vendor since the plan was made. */
MUST_CHECK enum error_code vendor_record_apply(struct pipeline *pipeline,
                                               const struct vendor_record_plan *plan,
                                               const char *operator_reason, bool *changed,
                                               struct error *error);

/* Whether mail could be sent to it at all: ERROR_USAGE says what is wrong. */
MUST_CHECK enum error_code vendor_email_check(const char *email, struct error *error);

#endif
