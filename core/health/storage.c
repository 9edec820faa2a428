/* Where things lie: bucket, table, database, secret. */
#include "aws/dynamodb.h"
#include "aws/s3.h"
#include "aws/secrets.h"
#include "core/base/world.h"
#include "core/health/doctor_private.h"
#include "core/history/history.h"
#include "core/record/names.h"
#include "sql/migrate.h"

#define REDEPLOY "deploy lambda/template.yaml again"
#define ARRIVALS_SEEN 2000
#define ARRIVAL_LATE_MS (2 * 60 * 1000)
#define ARRIVAL_RECENT_MS (24 * 60 * 60 * 1000)

static void see_versioning(struct doctor_visit *visit, const char *bucket)
{
    struct error error = ERROR_INIT;
    bool enabled = false;
    if (s3_get_versioning(visit->aws, bucket, &enabled, &error))
        doctor_unseen(visit, "bucket versioning", &error, REDEPLOY);
    else
        doctor_expect(visit, "bucket versioning", enabled, DOCTOR_FAIL, REDEPLOY,
                      enabled ? "enabled" : "off: an overwritten upload would be lost");
}

static void see_encryption(struct doctor_visit *visit, const char *bucket)
{
    struct error error = ERROR_INIT;
    char algorithm[32] = "";
    if (s3_get_encryption(visit->aws, bucket, algorithm, &error))
        doctor_unseen(visit, "bucket encryption", &error, REDEPLOY);
    else
        doctor_expect(visit, "bucket encryption", algorithm[0] != '\0', DOCTOR_FAIL, REDEPLOY, "%s",
                      algorithm[0] ? algorithm : "none by default");
}

static void see_public_access(struct doctor_visit *visit, const char *bucket)
{
    struct error error = ERROR_INIT;
    struct s3_public_access access = {.block_public_acls = false};
    if (s3_get_public_access(visit->aws, bucket, &access, &error)) {
        doctor_unseen(visit, "public access", &error, REDEPLOY);
        return;
    }
    bool closed = access.block_public_acls && access.ignore_public_acls &&
                  access.block_public_policy && access.restrict_public_buckets;
    doctor_expect(visit, "public access", closed, DOCTOR_FAIL, REDEPLOY, "%s",
                  closed ? "all four settings are on" : "not all four settings are on");
}

static void see_notification(struct doctor_visit *visit, const char *bucket)
{
    struct error error = ERROR_INIT;
    struct s3_notification list[16];
    size_t count = sizeof list / sizeof *list;
    const char *function = settings_get(visit->settings, SETTING_PARSER_FUNCTION);
    if (s3_get_notifications(visit->aws, bucket, list, &count, &error)) {
        doctor_unseen(visit, "upload events", &error, REDEPLOY);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].prefix, "uploads/") == 0 && !list[i].suffix[0] &&
            strstr(list[i].events, "ObjectCreated") && function &&
            strstr(list[i].function_arn, function)) {
            doctor_add(visit, "upload events", DOCTOR_OK, NULL, "%s on uploads/ go to %s",
                       list[i].events, function);
            return;
        }
    }
    doctor_add(visit, "upload events", DOCTOR_FAIL, REDEPLOY,
               "no notification sends all of uploads/ to %s: files would never be processed",
               function ? function : "the parser");
}

/* Objects of the last day that the history does not know. */
struct arrivals {
    struct db_array keys;
    int64_t now_ms;
    size_t seen;
};

static bool note_arrival(void *context, const struct s3_entry *entry)
{
    struct arrivals *arrivals = context;
    int64_t age = arrivals->now_ms - entry->last_modified_ms;
    if (age > ARRIVAL_LATE_MS && age < ARRIVAL_RECENT_MS &&
        upload_key_is_upload(entry->key, strlen(entry->key)))
        db_array_add_string(&arrivals->keys, entry->key);
    return ++arrivals->seen < ARRIVALS_SEEN;
}

static const char unknown_keys_sql[] =
    "SELECT k.key FROM unnest($1::text[]) AS k (key)"
    " WHERE NOT EXISTS (SELECT FROM upload_history h WHERE h.bucket = $2 AND h.s3_key = k.key)";

static void see_arrivals(struct doctor_visit *visit, const char *bucket)
{
    struct error error = ERROR_INIT;
    struct arrivals arrivals = {.now_ms = world_now_ms(&world_real)};
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    const char *literal = NULL;
    db_array_init(&arrivals.keys, 4 << 20);
    enum error_code code =
        s3_list_objects(visit->aws, bucket, "uploads/", note_arrival, &arrivals, &error);
    if (!code)
        code = db_array_literal(&arrivals.keys, &literal, &error);
    if (!code && visit->db) {
        db_param_text(&params, literal);
        db_param_text(&params, bucket);
        code = db_query(visit->db, unknown_keys_sql, &params, &rows, &error);
    }
    if (code)
        doctor_unseen(visit, "events arriving", &error, "intake doctor");
    else if (!visit->db)
        doctor_unseen(visit, "events arriving", &visit->db_error, "intake doctor");
    else
        doctor_expect(visit, "events arriving", rows.count == 0, DOCTOR_FAIL,
                      "intake dlq list; intake logs csv-parser --since 1d",
                      rows.count ? "%d files of the last day are not in the history, for example %s"
                                 : "%d files of the last day are missing from the history%s",
                      rows.count, rows.count ? db_result_text(&rows, 0, 0) : "");
    db_result_release(&rows);
    db_array_release(&arrivals.keys);
}

void doctor_visit_storage(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    const char *bucket = NULL;
    if (!doctor_name(visit, "bucket", SETTING_BUCKET, &bucket))
        return;
    if (s3_head_bucket(visit->aws, bucket, &error)) {
        doctor_unseen(visit, "bucket", &error, "set the correct bucket, or " REDEPLOY);
        return;
    }
    doctor_add(visit, "bucket", DOCTOR_OK, NULL, "%s is reachable", bucket);
    see_versioning(visit, bucket);
    see_encryption(visit, bucket);
    see_public_access(visit, bucket);
    see_notification(visit, bucket);
    doctor_see_report_retention(visit, bucket);
    see_arrivals(visit, bucket);
}

static void see_time_to_live(struct doctor_visit *visit, const char *name)
{
    struct error error = ERROR_INIT;
    char attribute[64] = "";
    bool enabled = false;
    if (dynamodb_describe_ttl(visit->aws, name, attribute, &enabled, &error))
        doctor_unseen(visit, "time to live", &error, REDEPLOY);
    else
        doctor_expect(visit, "time to live", enabled && strcmp(attribute, "ttl") == 0, DOCTOR_WARN,
                      "aws dynamodb update-time-to-live, attribute ttl", "%s",
                      enabled ? attribute : "off: items are kept, and billed, forever");
}

void doctor_visit_table(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct dynamodb_table table = {.status = ""};
    const char *name = NULL;
    if (!doctor_name(visit, "table", SETTING_TABLE, &name))
        return;
    if (dynamodb_describe_table(visit->aws, name, &table, &error)) {
        doctor_unseen(visit, "table", &error, "set the correct table, or " REDEPLOY);
        return;
    }
    bool keys =
        strcmp(table.hash_key, "upload_id") == 0 && strcmp(table.range_key, "record_id") == 0;
    doctor_expect(visit, "table", keys && strcmp(table.status, "ACTIVE") == 0, DOCTOR_FAIL,
                  REDEPLOY, "%s is %s, keys %s and %s", name, table.status, table.hash_key,
                  table.range_key);
    doctor_expect(visit, "stream", strcmp(table.stream_view, "NEW_IMAGE") == 0, DOCTOR_FAIL,
                  REDEPLOY, "%s",
                  table.stream_arn[0] ? table.stream_view : "off: no record would be validated");
    doctor_expect(visit, "vendor index", strstr(table.index_names, "VendorIndex") != NULL,
                  DOCTOR_WARN, REDEPLOY, "%s",
                  table.index_names[0] ? table.index_names : "missing");
    doctor_expect(visit, "billing", strcmp(table.billing_mode, "PAY_PER_REQUEST") == 0, DOCTOR_WARN,
                  REDEPLOY, "%s", table.billing_mode[0] ? table.billing_mode : "provisioned");
    see_time_to_live(visit, name);
    doctor_see_items(visit);
}

static void see_migrations(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct migrate_state state = {.version = 0};
    if (migrate_status(visit->db, &state, &error))
        doctor_unseen(visit, "migrations", &error, "intake migrate --status");
    else
        doctor_expect(visit, "migrations", state.pending == 0, DOCTOR_FAIL, "intake migrate",
                      "version %d, %zu pending", state.version, state.pending);
}

static const char database_sql[] =
    "SELECT current_setting('server_version') AS version,"
    "       coalesce((SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), false) AS ssl,"
    "       inet_server_addr() IS NULL OR inet_server_addr() <<= inet '127.0.0.0/8'"
    "           OR inet_server_addr() = inet '::1' AS local,"
    "       (SELECT string_agg(w.name, ', ') FROM unnest(ARRAY['intake_viewer', 'intake_support',"
    "               'intake_operator', 'intake_pipeline']) AS w (name)"
    "         WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = w.name)) AS missing_roles,"
    "       EXISTS (SELECT FROM pg_namespace n,"
    "                      aclexplode(coalesce(n.nspacl, acldefault('n'::\"char\", n.nspowner))) a"
    "                WHERE n.nspname = 'public'::name AND a.grantee = 0::oid"
    "                  AND a.privilege_type = 'CREATE'::text) AS public_may_create,"
    "       (SELECT string_agg(l.name, ', '::text) FROM (SELECT DISTINCT u.rolname::text AS name"
    "          FROM pg_roles u JOIN pg_auth_members m ON m.member = u.oid"
    "          JOIN pg_roles g ON g.oid = m.roleid"
    "         WHERE g.rolname::text IN ('intake_viewer', 'intake_support', 'intake_operator')"
    "           AND u.rolcanlogin AND u.rolconnlimit = -1 AND NOT u.rolsuper) l) AS unlimited,"
    "       extract(epoch FROM clock_timestamp())::bigint AS clock";

static void see_server(struct doctor_visit *visit, const struct db_result *row)
{
    bool local = db_row_bool(row, 0, "local"), encrypted = db_row_bool(row, 0, "ssl");
    const char *missing = db_row_text(row, 0, "missing_roles");
    const char *unlimited = db_row_text(row, 0, "unlimited");
    int64_t drift = world_now_ms(&world_real) / 1000 - db_row_int(row, 0, "clock");
    doctor_add(visit, "reachable", DOCTOR_OK, NULL, "%s, PostgreSQL %s", db_describe(visit->db),
               db_row_text(row, 0, "version"));
    doctor_expect(visit, "encrypted", local || encrypted, DOCTOR_FAIL, "sslmode=verify-full", "%s",
                  encrypted ? "TLS"
                  : local   ? "local, no TLS needed"
                            : "no TLS on a remote server");
    doctor_expect(visit, "roles", !missing, DOCTOR_FAIL, "intake migrate", "%s%s",
                  missing ? "missing: " : "viewer, support, operator, pipeline",
                  missing ? missing : "");
    doctor_expect(visit, "schema public", !db_row_bool(row, 0, "public_may_create"), DOCTOR_FAIL,
                  "ALTER SCHEMA public OWNER TO the database's owner, then intake migrate", "%s",
                  db_row_bool(row, 0, "public_may_create")
                      ? "everyone can create objects in it: functions of a viewer could be run "
                        "by others"
                      : "only the owner can create objects in it");
    doctor_expect(visit, "session limits", !unlimited, DOCTOR_WARN,
                  "ALTER ROLE LOGIN CONNECTION LIMIT 20", "%s%s",
                  unlimited ? "none for " : "all personal logins have limits",
                  unlimited ? unlimited : "");
    doctor_expect(visit, "clock", drift > -60 && drift < 60, DOCTOR_WARN,
                  "correct this machine's clock", "%lld s off the database's clock",
                  (long long)drift);
}

void doctor_visit_database(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct db_result row = DB_RESULT_INIT;
    if (db_query(visit->db, database_sql, NULL, &row, &error)) {
        doctor_unseen(visit, "reachable", &error,
                      "check that the server is up and that the security group allows this "
                      "machine");
        db_result_release(&row);
        return;
    }
    see_server(visit, &row);
    see_migrations(visit);
    doctor_see_space(visit);
    if (db_query(visit->db, "SELECT count(*) FROM product_categories WHERE is_active", NULL, &row,
                 &error))
        doctor_unseen(visit, "categories", &error, "intake migrate");
    else
        doctor_expect(visit, "categories", db_result_int(&row, 0, 0) > 0, DOCTOR_FAIL,
                      "intake migrate", "%lld active", (long long)db_result_int(&row, 0, 0));
    db_result_release(&row);
}

#define SWEPT_LONG_AGO_S 900
#define SWEEP_REMEDY "intake logs error-processor --since 1h; aws events list-rules; deploy again"

static const char sweep_sql[] =
    "SELECT extract(epoch FROM clock_timestamp() - s.ended_at)::bigint AS age,"
    "       s.oldest_waiting_seconds AS oldest, s.failure,"
    "       EXISTS (SELECT FROM upload_history"
    "                WHERE upload_timestamp < now() - interval '15 minutes') AS due"
    "  FROM (VALUES (1)) AS one LEFT JOIN sweeps s ON true";

/* Whether anybody looks for what was left behind, and what it found. */
static void see_sweep(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct db_result row = DB_RESULT_INIT;
    if (db_query(visit->db, sweep_sql, NULL, &row, &error)) {
        doctor_unseen(visit, "sweep", &error, "intake migrate");
    } else if (db_row_is_null(&row, 0, "age")) {
        doctor_expect(visit, "sweep", !db_row_bool(&row, 0, "due"), DOCTOR_WARN, SWEEP_REMEDY,
                      "none yet");
    } else {
        int64_t age = db_row_int(&row, 0, "age"), oldest = db_row_int(&row, 0, "oldest");
        const char *failure = db_row_text(&row, 0, "failure");
        doctor_expect(visit, "sweep", age < SWEPT_LONG_AGO_S && !failure, DOCTOR_WARN, SWEEP_REMEDY,
                      failure ? "the last one, %lld s ago, failed: %.300s" : "%lld s ago%s",
                      (long long)age, failure ? failure : "");
        doctor_expect(visit, "oldest waiting", oldest < SWEPT_LONG_AGO_S, DOCTOR_WARN,
                      "intake uploads --status stuck; intake uploads --notice outgoing", "%lld s",
                      (long long)oldest);
    }
    db_result_release(&row);
}

void doctor_visit_uploads(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct upload_counts counts = {.processing = 0};
    if (uploads_count(visit->db, &counts, &error)) {
        doctor_unseen(visit, "uploads", &error, "intake doctor");
        return;
    }
    doctor_expect(visit, "stuck uploads", counts.stuck == 0, DOCTOR_WARN,
                  "intake uploads --status stuck; intake revalidate ID --pending",
                  "%lld of %lld in progress make no progress", (long long)counts.stuck,
                  (long long)counts.processing);
    int64_t waiting = counts.outbox_waiting - counts.outbox_refused;
    doctor_expect(visit, "outgoing messages", waiting == 0, DOCTOR_WARN,
                  "intake uploads --notice outgoing; intake revalidate ID --pending",
                  "%lld unsent to the error queue for more than a minute", (long long)waiting);
    doctor_expect(visit, "refused messages", counts.outbox_refused == 0, DOCTOR_WARN,
                  "intake uploads --notice outgoing; intake revalidate ID --pending",
                  "%lld refused by the error queue because of their content",
                  (long long)counts.outbox_refused);
    see_sweep(visit);
    doctor_see_retention(visit);
    doctor_see_counters(visit);
    doctor_expect(visit, "notices", counts.notices_unknown + counts.notices_failed == 0,
                  DOCTOR_WARN, "intake notify ID", "%lld unknown, %lld failed",
                  (long long)counts.notices_unknown, (long long)counts.notices_failed);
    doctor_add(visit, "last 24 hours", DOCTOR_OK, NULL, "%lld uploads, %lld partial, %lld failed",
               (long long)counts.uploads_recently, (long long)counts.partial_recently,
               (long long)counts.failed_recently);
}

/* The secret holds the functions' own login, which nobody else need be able to read. */
void doctor_visit_secret(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct secrets_description description;
    const char *name = NULL;
    if (!doctor_name(visit, "secret", SETTING_SECRET, &name))
        return;
    if (secrets_describe(visit->aws, name, &description, &error)) {
        doctor_unseen(visit, "secret", &error, "aws secretsmanager describe-secret");
        return;
    }
    doctor_add(visit, "secret", DOCTOR_OK, NULL, "%s exists%s", description.name,
               description.rotation_enabled ? ", rotation on" : "");
    doctor_see_own_certificates(visit, world_now_ms(&world_real));
}
