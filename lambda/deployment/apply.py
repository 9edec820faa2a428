"""apply: from sources to a deployment that works. Every step looks at what is there, so the same command
goes on from wherever the last one stopped."""

from . import check, packages
from .words import OK, PARTLY, Failure, say

STEPS = 10


def prepare(one):
    """The account and the stack, before anything is made."""
    one.begin("account and stack", STEPS)
    say(f"    {one.who()} in {one.account}, {one.aws.region}; stack {one.stack.name}")
    one.stack.look()
    if not one.stack.exists:
        one.confirm_account()
    one.stack.make_ready(one.options.adopt)
    if not one.stack.exists:
        one.check_names_are_free()
    check_kind(one)
    line, fits = one.check_concurrency()
    if not fits:
        raise Failure(line, "ask for more in Service Quotas (Lambda, concurrent executions), or give "
                      "ReserveConcurrency=false")
    if one.stack.exists:
        one.stands(f"the stack {one.stack.name}, {one.stack.status}")


def check_kind(one):
    """A function's kind cannot be changed; CloudFormation would find out half-way."""
    has = one.stack.parameters().get("PackageType") if one.has_functions() else None
    wants = "Zip" if one.options.zip else "Image"
    if has and has != wants:
        raise Failure(f"the functions are deployed as {has.lower()}s, which stay what they are",
                      "give --zip" if has == "Zip" else "leave --zip out")


def build(one):
    one.begin("zips" if one.options.zip else "images")
    functions = one.template.functions
    if one.options.zip:
        return packages.build_zips(functions, one.options.build)
    return packages.build_images(functions, one.value("Architecture"), one.options.build)


def make_bucket(one):
    one.begin("the deployment's bucket")
    one.bucket.make()
    one.stands(f"the bucket {one.bucket.name}")
    return one.bucket.put_template(one.template)


def make_base(one, url):
    """Everything but the functions, so that there are registries to push to."""
    one.begin("the stack without functions")
    if one.has_functions():
        say("    it has its functions already")
        return
    kind = {"DeployFunctions": "false", "PackageType": "Zip" if one.options.zip else "Image"}
    one.carry_out(one.stack.change_set(one.template, url, dict(one.values(), **kind)))
    one.stands(f"the stack {one.stack.name} without functions")


def push(one, built):
    one.begin("push")
    if one.options.zip:
        return packages.upload_zips(one.aws, one.bucket, built)
    resources = one.stack.resources()
    repositories = {name: resources.get(f"{name}Repository", ("", ""))[1] for name in built}
    missing = [name for name, repository in repositories.items() if not repository]
    if missing:
        raise Failure(f"the stack has no registry for {', '.join(missing)}",
                      "it was deployed with zips: `lambda/deploy teardown`, or go on with --zip")
    return packages.push_images(one.registry, built, repositories)


def make_migration(one, url, values):
    """The function that migrates is new before the others are: they run as before until the schema is
    theirs. In a first deployment there is no before."""
    one.begin("the stack with intake-migrate")
    mine = values
    if one.has_functions():
        migration = one.template.migration()
        mine = {name: value for name, value in values.items() if migration and name.startswith(migration)}
    changed = one.carry_out(one.stack.change_set(one.template, url, dict(
        one.values(), DeployFunctions="true", **mine)))
    one.stands("the stack with the functions of before" if mine is not values else "the stack with its functions")
    return changed


def migrate(one):
    one.begin("schema")
    if not one.options.migrate:
        say("    left out: its owner did it")
        return
    function = one.migration_function()
    if not function:
        raise Failure("nothing may migrate the existing database: its owner's secret is not named",
                      "give DatabaseOwnerSecretArn=ARN (username and password); or run `intake migrate` as its "
                      "owner, then give --no-migrate")
    said = check.migrate(one.aws, function, one.who())
    say(f"    version {said['version']}")
    for note in said.get("notes") or []:
        say(f"    {note}")
    one.stands(f"the schema, version {said['version']}")


def deploy_functions(one, url, values):
    one.begin("functions")
    one.carry_out(one.stack.change_set(one.template, url, dict(one.values(), DeployFunctions="true", **values)))
    one.stands("the functions, as they were built")


def record(one):
    """What a rollback comes back to. Secrets are in no record."""
    parameters = {name: value for name, value in one.stack.parameters().items() if name not in one.template.secret}
    pointer = one.bucket.pointer()
    current = one.bucket.record(pointer.get("id"))
    if not current or current["parameters"] != parameters:
        one.bucket.add(packages.version(), parameters, current["id"] if current else None)
    elif "to" in pointer:
        one.bucket.point_to(current["id"])


def prove(one):
    """The check file and the doctor; returns whether all is well."""
    one.begin("check file")
    if one.options.check_file:
        check.tell_check(*check.send_check_file(one.aws, one.stack.outputs()))
        one.stands("a check file went through")
    else:
        say("    left out")
    one.begin("doctor")
    if not one.options.doctor:
        say("    left out")
        return True
    return check.doctor(one.aws, one.stack.name, one.options.profile, one.options.env)


def tell_next(one, well):
    outputs = one.stack.outputs()
    name = one.stack.name
    if not well:
        say("Deployed. The doctor's lines above say what mends each; then `lambda/deploy verify`.")
    say("What is left for people:")
    say(f"  aws sns subscribe --topic-arn {outputs.get('AlarmTopicArn', 'THE-ALARM-TOPIC')} --protocol email "
        "--notification-endpoint YOU@EXAMPLE.COM")
    say(f"  intake vendors add VENDOR --name NAME --email ADDRESS --stack {name}    each vendor, once")
    say(f"  intake vendors subscribe VENDOR --stack {name}")
    say("  Each address gets a mail and confirms by its link; `intake vendors` shows which have.")


def apply(one):
    prepare(one)
    built = build(one)
    url = make_bucket(one)
    make_base(one, url)
    values = push(one, built)
    make_migration(one, url, values)
    migrate(one)
    deploy_functions(one, url, values)
    record(one)
    well = prove(one)
    tell_next(one, well)
    return OK if well else PARTLY
