"""intake-migrate: the schema and the logins, from empty, again, side by side, and when something is amiss."""

import concurrent.futures
import uuid

import psycopg
import pytest

from migrate_rig import MigrateRig, at
from support import ROOT

COUNT = len(list((ROOT / "sql" / "migrations").glob("*.sql")))


class Catalogue:
    """An empty database on the stack's server, and the logins that a test makes."""

    def __init__(self, url):
        self.url = url
        self.name = "inside_" + uuid.uuid4().hex[:10]
        self.people = []
        with self.owner("postgres") as link:
            link.execute(f"CREATE DATABASE {self.name}")

    def owner(self, database=None):
        where, who = at(self.url, database or self.name)
        return psycopg.connect(**where, user=who["username"], password=who["password"], autocommit=True)

    def person(self, role="x"):
        self.people.append(f"{role}-{uuid.uuid4().hex[:8]}")
        return self.people[-1]

    def groups(self, login):
        with self.owner() as link:
            return {name for name, in link.execute(
                "SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
                " JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = %s", [login])}

    def enter(self, login, password):
        where, _ = at(self.url, self.name)
        return psycopg.connect(**where, user=login, password=password, autocommit=True)

    def remove(self):
        with self.owner("postgres") as link:
            link.execute(f"DROP DATABASE {self.name} WITH (FORCE)")
            for login in self.people:
                link.execute(f'DROP ROLE IF EXISTS "{login}"')


@pytest.fixture
def catalogue(stack):
    made = Catalogue(stack.variables("admin")["INTAKE_ADMIN_DATABASE_URL"])
    yield made
    made.remove()


@pytest.fixture
def rig(stack, catalogue, tmp_path):
    made = MigrateRig(stack, tmp_path, *at(catalogue.url, catalogue.name), catalogue.person("pipeline"))
    yield made
    made.stop()
    told = "".join(map(str, made.function.log_lines()))
    assert made.password not in told and "SCRAM-SHA-256" not in told


@pytest.fixture
def server_of_rds(catalogue):
    """The role by which RDS knows a login that comes with a token."""
    with catalogue.owner() as link:
        link.execute("CREATE ROLE rds_iam")
    yield
    with catalogue.owner() as link:
        for login in catalogue.people:
            link.execute(f'DO $$ BEGIN REVOKE rds_iam FROM "{login}"; EXCEPTION WHEN undefined_object THEN NULL; END $$')
        link.execute("DROP ROLE rds_iam")


def test_from_empty_then_again(rig, catalogue):
    assert rig.call("status")["pending"] == COUNT
    kind, words = rig.refusal({"action": "logins"})
    assert kind == "Intake.CONFLICT" and "migrate it first" in words, words
    first = rig.call("migrate", reason="the first time", by="arn:aws:iam::000000000000:user/x")
    assert (first["applied"], first["pending"], first["version"]) == (COUNT, 0, first["known"])
    assert first["logins"] == [{"name": rig.login, "role": "pipeline", "change": "made", "iam": False}]
    assert catalogue.groups(rig.login) == {"intake_pipeline"}
    with catalogue.enter(rig.login, rig.password) as link:
        assert link.execute("SELECT count(*) FROM upload_history").fetchone() == (0,)
    again = rig.call("migrate")
    assert (again["applied"], again["logins"][0]["change"]) == (0, "kept")
    assert rig.login in [login["name"] for login in rig.call("status")["logins"]]
    with catalogue.owner() as link:
        rows = link.execute("SELECT actor, action, reason, outcome, plan->>'by' FROM audit_log").fetchall()
    assert rows == [("intake_owner", "migrate", "the first time", "done", "arn:aws:iam::000000000000:user/x")]


def test_a_secret_with_another_password_renews_the_login(rig, catalogue):
    rig.call("migrate")
    old, rig.password = rig.password, uuid.uuid4().hex
    rig.put(rig.document())
    assert rig.call("logins")["logins"][0]["change"] == "changed"
    catalogue.enter(rig.login, rig.password).close()
    with pytest.raises(psycopg.OperationalError):
        catalogue.enter(rig.login, old)


def test_people_come_change_and_go(rig, catalogue, server_of_rds):
    anna, ben = catalogue.person("anna"), catalogue.person("ben.smith@example.com")
    rig.call("migrate")
    made = rig.call("logins", logins=[{"name": anna, "role": "operator"}, {"name": ben, "role": "viewer"}])
    assert [(login["name"], login["role"], login["change"], login["iam"]) for login in made["logins"][1:]] == [
        (anna, "operator", "made", True), (ben, "viewer", "made", True)]
    assert made["notes"] == []
    assert catalogue.groups(anna) == {"intake_operator", "rds_iam"}
    assert catalogue.groups(ben) == {"intake_viewer", "rds_iam"}
    with catalogue.owner() as link:
        assert link.execute("SELECT rolconnlimit, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = %s",
                            [anna]).fetchone() == (20, False, False)
    again = rig.call("logins", logins=[{"name": anna, "role": "support"}, {"name": ben, "role": "viewer"}])
    assert [login["change"] for login in again["logins"]] == ["kept", "changed", "kept"]
    assert catalogue.groups(anna) == {"intake_support", "rds_iam"}
    gone = rig.call("logins", logins=[{"name": anna, "role": "none"}])
    assert gone["logins"][1]["change"] == "changed"
    assert catalogue.groups(anna) == set()
    with catalogue.owner() as link:
        assert link.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [anna]).fetchone() == (False,)
    assert anna not in [login["name"] for login in rig.call("status")["logins"]]
    assert rig.call("logins", logins=[{"name": anna, "role": "none"}])["logins"][1]["change"] == "kept"


def test_who_goes_loses_the_session_too(rig, catalogue):
    ben = catalogue.person("ben")
    rig.call("migrate")
    made = rig.call("logins", logins=[{"name": ben, "role": "viewer"}])
    assert "rds_iam" in made["notes"][0]
    with catalogue.owner() as link:
        link.execute(f"ALTER ROLE \"{ben}\" PASSWORD 'for-a-moment'")
    session = catalogue.enter(ben, "for-a-moment")
    rig.call("logins", logins=[{"name": ben, "role": "none"}])
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")


def test_of_several_people_all_or_none(rig, catalogue):
    anna = catalogue.person("anna")
    rig.call("migrate")
    kind, words = rig.refusal({"action": "logins", "logins": [
        {"name": anna, "role": "viewer"}, {"name": "shop-nobody", "role": "none"}]})
    assert kind == "Intake.NOT_FOUND" and "no personal login was changed" in words, words
    assert anna not in [login["name"] for login in rig.call("status")["logins"]]


def test_a_login_with_other_rights_is_refused_untouched(rig, catalogue):
    rig.call("migrate")
    for attribute in ("CREATEROLE", "CREATEDB", "IN ROLE intake_owner"):
        strong = catalogue.person("strong")
        with catalogue.owner() as link:
            link.execute(f'CREATE ROLE "{strong}" LOGIN {attribute}')
        kind, words = rig.refusal({"action": "logins", "logins": [{"name": strong, "role": "viewer"}]})
        assert kind == "Intake.CONFLICT" and "more privileges" in words, words
        assert "intake_viewer" not in catalogue.groups(strong)


def test_what_others_made_is_not_touched(rig, catalogue):
    """Another program's login, and a role that nobody logs in by."""
    other, group = catalogue.person("reporting"), catalogue.person("readers")
    rig.call("migrate")
    with catalogue.owner() as link:
        link.execute(f"CREATE ROLE \"{other}\" LOGIN PASSWORD 'its-own'; CREATE ROLE \"{group}\"")
    for name, role in ((other, "viewer"), (other, "none"), (group, "operator")):
        kind, words = rig.refusal({"action": "logins", "logins": [{"name": name, "role": role}]})
        assert kind == "Intake.CONFLICT" and "not created by Intake" in words, words
    rig.put(rig.document(username=other))
    kind, words = rig.refusal({"action": "logins"})
    assert kind == "Intake.CONFLICT" and "not created by Intake" in words, words
    catalogue.enter(other, "its-own").close()
    assert catalogue.groups(other) == set()


def test_who_went_may_come_back(rig, catalogue):
    anna = catalogue.person("anna")
    rig.call("migrate")
    for role, change in (("viewer", "made"), ("none", "changed"), ("support", "changed")):
        assert rig.call("logins", logins=[{"name": anna, "role": role}])["logins"][1]["change"] == change
    assert catalogue.groups(anna) == {"intake_support"}


def test_the_functions_login_is_never_a_strong_one(rig, catalogue):
    rig.put(rig.document(username="intake_owner"))
    kind, words = rig.refusal({"action": "migrate"})
    assert kind == "Intake.INVALID" and "the functions' secret" in words, words
    rig.put(rig.document(username=rig.login))
    rig.call("migrate")
    kind, words = rig.refusal({"action": "logins", "logins": [{"name": rig.login, "role": "viewer"}]})
    assert kind == "Intake.CONFLICT" and "the functions' own" in words, words


def test_several_at_once(rig):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: rig.call("migrate"), range(3)))
    assert sorted(answer["applied"] for answer in answers) == [0, 0, COUNT]
    assert {answer["pending"] for answer in answers} == {0}


def test_a_migration_that_fails_leaves_the_one_before(rig, catalogue):
    with catalogue.owner() as link:
        link.execute("CREATE TABLE sweeps (somebody_elses integer)")
    kind, words = rig.refusal({"action": "migrate"})
    assert "is at version 8, with" in words and "0009_sweep" in words and "migrate again" in words, words
    assert rig.call("status")["version"] == 8
    with catalogue.owner() as link:
        link.execute("DROP TABLE sweeps")
    assert rig.call("migrate")["pending"] == 0


NO_ORDERS = [
    (b"", "JSON"), (b"[]", "not a JSON object"), ({}, '"action"'), ({"action": "drop"}, '"action"'),
    ({"action": "logins", "people": []}, '"people"'), ({"action": "logins", "logins": {}}, "list"),
    ({"action": "migrate", "logins": [{"name": "a", "role": "viewer"}]}, "takes no logins"),
    ({"action": "logins", "logins": [{"name": "a"}]}, "a name and a role"),
    ({"action": "logins", "logins": [{"name": "a", "role": "viewer", "password": "x"}]}, '"password"'),
    ({"action": "logins", "logins": [{"name": "a", "role": "owner"}]}, "requires a role"),
    ({"action": "logins", "logins": [{"name": "a", "role": "pipeline"}]}, "requires a role"),
    ({"action": "logins", "logins": [{"name": "a", "role": "viewer"}] * 2}, "twice"),
    ({"action": "logins", "logins": [{"name": 'x"; DROP TABLE vendors --', "role": "viewer"}]}, "is not a valid name"),
    ({"action": "logins", "logins": [{"name": "a\u202eb", "role": "viewer"}]}, "is not a valid name"),
    ({"action": "logins", "logins": [{"name": "a" * 64, "role": "viewer"}]}, "is not a valid name"),
    ({"action": "logins", "logins": [{"name": "", "role": "viewer"}]}, "is not a valid name"),
    ({"action": "logins", "logins": [{"name": "a\0b", "role": "viewer"}]}, "a name and a role"),
    ({"action": "logins", "logins": [{"name": "rdsadmin", "role": "viewer"}]}, "reserved name"),
    ({"action": "logins", "logins": [{"name": "intake_operator", "role": "viewer"}]}, "reserved name"),
    ({"action": "status", "reason": 5}, '"reason"'), ({"action": "status", "by": "x" * 501}, '"by"'),
]


def test_an_event_that_is_none(rig):
    for event, words in NO_ORDERS:
        kind, message = rig.refusal(event)
        assert kind == "Intake.INVALID" and words in message, (event, kind, message)


def test_what_stands_in_the_way_is_said_with_the_way_on(rig, catalogue):
    rig.put('{"username": "intake_owner", "password": "another"}', owner=True)
    kind, words = rig.refusal({"action": "status"})
    assert kind == "Intake.UNAUTHENTICATED" and "password was changed" in words, words
    rig.put('{"username": "intake_owner"}', owner=True)
    kind, words = rig.refusal({"action": "status"})
    assert kind == "Intake.CONFIG" and '"password"' in words, words
    rig.put(rig.document(port=1))
    rig.put('{"username": "intake_owner", "password": "another"}', owner=True)
    kind, words = rig.refusal({"action": "status"})
    assert kind == "Intake.UNAVAILABLE" and "this function's network reaches it" in words, words
    rig.secrets.delete_secret(SecretId=rig.name + "-owner", ForceDeleteWithoutRecovery=True)
    kind, words = rig.refusal({"action": "status"})
    assert kind == "Intake.NOT_FOUND" and "this function's role can read it" in words, words


def test_a_function_without_its_secrets_does_not_start(rig):
    del rig.function.environment["RDS_OWNER_SECRET"]
    kind, words = rig.refusal({"action": "status"})
    assert kind == "Intake.CONFIG" and "RDS_OWNER_SECRET" in words, words
