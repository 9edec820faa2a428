/* A vendor's own row: adding one, and editing its name and e-mail address. */
#ifndef INTAKE_CORE_OPERATE_VENDORS_RECORD_H
#define INTAKE_CORE_OPERATE_VENDORS_RECORD_H

#include "core/history/subscriptions.h"
#include "core/operate/operation.h"

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
 * Of a vendor_record_request; its plan is a vendor_record_plan, its result a bool. make asks what
 * is subscribed where the address changes, and says that it is unknown where SNS does not answer.
 * ERROR_USAGE: a value cannot be one. ERROR_CONFLICT: the id is taken, also in another case.
 * ERROR_NOT_FOUND offers near ids. apply: ERROR_CONFLICT: somebody else added the id or changed the
 * vendor since the plan was made.
 */
extern const struct operation vendor_record_operation;

#endif
