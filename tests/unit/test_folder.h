/* A folder of a test's own, under which the program keeps its state; nothing is left of it. */
#ifndef INTAKE_TESTS_UNIT_TEST_FOLDER_H
#define INTAKE_TESTS_UNIT_TEST_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static char folder[] = "/tmp/intake-test-XXXXXX";

static inline int folder_drop_entry(const char *path, const struct stat *status, int kind,
                                    struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

/* cmocka's set-up and tear-down of a group. */
static inline int folder_make(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || setenv("XDG_STATE_HOME", folder, 1) != 0;
}

static inline int folder_drop(void **state)
{
    (void)state;
    return nftw(folder, folder_drop_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
