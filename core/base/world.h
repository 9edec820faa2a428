/* What a test replaces: the clock, waiting and randomness. */
#ifndef INTAKE_CORE_BASE_WORLD_H
#define INTAKE_CORE_BASE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world {
    void *context;                    /* handed to each function */
    int64_t (*now_ms)(void *context); /* since the epoch, UTC */
    int64_t (*monotonic_ms)(void *context);
    void (*sleep_ms)(void *context, int64_t milliseconds);
    bool (*random_bytes)(void *context, void *bytes, size_t len); /* false: none to be had */
};

/* The system's own clock and getrandom(2). */
extern const struct world world_real;

int64_t world_now_ms(const struct world *world);
int64_t world_monotonic_ms(const struct world *world);
void world_sleep_ms(const struct world *world, int64_t milliseconds);

/* Uniform in [0, bound); 0 where bound is 0 or no randomness is to be had. */
uint64_t world_random_below(const struct world *world, uint64_t bound);

#endif
