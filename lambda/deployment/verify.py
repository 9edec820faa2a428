"""verify: whether what is deployed works, and is what was deployed."""

from . import apply, check
from .words import OK, PARTLY, Failure, say

STEPS = 5
WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def verify(one):
    one.begin("stack", STEPS)
    one.stack.look()
    if not one.stack.exists:
        raise Failure(f"there is no stack {one.stack.name} in {one.account}, {one.aws.region}",
                      "`lambda/deploy apply` makes it")
    say(f"    {one.stack.name}: {one.stack.status}")
    well = one.stack.status in WELL
    one.begin("what was deployed")
    well = compare(one) and well
    well = check_schema(one) and well
    well = apply.prove(one) and well
    return OK if well else PARTLY


def check_schema(one):
    one.begin("schema")
    function = one.migration_function()
    if not function:
        say("    not seen from here: `intake migrate --status`, as the database's owner")
        return True
    said = check.order(one.aws, function, one.who(), action="status")
    pending = check.count_of(said["pending"])
    say(f"    version {said['version']}, {pending} pending")
    return not pending


def compare(one):
    """Whether the functions are those of the record."""
    current = one.bucket.current() if one.bucket.state() == "ours" else None
    if not current:
        say("    there is no record: an apply did not come to its end")
        return False
    now = one.stack.parameters()
    other = [name for name, value in current["parameters"].items() if now.get(name) != value]
    say(f"    {current['id']}, version {current['version']}")
    for name in other:
        say(f"    {name} is {now.get(name)}, was deployed as {current['parameters'][name]}")
    return not other
