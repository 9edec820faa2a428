"""What `make images` says where it cannot go on: a line with the way on, before anything is built."""

import os
import subprocess

import pytest
from images import IMAGE

from support import ROOT


def build(tmp_path, *words, **environment):
    """With a PATH of stubs alone, so that this machine's tools are none of the test's."""
    stubs = tmp_path / "bin"
    stubs.mkdir(exist_ok=True)
    for tool in ("bash", "realpath", "uname", "id", "dirname", "timeout", "git", "cat", "sha256sum"):
        if not (stubs / tool).exists():
            (stubs / tool).symlink_to(f"/usr/bin/{tool}")
    done = subprocess.run([IMAGE / "build", *words], text=True, capture_output=True, cwd=ROOT,
                          env={"PATH": str(stubs), "IMAGE_STORE": str(tmp_path / "store"),
                               "IMAGES": str(tmp_path / "images"), **environment})
    assert not (tmp_path / "images").exists()
    return done


def stub(tmp_path, name, text):
    (tmp_path / "bin").mkdir(exist_ok=True)
    (tmp_path / "bin" / name).write_text(f"#!/bin/bash\n{text}\n")
    (tmp_path / "bin" / name).chmod(0o755)


def test_without_a_tool_it_says_which_would_do(tmp_path):
    done = build(tmp_path, "csv-parser")
    assert done.returncode == 1
    assert "apt-get install buildah mmdebstrap" in done.stderr


def test_a_docker_whose_daemon_is_down_is_no_tool(tmp_path):
    stub(tmp_path, "docker", "exit 1")
    assert "no docker that runs" in build(tmp_path, "csv-parser").stderr
    assert "docker does not run here" in build(tmp_path, "csv-parser", IMAGE_TOOL="docker").stderr


@pytest.mark.parametrize("platform", ["linux/arm", "arm64", "windows/amd64"])
def test_a_platform_that_lambda_has_not_is_refused(tmp_path, platform):
    stub(tmp_path, "docker", "exit 0")
    done = build(tmp_path, "csv-parser", PLATFORM=platform)
    assert done.returncode == 1
    assert f"PLATFORM {platform} is neither linux/amd64 nor linux/arm64" in done.stderr


def test_another_architecture_wants_an_emulator(tmp_path):
    stub(tmp_path, "podman", "exit 0")
    other = "linux/amd64" if os.uname().machine == "aarch64" else "linux/arm64"
    if any(name.startswith("qemu-") for name in os.listdir("/proc/sys/fs/binfmt_misc")):
        pytest.skip("this machine runs programs of other architectures")
    done = build(tmp_path, "csv-parser", PLATFORM=other)
    assert done.returncode == 1
    assert f"no program for {other} runs here" in done.stderr and "qemu-user-static" in done.stderr


@pytest.mark.parametrize("words", [[], ["--what", "csv-parser"]])
def test_a_wrong_word_shows_the_usage(tmp_path, words):
    done = build(tmp_path, *words)
    assert done.returncode == 2 and "usage: lambda/image/build" in done.stderr
