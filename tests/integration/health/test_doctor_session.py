"""What the doctor says of the session itself: how long the sign-in lasts; nothing where the keys have no end."""

import datetime
import json

import pytest


@pytest.fixture
def signed_in(stack, tmp_path):
    """env(minutes): the operator's keys by a credential process, ending so many minutes from now."""
    def env(minutes):
        keys = stack.variables("operator")
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        answer = tmp_path / "answer.json"
        answer.write_text(json.dumps({
            "Version": 1, "AccessKeyId": keys["AWS_ACCESS_KEY_ID"], "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"],
            "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")}))
        config = tmp_path / "config"
        config.write_text(f"[profile work]\ncredential_process = /bin/cat {answer}\n")
        return {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": None,
                "AWS_SECRET_ACCESS_KEY": None}
    return env


def session_checks(run_intake, env):
    done = run_intake("doctor", "--json", env=env)
    return done.returncode, {check["name"]: check for check in done.json["checks"] if check["area"] == "session"}


def test_keys_without_an_end_are_no_line(run_intake):
    assert session_checks(run_intake, {})[1] == {}


def test_a_sign_in_that_lasts_says_until_when(run_intake, signed_in):
    _, checks = session_checks(run_intake, signed_in(600))
    assert checks["sign-in"]["status"] == "ok" and "expire at 20" in checks["sign-in"]["detail"]
    assert checks["sign-in"]["remedy"] is None


def test_a_sign_in_that_ends_within_the_hour_is_a_warning_with_what_to_do(run_intake, signed_in):
    code, checks = session_checks(run_intake, signed_in(30))
    assert code == 3 and checks["sign-in"]["status"] == "warn" and "aws sso login" in checks["sign-in"]["remedy"]


def test_a_source_of_keys_that_fails_is_named_and_not_signed_in_to_again(run_intake, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile work]\ncredential_process = /bin/false\n")
    silent = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/"}
    for source, named in ({"AWS_PROFILE": "work"}, "credential_process"), (silent, "http://127.0.0.1:9/ did not answer"):
        code, checks = session_checks(run_intake, {"AWS_CONFIG_FILE": str(config), "AWS_ACCESS_KEY_ID": None,
                                                   "AWS_SECRET_ACCESS_KEY": None, **source})
        assert code == 1 and checks["sign-in"]["status"] == "fail" and named in checks["sign-in"]["detail"]
        assert "sign in again" not in checks["sign-in"]["remedy"] and "--profile" in checks["sign-in"]["remedy"]


def test_a_sign_in_that_is_over_is_a_failure(run_intake, signed_in):
    code, checks = session_checks(run_intake, signed_in(-5))
    assert code == 1 and checks["sign-in"]["status"] == "fail" and checks["sign-in"]["remedy"]
