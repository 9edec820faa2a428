/* How fast requests may go out, of the retry mode "adaptive": unbounded until a service throttles,
 * then a rate that falls by a third with each throttled answer and comes back along a cubic curve.
 * All times are monotonic milliseconds. Source: AWS SDKs and Tools Reference Guide, "Retry
 * behavior"; the SDKs agree on the constants. Not for use outside aws/. */
#ifndef AWS_RATE_H
#define AWS_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    bool bounded; /* a service has throttled */
    bool begun;
    /* what goes out, as it is measured: in halves of a second, smoothed */
    double measured, counted;
    int64_t half;
    /* the bucket: requests, and requests a second */
    double level, capacity, fill;
    int64_t filled_ms;
    /* the curve */
    double last_max, window;
    int64_t last_throttle_ms;
};

/* How long until one more may go out: 0 takes it. */
int64_t rate_take(struct rate *rate, int64_t now_ms);
/* What became of one. */
void rate_note(struct rate *rate, bool throttled, int64_t now_ms);

#endif
