/*
 * A vendor's notice sent again by an operator: the exact text, whom it would reach, then the
 * sending, recorded with operator and reason. The automatic notice does not count for the
 * cool-down.
 *
 *     resend_plan_make -> show it, ask -> resend_apply -> resend_plan_release
 */
#ifndef INTAKE_CORE_OPERATE_RESEND_RESEND_H
#define INTAKE_CORE_OPERATE_RESEND_RESEND_H

#include "core/base/memory.h"
#include "core/pipeline/lease.h"
#include "core/pipeline/notice.h"
#include "core/pipeline/pipeline.h"

#define RESEND_REPORT_WAIT_MS 15000 /* for the report of an upload that has just been finished */
#define RESEND_COOL_DOWN_MS (INT64_C(10) * 60 * 1000)

/* A subscription of the topic that the notice goes to. */
struct resend_recipient {
    const char *protocol;
    const char *endpoint;
    bool pending;              /* not confirmed: gets nothing yet */
    bool filter_known;         /* a pending one does not tell its filter */
    bool matches_filter;       /* its FilterPolicy lets this notice through */
    const char *filter_policy; /* "" = none */
};

struct resend_plan {
    struct notice_draft draft; /* subject, body, link: what will be sent, to the byte */
    bool report_making;        /* it was waited for in vain: the notice has no links */
    const char *topic_arn;
    bool to_operators;                   /* no vendor can be told: the operators' topic */
    const char *vendor_email;            /* NULL: none is known */
    struct resend_recipient *recipients; /* those it reaches, then pending ones, then the others */
    size_t recipient_count;
    size_t reached;         /* confirmed, and the filter lets it through */
    size_t pending;         /* that might be the vendor's */
    size_t others_unshown;  /* subscriptions of other vendors, beyond a hundred */
    int64_t last_resend_at; /* 0: never */
    const char *last_resend_by;
    int64_t cool_down_until; /* 0: none runs */
    const char **warnings;   /* sentences: nobody is subscribed, ... */
    size_t warning_count;
    struct arena memory;
};

struct resend_options {
    int64_t cool_down_ms;        /* 0: RESEND_COOL_DOWN_MS */
    bool force;                  /* past the cool-down */
    const char *operator_reason; /* NULL: none */
    struct lease *lease;         /* of the upload, where the caller has it; NULL: taken here */
};

/*
 * Reads alone. ERROR_NOT_FOUND offers near ids; ERROR_CONFLICT: it is still processing;
 * ERROR_NOT_FOUND names a topic that is gone. Release in any case.
 */
MUST_CHECK enum error_code resend_plan_make(struct pipeline *pipeline, const char *upload_id,
                                            int64_t cool_down_ms, struct resend_plan *plan,
                                            struct error *error);
void resend_plan_release(struct resend_plan *plan);
/* As people read it, sanitised. */
void resend_plan_text(const struct resend_plan *plan, struct buffer *out);

enum resend_outcome {
    RESEND_ACCEPTED, /* by SNS, which is not delivery */
    RESEND_UNKNOWN,  /* it may have been: no answer came */
    RESEND_FAILED,
    RESEND_REFUSED, /* by the cool-down: nothing was sent */
    RESEND_BUSY,    /* another operator is at this upload: nothing was sent */
};

struct resend_result {
    enum resend_outcome outcome;
    int64_t notification_id; /* 0: none was claimed */
    char message_id[64];
};

/*
 * Claims, sends, marks, and writes one row to the audit log. Any outcome but accepted is an error
 * as well: ERROR_CONFLICT for RESEND_REFUSED and RESEND_BUSY, else what SNS said, with what was and
 * was not done.
 */
MUST_CHECK enum error_code resend_apply(struct pipeline *pipeline, const struct resend_plan *plan,
                                        const struct resend_options *options,
                                        struct resend_result *result, struct error *error);

#endif
