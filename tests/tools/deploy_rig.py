"""lambda/deploy in this process: the programs that it calls are answered by an account in memory."""

import json
import os
import pathlib
import re
import subprocess
import types

import pytest
import fake_account  # which finds lambda/deployment
from fake_account import ACCOUNT, REGION, Account
from deployment import check, main, packages, tools

CALLERS = (tools, packages, check)
APPLY = ("apply", "--yes", "--account", ACCOUNT)
TEARDOWN = ("teardown", "--confirm", "intake")
BUCKET = f"ecommerce-product-uploads-{ACCOUNT}"
OURS = f"intake-deployment-{ACCOUNT}-{REGION}"


class Programs:
    """What lambda/deploy uses of the subprocess module."""

    DEVNULL, PIPE = subprocess.DEVNULL, subprocess.PIPE

    def __init__(self, account):
        self.account = account

    def run(self, words, text=False, input=None, pass_fds=(), env=None, **_):
        name = pathlib.Path(words[0]).name
        if name == "git":
            code, output, errors = 0, f"v{self.account.build}", ""
        else:
            request = {"environment": env or os.environ, "files": {number: number for number in pass_fds},
                       "input": input}
            code, output, errors = self.account.answer(name, [str(word) for word in words[1:]], request)
        if not text:
            output, errors = output.encode(), errors.encode()
        return subprocess.CompletedProcess(words, code, output, errors)


class Deploy:
    """deploy("apply", "--yes") gives the exit code; what was said is in `.said`."""

    def __init__(self, monkeypatch, capsys, folder):
        self.monkeypatch, self.capsys, self.said = monkeypatch, capsys, ""
        (folder / "intake").write_text("")
        monkeypatch.setenv("BUILD", str(folder))
        monkeypatch.setenv("IMAGES", str(folder / "images"))
        monkeypatch.setenv("AWS_REGION", fake_account.REGION)
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "INTAKE_ACCOUNT"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(main.signal, "signal", lambda *_: None)
        for module in (check, tools):
            if hasattr(module, "time"):
                monkeypatch.setattr(module, "time", types.SimpleNamespace(
                    sleep=lambda _: None, time=lambda: 1.0, monotonic=self.clock))
        if os.path.isdir("/dev/shm"):
            monkeypatch.setattr("tempfile.tempdir", "/dev/shm")
        self.ticks, self.programs = 0.0, ("skopeo", "make")
        monkeypatch.setattr("time.sleep", lambda _: None)
        monkeypatch.setattr(tools.shutil, "which", lambda name: name if name in self.programs else None)

    def clock(self):
        self.ticks += 1
        return self.ticks

    def __call__(self, account, *words):
        programs = Programs(account)
        for module in CALLERS:
            self.monkeypatch.setattr(module, "subprocess", programs)
        code = main.main([str(word) for word in words])
        captured = self.capsys.readouterr()
        self.said = captured.err + captured.out
        return code


@pytest.fixture
def deploy(monkeypatch, capsys, tmp_path):
    return Deploy(monkeypatch, capsys, tmp_path)


@pytest.fixture
def account():
    return Account()


def state_of(account):
    """What an account holds, but for what differs from run to run."""
    buckets = {name: sorted({re.sub(r"\d{8}[T_]\d{6}Z?(-[0-9a-f]+)?", "TIME", key) for key in objects})
               for name, objects in account.buckets.items()}
    stacks = {name: dict(stack, LastUpdatedTime="") for name, stack in account.stacks.items()}
    return json.loads(json.dumps({
        "stacks": stacks, "buckets": buckets, "tags": account.tags, "tables": sorted(account.tables),
        "databases": account.databases, "schema": account.schema,
        "images": {name: sorted(tags.values()) for name, tags in account.images.items()},
        "snapshots": sorted(set(account.snapshots))}))


def after_apply(deploy):
    account = Account()
    assert deploy(account, *APPLY) == 0, deploy.said
    return account
