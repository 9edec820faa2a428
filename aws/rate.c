#include "aws/rate.h"

#include <math.h>

#define SLOWEST 0.5 /* requests a second */
#define SMOOTHING 0.8
#define BETA 0.7
#define SCALE 0.4
#define HALF_MS 500

static void bucket_fill(struct rate *rate, int64_t now_ms)
{
    double seconds = (double)(now_ms - rate->filled_ms) / 1000;
    rate->level = fmin(rate->capacity, rate->level + seconds * rate->fill);
    rate->filled_ms = now_ms;
}

static void bucket_set(struct rate *rate, double per_second, int64_t now_ms)
{
    bucket_fill(rate, now_ms);
    rate->fill = fmax(per_second, SLOWEST);
    rate->capacity = fmax(per_second, 1);
    rate->level = fmin(rate->level, rate->capacity);
}

static void begin(struct rate *rate, int64_t now_ms)
{
    if (rate->begun)
        return;
    rate->begun = true;
    rate->half = now_ms / 1000 * 2;
    rate->filled_ms = rate->last_throttle_ms = now_ms;
    rate->fill = 1;
    rate->capacity = 1;
}

int64_t rate_take(struct rate *rate, int64_t now_ms)
{
    begin(rate, now_ms);
    if (!rate->bounded)
        return 0;
    bucket_fill(rate, now_ms);
    if (rate->level >= 1) {
        rate->level -= 1;
        return 0;
    }
    return (int64_t)ceil((1 - rate->level) / rate->fill * 1000);
}

static void measure(struct rate *rate, int64_t now_ms)
{
    int64_t half = now_ms / HALF_MS;
    rate->counted += 1;
    if (half <= rate->half)
        return;
    double now = rate->counted / ((double)(half - rate->half) * HALF_MS / 1000);
    rate->measured = now * SMOOTHING + rate->measured * (1 - SMOOTHING);
    rate->counted = 0;
    rate->half = half;
}

static double curve(const struct rate *rate, int64_t now_ms)
{
    double seconds = (double)(now_ms - rate->last_throttle_ms) / 1000;
    return SCALE * pow(seconds - rate->window, 3) + rate->last_max;
}

void rate_note(struct rate *rate, bool throttled, int64_t now_ms)
{
    double wanted;
    begin(rate, now_ms);
    measure(rate, now_ms);
    if (throttled) {
        double used = rate->bounded ? fmin(rate->measured, rate->fill) : rate->measured;
        rate->last_max = used;
        rate->window = cbrt(used * (1 - BETA) / SCALE);
        rate->last_throttle_ms = now_ms;
        rate->bounded = true;
        wanted = used * BETA;
    } else {
        wanted = curve(rate, now_ms);
    }
    bucket_set(rate, fmin(wanted, 2 * rate->measured), now_ms);
}
