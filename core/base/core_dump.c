#include "core/base/core_dump.h"

#include <sys/prctl.h>
#include <sys/resource.h>

void core_dump_prevent(void)
{
#ifndef __SANITIZE_ADDRESS__ /* whose leak checker attaches to its own process */
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
