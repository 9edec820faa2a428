/*
 * How a vendor's files have fared, as a page to send to the vendor: files and records period by
 * period, compared with as many periods before, and what the rejected ones failed on, with what to
 * do about it. Pure; the numbers are the caller's.
 */
#ifndef INTAKE_CORE_OPERATE_GUIDE_SCORECARD_H
#define INTAKE_CORE_OPERATE_GUIDE_SCORECARD_H

#include "core/base/buffer.h"
#include "core/history/trends.h"
#include "core/operate/guide/guide.h"

#define SCORECARD_PERIODS_MAX 400

struct scorecard_request {
    enum guide_format format;
    const char *vendor_id, *vendor_name; /* name NULL: not known */
    enum trend_period period;
    int64_t from_ms;                 /* where a period begins */
    int64_t now_ms;                  /* the page is of this moment */
    size_t periods;                  /* up to now, at most SCORECARD_PERIODS_MAX */
    const struct trend_list *trends; /* of this vendor, from 2 * periods before now on */
};

/* A whole document; buffer_check(out) tells of failures. */
MUST_CHECK enum error_code
scorecard_append(struct buffer *out, const struct scorecard_request *request, struct error *error);

#endif
