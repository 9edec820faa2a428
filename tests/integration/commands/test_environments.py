"""`--env a,b`: one list of several environments, that of a broken one left out and said."""

import json
import os
import subprocess

import psycopg
import pytest

from sql_cluster import BUILD, cluster  # noqa: F401

HOSTILE = 'a "quoted" {[ \\ \u202e name.csv'


@pytest.fixture(scope="module")
def run(cluster, tmp_path_factory):  # noqa: F811
    home = tmp_path_factory.mktemp("home")
    lines = []
    for name, uploads in (("one", 2), ("two", 1)):
        database = cluster.new_database()
        database.migrate()
        database.add_logins()
        with psycopg.connect(database.url, autocommit=True) as connection:
            for number in range(uploads):
                connection.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status)"
                                   " VALUES (%s, 'VEND001', %s, 'k', 'processing')", [f"{name}-{number}", HOSTILE])
        lines += [f"[{name}]", f"database_url = {cluster.url(database.name, 'viewer')}"]
    lines += ["[gone]", "database_url = postgresql://nobody@127.0.0.1:9/none"]
    (home / "intake").mkdir()
    (home / "intake" / "config.ini").write_text("\n".join(lines) + "\n")

    def go(*arguments, code=0):
        done = subprocess.run([BUILD / "intake", *arguments], text=True, capture_output=True, timeout=60, env={
            "PATH": os.environ["PATH"], "HOME": str(home), "XDG_CONFIG_HOME": str(home), "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true"})
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done
    return go


def test_uploads_of_two_environments_are_one_list(run):
    both = json.loads(run("--env", "one,two", "uploads", "--json").stdout)
    assert [(row["environment"], row["upload_id"].split("-")[0]) for row in both] == \
        [("one", "one")] * 2 + [("two", "two")]
    alone = json.loads(run("uploads", "--json", "--env=two").stdout)
    assert both[2:] == [{"environment": "two", **alone[0]}] and both[2]["file_name"] == HOSTILE
    lines = run("uploads", "--env=two,one").stdout.splitlines()
    assert lines[0].split()[:2] == ["ENVIRONMENT", "UPLOAD"]
    assert [line.split()[0] for line in lines[1:]] == ["two", "one", "one"]


def test_options_hold_for_each(run):
    rows = json.loads(run("uploads", "--limit", "1", "--env", "one,two", "--json").stdout)
    assert [row["environment"] for row in rows] == ["one", "two"]
    assert json.loads(run("uploads", "--status", "failed", "--env", "one,two", "--json").stdout) == []


def test_one_that_is_not_there_leaves_the_other(run):
    done = run("uploads", "--env", "gone,two", "--json", code=1)
    assert [row["environment"] for row in json.loads(done.stdout)] == ["two"]
    assert "no answer from environment gone" in done.stderr


def test_the_doctor_of_two(run):
    done = run("doctor", "--env", "one,two", "--json", code=1)
    assert [(part["environment"], len(part["checks"]) > 10) for part in json.loads(done.stdout)] == \
        [("one", True), ("two", True)]


@pytest.mark.parametrize("words, said", [
    (["vendors", "--env", "one,two"], "uploads, dlq list and doctor"),
    (["migrate", "--env", "one,two"], "uploads, dlq list and doctor"),
    (["uploads", "--env", "one,"], "different names"), (["uploads", "--env", "one,one"], "different names"),
    (["uploads", "--env", ",".join("abcdefghi")], "different names"),
])
def test_what_is_no_list_of_several_is_refused(run, words, said):
    done = run(*words, code=2)
    assert said in done.stderr and done.stdout == ""
