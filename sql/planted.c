#include "sql/planted.h"

#include "sql/migrate.h"

static const char planted_sql[] =
    "WITH trusted AS (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolsuper"
    "     OR r.rolname = current_user OR r.rolname = session_user"
    "     OR r.oid = (SELECT d.datdba FROM pg_catalog.pg_database d"
    "                  WHERE d.datname = pg_catalog.current_database())),"
    " ours AS (SELECT m.word[1] AS name FROM pg_catalog.regexp_matches($1::text,"
    "     '(?:TABLE|VIEW|INDEX) (?:IF NOT EXISTS )?(?:public\\.)?([a-z0-9_]+)', 'g') AS m (word)"
    "     UNION SELECT 'schema_migrations'),"
    " found AS ("
    "  SELECT 'pg_proc'::regclass AS class, p.oid, p.proowner AS owner,"
    "         'public.' || p.proname::text || '('"
    "         || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS shown"
    "    FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
    "  UNION ALL SELECT 'pg_operator'::regclass, o.oid, o.oprowner, 'operator public.'"
    "         || o.oprname::text"
    "    FROM pg_catalog.pg_operator o WHERE o.oprnamespace = 'public'::regnamespace"
    "  UNION ALL SELECT 'pg_class'::regclass, c.oid, c.relowner, 'public.' || c.relname::text"
    "    FROM pg_catalog.pg_class c WHERE c.relnamespace = 'public'::regnamespace"
    "     AND c.relname::text IN (SELECT ours.name FROM ours)),"
    " planted AS (SELECT f.shown || ' (' || pg_catalog.pg_get_userbyid(f.owner)::text || ')' AS name"
    "    FROM found f WHERE f.owner NOT IN (SELECT trusted.oid FROM trusted)"
    "     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = f.class"
    "                      AND d.objid = f.oid AND d.deptype = 'e'))"
    "SELECT (SELECT pg_catalog.count(*) FROM planted) AS count,"
    "       (SELECT pg_catalog.string_agg(pg_catalog.\"left\"(s.name, 80), ', ' ORDER BY s.name)"
    "          FROM (SELECT planted.name FROM planted ORDER BY planted.name LIMIT 4) s) AS names";

/* 1255 is pg_proc, 2617 pg_operator. Nothing is planted among tables here: theirs are not read. */
const char planted_session_sql[] =
    "SET LOCAL search_path = pg_catalog, pg_temp;"
    "WITH trusted AS (SELECT r.oid FROM pg_roles r WHERE r.rolsuper OR r.rolname = current_user"
    "     OR r.oid = (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database())"
    "     OR r.oid = (SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    "                  WHERE c.relname = 'schema_migrations' AND n.nspname = 'public')),"
    " found AS (SELECT 1255::oid AS class, p.oid, p.proowner AS owner, p.pronamespace AS place,"
    "         'public.' || p.proname::text || '(' || pg_get_function_identity_arguments(p.oid)"
    "         || ')' AS shown FROM pg_proc p"
    "  UNION ALL SELECT 2617::oid, o.oid, o.oprowner, o.oprnamespace,"
    "         'operator public.' || o.oprname::text FROM pg_operator o)"
    "SELECT string_agg(s.shown, ', ') FROM ("
    " SELECT \"left\"(f.shown, 80) || ' (' || pg_get_userbyid(f.owner)::text || ')' AS shown"
    "   FROM found f JOIN pg_namespace n ON n.oid = f.place"
    "  WHERE n.nspname = 'public' AND f.owner NOT IN (SELECT t.oid FROM trusted t)"
    "    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = f.class AND d.objid = f.oid"
    "                     AND d.deptype = 'e')"
    "  ORDER BY 1 LIMIT 4) s";

enum error_code planted_judge(const struct db_result *found, struct error *error)
{
    if (db_result_is_null(found, 0, 0))
        return ERROR_NONE;
    return error_set(error, ERROR_CONFLICT,
                     "schema public contains objects of other users, so nothing is run in it: "
                     "%s: an administrator must review them, drop them or move them to another "
                     "schema, and revoke CREATE on schema public from PUBLIC",
                     db_result_text(found, 0, 0));
}

/* While it looks, schema public is not in the path at all. */
static enum error_code look(struct db *db, const struct db_params *params, struct db_result *result,
                            struct error *error)
{
    enum error_code restored, code = db_script(db, "SET search_path = pg_catalog, pg_temp", error);
    if (code)
        return code;
    code = db_query(db, planted_sql, params, result, error);
    restored = db_script(db, "SET search_path = public, pg_temp", code ? NULL : error);
    if (restored)
        db_disconnect(db);
    return code ? code : restored;
}

enum error_code planted_refuse(struct db *db, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    struct buffer text;
    size_t count;
    const struct migration *known = migrate_known(&count);
    enum error_code code;
    buffer_init(&text, (size_t)1 << 22);
    for (size_t i = 0; i < count; i++)
        buffer_text(&text, known[i].sql);
    code = buffer_check(&text, error);
    db_param_text(&params, text.data);
    if (!code)
        code = look(db, &params, &result, error);
    if (!code && db_row_int(&result, 0, "count") > 0)
        code =
            error_set(error, ERROR_CONFLICT,
                      "schema public contains %lld objects of other users that the owner would "
                      "run or write: %s: review them, then drop them, move them to another "
                      "schema, or change their owner",
                      (long long)db_row_int(&result, 0, "count"), db_row_text(&result, 0, "names"));
    db_result_release(&result);
    buffer_release(&text);
    return code;
}

enum error_code planted_prevent(struct db *db, bool *public_may_create, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = db_script(db,
                                     "DO $$ BEGIN REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
                                     " EXCEPTION WHEN insufficient_privilege THEN NULL; END $$",
                                     error);
    if (!code)
        code = db_query(db,
                        "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace n,"
                        "  pg_catalog.aclexplode(coalesce(n.nspacl,"
                        "    pg_catalog.acldefault('n'::\"char\", n.nspowner))) a"
                        " WHERE n.nspname = 'public'::name AND a.grantee = 0::oid"
                        "   AND a.privilege_type = 'CREATE'::text)",
                        NULL, &result, error);
    *public_may_create = !code && db_result_bool(&result, 0, 0);
    db_result_release(&result);
    return code;
}
