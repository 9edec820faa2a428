"""rollback: the functions as the deployment before had them, their code and their parameters. Schema,
template, names, database and network stay: migrations are written so that the functions of before go on."""

from . import apply
from .words import OK, PARTLY, Failure, say

STEPS = 5


def target_of(one):
    """What is deployed, the record to go back to, and the values of it that are the functions'. One that
    was begun is gone on with: who repeats the command does not go back twice."""
    if one.bucket.state() != "ours":
        raise Failure(f"there is no record of deployments (the bucket {one.bucket.name})",
                      "`lambda/deploy apply` of an older checkout deploys what it holds")
    pointer = one.bucket.pointer()
    current = one.bucket.record(pointer.get("id"))
    target = one.bucket.record(pointer.get("to") or (current or {}).get("previous"))
    if not target:
        raise Failure("there is no deployment before this one",
                      "`lambda/deploy apply` of an older checkout deploys what it holds")
    known = one.stack.parameters()
    return current, target, {name: value for name, value in target["parameters"].items()
                             if name in known and one.template.of_functions(name)}


def check_packages(one, values):
    """What is gone cannot be gone back to."""
    for name, value in values.items():
        if name.endswith("ImageUri") and "@" in value:
            repository, digest = value.split("/", 1)[1].split("@")
            there = one.registry.has(repository, digest)
        elif name.endswith("CodeKey") and values.get("PackageType") == "Zip":
            there = one.aws.look("s3api", "head-object", Bucket=values["CodeBucket"], Key=value) is not None
        else:
            continue
        if not there:
            raise Failure(f"{value} is not there any more",
                          "`lambda/deploy apply` of an older checkout builds it again")


def rollback(one):
    one.begin("stack and records", STEPS)
    one.stack.look()
    if not one.stack.exists:
        raise Failure(f"there is no stack {one.stack.name} in {one.account}, {one.aws.region}",
                      "name it by --name or --stack")
    one.stack.make_ready(one.options.adopt)
    current, target, values = target_of(one)
    say(f"    back to {target['id']}, version {target['version']}")
    one.begin("what the functions were made of")
    check_packages(one, values)
    one.begin("functions")
    one.bucket.point_to(current["id"], to=target["id"])
    one.carry_out(one.stack.change_set(None, None, values))
    one.bucket.point_to(target["id"], to=target["id"])
    one.stands(f"the functions of {target['id']}")
    well = apply.prove(one)
    try:
        one.bucket.point_to(target["id"])
    except Failure as failure:
        say(f"    not noted that this came to its end, so that the next rollback begins with it: {failure.what}")
    return OK if well else PARTLY
