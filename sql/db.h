/*
 * One PostgreSQL connection through libpq: parameters only, pipelined, cancellable, bounded in
 * time.
 *
 * A struct db belongs to one thread at a time; db_cancel alone may be called from any other.
 * Nothing here retries a statement: after a lost connection the caller begins its transaction anew.
 * Sources: PostgreSQL manual, chapters "libpq - C Library" (34.1 to 34.7) and appendix A,
 * "PostgreSQL Error Codes".
 */
#ifndef INTAKE_SQL_DB_H
#define INTAKE_SQL_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/cancel.h"
#include "core/base/error.h"

struct db;
struct pg_result;

/* The oldest server that the schema runs on, as PQserverVersion counts. */
#define DB_SERVER_VERSION_MIN 140000

/* Where a connection leads; NULL where neither the settings nor libpq's own variables say it. */
struct db_target {
    const char *host, *port, *user;
};

/* How to get there this time; what is empty stays as the settings have it. */
struct db_route {
    char hostaddr[48]; /* a numeric address; certificates are still of the target's host */
    char port[8];
    char note[32];          /* of the way, for people: "by tunnel" */
    struct buffer password; /* overwritten after use */
};

/*
 * Asked before each connection, also before each renewed one: a tunnel that must stand, a password
 * that is good for minutes. `find` may take its time, but heeds `cancel`; it may be called from any
 * thread that a db is used in.
 */
struct db_way {
    void *context;
    bool verified; /* no password is sent but over TLS with the host's name verified */
    enum error_code (*find)(void *context, const struct db_target *target,
                            const struct cancel *cancel, struct db_route *route,
                            struct error *error);
};

/*
 * Where and how to connect; every string is copied by db_new, NULL leaves libpq's own default
 * (PGHOST, PGSERVICE, ~/.pgpass and so on). A url (URI or "key=value" form) comes first, the single
 * fields (as from the secret) override it. Without an sslmode from anywhere, a host that is not
 * local (loopback or a socket) is reached with verify-full. Of several hosts the one that takes
 * writes is wanted (target_session_attrs), unless the url says otherwise.
 */
struct db_settings {
    const char *url;
    const char *host;
    const char *port;
    const char *user;
    const char *password;
    const char *dbname;
    const char *sslmode;
    const char *sslrootcert;
    const char *application_name;
    int connect_timeout_ms;   /* 0: 5,000 */
    int statement_timeout_ms; /* 0: 30,000; negative: none */
    int idle_timeout_ms;      /* after so long without use either side ends it; 0: 1,800,000 */
    bool writes; /* a server that only reads (a standby) is no use: ERROR_UNAVAILABLE */
    const struct db_way *way; /* borrowed for as long as the db lives; NULL: straight */
};

/* What crossed the wire since db_new. A pipeline is one round trip for each sync. */
struct db_counters {
    int64_t statements;
    int64_t round_trips;
    int64_t connects;
};

/* Makes a handle; connects nothing yet. ERROR_CONFIG where the url cannot be read (never quoted
 * back), ERROR_MEMORY. */
MUST_CHECK enum error_code db_new(const struct db_settings *settings, struct db **out,
                                  struct error *error);
void db_free(struct db *db);

/* New settings (a rotated password) for the next connection; the present one is closed. */
MUST_CHECK enum error_code db_change(struct db *db, const struct db_settings *settings,
                                     struct error *error);

/*
 * A usable connection outside any transaction: connects, or reconnects where the old one was lost
 * or closed by the server meanwhile, has rested for too long, or told that its server only reads
 * (25006: a failover happened); an open transaction or pipeline is given up. No round trip where
 * all is well.
 */
MUST_CHECK enum error_code db_ensure(struct db *db, struct error *error);
/* From now on, for work that takes its time; ensures the connection. reset: as db_settings has it
 * again, whatever the state of the connection. */
MUST_CHECK enum error_code db_statement_timeout(struct db *db, int ms, struct error *error);
void db_statement_timeout_reset(struct db *db);
void db_disconnect(struct db *db);
bool db_connected(const struct db *db);
int64_t db_rested_ms(const struct db *db);  /* since its last use, by the wall clock */
int db_server_version(const struct db *db); /* 150004; 0 when not connected */
const char *
db_describe(const struct db *db); /* "user@host:port/dbname", no password; owned by db */
struct db_counters db_counters_read(const struct db *db);

/*
 * Statements watch this flag (borrowed, NULL for none) while they wait; once it is set they cancel
 * themselves on the server and return ERROR_CANCELLED. db_cancel does the same at once, from
 * another thread.
 */
void db_watch(struct db *db, const struct cancel *cancel);
void db_cancel(struct db *db);

/* Parameters $1, $2, …: text (or binary for bytes). Text, bytes and arrays are borrowed until the
 * statement was sent. */
#define DB_PARAMS_MAX 48
struct db_params {
    int count;
    const char *values[DB_PARAMS_MAX];
    int lengths[DB_PARAMS_MAX];
    int formats[DB_PARAMS_MAX];
    char numbers[DB_PARAMS_MAX][32];
};
#define DB_PARAMS_INIT \
    {                  \
        0              \
    }

void db_params_clear(struct db_params *params);
void db_param_text(struct db_params *params,
                   const char *text); /* NULL is null; must hold no U+0000 */
void db_param_int(struct db_params *params, int64_t value);
void db_param_bool(struct db_params *params, bool value);
void db_param_time(struct db_params *params,
                   int64_t ms); /* timestamptz from ms since the epoch, UTC */
void db_param_bytes(struct db_params *params, const void *data,
                    size_t length); /* bytea; NULL data is null */
void db_param_null(struct db_params *params);

/*
 * An array literal for one parameter: `$1::text[]`, `$2::int[]`, `$3::jsonb[]`, `$4::bytea[]`,
 * `$5::timestamptz[]`. Whatever the text holds stays inside its element. U+0000 becomes U+2400.
 * Append never fails visibly; db_array_literal reports a failed one. The literal is borrowed from
 * the array.
 */
struct db_array {
    struct buffer text;
    size_t count;
    bool closed;
};

void db_array_init(struct db_array *array, size_t max_bytes);
void db_array_release(struct db_array *array);
void db_array_clear(struct db_array *array);
void db_array_add_text(struct db_array *array, const char *text, size_t length);
void db_array_add_string(struct db_array *array, const char *text); /* NULL is null */
void db_array_add_int(struct db_array *array, int64_t value);
void db_array_add_bytes(struct db_array *array, const void *data, size_t length);
void db_array_add_null(struct db_array *array);
MUST_CHECK enum error_code db_array_literal(struct db_array *array, const char **literal,
                                            struct error *error);

/* Appends text with U+0000, which PostgreSQL cannot hold, as U+2400. Bytes beyond that are not
 * looked at. */
void db_text_clean(struct buffer *out, const char *text, size_t length);

/* Rows of one statement. Caller-owned; release (or reuse: every query clears it first). */
struct db_result {
    struct pg_result *rows;
    int count;        /* rows */
    int64_t affected; /* rows inserted, updated, deleted or selected */
};
#define DB_RESULT_INIT \
    {                  \
        NULL, 0, 0     \
    }

void db_result_release(struct db_result *result);
int db_result_column(const struct db_result *result, const char *name); /* -1: none of that name */

/* By column number from 0. Null reads as NULL, 0, false; text is borrowed from the result. */
bool db_result_is_null(const struct db_result *result, int row, int column);
const char *db_result_text(const struct db_result *result, int row, int column);
size_t db_result_length(const struct db_result *result, int row, int column);
int64_t db_result_int(const struct db_result *result, int row, int column);
bool db_result_bool(const struct db_result *result, int row, int column);
int64_t db_result_time(const struct db_result *result, int row,
                       int column); /* ms since the epoch, UTC */
/* Appends a bytea's own bytes; nothing for null. False where the column is no bytea. */
bool db_result_bytes(const struct db_result *result, int row, int column, struct buffer *out);

/* The same by column name; a name that the statement does not return is a fault of the caller
 * (asserted). */
bool db_row_is_null(const struct db_result *result, int row, const char *name);
const char *db_row_text(const struct db_result *result, int row, const char *name);
size_t db_row_length(const struct db_result *result, int row, const char *name);
int64_t db_row_int(const struct db_result *result, int row, const char *name);
bool db_row_bool(const struct db_result *result, int row, const char *name);
int64_t db_row_time(const struct db_result *result, int row, const char *name);
bool db_row_bytes(const struct db_result *result, int row, const char *name, struct buffer *out);

/*
 * One statement, one round trip. params and result may be NULL. Connects where there is no
 * connection yet; one that was lost inside a transaction fails until db_begin or db_ensure. In the
 * error: service_code is the SQLSTATE, possibly_done tells a statement that was sent and never
 * answered (a COMMIT, say).
 */
MUST_CHECK enum error_code db_query(struct db *db, const char *sql, const struct db_params *params,
                                    struct db_result *result, struct error *error);
/* Several statements without parameters, for scripts of our own (migrations); never for text from
 * outside. */
MUST_CHECK enum error_code db_script(struct db *db, const char *sql, struct error *error);

/*
 * Appends what a server keeps in a password's place (a SCRAM verifier): so that the password itself
 * crosses no wire and stands in no log of statements. Wants a connection. Release the buffer with
 * its contents overwritten, as the password's own.
 */
MUST_CHECK enum error_code db_password_verifier(struct db *db, const char *user,
                                                const char *password, struct buffer *verifier,
                                                struct error *error);

/* Transactions, READ COMMITTED. db_begin ensures the connection first. db_rollback is safe whatever
 * the state. */
MUST_CHECK enum error_code db_begin(struct db *db, struct error *error);
MUST_CHECK enum error_code db_commit(struct db *db, struct error *error);
void db_rollback(struct db *db);

/*
 * Pipeline: begin, queue any number, sync (one round trip), then one db_pipeline_next for each
 * queued statement, in order; more queue and sync rounds may follow; end. The statements of one
 * sync are one transaction of their own unless "BEGIN" and "COMMIT" are queued among them. The
 * first failure skips the rest up to the sync: its own next returns the error, the later ones
 * return the same error with "skipped" in front. After a failure, db_pipeline_end then db_rollback.
 * Parameters need not outlive db_pipeline_queue. End gives up what was not read.
 */
MUST_CHECK enum error_code db_pipeline_begin(struct db *db, struct error *error);
MUST_CHECK enum error_code db_pipeline_queue(struct db *db, const char *sql,
                                             const struct db_params *params, struct error *error);
MUST_CHECK enum error_code db_pipeline_sync(struct db *db, struct error *error);
MUST_CHECK enum error_code db_pipeline_next(struct db *db, struct db_result *result,
                                            struct error *error);
void db_pipeline_end(struct db *db);

/* SQLSTATE (five characters, NULL for a failure of the connection itself) to our code; retryable
 * may be NULL. */
enum error_code db_error_code(const char *sqlstate, bool *retryable);

#endif
