"""The schema, the rights and the sessions on each PostgreSQL from 14 to 17."""

import psycopg
import pytest

from sql_cluster import LOGINS, OWNER, ROOT, cluster, database  # noqa: F401

pytestmark = pytest.mark.parametrize("cluster", [14, 16, 17], indirect=True, scope="module")


def test_migrates_and_migrates_again(database):
    database.migrate()
    database.add_logins()
    assert database.migrate().one("applied") == "0"
    with database.connect() as owner:
        owner.execute((ROOT / "sql" / "samples.sql").read_text())
        rows = owner.execute("SELECT count(*) FROM vendor_summary").fetchone()
    assert rows == (3,)


def test_a_viewer_never_becomes_the_owner(cluster, database):
    """On 14 as it comes, everyone may create in public, and the schema is not the database owner's."""
    told = database.migrate()
    database.add_logins()
    open_to_all = told.one("public_may_create") == "1"
    assert open_to_all == (cluster.version == 14)
    with database.connect("postgres") as admin:
        admin.execute("CREATE TABLE public.ran (who text); GRANT INSERT ON public.ran TO PUBLIC")
    plant = ("CREATE FUNCTION public.format(text, name, text) RETURNS text LANGUAGE plpgsql AS"
             " $$ BEGIN INSERT INTO public.ran VALUES (current_user); RETURN 'SELECT 1'; END $$")
    with database.connect("viewer") as viewer:
        if not open_to_all:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                viewer.execute(plant)
            return
        viewer.execute(plant)
    answer = database.probe("migrate")
    assert (answer.status, answer.one("error")) == (1, "CONFLICT"), answer.text
    for login in ("pipeline", "operator"):
        answer = database.probe("query", "SELECT format('%s', 'a'::name, 'b')", url=cluster.url(database.name, login))
        assert (answer.status, answer.one("error")) == (1, "CONFLICT"), answer.text
    with database.connect("postgres") as admin:
        assert admin.execute("SELECT count(*) FROM public.ran").fetchone() == (0,)
        admin.execute("DROP FUNCTION public.format")
        admin.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")  # what migrate and doctor ask for
    assert database.migrate().one("public_may_create") == "0"


def test_an_owner_of_the_schema_takes_the_right_away(database):
    """As on RDS, where the master user owns it."""
    with database.connect("postgres") as admin:
        admin.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
        admin.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    assert database.migrate().one("public_may_create") == "0"
    database.add_logins()
    for login in LOGINS:
        with database.connect(login) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")


def test_a_session(database):
    answer = database.probe("each", "SHOW search_path", "SHOW idle_session_timeout")
    assert answer["row"] == ["public, pg_temp", "30min"]
