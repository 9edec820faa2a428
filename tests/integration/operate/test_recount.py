"""intake recount and the doctor's line: counters that were tampered with are found, shown, corrected and told of; and
intake vendors in its orders."""

import json
import os
import subprocess

import pytest

from sql_cluster import BUILD, cluster  # noqa: F401


@pytest.fixture(scope="module")
def world(cluster, tmp_path_factory):  # noqa: F811
    database = cluster.new_database()
    database.migrate()
    database.add_logins()
    home = tmp_path_factory.mktemp("home")
    with database.connect() as owner:
        for vendor, uploads in (("VEND001", 3), ("VEND002", 1), ("VEND003", 0)):
            owner.execute("INSERT INTO vendors (vendor_id, vendor_name, status) VALUES (%s, %s, %s)",
                          [vendor, f"Name of {vendor}", "active" if uploads else "suspended"])
            for number in range(uploads):
                owner.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, total_records, valid_records,"
                              " error_records, status) VALUES (%s, %s, 'f', 'k', 5, 3, 2, 'partial')",
                              [f"UPLOAD_{vendor}_{number}", vendor])
        owner.execute("SELECT intake_fold_counters()")

    def run(*arguments, code=0, user="operator"):
        done = subprocess.run(
            [BUILD / "intake", *arguments], text=True, capture_output=True, timeout=60, env={
                "PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
                "INTAKE_DATABASE_URL": cluster.url(database.name, user)})
        assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done
    return database, run


def tamper(database):
    with database.connect() as owner:
        owner.execute("UPDATE vendor_days SET uploads = uploads + 4 WHERE vendor_id = 'VEND001'")
        owner.execute("UPDATE vendor_totals SET last_upload_at = NULL WHERE vendor_id = 'VEND002'")


def line(run):
    checks = json.loads(run("doctor", "--json", code=None).stdout)["checks"]
    return next(one for one in checks if one["name"] == "counters")


def test_counters_that_agree(world):
    _, run = world
    plan = json.loads(run("recount", "--dry-run", "--json", user="viewer").stdout)
    assert plan == {"dry_run": True, "changed": False, "differing": 0, "vendors": 0, "differences": []}
    assert "nothing to do" in run("recount", "--yes").stdout
    found = line(run)
    assert found["status"] == "ok", found


def test_counters_that_differ(world):
    database, run = world
    tamper(database)
    plan = json.loads(run("recount", "--dry-run", "--json", user="viewer", code=3).stdout)
    assert (plan["differing"], plan["vendors"], plan["changed"]) == (2, 2, True)
    first, second = plan["differences"]
    assert (first["vendor_id"], first["counter"], first["kept"], first["counted"]) == ("VEND001", "uploads", 7, 3)
    assert (second["vendor_id"], second["day"], second["counter"], second["kept"]) == ("VEND002", None, "last_upload_at", None)
    assert second["counted"].endswith("Z")
    assert "VEND001" in run("recount", "--dry-run", code=3).stdout
    found = line(run)
    assert (found["status"], "VEND001" in found["detail"]) == ("warn", True) and "recount" in found["remedy"]
    run("recount", "--yes", user="viewer", code=4)
    assert json.loads(run("recount", "--dry-run", "--json", code=3).stdout)["differing"] == 2
    done = json.loads(run("recount", "--yes", "--json", "--reason", "it was restored").stdout)
    assert (done["dry_run"], done["changed"], done["differing"]) == (False, True, 2)
    run("recount", "--dry-run")
    assert line(run)["status"] == "ok"
    entry = json.loads(run("audit", "--json").stdout)[0]
    assert (entry["action"], entry["reason"], entry["outcome"]) == ("recount", "it was restored", "done")


@pytest.mark.parametrize("words, expected", [
    ([], ["VEND001", "VEND002", "VEND003"]),
    (["--sort", "uploads"], ["VEND001", "VEND002", "VEND003"]),
    (["--sort", "status", "--limit", "2"], ["VEND001", "VEND002"]),
    (["--sort", "last"], ["VEND002", "VEND001", "VEND003"]),
    (["--status=-active"], ["VEND003"]),
    (["--search", "of vend002"], ["VEND002"]),
])
def test_vendors_in_every_order(world, words, expected):
    _, run = world
    rows = json.loads(run("vendors", "--json", *words).stdout)
    assert [row["vendor_id"] for row in rows] == expected
    assert [(row["uploads"], row["records"], row["errors"]) for row in rows if row["vendor_id"] == "VEND001"] in (
        [(3, 15, 6)], [])


def test_vendors_over_many_pages(world):
    database, run = world
    with database.connect() as owner:
        owner.execute("INSERT INTO vendors (vendor_id, vendor_name) SELECT 'Z' || n, 'Zed ' || n % 7"
                      " FROM generate_series(1, 1234) n")
        for words, order in (([], "vendor_id"), (["--sort", "name"], "vendor_name COLLATE \"C\", vendor_id")):
            expected = [row[0] for row in owner.execute(f"SELECT vendor_id FROM vendors ORDER BY {order}")]
            rows = json.loads(run("vendors", "--json", *words).stdout)
            assert [row["vendor_id"] for row in rows] == expected
