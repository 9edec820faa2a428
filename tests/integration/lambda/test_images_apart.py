"""What builds and runs root filesystems leaves the machine as it was, also when it is killed in the middle.

Nothing here may hurt where it fails: each test looks at a tree of its own, and /dev is read alone.
"""

import os
import pathlib
import re
import subprocess
import tarfile

import images as kit
import pytest
from support import ROOT, wait_until

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(bool(kit.wanting()), reason=str(kit.wanting()))]
REMOVE = kit.IMAGE / "remove"
HERE = pathlib.Path("/proc/self/mounts")


@pytest.fixture(autouse=True)
def machine():
    """The machine's nodes and mounts, which every test leaves alone."""
    before, mounts = kit.nodes(), HERE.read_text()
    assert before["/dev/null"][0] == "crw-rw-rw-"
    yield
    assert kit.nodes() == before
    assert HERE.read_text() == mounts


def children(pid):
    """Every process below one, by /proc."""
    parents = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            pass
    found = [pid]
    for parent in found:
        found += [child for child, above in parents.items() if above == parent]
    return found[1:]


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    except (FileNotFoundError, ProcessLookupError):
        return []


def find(pid, *words):
    """A process below `pid` whose command is that."""
    wanted = [word.encode() for word in words]
    return next((child for child in children(pid) if command_of(child) == wanted), None)


def gone(pid):
    return not pathlib.Path(f"/proc/{pid}").exists()


def small_root(folder):
    """A root filesystem of a shell and `sleep`, by the same answer of the loader as the images'."""
    for program in ("bash", "sleep"):
        path = f"/usr/bin/{program}"
        subprocess.run([kit.IMAGE / "libraries", path, folder], check=True)
        (folder / "usr" / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "usr" / "bin" / program).write_bytes(pathlib.Path(path).read_bytes())
        (folder / "usr" / "bin" / program).chmod(0o755)
    (folder / "bin").symlink_to("usr/bin")
    (folder / "bin" / "sh").symlink_to("bash")
    return folder


def remove(*folders, code=0):
    done = subprocess.run([REMOVE, *folders], text=True, capture_output=True)
    assert done.returncode == code, done.stderr
    return done.stderr


def test_a_killed_build_leaves_nothing_mounted_and_is_removed(tmp_path):
    """In the first step of the stage, with /proc and /dev mounted in its tree."""
    root = small_root(tmp_path / "base")
    for name in ("dirname", "sed"):
        (root / "usr" / "bin" / name).write_text("#!/bin/bash\nexec sleep 600\n")
        (root / "usr" / "bin" / name).chmod(0o755)
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        archive.add(root, arcname=".")
    store = tmp_path / "store"
    environment = dict(os.environ, IMAGE_TOOL="buildah", IMAGE_BASE=str(tmp_path / "base.tar"),
                       IMAGE_STORE=str(store), IMAGES=str(tmp_path / "images"))
    with open(tmp_path / "log", "wb") as log:
        build = subprocess.Popen([kit.IMAGE / "build", kit.FUNCTIONS[0]], env=environment, cwd=ROOT,
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    sleeper = wait_until(lambda: find(build.pid, "sleep", "600") or build.poll() is not None, 120)
    assert build.poll() is None, (store / "build.log").read_text() + (tmp_path / "log").read_text()
    mounts = pathlib.Path(f"/proc/{sleeper}/mounts").read_text()
    assert re.search(r"^\S+ /dev(/null)? ", mounts, re.MULTILINE), mounts
    assert "devtmpfs" not in re.findall(r"^\S+ /dev(?:/\S+)? (\S+)", mounts, re.MULTILINE), mounts
    below = children(build.pid)
    build.kill()
    build.wait()
    wait_until(lambda: all(map(gone, below)))
    remove(store)
    assert not store.exists()


def test_a_killed_run_leaves_nothing_mounted_and_is_removed(tmp_path):
    root = small_root(tmp_path / "root")
    run = subprocess.Popen([kit.APART, "--root", root, "/bin/sleep", "600"])
    wait_until(lambda: command_of(run.pid) == [b"/bin/sleep", b"600"])
    mounts = pathlib.Path(f"/proc/{run.pid}/mounts").read_text()
    assert re.findall(r"^tmpfs (\S+) tmpfs", mounts, re.MULTILINE)[-2:] == ["/dev", "/tmp"], mounts
    run.kill()
    run.wait()
    remove(root)
    assert not root.exists()


def test_the_root_is_read_only_and_has_few_nodes(tmp_path):
    root = small_root(tmp_path / "root")
    done = subprocess.run(
        [kit.APART, "--root", root, "/bin/sh", "-c",
         "echo /dev/*; echo $UID; echo a > /a; echo a > /tmp/a && echo tmp; echo n > /dev/null && echo null"],
        text=True, capture_output=True)
    assert done.stdout.split("\n")[:-1] == [
        "/dev/fd /dev/full /dev/null /dev/pts /dev/random /dev/shm /dev/stderr /dev/stdin /dev/stdout "
        "/dev/tty /dev/urandom /dev/zero", "65534", "tmp", "null"]
    assert "/a: Read-only file system" in done.stderr
    assert list((root / "dev").iterdir()) == list((root / "tmp").iterdir()) == []


def test_an_rm_of_everything_inside_removes_no_node_of_the_machine():
    """What was seen: a tree with /dev bound in it, removed. Here even /dev itself is emptied."""
    subprocess.run([kit.APART, "sh", "-c", "rm -f /dev/null /dev/zero /dev/full /dev/tty"], check=True)


@pytest.fixture
def mounted(tmp_path):
    """remove's own namespace, with a tmpfs below a tree: yields what runs a script there."""
    tree = tmp_path / "a tree"
    (tree / "below" / "x y").mkdir(parents=True)
    (tree / "kept").write_text("kept")

    def run(script):
        return subprocess.run(
            [kit.APART, "bash", "-c", "set -e; mount -t tmpfs tmpfs \"$1/below\"; mkdir \"$1/below/x y\"; "
             "mount -t tmpfs tmpfs \"$1/below/x y\"; echo in > \"$1/below/x y/file\"; " + script,
             "bash", tree, REMOVE], text=True, capture_output=True)

    return tree, run


def test_what_lies_below_is_unmounted_first(mounted):
    tree, run = mounted
    done = run('"$2" "$1"; grep -c "below" /proc/self/mounts || true')
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert not tree.exists()


def test_a_tree_that_stays_mounted_is_refused_whole(mounted):
    tree, run = mounted
    done = run('cd "$1/below/x y"; "$2" "$1"')
    assert done.returncode == 1
    assert f"{tree} stays: still mounted are {tree}/below/x y {tree}/below" in done.stderr
    assert (tree / "kept").read_text() == "kept"


def test_a_bound_folder_is_not_removed_through_its_mount(tmp_path):
    """The same device: --one-file-system alone would go on into it."""
    tree, precious = tmp_path / "tree", tmp_path / "precious"
    (tree / "dev").mkdir(parents=True)
    precious.mkdir()
    (precious / "node").write_text("a node")
    subprocess.run([kit.APART, "bash", "-c", 'mount --bind "$1" "$2/dev"; "$3" "$2"', "bash", precious, tree,
                    REMOVE], check=True)
    assert not tree.exists()
    assert (precious / "node").read_text() == "a node"


@pytest.mark.parametrize("folder", ["/", "/dev", "/proc/sys", "/dev/shm", "/sys/.."])
def test_the_machines_own_is_refused(folder):
    assert "the machine's own" in remove(folder, code=1)


def test_what_is_not_there_is_no_error_and_a_link_is_refused(tmp_path):
    remove(tmp_path / "none")
    (tmp_path / "link").symlink_to(tmp_path)
    assert "is a link" in remove(tmp_path / "link", code=1)
    assert tmp_path.exists()


def test_apart_refuses_the_machines_root():
    done = subprocess.run([kit.APART, "--root", "/", "true"], text=True, capture_output=True)
    assert done.returncode == 1 and "is no root to run in" in done.stderr
