/* A wish to stop, set by one thread or a signal handler and looked at by another. */
#ifndef INTAKE_CORE_BASE_CANCEL_H
#define INTAKE_CORE_BASE_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct cancel {
    atomic_int requested;
};

/* NULL stands for "never". Async-signal-safe, both. */
static inline bool cancel_requested(const struct cancel *cancel)
{
    return cancel && atomic_load(&cancel->requested) != 0;
}

static inline void cancel_request(struct cancel *cancel)
{
    atomic_store(&cancel->requested, 1);
}

#endif
