"""The functions' images as the tests want them: built, unpacked, run as a root filesystem.

What is run goes through lambda/image/apart, and what is removed through lambda/image/remove: a tree with the
machine's /dev mounted in it must never be removed, and these two see to that.
"""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tarfile

from support import BUILD, ROOT

IMAGE = ROOT / "lambda" / "image"
APART = IMAGE / "apart"
LAYOUTS = BUILD / "images"
STORE = ROOT / "var" / "images"
RIE = STORE / "bin" / "aws-lambda-rie"
FUNCTIONS = re.search(r"^FUNCTIONS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
# What a function wants to be told before it asks for its first call; nobody is behind these names.
ENVIRONMENT = {
    "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none",
    "DYNAMODB_TABLE": "UploadRecords", "RDS_SECRET_NAME": "none/rds/credentials", "RDS_OWNER_SECRET": "none/rds/owner",
    "S3_BUCKET_NAME": "none-uploads",
    "SQS_ERROR_QUEUE_URL": "http://127.0.0.1:1/000000000000/none",
    "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:none",
    "SNS_ALARM_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:none"}


def wanting():
    """What keeps this machine from building and running images; None where nothing does."""
    if os.geteuid() != 0:
        return "images are built and run by root alone"
    for tool in ("buildah", "mmdebstrap"):
        if not shutil.which(tool):
            return f"{tool} is not here; `make deps` installs it"
    if subprocess.run([APART, "true"], capture_output=True).returncode:
        return "this machine lets nobody make a mount namespace"
    return None


def build(*words, base="mmdebstrap", layouts=LAYOUTS, functions=FUNCTIONS, store=STORE):
    """Runs lambda/image/build with buildah; answers digest and name of each function's image."""
    environment = dict(os.environ, IMAGE_TOOL="buildah", IMAGE_BASE=str(base), IMAGES=str(layouts),
                       IMAGE_STORE=str(store))
    done = subprocess.run([IMAGE / "build", *words, *functions], env=environment, text=True, cwd=ROOT,
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    return {function: digest for function, digest, _ in rows}


@dataclasses.dataclass
class Image:
    """An OCI layout: its manifest, configuration and the one layer that it has."""

    layout: pathlib.Path
    digest: str

    def blob(self, digest):
        return self.layout / "blobs" / "sha256" / digest.removeprefix("sha256:")

    @property
    def manifest(self):
        return json.loads(self.blob(self.digest).read_text())

    @property
    def configuration(self):
        return json.loads(self.blob(self.manifest["config"]["digest"]).read_text())

    def members(self):
        found = []
        for layer in self.manifest["layers"]:
            with tarfile.open(self.blob(layer["digest"])) as archive:
                found += archive.getmembers()
        return found

    def unpack(self, folder):
        folder.mkdir()
        folder.chmod(0o755)
        for layer in self.manifest["layers"]:
            subprocess.run(["tar", "-xpf", self.blob(layer["digest"]), "-C", folder], check=True)
        return folder


def program(image_root, path):
    """A script at `path` that becomes the image's bootstrap, with its root filesystem and user."""
    path.write_text(f"#!/bin/bash\nexec {APART} --root {image_root} /var/task/bootstrap\n")
    path.chmod(0o755)
    return path


def nodes(folder="/dev"):
    """Kind, permissions and number of every node below a folder; what a directory holds, but not shm and pts."""
    found = {}
    for place, folders, names in os.walk(folder):
        if place == folder:
            folders[:] = [name for name in folders if name not in ("shm", "pts")]
        for name in folders + names:
            path = os.path.join(place, name)
            seen = os.lstat(path)
            found[path] = (stat.filemode(seen.st_mode), seen.st_rdev)
    return found
