"""plan: what apply would do, and whether it can. It leaves nothing behind: what it must make to ask
CloudFormation (a stack in review, a bucket for a long template) it removes again."""

import platform

from . import packages, price
from .tools import answer, find
from .words import OK, PARTLY, Failure, refused, say, show, shown, table

NOT_BUILT = "sha256:" + "0" * 64


def tools(one):
    """[(tool, what was found, whether it will do)]"""
    builder = find("docker", "podman", "buildah")
    rows = [("aws", shown(answer(["aws", "--version"]) or "not found", 40), True),
            ("python3", platform.python_version(), True),
            ("make", "found" if find("make") else "not found: apt-get install make", bool(find("make")))]
    if not one.options.zip:
        rows.append(("builds images", builder or "not found: install docker, podman or buildah", bool(builder)))
        rows.append(("pushes images", one.registry.tool or "not found: install skopeo", bool(one.registry.tool)))
    program = packages.build_folder() / "intake"
    return rows + [("intake", str(program) if program.exists() else "not built yet: `make`", True)]


def packages_as_planned(one):
    """The packages as they are built; where they are not, names that say so."""
    functions = one.template.functions
    if one.options.zip:
        try:
            keys = packages.keys_of_zips(packages.build_zips(functions, False))
        except Failure:
            keys = {name: "not-built-yet.zip" for name in functions}
        return dict({f"{name}CodeKey": key for name, key in keys.items()}, CodeBucket=one.bucket.name,
                    PackageType="Zip")
    known = one.stack.parameters() if one.has_functions() else {}
    try:
        built = packages.build_images(functions, one.value("Architecture"), False)
    except Failure as failure:
        show(f"  images: {failure.what}; the plan shows them as they are deployed")
        built = {}
    values = {"PackageType": "Image"}
    for name, program in functions.items():
        digest = built[name].digest if name in built else NOT_BUILT
        if name in built or f"{name}ImageUri" not in known:
            repository = f"{one.named(name + 'FunctionName')}-lambda"
            values[f"{name}ImageUri"] = f"{one.registry.host}/{repository}@{digest}"
    return values


def show_changes(one):
    """Asks CloudFormation; returns what would be lost."""
    made = False
    fresh = not one.stack.exists
    try:
        if not one.template.fits():
            made = one.bucket.make()
        url = one.bucket.put_template(one.template)
        change_set = one.stack.change_set(one.template, url, dict(
            one.values(), DeployFunctions="true", **packages_as_planned(one)))
        for line in change_set.lines() if change_set else ["nothing changes"]:
            show(f"  {line}")
        if change_set and not fresh:
            one.aws.call("cloudformation", "delete-change-set", StackName=one.stack.name,
                         ChangeSetName=change_set.name)
        return change_set.endangers() if change_set else []
    finally:
        if fresh:
            one.stack.forget_review()
        if made:
            one.bucket.empty_and_delete()


def untouched(one):
    rows = ["every stack but this one, and every resource without its tag",
            "the bucket's objects, the table's items, the database's rows: a change that would replace them is refused"]
    if one.value("DatabaseMode") == "existing":
        rows.append(f"the database at {one.value('DatabaseHost') or 'DatabaseHost'}, but for its schema and logins")
    if one.value("NetworkMode") == "existing":
        rows.append(f"the network: subnets {one.value('SubnetIds')} and their groups are used as they are")
    rows.append("files already in uploads/: events tell of new ones alone")
    return rows


def check_state(one):
    """What apply would say of the stack's state, without doing it."""
    one.stack.wait("what runs already")
    show(f"  {one.stack.name}: {one.stack.status or 'new'}")
    if one.stack.status == "REVIEW_IN_PROGRESS":
        one.stack.check_review()
    elif one.stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "UPDATE_ROLLBACK_FAILED",
                              "DELETE_FAILED"):
        raise Failure(f"the stack is in {one.stack.status}, so that no change set can be made for it",
                      "`lambda/deploy teardown`" if one.stack.status == "DELETE_FAILED" else
                      "`lambda/deploy apply` mends that first, and shows its changes before it makes them")
    elif one.stack.exists and not one.stack.is_ours() and not one.options.adopt:
        raise refused(f"the stack {one.stack.name} was not made by this tool",
                      "choose another name by --name or --stack; `--adopt` takes this one over")


def plan(one):
    show("Tools")
    rows = tools(one)
    for line in table([row[:2] for row in rows]):
        show(f"  {line}")
    well = all(row[2] for row in rows)
    show("Account")
    show(f"  {one.who()} in {one.account}, {one.aws.region}")
    line, fits = one.check_concurrency() if one.stack.look() is None or one.stack.exists else ("", True)
    if line:
        show(f"  {line}")
    if not fits:
        show("  too little: ask for more in Service Quotas, or give ReserveConcurrency=false")
    show("Stack")
    check_state(one)
    if not one.stack.exists:
        one.check_names_are_free()
    show(f"  template: {len(one.template.text.encode()):,} bytes, "
         + ("within the request" if one.template.fits() else f"by way of the bucket {one.bucket.name}"))
    show("Changes")
    lost = show_changes(one)
    if lost:
        show(f"  {', '.join(lost)}: removed or made anew with what is in it; apply refuses this")
    show("A month")
    for row in price.lines(one, one.options.uploads, one.options.records):
        show(f"  {row}")
    show("Not touched")
    for row in untouched(one):
        show(f"  {row}")
    say("Nothing was changed. `lambda/deploy apply` with the same words does it.")
    return OK if well and fits and not lost else PARTLY
