"""`intake recount`: the counters of vendors compared with the rows, and corrected; who may; what the audit log says."""

import os
import subprocess

import pytest

from sql_cluster import BUILD, cluster  # noqa: F401


@pytest.fixture
def database(cluster):  # noqa: F811
    one = cluster.new_database()
    one.migrate()
    one.add_logins()
    with one.connect() as owner:
        owner.execute("INSERT INTO vendors (vendor_id, vendor_name) VALUES ('VEND001', 'TechGear')")
        for number in range(3):
            owner.execute(
                "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status, total_records, valid_records,"
                " upload_timestamp) VALUES (%s, %s, 'f', 'k', 'completed', 4, 4, %s)",
                [f"U{number}", "VEND001" if number else None, f"2026-01-0{number + 1} 12:00Z"])
    return one


@pytest.fixture
def run(database, tmp_path):
    import json

    def run(*arguments, user="operator"):
        done = subprocess.run(
            [BUILD / "intake", *arguments], text=True, capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
                 "AWS_REGION": "us-east-1", "INTAKE_DATABASE_URL": database.cluster.url(database.name, user)})
        done.json = json.loads(done.stdout) if "--json" in arguments and done.stdout else None
        return done
    return run


def spoil(database):
    with database.connect() as owner:
        owner.execute("SELECT vendor_counts_fold()")
        owner.execute("UPDATE vendor_days SET records = 1 WHERE vendor_id = 'VEND001' AND day = '2026-01-02'")
        owner.execute("UPDATE vendor_totals SET uploads = 70 WHERE vendor_id = ''")


def test_counters_that_are_right_are_left_alone(run, database):
    done = run("recount", "--json", "--yes")
    assert done.returncode == 0 and done.json["differences"] == [] and not done.json["changed"]
    assert run("recount", "--dry-run").returncode == 0


def test_what_differs_is_shown_by_a_dry_run_which_changes_nothing(run, database):
    spoil(database)
    for _ in range(2):
        done = run("recount", "--dry-run", "--json")
        assert done.returncode == 3, done.stderr
        assert done.json["wrong_days"] == 1 and done.json["wrong_totals"] == 2 and done.json["corrected"] == 0
        by_day = {(one["vendor_id"], one["day"]): one for one in done.json["differences"]}
        assert by_day["VEND001", "2026-01-02"]["records"] == 3 and by_day[None, None]["uploads"] == -69
    assert "records +3" in run("recount", "--dry-run").stdout


def test_it_is_corrected_and_told_to_the_audit_log(run, database):
    spoil(database)
    done = run("recount", "--yes", "--reason", "restored", "--json")
    assert done.returncode == 0 and done.json["changed"] and done.json["corrected"] >= 2, done.stderr
    assert run("recount", "--dry-run").returncode == 0
    [row] = run("audit", "--json").json[:1]
    assert (row["action"], row["reason"], row["outcome"]) == ("recount", "restored", "done")
    assert row["plan"]["wrong_days"] == 1
    assert [vendor["uploads"] for vendor in run("vendors", "--json").json] == [2]


@pytest.mark.parametrize("user", ["viewer", "support"])
def test_others_may_compare_alone(run, database, user):
    spoil(database)
    assert run("recount", "--dry-run", user=user).returncode == 3
    refused = run("recount", "--yes", user=user)
    assert refused.returncode == 4 and "operator" in refused.stderr
