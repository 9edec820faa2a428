/* Whom a notice would reach. Used by core/resend.c alone. */
#ifndef CORE_RESEND_RECIPIENTS_H
#define CORE_RESEND_RECIPIENTS_H

#include "core/resend.h"

/* Fills topic, recipients and warnings of a plan that has its draft and what was before. */
MUST_CHECK enum error_code resend_find_recipients(struct pipeline *pipeline,
                                                  struct resend_plan *plan, struct error *error);

#endif
