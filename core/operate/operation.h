/* An operation of an operator, as its command and its plan's screen drive it: make reads and
 * freezes, text shows what was frozen, apply does exactly that. Each is one constant, beside the
 * structs of its request, its plan and its result. Errors are not NULL. */
#ifndef INTAKE_CORE_OPERATE_OPERATION_H
#define INTAKE_CORE_OPERATE_OPERATION_H

#include "core/operate/operator_plan.h"

struct operation {
    size_t plan_size;   /* of a plan, which is zero before make */
    size_t result_size; /* of a result, which begins with a bool: whether something was changed */
    bool database_only; /* the pipeline has no AWS client */
    /* Reads alone. The plan is to be released in any case. */
    enum error_code (*make)(struct pipeline *pipeline, const void *request, void *plan,
                            struct error *error);
    bool (*changes)(const void *plan); /* false: it is so already; NULL: true */
    size_t (*size)(const void *plan);  /* things that apply would change; NULL: one */
    void (*text)(const void *plan, struct buffer *out); /* as people read it, sanitised */
    /* Writes one row to the audit log, whatever comes of it; a result is filled in any case. */
    enum error_code (*apply)(struct pipeline *pipeline, const void *plan,
                             const char *operator_reason, void *result, struct error *error);
    void (*release)(void *plan);
    void (*result_release)(void *result); /* NULL: it holds nothing */
};

#endif
