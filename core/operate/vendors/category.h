/* What an operator does to a category: add it, deactivate it, activate it. */
#ifndef INTAKE_CORE_OPERATE_VENDORS_CATEGORY_H
#define INTAKE_CORE_OPERATE_VENDORS_CATEGORY_H

#include "core/history/categories.h"
#include "core/operate/operation.h"

#define CATEGORY_NAME_MAX 100 /* characters, as a product's category may have */

enum category_action { CATEGORY_ADD, CATEGORY_DEACTIVATE, CATEGORY_ACTIVATE };
/* "categories add", ...: as the audit log has it. */
const char *category_action_name(enum category_action action);

struct category_request {
    enum category_action action;
    const char *name;
    const char *parent; /* of an addition; NULL or "": none */
};

/* An upload with records that were rejected for want of exactly this category. */
struct category_rejects {
    const char *upload_id, *vendor_id;
    int64_t records;
};

struct category_action_plan {
    enum category_action action;
    bool changes;                    /* false: it is so already */
    struct listed_category category; /* before; of an addition as it will be */
    int64_t active_children;
    int64_t rejected_records, rejected_uploads;
    int64_t rejected_for_this_alone;  /* of the records: nothing else was wrong with them */
    struct category_rejects *rejects; /* newest first, at most 100 */
    size_t reject_count;
    struct plan_notes notes;
    struct arena memory;
};

/*
 * Of a category_request; its plan is a category_action_plan, its result a bool. make: ERROR_USAGE:
 * the name cannot be one. ERROR_CONFLICT: it is there already, also in another case; the parent is
 * a child itself. ERROR_NOT_FOUND: no such category, or parent. apply: ERROR_CONFLICT: somebody
 * else changed the category, or added it, since the plan was made.
 */
extern const struct operation category_operation;

#endif
