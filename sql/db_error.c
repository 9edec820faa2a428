#include "sql/db_private.h"

#include <ctype.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/text.h"

struct state_row {
    const char *prefix; /* of the SQLSTATE; the longest that fits comes first */
    enum error_code code;
    bool retryable;
};

/* PostgreSQL manual, appendix A. */
static const struct state_row state_rows[] = {
    {"08", ERROR_UNAVAILABLE, true},      /* connection */
    {"22", ERROR_DATABASE, false},        /* data */
    {"23", ERROR_CONFLICT, false},        /* constraint */
    {"25006", ERROR_UNAVAILABLE, true},   /* read only: a standby, in the middle of a failover */
    {"28", ERROR_UNAUTHENTICATED, false}, /* authorization of the connection */
    {"3D000", ERROR_CONFIG, false},       /* no such database */
    {"40", ERROR_DATABASE, true},         /* serialization, deadlock */
    {"42501", ERROR_DENIED, false},       /* privilege */
    {"53", ERROR_UNAVAILABLE, true},      /* resources */
    {"54", ERROR_TOO_LARGE, false},       /* limits of the program */
    {"55P03", ERROR_UNAVAILABLE, true},   /* lock not available */
    {"57014", ERROR_TIMEOUT, true},       /* cancelled: by its timeout, where we did not ask */
    {"57P", ERROR_UNAVAILABLE, true},     /* shutting down, starting up */
    {"58", ERROR_UNAVAILABLE, true},      /* the server's system */
};

enum error_code db_error_code(const char *sqlstate, bool *retryable)
{
    enum error_code code = ERROR_DATABASE;
    bool again = false;
    if (!sqlstate || sqlstate[0] == '\0') {
        code = ERROR_UNAVAILABLE;
        again = true;
    }
    for (size_t i = 0; code == ERROR_DATABASE && i < sizeof state_rows / sizeof *state_rows; i++)
        if (strncmp(sqlstate, state_rows[i].prefix, strlen(state_rows[i].prefix)) == 0) {
            code = state_rows[i].code;
            again = state_rows[i].retryable;
            break;
        }
    if (retryable)
        *retryable = again;
    return code;
}

static bool schema_is_missing(const char *sqlstate)
{
    static const char *const states[] = {"42P01", "42703", "42883", "3F000"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(sqlstate, states[i]) == 0)
            return true;
    return false;
}

static enum error_code set_state(struct db *db, const char *sqlstate, const char *text, size_t len,
                                 struct error *error)
{
    bool retryable;
    enum error_code code = db_error_code(sqlstate, &retryable);
    struct buffer line;
    if (sqlstate && strcmp(sqlstate, "57014") == 0 &&
        (atomic_load(&db->cancel_sent) || cancel_requested(db->watch))) {
        code = ERROR_CANCELLED;
        retryable = false;
    }
    buffer_init(&line, 4096);
    text_append_visible(&line, text, len);
    error_set(error, code, "database: %s%s", line.data,
              sqlstate && schema_is_missing(sqlstate)
                  ? " (is the schema up to date? See: intake migrate --status)"
                  : "");
    buffer_release(&line);
    if (sqlstate && strcmp(sqlstate, "25006") == 0)
        db->spent = true;
    if (error) {
        error->retryable = retryable;
        (void)snprintf(error->service_code, sizeof error->service_code, "%s",
                       !sqlstate ? "" : sqlstate);
    }
    return code;
}

enum error_code db_error_from_result(struct db *db, const PGresult *result, struct error *error)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!sqlstate || !text)
        return db_error_from_connection(db, true, error);
    return set_state(db, sqlstate, text, strlen(text), error);
}

enum error_code db_error_from_connection(struct db *db, bool statement_sent, struct error *error)
{
    const char *text = !db->conn ? "no connection" : PQerrorMessage(db->conn);
    size_t len = strcspn(text, "\n");
    enum error_code code;
    if (len == 0) {
        text = "the connection was lost";
        len = strlen(text);
    }
    code = set_state(db, NULL, text, len, error);
    if (error)
        error->possibly_done = statement_sent;
    return code;
}

static bool is_state(const char *p)
{
    for (int i = 0; i < 5; i++)
        if (!isupper((unsigned char)p[i]) && !isdigit((unsigned char)p[i]))
            return false;
    return p[5] == ':';
}

enum error_code db_error_from_connect(struct db *db, const char *text, struct error *error)
{
    char sqlstate[6] = "";
    struct buffer line;
    enum error_code code;
    buffer_init(&line, 4096);
    for (const char *p = text; *p != '\0';) {
        p += strspn(p, " \t");
        size_t len = strcspn(p, "\n");
        const char *colon = p;

        if (strncmp(p, "LOCATION:", 9) != 0 && len > 0) {
            if (line.len > 0)
                buffer_text(&line, "; ");
            for (; sqlstate[0] == '\0' && colon + 8 < p + len; colon++)
                if (strncmp(colon, ":  ", 3) == 0 && is_state(colon + 3))
                    memcpy(sqlstate, colon + 3, 5);
            if (sqlstate[0] != '\0' && colon > p && colon < p + len) {
                buffer_append(&line, p, (size_t)(colon - p));
                buffer_append(&line, colon + 8, len - (size_t)(colon + 8 - p));
            } else {
                buffer_append(&line, p, len);
            }
        }
        p += len + (p[len] == '\n');
    }
    code = set_state(db, sqlstate[0] == '\0' ? NULL : sqlstate, line.data, line.len, error);
    buffer_release(&line);
    return code;
}
