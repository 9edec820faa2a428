"""Objects that somebody planted in schema public where the server let him, as PostgreSQL 14 lets everyone."""

import pytest

from sql_cluster import OWNER, cluster, database  # noqa: F401

SAYS_WHO = "BEGIN INSERT INTO public.ran VALUES (current_user); RETURN %s; END"
FUNCTIONS = {
    "format(text, name, text)": ("RETURNS text", "'SELECT 1'"),
    "format(text, name)": ("RETURNS text", "'SELECT 1'"),
    "hashtextextended(text, integer)": ("RETURNS bigint", "1"),
    "to_regclass(unknown_text)": ("RETURNS regclass", "NULL"),
    "pg_advisory_lock(numeric)": ("RETURNS void", ""),
}


@pytest.fixture
def open_to_all(database):
    """A database with the rights of PostgreSQL 14: everyone may create in public; a viewer who does."""
    database.migrate()
    database.add_logins()
    with database.connect("postgres") as admin:
        admin.execute("ALTER SCHEMA public OWNER TO postgres")
        admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
        admin.execute("CREATE TABLE public.ran (who text); GRANT INSERT ON public.ran TO PUBLIC")
        admin.execute("CREATE DOMAIN public.unknown_text AS text")
    return database


def ran(database):
    with database.connect("postgres") as admin:
        return admin.execute("SELECT array_agg(who) FROM public.ran").fetchone()[0]


@pytest.mark.parametrize("signature", FUNCTIONS)
def test_a_viewers_function_is_never_the_owners(open_to_all, signature):
    returns, value = FUNCTIONS[signature]
    with open_to_all.connect("viewer") as viewer:
        viewer.execute(f"CREATE FUNCTION public.{signature} {returns} LANGUAGE plpgsql AS $${SAYS_WHO % value}$$")
    answer = open_to_all.probe("migrate")
    assert ran(open_to_all) is None
    assert (answer.status, answer.one("error")) == (1, "CONFLICT"), answer.text
    assert signature.split("(")[0] in answer.one("message") and "viewer" in answer.one("message")
    with open_to_all.connect("viewer") as viewer:
        viewer.execute(f"DROP FUNCTION public.{signature}")
    open_to_all.migrate()


@pytest.mark.parametrize("statement, named", [
    ("CREATE FUNCTION public.f(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
     " CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = name, FUNCTION = pg_catalog.texteqname)", "="),
    ("CREATE TABLE public.outbox_archive (x int); CREATE VIEW public.product_catalogue AS SELECT 1 AS x", None),
    ("CREATE TABLE public.mine (x int)", None),
    ("CREATE TYPE public.mine AS (x text); CREATE CAST (public.mine AS text) WITH INOUT AS IMPLICIT", None),
])
def test_what_else_may_be_planted(open_to_all, statement, named):
    """Operators are refused; tables of names that are not ours are nobody's business."""
    with open_to_all.connect("viewer") as viewer:
        viewer.execute(statement)
    answer = open_to_all.probe("migrate")
    assert answer.status == (1 if named else 0), answer.text
    assert named is None or named in answer.one("message")


@pytest.mark.parametrize("name", ["schema_migrations", "outbox", "vendors"])
def test_a_table_of_our_name_is_refused(cluster, name):
    database = cluster.new_database()
    database.migrate()
    database.add_logins()
    fresh = cluster.new_database()
    with fresh.connect("postgres") as admin:
        admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    with fresh.connect("viewer") as viewer:
        viewer.execute(f"CREATE TABLE public.{name} (version int, name text, checksum text)")
        viewer.execute(f"GRANT ALL ON public.{name} TO PUBLIC")
    answer = fresh.probe("migrate")
    assert (answer.status, answer.one("error")) == (1, "CONFLICT"), answer.text
    assert f"public.{name} (viewer)" in answer.one("message")


def test_nobody_may_create_in_public_afterwards(database):
    with database.connect("postgres") as admin:
        admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    database.migrate()
    with database.connect() as owner:
        owner.execute("GRANT CREATE ON SCHEMA public TO intake_viewer")
    database.migrate()
    assert may_create(database) == [False] * 5


def may_create(database):
    with database.connect("postgres") as admin:
        admin.execute("DO $$ BEGIN CREATE ROLE nobody_known LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        return [admin.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", [role]).fetchone()[0]
                for role in ("nobody_known", "intake_viewer", "intake_support", "intake_operator", "intake_pipeline")]


def test_where_the_owner_may_not_revoke_it_is_told(open_to_all):
    """Schema public belongs to the superuser there: the migration goes on, and says what is left to do."""
    answer = open_to_all.migrate()
    assert may_create(open_to_all)[0] is True
    assert answer.one("public_may_create") == "1"


BETTER_MATCHES = {
    "public.lower(character varying) (viewer)":
        "CREATE FUNCTION public.lower(varchar) RETURNS text LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO public.ran VALUES (current_user); RETURN 'x'; END $$",
    "operator public.= (viewer)":
        "CREATE FUNCTION pg_temp.f(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        " CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = pg_temp.f)",
}


@pytest.mark.parametrize("login", ["pipeline", "operator", "support", OWNER])
@pytest.mark.parametrize("named", BETTER_MATCHES)
def test_no_session_is_opened_beside_what_was_planted(open_to_all, named, login):
    """Nothing of a viewer's is run by anybody else, between its planting and its end."""
    statement = "SELECT lower('X'::varchar), 'a'::varchar = 'b'::varchar"
    with open_to_all.connect("viewer") as viewer:
        viewer.execute(BETTER_MATCHES[named])
        answer = open_to_all.probe("query", statement, url=open_to_all.cluster.url(open_to_all.name, login))
        assert (answer.status, answer.one("error")) == (1, "CONFLICT"), answer.text
        assert named in answer.one("message") and "REVOKE" in answer.one("message").upper()
        assert ran(open_to_all) is None
    with open_to_all.connect("postgres") as admin:
        admin.execute("DROP OWNED BY viewer; GRANT intake_viewer TO viewer")
    answer = open_to_all.probe("query", statement, url=open_to_all.cluster.url(open_to_all.name, login))
    assert answer.status == 0, answer.text
    assert answer.one("round_trips") == "2"


def test_what_may_be_in_public(open_to_all):
    """Functions of a superuser, of the owner, of extensions, and of the one who asks."""
    create = "CREATE FUNCTION public.of_{}() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    with open_to_all.connect("postgres") as admin:
        admin.execute(create.format("root"))
        admin.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
    with open_to_all.connect() as owner:
        owner.execute(create.format("owner"))
    for login in ("pipeline", "viewer", OWNER):
        answer = open_to_all.probe("query", "SELECT 1", url=open_to_all.cluster.url(open_to_all.name, login))
        assert answer.status == 0, answer.text
    with open_to_all.connect("viewer") as viewer:
        viewer.execute(create.format("viewer"))
    assert open_to_all.probe("query", "SELECT 1", url=open_to_all.cluster.url(open_to_all.name, "viewer")).status == 0
    with open_to_all.connect("postgres") as admin:
        admin.execute("DROP FUNCTION public.of_viewer")


def test_what_lies_in_another_schema_is_nobodys_business_and_makes_nobody_trusted(open_to_all):
    create = "CREATE FUNCTION {}.theirs() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    url = open_to_all.cluster.url(open_to_all.name, "pipeline")
    with open_to_all.connect("postgres") as admin:
        admin.execute("CREATE SCHEMA elsewhere AUTHORIZATION viewer")
    with open_to_all.connect("viewer") as viewer:
        viewer.execute("CREATE TABLE elsewhere.schema_migrations (version int)")
        viewer.execute(create.format("elsewhere"))
    answer = open_to_all.probe("query", "SELECT 1", url=url)
    assert answer.status == 0, answer.text
    with open_to_all.connect("viewer") as viewer:
        viewer.execute(create.format("public"))
    answer = open_to_all.probe("query", "SELECT 1", url=url)
    assert (answer.status, answer.one("error")) == (1, "CONFLICT"), answer.text
    assert "public.theirs() (viewer)" in answer.one("message")


def test_every_function_has_a_path_of_its_own(database):
    database.migrate()
    with database.connect() as owner:
        assert owner.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
            "   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
            "   AND NOT coalesce(p.proconfig::text LIKE '%search_path=%pg_catalog, public, pg_temp%', false)").fetchall() == []


def test_each_login_has_a_limit(database):
    """Nobody's console can take all sessions; the pipeline has none of its own."""
    database.migrate()
    database.add_logins()
    with database.connect("postgres") as admin:
        admin.execute("ALTER ROLE operator CONNECTION LIMIT 7")
        server = admin.info.server_version
        if server >= 160000:  # there CREATEROLE is for the roles that one made oneself
            admin.execute(f"GRANT viewer, support, operator TO {OWNER} WITH ADMIN TRUE")
    database.migrate()
    with database.connect("postgres") as admin:
        rows = dict(admin.execute("SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname IN"
                                  " ('viewer', 'support', 'operator', 'pipeline')").fetchall())
        admin.execute("ALTER ROLE operator CONNECTION LIMIT -1")
    assert rows == {"viewer": 20, "support": 20, "operator": 7, "pipeline": -1}
