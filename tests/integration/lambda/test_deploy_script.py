"""lambda/deploy as a person starts it, its programs answered by an account in memory; and what it knows of the
template and its README says of it."""

import re
import shutil
import signal
import subprocess
import sys

import cfnlint.decode
import pytest
import stand_in
from deploy_rig import APPLY, account, after_apply, deploy, state_of  # noqa: F401
from fake_account import REGION
from support import ROOT

@pytest.fixture
def script(tmp_path):
    """script(account, words…, kill=N): lambda/deploy as it is started by a person, its programs answered by the
    account; killed at its Nth call."""
    servers = []

    def run(account, *words, kill=0):
        folder = tmp_path / str(len(servers))
        folder.mkdir()
        calls, started = [], []

        def answer(name, words, request):
            answered = account.answer(name, words, request)
            calls.append([name] + words)
            if len(calls) == kill:
                started[0].send_signal(signal.SIGKILL)
            return answered

        servers.append(stand_in.Server(folder, ["aws", "skopeo", "make", "intake"], answer))
        shutil.copy(folder / "bin" / "intake", tmp_path / "intake")
        process = subprocess.Popen(
            [sys.executable, ROOT / "lambda" / "deploy", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, cwd=tmp_path, env={
                "PATH": f"{folder / 'bin'}:/usr/bin:/bin", "BUILD": str(tmp_path), "AWS_REGION": REGION,
                "IMAGES": str(tmp_path / "images"), "TMPDIR": str(tmp_path), "HOME": str(tmp_path)})
        started.append(process)
        said = process.communicate(timeout=60)[0]
        return process.returncode, said, calls

    yield run
    for server in servers:
        server.close()


def test_killed_and_begun_again(script, account, deploy):
    assert script(account, *APPLY, kill=30)[0] == -signal.SIGKILL
    code, said, _ = script(account, *APPLY)
    assert code == 0, said
    assert state_of(account) == state_of(after_apply(deploy))


def test_parameters_are_read_from_where_the_person_is(script, account, tmp_path):
    (tmp_path / "staging.txt").write_text("# ours\nDatabaseClass=db.t4g.micro\n\nDatabasePassword=hush=hush\n")
    code, said, calls = script(account, "apply", "--account", "123456789012", "--parameters", "staging.txt")
    assert (code, "give --yes" in said) == (4, True), said
    code, said, calls = script(account, *APPLY, "--parameters", "staging.txt")
    assert code == 0, said
    values = {pair["ParameterKey"]: pair["ParameterValue"] for pair in account.stacks["intake"]["Parameters"]}
    assert (values["DatabaseClass"], values["DatabasePassword"]) == ("db.t4g.micro", "hush=hush")
    assert "hush" not in said + str(calls)
    assert script(account, *APPLY, "--parameters", "missing.txt")[0] == 1


def test_nothing_is_left_in_temporary_folders(script, account, tmp_path):
    code, said, calls = script(account, *APPLY)
    assert code == 0, said
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("intake-", "tmp"))]
    assert not [call for call in calls if "password-of-the-registry" in str(call)]


def test_the_template_is_read_as_a_parser_of_yaml_reads_it(account):
    whole, _ = cfnlint.decode.decode(str(ROOT / "lambda" / "template.yaml"))
    ours = account.template
    theirs = whole["Parameters"]
    assert {name: str(one.get("Default", "")) for name, one in theirs.items()} == {
        name: default or "" for name, default in ours.parameters.items()}
    assert ours.secret == {name for name, one in theirs.items() if str(one.get("NoEcho")).lower() == "true"}
    assert {name: one["Type"] for name, one in whole["Resources"].items()} == ours.resources
    assert ours.functions == {"Parser": "csv-parser", "Validator": "product-validator",
                              "ErrorProcessor": "error-processor", "Migrate": "intake-migrate"}


def test_what_a_rollback_takes_back_is_in_the_template(account):
    from deployment import template
    assert template.OF_FUNCTIONS <= set(account.template.parameters)
    assert not any(account.template.of_functions(name) for name in account.template.parameters
                   if name.startswith(("Database", "Network", "Migrate", "Name")) or name.endswith("Name"))


def test_the_readme_names_the_doctors_lines_as_they_are():
    said = (ROOT / "lambda" / "README.md").read_text().partition("## Check list")[2].partition("\n## ")[0]
    known = "".join(path.read_text() for path in (ROOT / "core" / "health").glob("*.c"))
    rows = [line for line in said.splitlines() if line.startswith("| ")][2:]
    names = [name for row in rows for name in re.findall(r"`([^`/\u2026]+)`", row.split("|")[2])]
    assert len(names) > 40
    assert not [name for name in names if name not in known and name != "lambda/deploy verify"]


def test_the_readme_reckons_as_the_plan_does(deploy, account):
    readme = (ROOT / "lambda" / "README.md").read_text()
    deploy(account, "plan")
    total = re.search(r"a month, USD.* (\d+\.\d\d)", deploy.said)[1]
    uploads = re.search(r"1,000 uploads of 1,000 records +(\d+\.\d\d)", deploy.said)[1]
    assert f"| **requests** | | **{uploads}** |" in readme
    assert f"| **a month** | | **{total}** |" in readme
