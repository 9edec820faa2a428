#include "sql/db_private.h"

#include <errno.h>
#include <poll.h>

#include "core/base/world.h"

/* How often a waiting statement looks at its cancel flag. */
#define SLICE_MS 50

int64_t db_deadline(const struct db *db)
{
    if (db->statement_timeout_ms < 0)
        return 0;
    return world_monotonic_ms(&world_real) + db->statement_timeout_ms + DB_GRACE_MS;
}

static enum error_code give_up(struct db *db, enum error_code why, const char *text,
                               struct error *error)
{
    db_disconnect(db);
    error_set(error, why, "database: %s (%s)", text, db->description);
    if (error) {
        error->retryable = why != ERROR_CANCELLED;
        error->possibly_done = true;
    }
    return why;
}

enum error_code db_wait_socket(struct db *db, bool to_write, int64_t deadline_ms,
                               struct error *error)
{
    int64_t cancelled_at = 0;
    for (;;) {
        struct pollfd fd = {.fd = PQsocket(db->conn),
                            .events = (short)(POLLIN | (to_write ? POLLOUT : 0))};
        int64_t now = world_monotonic_ms(&world_real);
        int ready;
        if (fd.fd < 0)
            return db_error_from_connection(db, true, error);
        if (deadline_ms != 0 && now >= deadline_ms)
            return give_up(db, ERROR_TIMEOUT, "timed out, connection dropped", error);
        if (cancelled_at == 0 && cancel_requested(db->watch)) {
            db_cancel(db);
            cancelled_at = now;
        }
        if (cancelled_at != 0 && now >= cancelled_at + DB_GRACE_MS)
            return give_up(db, ERROR_CANCELLED, "cancelled, connection dropped", error);
        ready = poll(&fd, 1, SLICE_MS);
        if (ready > 0)
            return ERROR_NONE;
        if (ready < 0 && errno != EINTR)
            return error_set(error, ERROR_IO, "database: cannot wait for the socket");
    }
}

enum error_code db_wait_flush(struct db *db, int64_t deadline_ms, struct error *error)
{
    for (;;) {
        int left = PQflush(db->conn);
        enum error_code code;
        if (left == 0)
            return ERROR_NONE;
        if (left < 0)
            return db_error_from_connection(db, true, error);
        code = db_wait_socket(db, true, deadline_ms, error);
        if (code)
            return code;
        if (PQconsumeInput(db->conn) == 0)
            return db_error_from_connection(db, true, error);
    }
}

enum error_code db_wait_result(struct db *db, int64_t deadline_ms, PGresult **result,
                               struct error *error)
{
    *result = NULL;
    while (PQisBusy(db->conn)) {
        enum error_code code = db_wait_socket(db, PQflush(db->conn) == 1, deadline_ms, error);
        if (code)
            return code;
        if (PQconsumeInput(db->conn) == 0 && !PQisBusy(db->conn))
            break;
        if (PQstatus(db->conn) == CONNECTION_BAD)
            break;
    }
    *result = PQgetResult(db->conn);
    return ERROR_NONE;
}
