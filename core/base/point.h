/* Named points: right before and right after each effect that another program can see.
 *
 * Tests preload a library that defines the hook (tests/tools/preload/points.c) and kill the process
 * at a point. Nobody else defines it: then a point is a comparison with NULL. The names are written
 * where they are reached, so that tests read the whole list out of the sources. */
#ifndef INTAKE_CORE_BASE_POINT_H
#define INTAKE_CORE_BASE_POINT_H

void intake_point(const char *name) __attribute__((weak, visibility("default")));

static inline void point_reached(const char *name)
{
    if (intake_point)
        intake_point(name);
}

#endif
