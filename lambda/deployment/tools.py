"""Other programs: the AWS CLI (1 or 2) and what builds and pushes. No secret is ever an argument: what a
call is given goes through a file without a name, which only the child can open."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile

from .words import Failure, shown

ERROR = re.compile(r"An error occurred \(([^)]+)\) when calling the (\S+) operation(?: \([^)]*\))?: (.*)", re.DOTALL)

LOG_IN_AGAIN = "log in again (`aws sso login`, or new keys)"
WAYS = (
    (r"^(AccessDenied|UnauthorizedOperation|AuthorizationError|AccessDeniedException|403)",
     "use a login that may do that; lambda/README.md lists what a deployment asks for"),
    (r"^(ExpiredToken|RequestExpired|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|AuthFailure)",
     LOG_IN_AGAIN),
    (r"^(Throttl|RequestLimitExceeded|TooManyRequests|ServiceUnavailable|InternalError|InternalFailure|5\d\d$)",
     "AWS asks to be left alone for a minute"),
    (r"LimitExceeded|QuotaExceeded", "ask for a higher quota in the console's Service Quotas"),
)
WORDS_OF_THE_CLI = (
    ("Unable to locate credentials", LOG_IN_AGAIN),
    ("sso", LOG_IN_AGAIN),
    ("could not be found", "name a profile that `aws configure list-profiles` shows, by --profile or AWS_PROFILE"),
    ("You must specify a region", "name it by --region or AWS_REGION"),
    ("Could not connect to the endpoint URL", "look at the network, the proxy and AWS_ENDPOINT_URL"),
    ("timeout", "look at the network and the proxy"),
)


class AwsError(Failure):
    """What AWS answered, with its own code; `code` is "" where the CLI itself failed."""

    def __init__(self, code, operation, message):
        way = next((way for pattern, way in WAYS if re.search(pattern, code)), "") if code else next(
            (way for words, way in WORDS_OF_THE_CLI if words.lower() in message.lower()), "")
        super().__init__(f"{operation}: {code + ': ' if code else ''}{shown(message)}", way)
        self.aws_code, self.message = code, message

    def is_missing(self):
        return self.aws_code in ("404", "NoSuchKey", "NoSuchBucket", "NotFound", "NoSuchTagSet",
                                 "ResourceNotFoundException", "DBInstanceNotFound", "DBInstanceNotFoundFault",
                                 "ImageNotFoundException", "RepositoryNotFoundException")


@contextlib.contextmanager
def nameless_file(content=b""):
    """A file that has no name any more; gives it open, read from its beginning."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


def find(*names):
    return next((name for name in names if shutil.which(name)), None)


def run(words, *, input=None, way="", folder=None, environment=None):
    """Runs a program to its end with its output in sight; fails where it does."""
    try:
        done = subprocess.run(words, input=input, cwd=folder, env=environment, text=True,
                              stdin=None if input is not None else subprocess.DEVNULL)
    except OSError as error:
        raise Failure(f"{words[0]}: {error.strerror}", way) from None
    if done.returncode:
        raise Failure(f"`{' '.join(words[:3])}` ended with {done.returncode}", way)


def answer(words, *, environment=None):
    """What a program prints, or None where it is not there or fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


class Aws:
    """The AWS CLI with one login and region."""

    def __init__(self, region=None, profile=None):
        self.words = ["aws"] + (["--profile", profile] if profile else [])
        self.environment = dict(os.environ, AWS_PAGER="", AWS_CLI_AUTO_PROMPT="off")
        self.region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or answer(
            self.words + ["configure", "get", "region"])
        if not self.region:
            raise Failure("no region is named", "name it by --region or AWS_REGION")
        self.words += ["--region", self.region, "--output", "json"]

    def domain(self):
        return "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"

    def run(self, words, files=(), environment=None):
        try:
            done = subprocess.run(self.words + words, capture_output=True, stdin=subprocess.DEVNULL,
                                  pass_fds=[file.fileno() for file in files],
                                  env=dict(self.environment, **(environment or {})))
        except OSError as error:
            raise Failure(f"aws: {error.strerror}",
                          "install the AWS CLI (`pipx install awscli`, or AWS's own package)") from None
        text = done.stderr.decode(errors="replace").strip()
        if done.returncode:
            found = ERROR.search(text)
            raise AwsError(*found.groups()) if found else AwsError("", " ".join(words[:2]), text or (
                f"the AWS CLI ended with {done.returncode}"))
        return done.stdout

    def call(self, service, operation, **request):
        """One operation; the request by AWS's own names, the answer as AWS gives it."""
        words = [service, operation]
        if not request:
            return self.parse(self.run(words))
        with nameless_file(json.dumps(request).encode()) as file:
            return self.parse(self.run(words + ["--cli-input-json", f"file:///dev/fd/{file.fileno()}"], [file]))

    @staticmethod
    def parse(output):
        try:
            return json.loads(output) if output.strip() else {}
        except ValueError:
            raise Failure(f"the AWS CLI answered {shown(output.decode(errors='replace'), 80)}",
                          "is there an alias or a wrapper named aws?") from None

    def look(self, service, operation, **request):
        """As call(), but None where it does not exist."""
        try:
            return self.call(service, operation, **request)
        except AwsError as error:
            if error.is_missing():
                return None
            raise

    def put(self, bucket, key, path, content_type="application/octet-stream"):
        self.run(["s3api", "put-object", "--bucket", bucket, "--key", key, "--body", str(path),
                  "--content-type", content_type])

    def put_text(self, bucket, key, text, content_type="application/json"):
        with tempfile.NamedTemporaryFile("w", prefix="intake-") as file:
            file.write(text)
            file.flush()
            self.put(bucket, key, file.name, content_type)

    def get_text(self, bucket, key):
        """An object's text, or None."""
        with nameless_file() as file:
            try:
                self.run(["s3api", "get-object", "--bucket", bucket, "--key", key,
                          f"/dev/fd/{file.fileno()}"], [file])
            except AwsError as error:
                if error.is_missing():
                    return None
                raise
            return os.pread(file.fileno(), 1 << 24, 0).decode()

    def invoke(self, function, payload):
        """A function's answer. It is called once: who waits too long does not call it again."""
        with nameless_file(json.dumps(payload).encode()) as sent, nameless_file() as got:
            answered = self.parse(self.run(
                ["lambda", "invoke", "--function-name", function, "--cli-read-timeout", "900",
                 "--payload", f"fileb:///dev/fd/{sent.fileno()}", f"/dev/fd/{got.fileno()}"],
                [sent, got], {"AWS_MAX_ATTEMPTS": "1"}))
            text = os.pread(got.fileno(), 1 << 24, 0).decode(errors="replace")
        try:
            value = json.loads(text) if text else {}
        except ValueError:
            value = {"errorMessage": text}
        if answered.get("FunctionError"):
            raise Failure(f"{function}: {shown(value.get('errorMessage', text) if isinstance(value, dict) else text)}")
        return value
