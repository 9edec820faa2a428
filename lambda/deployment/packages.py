"""What the functions are made of: images in the stack's registries, or zips in the deployment's bucket.

`make images` leaves build/images/digests, one image a line: FUNCTION, digest, amd64 or arm64, and where it
lies as a transport that skopeo reads (oci:build/images/csv-parser). That is all that is known of it here."""

import contextlib
import hashlib
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
    def __init__(self, line):
        words = line.split()
        if len(words) != 4 or not re.fullmatch(r"sha256:[0-9a-f]{64}", words[1]):
            raise Failure(f"{digests_file()}: no image is read from `{line[:80]}`", "`make images` writes it anew")
        self.program, self.digest, self.architecture, self.source = words

    def tag(self):
        return f"{version()}-{self.digest[7:19]}"


def digests_file():
    return build_folder() / "images" / "digests"


def build_images(functions, architecture, build):
    """{the parameters' name: its image}, of the architecture that the functions are to have."""
    wanted = ARCHITECTURES.get(architecture, architecture)
    if build:
        run(["make", "-s", "images", f"PLATFORM=linux/{wanted}"],
            way="mend what the build says; `make images` alone builds again")
    if not digests_file().exists():
        raise Failure(f"{digests_file()} is not there", "`make images` builds the images and writes it")
    built = {image.program: image for image in map(Image, digests_file().read_text().splitlines())}
    for program in functions.values():
        if program not in built:
            raise Failure(f"{digests_file()} has no image {program}", "`make images` builds all of them")
        if built[program].architecture != wanted:
            raise Failure(f"the image {program} is for {built[program].architecture}, the functions are to run on "
                          f"{architecture}", f"`make images PLATFORM=linux/{wanted}`, or give Architecture="
                          f"{'arm64' if wanted == 'amd64' else 'x86_64'}")
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
        auth = ["--authfile", f"{self.folder}/auth.json"]
        if self.tool == "skopeo":
            run(["skopeo", "copy", "--quiet", "--preserve-digests", "--dest-authfile", auth[1], image.source,
                 f"docker://{place}"], way=AGAIN)
        elif self.tool == "docker":
            self.push_by_docker(image, place)
        else:
            identity = answer([self.tool, "pull", "--quiet", image.source])
            if not identity:
                raise Failure(f"{self.tool} could not read {image.source}", "`make images` builds it again")
            run([self.tool, "push", *auth, identity.splitlines()[-1], f"docker://{place}"], way=AGAIN)

    def push_by_docker(self, image, place):
        transport, _, path = image.source.partition(":")
        if transport == "oci":
            with subprocess.Popen(["tar", "-C", path, "-cf", "-", "."], stdout=subprocess.PIPE) as archive:
                loaded = subprocess.run(["docker", "load"], stdin=archive.stdout, capture_output=True, text=True)
            found = re.search(r"Loaded image(?: ID)?: (\S+)", loaded.stdout)
            if loaded.returncode or not found:
                raise Failure(f"docker could not read {path}: {loaded.stderr.strip()[-300:]}",
                              "install skopeo, which reads every layout")
            path = found[1]
        run(["docker", "tag", path, place], way="`make images` builds it again")
        run(["docker", "--config", self.folder, "push", "--quiet", place], way=AGAIN, environment=self.environment)


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
