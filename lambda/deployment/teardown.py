"""teardown: removes what apply made, and nothing else. What is to go is written down before the first
deletion, so that the same command goes on wherever it was stopped."""

import json
import time

from . import bucket as buckets
from .stack import as_json
from .tools import AwsError
from .words import OK, Failure, ask, is_terminal, refused, say, show

STEPS = 6
NOTE = "teardown.json"
OUTLIVE = ("AWS::S3::Bucket", "AWS::DynamoDB::Table")


def read_inventory(one):
    """What is to go, from the stack or, where that is gone, from the note of the run before."""
    state = one.bucket.state()
    note = one.aws.get_text(one.bucket.name, NOTE) if state == "ours" else None
    inventory = json.loads(note) if note else {"outlive": {}, "database": None}
    one.stack.look()
    if one.stack.exists:
        for name, (kind, physical) in one.stack.resources().items():
            if kind in OUTLIVE:
                inventory["outlive"][physical] = kind
            elif kind == "AWS::RDS::DBInstance":
                inventory["database"] = physical
    return state, inventory


def describe(one, inventory):
    """What holds data, and how much."""
    rows = []
    for physical, kind in inventory["outlive"].items():
        if kind == "AWS::S3::Bucket":
            if one.aws.look("s3api", "head-bucket", Bucket=physical) is not None:
                found = len(buckets.versions(one.aws, physical))
                rows.append(f"the bucket {physical}: {found} object versions{' or more' if found >= 1000 else ''}")
        else:
            table = one.aws.look("dynamodb", "describe-table", TableName=physical)
            if table:
                rows.append(f"the table {physical}: about {table['Table'].get('ItemCount', 0):,} items")
    if inventory["database"]:
        instances = one.aws.look("rds", "describe-db-instances", DBInstanceIdentifier=inventory["database"])
        for instance in instances["DBInstances"] if instances else []:
            rows.append(f"the database {inventory['database']}: {instance.get('AllocatedStorage', '?')} GiB, every "
                        "product, upload and error")
    return rows


def confirm(one):
    """The stack's name, typed; --confirm says it where nobody types."""
    name = one.stack.name
    typed = one.options.confirm
    if typed is None and is_terminal():
        typed = ask("    Type the stack's name to remove all of this: ")
    if typed is None:
        raise refused("nobody is there to type the stack's name", f"give --confirm {name}")
    if typed != name:
        raise refused(f"{typed or 'nothing'} is not {name}; nothing was removed")


def wants_snapshot(one, inventory):
    if not inventory["database"]:
        return False
    if one.options.snapshot is None and is_terminal():
        return ask("    Keep a last snapshot of the database? Type no to lose it: ") != "no"
    return one.options.snapshot is not False


def prepare_database(one, inventory, snapshot):
    """CloudFormation deletes it and leaves a snapshot; without one it is deleted here before."""
    name = inventory["database"]
    found = one.aws.look("rds", "describe-db-instances", DBInstanceIdentifier=name) if name else None
    if not found:
        say("    none" if not name else f"    {name} is gone already")
        return
    instance = found["DBInstances"][0]
    if instance.get("DeletionProtection"):
        one.aws.call("rds", "modify-db-instance", DBInstanceIdentifier=name, DeletionProtection=False,
                     ApplyImmediately=True)
    if snapshot:
        say(f"    {name}: a snapshot is made when it is deleted, and stays")
        return
    if instance["DBInstanceStatus"] != "deleting":
        one.aws.call("rds", "delete-db-instance", DBInstanceIdentifier=name, SkipFinalSnapshot=True,
                     DeleteAutomatedBackups=True)
    wait_gone(one, "rds", "describe-db-instances", f"the database {name}", DBInstanceIdentifier=name)


def wait_gone(one, service, operation, what, **request):
    pause, end = 0.2, time.monotonic() + 3600
    while one.aws.look(service, operation, **request):
        if time.monotonic() > end:
            raise Failure(f"{what} is not deleted after an hour", "look at it in the console")
        time.sleep(pause)
        pause = min(pause * 1.5, 15)


def delete_stack(one):
    if not one.stack.exists and one.stack.status != "REVIEW_IN_PROGRESS":
        say("    there is no stack")
        return
    if one.stack.seen.get("EnableTerminationProtection"):
        raise refused(f"the stack {one.stack.name} is protected from deletion",
                      f"`aws cloudformation update-termination-protection --stack-name {one.stack.name} "
                      "--no-enable-termination-protection`, if it is to go")
    one.stack.delete()


def delete_what_outlives(one, inventory):
    for physical, kind in inventory["outlive"].items():
        if kind == "AWS::S3::Bucket":
            delete_bucket(one, physical)
        else:
            delete_table(one, physical)


def delete_bucket(one, name):
    if one.aws.look("s3api", "head-bucket", Bucket=name) is None:
        return
    say(f"    {name}")
    buckets.empty(one.aws, name)
    one.aws.look("s3api", "delete-bucket", Bucket=name)


def delete_table(one, name):
    table = one.aws.look("dynamodb", "describe-table", TableName=name)
    if not table:
        return
    say(f"    {name}")
    if table["Table"].get("DeletionProtectionEnabled"):
        one.aws.call("dynamodb", "update-table", TableName=name, DeletionProtectionEnabled=False)
    if table["Table"]["TableStatus"] != "DELETING":
        one.aws.call("dynamodb", "delete-table", TableName=name)
    wait_gone(one, "dynamodb", "describe-table", f"the table {name}", TableName=name)


def delete_logs(one, inventory):
    """RDS makes this group by itself for the logs that the template exports."""
    if inventory["database"]:
        one.aws.look("logs", "delete-log-group",
                     logGroupName=f"/aws/rds/instance/{inventory['database']}/postgresql")


def tell_snapshots(one, inventory):
    if not inventory["database"]:
        return
    try:
        found = one.aws.call("rds", "describe-db-snapshots", DBInstanceIdentifier=inventory["database"],
                             SnapshotType="manual")
    except AwsError:
        return
    for snapshot in found.get("DBSnapshots", []):
        show(f"The snapshot {snapshot['DBSnapshotIdentifier']} stays, and costs by the GiB; remove it by "
             f"`aws rds delete-db-snapshot --db-snapshot-identifier {snapshot['DBSnapshotIdentifier']}`")


def teardown(one):
    one.begin("what there is", STEPS)
    one.stack.look()
    one.stack.wait("what runs already")
    if one.stack.exists and not one.stack.is_ours() and not one.options.adopt:
        raise refused(f"the stack {one.stack.name} was not made by this tool", "`--adopt` takes it over")
    if one.stack.status == "REVIEW_IN_PROGRESS":
        one.stack.check_review()
    state, inventory = read_inventory(one)
    if not one.stack.seen and state is None:
        show(f"There is nothing of {one.stack.name} in {one.account}, {one.aws.region}.")
        return OK
    say(f"    {one.who()} in {one.account}, {one.aws.region}; stack {one.stack.name}: {one.stack.status or 'gone'}")
    for row in describe(one, inventory):
        say(f"    {row}")
    confirm(one)
    snapshot = wants_snapshot(one, inventory)
    if state != "ours":
        one.bucket.make()
    one.aws.put_text(one.bucket.name, NOTE, as_json(inventory))
    one.begin("database")
    prepare_database(one, inventory, snapshot)
    one.begin("stack")
    delete_stack(one)
    one.stands("nothing of the stack; what outlives it is to go yet")
    one.begin("bucket and table")
    delete_what_outlives(one, inventory)
    one.begin("logs of the database")
    delete_logs(one, inventory)
    one.begin("the deployment's bucket")
    one.bucket.empty_and_delete()
    tell_snapshots(one, inventory)
    show(f"All of {one.stack.name} is gone.")
    return OK
