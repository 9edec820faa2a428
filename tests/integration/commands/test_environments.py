"""A named environment is whole: its own settings win over the shell's, and a mixture is refused."""

import json
import re
import shutil
import subprocess

import pytest

from support import BUILD, ROOT


@pytest.fixture
def shell(stack, tmp_path):
    """Runs the program in the stack's shell with a config.ini: shell(config, *arguments, **variables)."""
    def run(config, *arguments, code=None, **more):
        path = tmp_path / "config.ini"
        path.write_text(config)
        env = stack.environment(INTAKE_CONFIG=str(path), XDG_STATE_HOME=str(tmp_path / "state"), **more)
        done = subprocess.run([BUILD / "intake", *arguments], text=True, cwd=ROOT, input="",
                              capture_output=True, timeout=60, env=env)
        if code is not None:
            assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done
    return run


@pytest.fixture
def own(stack):
    """The stack's values as keys of config.ini; the database without its password."""
    values = stack.variables()
    url = re.sub(r"(//[^:@/]+):[^@]*@", r"\1@", values["INTAKE_DATABASE_URL"])
    password = re.search(r"//[^:@/]+:([^@]*)@", values["INTAKE_DATABASE_URL"])
    return {"database_url": url, "bucket": values["S3_BUCKET_NAME"], "table": values["DYNAMODB_TABLE"],
            "error_queue_url": values["SQS_ERROR_QUEUE_URL"], "topic_arn": values["SNS_TOPIC_ARN"],
            "endpoint_url": values["AWS_ENDPOINT_URL"], "region": values["AWS_REGION"],
            "password": password.group(1) if password else None}


def section(name, own, *keys):
    return f"[{name}]\n" + "".join(f"{key} = {own[key]}\n" for key in keys)


ELSEWHERE = {"INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/elsewhere", "S3_BUCKET_NAME": "elsewhere",
             "SQS_ERROR_QUEUE_URL": "http://127.0.0.1:9/000000000000/elsewhere",
             "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:999999999999:elsewhere", "DYNAMODB_TABLE": "Elsewhere",
             "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
             "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9", "PGHOST": "127.0.0.1", "PGPORT": "9",
             "PGHOSTADDR": "127.0.0.2", "PGDATABASE": "elsewhere"}


@pytest.mark.parametrize("name,arguments", [("staging", ["--env", "staging"]), ("default", [])])
def test_what_it_names_wins_over_the_shell(shell, own, name, arguments):
    config = section(name, own, "database_url", "bucket", "table", "error_queue_url", "topic_arn", "endpoint_url",
                     "region")
    shell(config, *arguments, "uploads", code=0, PGPASSWORD=own["password"], **ELSEWHERE)
    done = shell(config, *arguments, "doctor", "--json", PGPASSWORD=own["password"], **ELSEWHERE)
    assert not [c for c in json.loads(done.stdout)["checks"]
                if "elsewhere" in c["detail"].lower() or "127.0.0.1:9" in c["detail"]], done.stdout


@pytest.mark.parametrize("variable", ["INTAKE_DATABASE_URL", "PGHOST", "PGSERVICE", "PGHOSTADDR", "PGDATABASE"])
def test_a_database_of_the_shell_under_a_bucket_of_the_file_is_refused(shell, own, variable, tmp_path):
    others = {name: None for name in ELSEWHERE if name not in ("AWS_ENDPOINT_URL",)}
    done = shell("[staging]\nbucket = ours\n", "--env", "staging", "uploads", code=2,
                 **{**others, variable: "other"})
    assert variable in done.stderr and "bucket" in done.stderr and "config.ini" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("variable", ["S3_BUCKET_NAME", "SQS_ERROR_QUEUE_URL", "SNS_TOPIC_ARN", "DYNAMODB_TABLE"])
@pytest.mark.parametrize("config", ["database_url = postgresql://ours@127.0.0.1:9/d", "database_host = ours",
                                    "database_service = ours"])
def test_a_bucket_of_the_shell_under_a_database_of_the_file_is_refused(shell, variable, config):
    others = {name: None for name in ELSEWHERE if name not in ("AWS_ENDPOINT_URL",)}
    done = shell(f"[staging]\n{config}\n", "--env", "staging", "uploads", code=2, **{**others, variable: "other"})
    assert variable in done.stderr and config.split()[0] in done.stderr


def test_credentials_of_another_account_are_refused(shell, own):
    config = section("staging", own, "database_url", "endpoint_url", "region") + \
        "topic_arn = arn:aws:sns:us-east-1:999999999999:product-upload-notifications\n"
    done = shell(config, "--env", "staging", "dlq", "list", PGPASSWORD=own["password"])
    assert done.returncode in (1, 2)
    assert "999999999999" in done.stderr and "topic_arn" in done.stderr and "credentials" in done.stderr


def test_a_shell_that_is_at_the_same_environment_fills_the_gaps(shell, own):
    config = section("staging", own, "bucket", "region")
    shell(config, "--env", "staging", "uploads", code=0)


def test_an_owner_of_another_database_is_refused(shell, own):
    config = section("staging", own, "database_url", "bucket", "endpoint_url")
    done = shell(config, "--env", "staging", "migrate", PGPASSWORD=own["password"],
                 INTAKE_ADMIN_DATABASE_URL="postgresql://owner:x@127.0.0.1:9/elsewhere")
    assert done.returncode in (1, 2) and "INTAKE_ADMIN_DATABASE_URL" in done.stderr


def test_an_environment_that_names_nothing_takes_the_shell(shell):
    shell("[live]\nproduction = true\nregion = us-east-1\n", "--env", "live", "uploads", code=0)
