"""What the functions are made of: images in the stack's registries, or zips in the deployment's bucket.

`make images` leaves build/images/ARCHITECTURE/FUNCTION, an OCI layout, and beside them `digests`, a line
`FUNCTION DIGEST IMAGE` each, IMAGE being the name in the store of the tool that built. No more is known here."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from .tools import answer, find, run
from .words import Failure, say

ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
PUSHERS = ("skopeo", "buildah", "podman", "docker")
AGAIN = "the registry keeps what has arrived, and a push goes on from there"


def build_folder():
    return pathlib.Path(os.environ.get("BUILD", "build"))


def version():
    """Which state of the sources this is."""
    text = answer(["git", "describe", "--tags", "--always", "--dirty"]) or "unversioned"
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)[:60]


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ---- zips


def build_zips(functions, build):
    paths = {name: build_folder() / "lambda" / f"{program}.zip" for name, program in functions.items()}
    if build:
        run(["make", "-s", *map(str, paths.values())], way="mend what the compiler or `make deps` says")
    for path in paths.values():
        if not path.exists():
            raise Failure(f"{path} is not there", "`make` builds it")
    return paths


def keys_of_zips(paths):
    return {name: f"code/{path.stem}-{hash_of(path)[:16]}.zip" for name, path in paths.items()}


def upload_zips(aws, bucket, paths):
    """Uploads what is not there yet; returns the parameters that name them."""
    values = {"PackageType": "Zip", "CodeBucket": bucket.name}
    for name, key in keys_of_zips(paths).items():
        if aws.look("s3api", "head-object", Bucket=bucket.name, Key=key) is None:
            say(f"    {key}")
            aws.put(bucket.name, key, paths[name], "application/zip")
        values[f"{name}CodeKey"] = key
    return values


# ---- images


class Image:
    def __init__(self, line, folder):
        words = line.split()
        if len(words) != 3 or not re.fullmatch(r"sha256:[0-9a-f]{64}", words[1]):
            raise Failure(f"{folder}/digests: no image is read from `{line[:80]}`", "`make images` writes it anew")
        self.program, self.digest, self.reference = words
        self.layout = folder / self.program

    def tag(self):
        return f"{version()}-{self.digest[7:19]}"

    def architecture(self):
        """What the image itself says: the first manifest's configuration. None where it is no OCI layout."""
        try:
            index = json.loads((self.layout / "index.json").read_text())
            return self.blob(self.blob(index["manifests"][0]["digest"])["config"]["digest"])["architecture"]
        except (OSError, ValueError, LookupError):
            return None

    def blob(self, digest):
        return json.loads((self.layout / "blobs" / digest.replace(":", "/")).read_text())


def images_folder(architecture):
    return pathlib.Path(os.environ.get("IMAGES", "build/images")) / architecture


def check_architecture(image, wanted, asked):
    found = image.architecture()
    if found not in (None, wanted):
        other = next((name for name, arch in ARCHITECTURES.items() if arch == found), found)
        raise Failure(f"the image {image.program} is for {found}, the functions are to run on {asked}",
                      f"`make images PLATFORM=linux/{wanted}`, or give Architecture={other}")


def build_images(functions, architecture, build):
    """{the parameters' name: its image}, of the architecture that the functions are to have."""
    wanted = ARCHITECTURES.get(architecture, architecture)
    if build:
        run(["make", "-s", "images", f"PLATFORM=linux/{wanted}"],
            way="mend what the build says; `make images` alone builds again")
    folder = images_folder(wanted)
    if not (folder / "digests").exists():
        raise Failure(f"{folder}/digests is not there", f"`make images PLATFORM=linux/{wanted}` writes it")
    built = {image.program: image for image in
             (Image(line, folder) for line in (folder / "digests").read_text().splitlines())}
    for program in functions.values():
        if program not in built:
            raise Failure(f"{folder}/digests has no image {program}", "`make images` builds all of them")
        check_architecture(built[program], wanted, architecture)
    return {name: built[program] for name, program in functions.items()}


class Registry:
    """The stack's registries, with one login that is kept in a folder of its own and goes with it."""

    def __init__(self, aws, account):
        self.aws = aws
        self.host = f"{account}.dkr.ecr.{aws.region}.{aws.domain()}"
        self.tool = find(*PUSHERS)
        self.folder = None
        self.environment = None

    def digest(self, repository, tag):
        found = self.aws.look("ecr", "describe-images", repositoryName=repository, imageIds=[{"imageTag": tag}])
        return found["imageDetails"][0]["imageDigest"] if found and found.get("imageDetails") else None

    def has(self, repository, digest):
        found = self.aws.look("ecr", "describe-images", repositoryName=repository,
                              imageIds=[{"imageDigest": digest}])
        return bool(found and found.get("imageDetails"))

    @contextlib.contextmanager
    def login(self):
        if not self.tool:
            raise Failure("nothing here can push an image", "install skopeo (or docker, podman or buildah)")
        self.folder = tempfile.mkdtemp(prefix="intake-registry-")
        try:
            password = self.aws.run(["ecr", "get-login-password"]).decode()
            words = ["docker", "--config", self.folder, "login"] if self.tool == "docker" else [
                self.tool, "login", "--authfile", f"{self.folder}/auth.json"]
            if self.tool == "docker":
                self.environment = self.docker_environment()
            done = subprocess.run(words + ["--username", "AWS", "--password-stdin", self.host], input=password,
                                  text=True, capture_output=True, env=self.environment)
            if done.returncode:
                raise Failure(f"{self.tool} could not log in to {self.host}: {done.stderr.strip()[-300:]}",
                              "look at the network and the proxy")
            yield self
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    @staticmethod
    def docker_environment():
        """A configuration of our own knows no contexts: the daemon in use is named aloud."""
        host = os.environ.get("DOCKER_HOST") or answer(
            ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])
        return dict(os.environ, DOCKER_HOST=host) if host else None

    def push(self, image, repository):
        place = f"{self.host}/{repository}:{image.tag()}"
        auth = f"{self.folder}/auth.json"
        if self.tool == "skopeo":
            run(["skopeo", "copy", "--quiet", "--preserve-digests", "--dest-authfile", auth, f"oci:{image.layout}",
                 f"docker://{place}"], way=AGAIN)
        elif self.tool == "docker":
            run(["docker", "tag", image.reference, place], way="`make images` builds it again")
            run(["docker", "--config", self.folder, "push", "--quiet", place], way=AGAIN,
                environment=self.environment)
        else:
            # podman has what it built; buildah built in a store of the checkout's own.
            held = image.reference if self.tool == "podman" else answer(
                ["buildah", "pull", "--quiet", f"oci:{image.layout}"])
            if not held:
                raise Failure(f"buildah could not read {image.layout}", "install skopeo, which needs no store")
            run([self.tool, "push", "--quiet", "--authfile", auth, held.splitlines()[-1], f"docker://{place}"],
                way=AGAIN)


def push_images(registry, images, repositories):
    """Pushes what the registries lack; returns the parameters that name the images by digest."""
    digests = {name: registry.digest(repositories[name], image.tag()) for name, image in images.items()}
    missing = [name for name, digest in digests.items() if not digest]
    if missing:
        with registry.login():
            for name in missing:
                say(f"    {images[name].program}:{images[name].tag()}")
                registry.push(images[name], repositories[name])
                digests[name] = registry.digest(repositories[name], images[name].tag())
                if not digests[name]:
                    raise Failure(f"the registry does not have {images[name].program} after its push", AGAIN)
    return dict({f"{name}ImageUri": f"{registry.host}/{repositories[name]}@{digest}"
                 for name, digest in digests.items()}, PackageType="Image")
