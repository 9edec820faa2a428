/*
 * A link for a vendor that has no access to the bucket: a presigned PUT of one object below its
 * folder. Whoever has the link may use it as often as he likes until it ends; each use with other
 * content is an upload of its own. */
#ifndef INTAKE_CORE_OPERATE_VENDORS_UPLOAD_LINK_H
#define INTAKE_CORE_OPERATE_VENDORS_UPLOAD_LINK_H

#include "core/operate/operation.h"

#define UPLOAD_LINK_SECONDS_MAX (INT64_C(7) * 24 * 3600) /* of SigV4's query form */
#define UPLOAD_LINK_CONTENT_TYPE "text/csv"

struct upload_link_request {
    const char *vendor_id;
    const char *file_name; /* NULL: a fresh one, of this moment */
    int64_t expires_s;     /* 1 to UPLOAD_LINK_SECONDS_MAX */
    int64_t length;        /* bytes of the file, which are signed then; 0: any */
};

struct upload_link_plan {
    struct upload_link_request request; /* texts in the plan's memory */
    const char *bucket, *key;
    const char *file_name; /* the key's */
    struct plan_notes notes;
    struct arena memory;
};

struct upload_link {
    bool given;        /* its row is in the audit log: the rest is filled */
    struct buffer url; /* is a secret until it ends: for those who get it alone */
    int64_t expires_at_ms;
    bool shortened; /* the credentials end before it was to */
};

/*
 * Of an upload_link_request; its plan is an upload_link_plan, its result an upload_link. make:
 * ERROR_USAGE: the name is refused by the contract, or a bound is passed. ERROR_NOT_FOUND offers
 * near ids. apply signs; the row of the audit log tells whose, which key, until when, never the
 * link, and a link that could not be written there is not given out. ERROR_CONFLICT: the fresh name
 * was given to somebody else meanwhile, or somebody else is at this vendor.
 */
extern const struct operation upload_link_operation;

#endif
