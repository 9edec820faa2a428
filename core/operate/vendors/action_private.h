/* What the files of a vendor's actions share: its e-mail subscription, and the plan as it is shown.
 */
#ifndef INTAKE_CORE_OPERATE_VENDORS_ACTION_PRIVATE_H
#define INTAKE_CORE_OPERATE_VENDORS_ACTION_PRIVATE_H

#include "core/operate/vendors/action.h"

/* Fills what a plan to subscribe the vendor has beyond the vendor. */
MUST_CHECK enum error_code vendor_subscription_plan(struct pipeline *pipeline, bool remind,
                                                    struct vendor_action_plan *plan,
                                                    struct error *error);
MUST_CHECK enum error_code vendor_subscription_apply(struct pipeline *pipeline,
                                                     const struct vendor_action_plan *plan,
                                                     struct vendor_action_result *result,
                                                     struct error *error);

/* As people read it, sanitised; and as JSON, for the audit log. */
void vendor_action_plan_text(const void *plan, struct buffer *out);
void vendor_action_plan_json(const struct vendor_action_plan *plan, struct buffer *out);

#endif
