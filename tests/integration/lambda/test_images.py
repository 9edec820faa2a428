"""The functions' images: what they hold, that they run, that two builds are one, that a registry keeps them.

One build, with buildah in namespaces of its own; what the machine has not is skipped with a word.
"""

import datetime
import os
import random
import re
import shutil
import subprocess

import images as kit
import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples
from harness.runtime_api import Function, Worker
from harness.triggers import s3_event
from rie import RieFunction, free_port, listens
from support import wait_until

LIMIT = 30_000_000
EACH = pytest.mark.parametrize("name", kit.FUNCTIONS)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.skipif(bool(kit.wanting()), reason=str(kit.wanting()))]


@pytest.fixture(scope="module")
def built():
    return {name: kit.Image(kit.LAYOUTS / _architecture() / name, digest)
            for name, digest in kit.build().items()}


def _architecture():
    return subprocess.run(["dpkg", "--print-architecture"], text=True, check=True,
                          capture_output=True).stdout.strip()


@pytest.fixture(scope="module")
def roots(built, tmp_path_factory):
    folder = tmp_path_factory.mktemp("roots")
    return {name: image.unpack(folder / name) for name, image in built.items()}


@pytest.fixture
def in_images(rig, roots, tmp_path):
    """The rig, its functions those of the images."""
    for name, function in rig.functions.items():
        function.program = str(kit.program(roots[name], tmp_path / f"run-{name}"))
    return rig


def go_through(rig, clock):
    sample = samples.make(random.Random(12), records=60, errors=0.2, clock=clock)
    upload(rig, sample)
    rig.settle()
    judge.at_rest(rig, [sample])
    return sample


@EACH
def test_an_image_is_a_bootstrap_and_what_it_loads(built, name):
    image = built[name]
    settings = image.configuration["config"]
    assert settings["User"] == "nobody"
    assert settings["Entrypoint"] == ["/var/task/bootstrap"]
    assert settings["WorkingDir"] == "/var/task"
    assert image.configuration["os"] == "linux"
    assert image.configuration["architecture"] == _architecture()
    members = image.members()
    assert sum(member.size for member in members) <= LIMIT
    assert not [member.name for member in members if member.mode & 0o6000 or not (
        member.isfile() or member.isdir() or member.issym())]
    writable = [member.name for member in members if member.mode & 0o022 and not member.issym()]
    assert writable == ["tmp"]
    programs = {member.name for member in members if member.isfile() and member.mode & 0o111}
    assert {path for path in programs if not re.search(r"/(ld-linux[^/]*|libc)\.so\.\d$", path)} == {
        "var/task/bootstrap"}
    held = {member.name for member in members if member.isfile() and ".so." not in member.name}
    assert held == {"etc/group", "etc/passwd", "etc/ssl/certs/ca-certificates.crt",
                    "usr/lib/ssl/openssl.cnf", "var/task/bootstrap", "var/task/rds-global-bundle.pem", "var/task/version"}


@EACH
def test_an_image_is_of_its_commit(built, name):
    """Also one whose parts an earlier build had: every time in it is the commit's."""
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], text=True, capture_output=True, cwd=kit.ROOT)
    if done.returncode:
        pytest.skip("this tree is no checkout")
    epoch = int(done.stdout)
    image = built[name]
    created = datetime.datetime.fromisoformat(image.configuration["created"].replace("Z", "+00:00"))
    assert created.timestamp() == epoch
    assert {member.mtime for member in image.members()} == {epoch}


@EACH
def test_an_image_starts_and_asks_for_its_first_call(roots, tmp_path, name):
    function = Function(name, kit.program(roots[name], tmp_path / "run"), dict(kit.ENVIRONMENT), tmp_path / "log")
    worker = Worker(function)
    function.workers.append(worker)
    worker.start()
    try:
        assert worker.ready.wait(60), function.log_lines()
        status = (kit.pathlib.Path("/proc") / str(worker.process.pid) / "status").read_text()
        assert re.search(r"^Uid:\t65534\t65534\t65534\t65534$", status, re.MULTILINE)
        assert re.search(r"^Groups:\t *$", status, re.MULTILINE)
    finally:
        function.stop()


def test_a_file_goes_the_whole_way_through_the_images(in_images):
    go_through(in_images, "120000")


def loaded(text):
    """Names of what the bootstrap needs and opens, by the loader's own account, through all that these need.
    The programs that lead to it tell of themselves before, in the same log and as the same process."""
    edges, begun = [], set()
    for process, file, by in re.findall(
            r"^ *(\d+):\s+file=(\S+) \[0\];  (?:needed|dynamically loaded) by (\S+) \[0\]", text, re.MULTILINE):
        if by == "/var/task/bootstrap":
            begun.add(process)
        if process in begun:
            edges.append((file.rpartition("/")[2], by.rpartition("/")[2]))
    found = {"bootstrap"}
    while more := {file for file, by in edges if by in found} - found:
        found |= more
    return found - {"bootstrap"}


def test_what_the_loader_opens_is_in_the_image_and_nothing_besides(in_images, built):
    """Also what is opened by a call, such as name services and OpenSSL's providers: a name that nobody
    resolves and a server that nobody certified are the ways there."""
    for function in in_images.functions.values():
        function.environment = dict(function.environment, LD_DEBUG="files")
    go_through(in_images, "120100")
    parser = in_images.parser
    parser.stop()
    for url in ("https://s3.intake.invalid", in_images.aws.url.replace("http:", "https:")):
        parser.environment["AWS_ENDPOINT_URL"] = url
        assert not parser.invoke(s3_event(in_images.bucket, "uploads/VEND001/VEND001_1.csv")).ok
        parser.stop()
    for name, function in in_images.functions.items():
        text = kit.pathlib.Path(function.log_path).read_text(errors="replace")
        held = {member.name.rpartition("/")[2] for member in built[name].members()
                if ".so." in member.name and member.isfile()} - {"ld.so.cache"}
        assert {one for one in held ^ loaded(text) if not one.startswith("ld-linux")} == set()


def test_an_image_knows_the_authorities(in_images):
    """libcurl says so where its bundle cannot be read; a server without TLS comes later."""
    parser = in_images.parser
    parser.environment["AWS_ENDPOINT_URL"] = in_images.aws.url.replace("http:", "https:")
    assert not parser.invoke(s3_event(in_images.bucket, "uploads/VEND001/VEND001_1.csv")).ok
    text = kit.pathlib.Path(parser.log_path).read_text()
    assert "SSL" in text and "certificate" not in text.lower(), text[-2000:]


def test_a_file_goes_the_whole_way_under_the_emulator_of_aws(in_images):
    if not kit.RIE.exists():
        pytest.skip("aws-lambda-rie is not built; `make test-images` builds it where a Go toolchain is")
    emulators = [RieFunction(kit.RIE, function) for function in in_images.functions.values()]
    try:
        in_images.upload_trigger.function, in_images.stream.function, in_images.queue.function = emulators
        go_through(in_images, "120200")
    finally:
        for emulator in emulators:
            emulator.stop()


@pytest.mark.skipif(not os.environ.get("BUILD_TWICE"), reason="`make test-images` compiles them a second time")
def test_two_builds_give_the_same_bytes(built, tmp_path):
    again = kit.build("--fresh", layouts=tmp_path / "again")
    assert again == {name: image.digest for name, image in built.items()}


@pytest.fixture
def registry(tmp_path):
    if not shutil.which("docker-registry") or not shutil.which("skopeo"):
        pytest.skip("docker-registry or skopeo is not here; `make deps` installs them")
    port = free_port()
    settings = tmp_path / "registry.yml"
    settings.write_text(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/registry}}}}\n"
                        f"http: {{addr: '127.0.0.1:{port}'}}\n")
    with open(tmp_path / "registry.log", "wb") as log:
        server = subprocess.Popen(["docker-registry", "serve", settings], stdout=log, stderr=log,
                                  env={"OTEL_TRACES_EXPORTER": "none"})
    try:
        wait_until(lambda: listens(port))
        yield f"docker://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def skopeo(*words, code=0):
    done = subprocess.run(["skopeo", *words], text=True, capture_output=True)
    assert (done.returncode == 0) == (code == 0), done.stderr
    return done.stdout


@EACH
def test_a_registry_keeps_an_image_by_its_digest(registry, built, tmp_path, name):
    image = built[name]
    place = f"{registry}/{name}-lambda"
    skopeo("copy", "--dest-tls-verify=false", f"oci:{image.layout}:latest", f"{place}:v1")
    skopeo("copy", "--src-tls-verify=false", f"{place}@{image.digest}", f"oci:{tmp_path}/back:latest")
    back = kit.Image(tmp_path / "back", image.digest)
    assert back.manifest == image.manifest
    for blob in (image.layout / "blobs" / "sha256").iterdir():
        assert (back.layout / "blobs" / "sha256" / blob.name).read_bytes() == blob.read_bytes()
    other = "sha256:" + "0" * 64
    skopeo("copy", "--src-tls-verify=false", f"{place}@{other}", f"oci:{tmp_path}/none:latest", code=1)
