"""The deployment's own bucket: the template where it is too long for a request, zips, and a record of
every deployment, which is what a rollback goes back to."""

import hashlib
import json

from .stack import OWNER, as_json, now
from .tools import AwsError
from .words import refused


def name_of(stack, account, region):
    """Fits S3's rules: 3 to 63 of a-z, 0-9 and hyphens."""
    name = f"{stack.lower()}-deployment-{account}-{region}"
    if len(name) <= 63:
        return name
    return f"{stack.lower()[:20].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:12]}-deployment-{account}"


class Bucket:
    def __init__(self, aws, name, stack):
        self.aws, self.name, self.stack = aws, name, stack

    def state(self):
        """None, "ours", or "empty": ours but for its tag, since its making was interrupted."""
        try:
            if self.aws.look("s3api", "head-bucket", Bucket=self.name) is None:
                return None
        except AwsError as error:
            if error.aws_code != "403":
                raise
            raise refused(f"the bucket name {self.name} is taken, by another account or out of your reach",
                          "choose another by --bucket NAME") from None
        tags = self.aws.look("s3api", "get-bucket-tagging", Bucket=self.name) or {}
        if any(tag["Key"] == OWNER and tag["Value"] == self.stack for tag in tags.get("TagSet", [])):
            return "ours"
        if tags.get("TagSet") or versions(self.aws, self.name, 1):
            raise refused(f"the bucket {self.name} is there and was not made by this tool for {self.stack}",
                          "choose another by --bucket NAME")
        return "empty"

    def make(self):
        """Makes it where it is missing; returns whether it did. Its tag comes last: with it, it is whole."""
        state = self.state()
        if state == "ours":
            return False
        if state is None:
            place = {} if self.aws.region == "us-east-1" else {
                "CreateBucketConfiguration": {"LocationConstraint": self.aws.region}}
            self.aws.call("s3api", "create-bucket", Bucket=self.name, **place)
        self.aws.call("s3api", "put-public-access-block", Bucket=self.name, PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True})
        self.aws.call("s3api", "put-bucket-tagging", Bucket=self.name, Tagging={
            "TagSet": [{"Key": OWNER, "Value": self.stack}]})
        return True

    def put_template(self, template):
        """The template's URL, as CloudFormation reads it; None where it fits into the request."""
        if template.fits():
            return None
        key = f"templates/{hashlib.sha256(template.text.encode()).hexdigest()[:16]}.yaml"
        self.aws.put(self.name, key, template.path, "application/yaml")
        endpoint = self.aws.environment.get("AWS_ENDPOINT_URL_S3") or self.aws.environment.get("AWS_ENDPOINT_URL")
        return f"{endpoint or f'https://s3.{self.aws.region}.{self.aws.domain()}'}/{self.name}/{key}"

    # ---- deployments

    def pointer(self):
        """{"id": what is deployed, "to": where a rollback that did not come to its end leads}, or {}."""
        return json.loads(self.aws.get_text(self.name, "deployments/current") or "{}")

    def current(self):
        """The record of what is deployed, or None."""
        return self.record(self.pointer().get("id"))

    def record(self, identity):
        text = self.aws.get_text(self.name, f"deployments/{identity}.json") if identity else None
        return json.loads(text) if text else None

    def point_to(self, identity, **more):
        self.aws.put_text(self.name, "deployments/current", as_json(dict(more, id=identity)))

    def add(self, version, parameters, previous):
        """A new record, which follows `previous`."""
        stamp = hashlib.sha256(as_json(parameters).encode()).hexdigest()[:8]
        record = {"id": f"{now():%Y%m%dT%H%M%SZ}-{stamp}", "previous": previous, "version": version,
                  "parameters": parameters}
        self.aws.put_text(self.name, f"deployments/{record['id']}.json", as_json(record))
        self.point_to(record["id"])
        return record

    # ---- the end

    def empty_and_delete(self):
        empty(self.aws, self.name)
        self.aws.call("s3api", "delete-bucket", Bucket=self.name)


def versions(aws, name, most=1000):
    """The first versions and marks that a bucket holds."""
    page = aws.parse(aws.run(["s3api", "list-object-versions", "--bucket", name, "--max-items", str(most)]))
    return [{"Key": one["Key"], "VersionId": one["VersionId"]}
            for one in (page.get("Versions") or []) + (page.get("DeleteMarkers") or [])]


def empty(aws, name):
    """Deletes every version, every mark and every upload that nobody finished."""
    while True:
        found = versions(aws, name)
        if not found:
            break
        done = aws.call("s3api", "delete-objects", Bucket=name, Delete={"Objects": found[:1000], "Quiet": True})
        if done.get("Errors"):
            first = done["Errors"][0]
            raise AwsError(first.get("Code", ""), "DeleteObjects", f"{first.get('Key')}: {first.get('Message')}")
    for upload in aws.call("s3api", "list-multipart-uploads", Bucket=name).get("Uploads") or []:
        aws.call("s3api", "abort-multipart-upload", Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
