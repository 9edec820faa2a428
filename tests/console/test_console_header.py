"""The strip: who am I and where, always in sight; what is counted, and how fast, where it fits."""

import datetime
import http.server
import json
import threading

import pytest

from history import History, NEWEST_ID

ACCOUNT = "123456789012"
IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:user/ann</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


class Handler(http.server.BaseHTTPRequestHandler):
    """Credentials that end in 40 minutes, and an STS that knows whose they are; nothing else."""

    def answer(self, status, text, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=40, seconds=30)
        self.answer(200, json.dumps({"AccessKeyId": "AKIA", "SecretAccessKey": "s", "Token": "t",
                                     "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")}), "application/json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if b"GetCallerIdentity" in body:
            self.answer(200, IDENTITY, "text/xml")
        else:
            self.answer(400, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", "text/xml")

    def log_message(self, *_):
        pass


@pytest.fixture
def identity(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = tmp_path / "config" / "intake" / "config.ini"
    config.parent.mkdir(parents=True)
    config.write_text("[production-of-europe]\nproduction = true\nregion = eu-central-1\n")
    yield {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", "AWS_REGION": "eu-central-1",
           "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{server.server_port}/credentials",
           "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    server.shutdown()


@pytest.mark.parametrize("rows,columns,facts", [
    (40, 160, ["PRODUCTION", "READ-ONLY", "env production-of-europe", "role operator", f"account {ACCOUNT}",
               "region eu-central-1", "keys 40m left"]),
    (24, 80, ["PRODUCTION", "READ-ONLY", "producti", "operator", ACCOUNT, "eu-central-1", "keys 40m"]),
    (10, 40, ["PROD", "RO", "prod", "operator", "9012", "euc1", "40m"])])
def test_every_fact_is_in_sight_whatever_the_size(console, identity, rows, columns, facts):
    with console(rows, columns, "--env", "production-of-europe", env=identity) as t:
        t.wait(NEWEST_ID[:20])
        t.wait(lambda t: all(fact in t.lines[0] for fact in facts), facts)


def test_credentials_that_end_within_the_hour_need_somebody(console, identity):
    with console(40, 120, "--env", "production-of-europe", env=identity) as t:
        t.wait("keys 40m")
        t.press("!")
        t.wait("expire in 40 minutes")
        assert t.text.index("expire in 40 minutes") < t.text.index("Watched, OK")


def test_what_does_not_fit_is_said_in_fewer_words_and_health_stays(cluster, console):
    """Rates, too: six uploads of 20 records in the last ten minutes."""
    busy = History(cluster, uploads=40)
    busy.execute("UPDATE upload_history SET upload_timestamp = now() - interval '1 minute' * n FROM (SELECT upload_id AS id,"
                 " row_number() OVER (ORDER BY upload_id DESC) AS n FROM upload_history) r"
                 " WHERE r.id = upload_id AND n <= 6")
    with console(24, 160, env={"INTAKE_DATABASE_URL": busy.url()}) as t:
        t.wait(lambda t: "36 uploads/h" in t.lines[1] and "0.2 records/s" in t.lines[1], "the rates")
        t.wait(lambda t: "database ok" in t.lines[1] and "aws down" in t.lines[1])
        t.resize(24, 80)
        t.wait(lambda t: "36/h" in t.lines[1] and "0.2/s" in t.lines[1] and "db ok  aws down" in t.lines[1])
        t.resize(24, 44)
        t.wait(lambda t: "db ok  aws down" in t.lines[1] and "1 failed" in t.lines[1])


def test_a_secret_that_changed_is_read_again(stack, database, live):
    """The login of the console's secret gets another password, and its sessions end: it goes on by itself."""
    secrets = stack.client("secretsmanager")
    name = "test/console-login"
    login = "console_login"

    def change(password):
        database.execute(f"DO $$ BEGIN CREATE ROLE {login} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        database.execute(f"ALTER ROLE {login} PASSWORD '{password}'")
        value = json.dumps({"username": login, "password": password, "host": database.info.host,
                            "port": database.info.port, "dbname": database.info.dbname})
        try:
            secrets.create_secret(Name=name, SecretString=value)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=name, SecretString=value)

    def sessions():
        return [row["pid"] for row in database.execute(
            "SELECT pid FROM pg_stat_activity WHERE usename = %s ORDER BY pid", [login]).fetchall()]

    change("first")
    database.execute(f"GRANT intake_viewer TO {login}")
    with live(role="admin", INTAKE_DATABASE_URL=None, RDS_SECRET_NAME=name) as t:
        t.wait("role viewer")
        before = sessions()
        assert before
        change("second")
        database.execute(f"GRANT {login} TO CURRENT_USER")
        for pid in before:
            database.execute("SELECT pg_terminate_backend(%s)", [pid])
        t.press("2")
        t.wait(lambda t: set(sessions()) - set(before))
    database.execute(f"DROP ROLE {login}")
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
