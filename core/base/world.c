#include "core/base/world.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t real_now_ms(void *context)
{
    (void)context;
    return clock_ms(CLOCK_REALTIME);
}

static int64_t real_monotonic_ms(void *context)
{
    (void)context;
    return clock_ms(CLOCK_MONOTONIC);
}

static void real_sleep_ms(void *context, int64_t milliseconds)
{
    (void)context;
    if (milliseconds <= 0)
        return;
    struct timespec left = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static bool real_random_bytes(void *context, void *bytes, size_t len)
{
    (void)context;
    char *at = bytes;
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

const struct world world_real = {
    .now_ms = real_now_ms,
    .monotonic_ms = real_monotonic_ms,
    .sleep_ms = real_sleep_ms,
    .random_bytes = real_random_bytes,
};

int64_t world_now_ms(const struct world *world)
{
    return world->now_ms(world->context);
}

int64_t world_monotonic_ms(const struct world *world)
{
    return world->monotonic_ms(world->context);
}

void world_sleep_ms(const struct world *world, int64_t milliseconds)
{
    world->sleep_ms(world->context, milliseconds);
}

uint64_t world_random_below(const struct world *world, uint64_t bound)
{
    uint64_t value = 0;
    if (!bound || !world->random_bytes(world->context, &value, sizeof value))
        return 0;
    return value % bound;
}
