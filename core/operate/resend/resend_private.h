/* Whom a notice would reach. Used by core/operate/resend/resend.c alone. */
#ifndef INTAKE_CORE_OPERATE_RESEND_RESEND_PRIVATE_H
#define INTAKE_CORE_OPERATE_RESEND_RESEND_PRIVATE_H

#include "core/operate/resend/resend.h"

/* Fills topic, recipients and warnings of a plan that has its draft and what was before. */
MUST_CHECK enum error_code resend_find_recipients(struct pipeline *pipeline,
                                                  struct resend_plan *plan, struct error *error);

#endif
