"""Logins by intake-migrate on each PostgreSQL from 14 to 17: who may grant what is not the same on each."""

import psycopg
import pytest

from migrate_rig import MigrateRig
from sql_cluster import OWNER, cluster, database  # noqa: F401

pytestmark = pytest.mark.parametrize("cluster", [14, 16, 17], indirect=True, scope="module")


def test_logins(stack, cluster, database, tmp_path):
    where = {"host": str(cluster.folder), "port": cluster.port, "dbname": database.name}
    with cluster.connect("postgres", "postgres") as admin:
        admin.execute(f"CREATE ROLE rds_iam; GRANT rds_iam TO {OWNER} WITH ADMIN OPTION")
    rig = MigrateRig(stack, tmp_path, where, {"username": OWNER, "password": "x"}, "functions")
    try:
        assert rig.call("migrate")["logins"][0]["change"] == "made"
        for role, change in (("viewer", "made"), ("viewer", "kept"), ("operator", "changed")):
            answer = rig.call("logins", logins=[{"name": "anna", "role": role}])
            assert (answer["logins"][0]["change"], answer["logins"][1]["change"]) == ("kept", change)
        with database.connect("anna") as anna:
            anna.execute("UPDATE vendors SET status = status")
        with database.connect("functions") as functions, pytest.raises(psycopg.errors.InsufficientPrivilege):
            functions.execute("UPDATE vendors SET status = status")
        assert rig.call("logins", logins=[{"name": "anna", "role": "none"}])["logins"][1]["change"] == "changed"
        with pytest.raises(psycopg.OperationalError):
            database.connect("anna")
        assert [login["name"] for login in rig.call("status")["logins"]] == ["functions"]
    finally:
        rig.stop()
