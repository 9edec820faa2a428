#include "core/operate/replay/replay_private.h"

enum error_code replay_lock_take(struct pipeline *pipeline, struct replay_plan *plan,
                                 struct error *error)
{
    char name[LEASE_NAME_SIZE];
    struct error failure = ERROR_INIT;
    if (!pipeline->db)
        return error_set(error, ERROR_INTERNAL, "a replay requires the database for its lock");
    snprintf(name, sizeof name, "replay %s", plan->queue.arn);
    enum error_code code = lease_take(pipeline, name, 0, &plan->state->lease, &failure);
    if (code == ERROR_CONFLICT)
        return error_set(error, ERROR_CONFLICT,
                         "%s is being replayed or discarded by %s: nothing was changed; try "
                         "again when that has finished",
                         plan->queue.name, failure.message);
    if (code && error)
        *error = failure;
    plan->state->locked = !code;
    return code ? error_wrap(error, "locking %s against other operators", plan->queue.name)
                : ERROR_NONE;
}

enum error_code replay_lock_check(struct pipeline *pipeline, struct replay_plan *plan,
                                  struct error *error)
{
    enum error_code code = lease_renew(pipeline, &plan->state->lease, error);
    return code ? error_wrap(error, "the lock on %s was taken over by", plan->queue.name)
                : ERROR_NONE;
}

void replay_lock_drop(struct pipeline *pipeline, struct replay_plan *plan)
{
    lease_drop(pipeline, &plan->state->lease);
    plan->state->locked = false;
}
