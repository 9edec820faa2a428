#include "core/pipeline/upload_lock.h"

/* tests/model: revalidate_lock */
enum error_code upload_lock_take(struct pipeline *pipeline, const char *target, struct lease *lease,
                                 struct error *error)
{
    char name[UPLOAD_ID_SIZE + VENDOR_ID_SIZE + 16];
    struct error failure = ERROR_INIT;
    snprintf(name, sizeof name, "operator %s", target);
    enum error_code code = lease_take(pipeline, name, 0, lease, &failure);
    if (code == ERROR_CONFLICT)
        return error_set(
            error, ERROR_CONFLICT,
            "%s is locked by %s: nothing was changed; try again when that has finished", target,
            failure.message);
    if (code && error)
        *error = failure;
    return code ? error_wrap(error, "locking %s against other operators", target) : ERROR_NONE;
}
