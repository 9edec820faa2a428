/* What an operator does to a vendor: subscribe its address, suspend it, activate it. */
#ifndef INTAKE_CORE_OPERATE_VENDORS_ACTION_H
#define INTAKE_CORE_OPERATE_VENDORS_ACTION_H

#include "core/history/lists.h"
#include "core/history/subscriptions.h"
#include "core/operate/operation.h"

enum vendor_action { VENDOR_SUBSCRIBE, VENDOR_SUSPEND, VENDOR_ACTIVATE };
/* "vendors subscribe", "vendors suspend", "vendors activate": as the audit log has it. */
const char *vendor_action_name(enum vendor_action action);

/* An upload of the vendor that has not ended. */
struct vendor_upload {
    const char *upload_id;
    bool admitted; /* its records were counted: it goes on, whatever becomes of the vendor */
    int64_t total_records, settled_records;
};

enum vendor_step {
    VENDOR_STEP_NONE,       /* it is so already */
    VENDOR_STEP_STATUS,     /* vendors.status */
    VENDOR_STEP_SUBSCRIBE,  /* a new e-mail subscription with the vendor's FilterPolicy */
    VENDOR_STEP_REMIND,     /* it is pending: SNS sends its confirmation mail again */
    VENDOR_STEP_SET_FILTER, /* the address is subscribed, its FilterPolicy is mended */
};

struct vendor_action_request {
    enum vendor_action action;
    const char *vendor_id;
    bool remind; /* of a pending subscription: send the mail again */
};

struct vendor_action_plan {
    enum vendor_action action;
    enum vendor_step step;
    struct vendor vendor;
    const char *status_after;
    const char *topic_arn;            /* of a subscription */
    const char *subscription_arn;     /* of one that is there and confirmed */
    enum subscription_state state;    /* before */
    const char *filter_policy;        /* as it will be */
    const char *filter_policy_before; /* "" = none; NULL: not known */
    struct vendor_upload *uploads;    /* of a change of status; newest first, at most 100 */
    size_t upload_count;
    struct plan_notes notes; /* what happens to them, what is pending */
    struct arena memory;
};

struct vendor_action_result {
    bool changed;
    char status[24];               /* the vendor's after */
    enum subscription_state state; /* after a subscribe */
};

/* Of a vendor_action_request; its plan is a vendor_action_plan, its result a vendor_action_result.
 * make: ERROR_NOT_FOUND offers near ids; ERROR_INVALID: the vendor has no address. apply:
 * ERROR_CONFLICT: somebody else is at this vendor, or its status is no longer what the plan showed.
 */
extern const struct operation vendor_action_operation;

/* What a vendor of that address has of the vendors' topic now; email NULL: it has none, and another
 * address may get its notices. `state` where it could be asked. */
MUST_CHECK enum error_code vendor_subscription_see(struct pipeline *pipeline, const char *vendor_id,
                                                   const char *email,
                                                   enum subscription_state *state,
                                                   struct error *error);

#endif
