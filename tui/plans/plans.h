/* The actions on uploads and vendors, each opened with its plan. */
#ifndef INTAKE_TUI_PLANS_PLANS_H
#define INTAKE_TUI_PLANS_PLANS_H

#include "core/operate/operation.h"
#include "tui/plans/plan.h"

/* An action on one thing, of which a plan of many is made by itself. */
struct plan_kind {
    const struct plan_ops *ops;
    const struct operation *operation; /* that it plans; NULL: another way */
    const char *things;                /* "uploads" */
    size_t work_size;          /* of the work, which begins with a plan_thing and is zero else */
    int variant;               /* which of the actions that share their functions */
    void (*begin)(void *work); /* on a fresh work; NULL: nothing more */
};

struct plan_thing {
    char *id;
    int variant; /* the kind's */
    const struct operation *operation;
    void *plan; /* the operation's, zero before it is made */
};

/* The work of a kind, for ops->release. */
void *plan_thing_new(const struct plan_kind *kind, const char *id);
/* Is ops->release, or the end of it. */
void plan_thing_release(void *work);
/* Is ops->size of an operation's work. */
int64_t plan_thing_size(const void *work);
/* For ops->make and ops->apply of such a work, which have the operation's request and tell its
 * result. */
enum error_code plan_thing_make(struct job_context *context, void *work, const void *request,
                                struct buffer *text, struct error *error);
enum error_code plan_thing_apply(struct job_context *context, void *work, const char *reason,
                                 void *result, struct error *error);

/* The notification desk: exact text, recipients, cool-down; then sends. */
extern const struct plan_kind plan_notify;
/* Both report files rebuilt from the database. */
extern const struct plan_kind plan_report;
/* Rejected records judged as rules and catalogue stand now; or those that never got an outcome. */
extern const struct plan_kind plan_revalidate;
extern const struct plan_kind plan_finish;
extern const struct plan_kind plan_subscribe;
extern const struct plan_kind plan_suspend;
extern const struct plan_kind plan_activate;
/* For an hour, under a fresh name; the lines that use it are what came of it. */
extern const struct plan_kind plan_upload_link;
extern const struct plan_kind plan_category_deactivate;
extern const struct plan_kind plan_category_activate;

struct effect plan_one(struct console *console, const struct plan_kind *kind, const char *id);
/* On a screen that is a list: all that is marked, else the row under the cursor. */
struct effect plan_marked(struct screen *screen, const struct plan_kind *kind);

/* What has no row yet, or other values than its row. `origin` is the list to be asked again once it
 * is done, 0 for none. */
struct effect plan_category_add(struct console *console, const char *name, const char *parent,
                                uint64_t origin);
struct plan_vendor_values {
    bool adds;
    const char *vendor_id;
    const char *name, *email; /* "": as it is */
};
struct effect plan_vendor_record(struct console *console, const struct plan_vendor_values *values,
                                 uint64_t origin);

/* The draft of an upload's mended file, judged, then sent as a new upload and followed to its
 * end. */
struct effect plan_submit(struct console *console, const char *upload_id);

#endif
