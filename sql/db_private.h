/* What the files of sql/db*.c share; nobody else includes it. */
#ifndef INTAKE_SQL_DB_PRIVATE_H
#define INTAKE_SQL_DB_PRIVATE_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "sql/db.h"

/* How long after its own deadline, or after a cancel, the server has to answer before the
 * connection is dropped. */
#define DB_GRACE_MS 5000

/* Options of libpq, as two lists that end with NULL, each string owned. */
#define DB_OPTIONS_MAX 56
struct db_options {
    char *keywords[DB_OPTIONS_MAX + 1];
    char *values[DB_OPTIONS_MAX + 1];
    int count;
};

struct db {
    PGconn *conn;
    struct db_options options;
    bool sslmode_given;
    const struct db_way *way;
    char note[32]; /* of the way that the connection took */
    char description[320];
    int connect_timeout_ms;
    int statement_timeout_ms;
    int usual_timeout_ms; /* of a statement, as the settings have it */
    int idle_timeout_ms;
    const struct cancel *watch;
    pthread_mutex_t cancel_lock; /* guards canceller */
    PGcancel *canceller;
    atomic_bool cancel_sent;
    bool spent;          /* its server takes no writes: given up where no transaction is open */
    int64_t used_at_ms;  /* when the connection was last found usable, by the wall clock */
    bool in_transaction; /* as of the last answer; stays true when the connection is lost inside one
                          */
    bool in_pipeline;
    int queued;               /* statements since the last sync */
    int unread;               /* statements synced and not yet read */
    struct error skipped_for; /* why the rest of this sync is skipped; code ERROR_NONE: it is not */
    struct db_counters counters;
};

/* db_options.c */
MUST_CHECK enum error_code db_options_build(const struct db_settings *settings,
                                            struct db_options *options, bool *sslmode_given,
                                            struct error *error);
void db_options_release(struct db_options *options);
const char *db_options_find(const struct db_options *options, const char *keyword);
MUST_CHECK enum error_code db_options_set(struct db_options *options, const char *keyword,
                                          const char *value, struct error *error);
/* "" and NULL (libpq's own socket), a path, an abstract socket, a loopback address or name; lists:
 * all of them. */
bool db_host_is_local(const char *host);

/* db_way.c: the options of the next connection, by the way where there is one. `options` is
 * released by db_options_wipe. */
MUST_CHECK enum error_code db_way_options(struct db *db, struct db_options *options,
                                          struct error *error);
void db_options_wipe(struct db_options *options);

/* db_error.c */
enum error_code db_error_from_result(struct db *db, const PGresult *result, struct error *error);
enum error_code db_error_from_connection(struct db *db, bool statement_sent, struct error *error);
/* A failure to connect: libpq tells the SQLSTATE in the text alone (verbosity VERBOSE). */
enum error_code db_error_from_connect(struct db *db, const char *text, struct error *error);

/* db_wait.c: each waits within a deadline of the monotonic clock (0: none) and watches for a
 * cancel. */
int64_t db_deadline(const struct db *db);
MUST_CHECK enum error_code db_wait_socket(struct db *db, bool to_write, int64_t deadline_ms,
                                          struct error *error);
MUST_CHECK enum error_code db_wait_flush(struct db *db, int64_t deadline_ms, struct error *error);
/* The next PGresult, NULL at the end of a statement's. */
MUST_CHECK enum error_code db_wait_result(struct db *db, int64_t deadline_ms, PGresult **result,
                                          struct error *error);

/* db.c */
MUST_CHECK enum error_code db_ready(struct db *db, struct error *error);
MUST_CHECK enum error_code db_send(struct db *db, const char *sql, const struct db_params *params,
                                   struct error *error);
/* A script's last result. */
MUST_CHECK enum error_code db_script_rows(struct db *db, const char *sql, struct db_result *result,
                                          struct error *error);
void db_result_adopt(struct db_result *result, PGresult *rows);

#endif
