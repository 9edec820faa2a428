"""The CloudFormation stack: what state it is in, change sets, waiting, and why something failed."""

import datetime
import json
import secrets
import time

from .tools import AwsError
from .words import Failure, refused, say, shown, table

OWNER = "intake-deployment"  # the tag that says which stacks, and so which resources, are this tool's
OURS = "deploy-"             # how the names of its change sets begin
HOLDS_DATA = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::RDS::DBInstance"}
NEVER_LIVED = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
EMPTY = ("didn't contain changes", "No updates are to be performed")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class ChangeSet:
    def __init__(self, described):
        self.name = described["ChangeSetName"]
        self.changes = [change["ResourceChange"] for change in described.get("Changes", [])]

    def rows(self):
        return [(change["Action"], change["LogicalResourceId"], change["ResourceType"],
                 "REPLACED" if change.get("Replacement") == "True" else
                 "perhaps replaced" if change.get("Replacement") == "Conditional" else "") for change in self.changes]

    def lines(self):
        counts = {}
        for change in self.changes:
            counts[change["Action"]] = counts.get(change["Action"], 0) + 1
        return table(self.rows()) + [", ".join(f"{counts[action]} {action.lower()}" for action in sorted(counts))]

    def endangers(self):
        """What holds data and would be removed or made anew."""
        return [change["LogicalResourceId"] for change in self.changes if change["ResourceType"] in HOLDS_DATA
                and (change["Action"] == "Remove" or change.get("Replacement") == "True")]


class Stack:
    def __init__(self, aws, name):
        self.aws, self.name = aws, name
        self.seen = None

    def look(self):
        """The stack as it is now, or None."""
        try:
            self.seen = self.aws.call("cloudformation", "describe-stacks", StackName=self.name)["Stacks"][0]
        except AwsError as error:
            if error.aws_code != "ValidationError" or "does not exist" not in error.message:
                raise
            self.seen = None
        return self.seen

    @property
    def status(self):
        return self.seen["StackStatus"] if self.seen else None

    @property
    def exists(self):
        return self.seen is not None and self.status != "REVIEW_IN_PROGRESS"

    def is_ours(self):
        return any(tag["Key"] == OWNER for tag in self.seen.get("Tags", []))

    def parameters(self):
        return {pair["ParameterKey"]: pair.get("ParameterValue", "") for pair in
                (self.seen or {}).get("Parameters", [])}

    def outputs(self):
        return {pair["OutputKey"]: pair["OutputValue"] for pair in (self.seen or {}).get("Outputs", [])}

    def resources(self):
        """{logical name: (type, physical name)} of what there is."""
        return {one["LogicalResourceId"]: (one["ResourceType"], one.get("PhysicalResourceId", ""))
                for one in self.aws.call("cloudformation", "describe-stack-resources",
                                         StackName=self.name)["StackResources"]
                if one["ResourceStatus"] != "DELETE_COMPLETE" and one.get("PhysicalResourceId")}

    # ---- waiting

    def wait(self, doing):
        """Waits until nothing is under way; returns the status, None where the stack is gone."""
        pause, began, told = 0.2, time.monotonic(), time.monotonic()
        while True:
            self.look()
            if not self.status or self.status == "REVIEW_IN_PROGRESS" or not self.status.endswith("_IN_PROGRESS"):
                return self.status
            if time.monotonic() - told > 30:
                told = time.monotonic()
                say(f"    {doing}: {self.status} for {int(told - began)} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 10)

    def wait_begun(self, before, most=10):
        """Until the stack shows that it was told to change: for a moment it may look as it was before, which
        would be taken for the end."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            seen = self.look() or {}
            if any(seen.get(key) != before.get(key) for key in ("StackStatus", "LastUpdatedTime")):
                return
            time.sleep(0.2)

    def reasons(self, since, most=5):
        """Why resources failed since then, the first first."""
        events = self.aws.call("cloudformation", "describe-stack-events", StackName=self.name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")
                  and event.get("ResourceStatusReason") and parse_time(event["Timestamp"]) >= since]
        failed.sort(key=lambda event: event["Timestamp"])
        causes = [event for event in failed if "cancelled" not in event["ResourceStatusReason"].lower()]
        return [f"{event['LogicalResourceId']}: {shown(event['ResourceStatusReason'])}"
                for event in (causes or failed)[:most]]

    # ---- what a deployment may go on from

    def make_ready(self, adopt):
        """Brings the stack into a state that can be deployed to, or says the way on. Nothing that this
        tool did not make is touched: a stack without its tag is refused."""
        if self.wait("what runs already") is None:
            return
        if self.status == "REVIEW_IN_PROGRESS":
            self.check_review()
        elif not self.is_ours() and not adopt:
            raise refused(f"the stack {self.name} was not made by this tool",
                          "choose another name by --name or --stack; `--adopt` takes this one over")
        elif self.status in NEVER_LIVED:
            self.clear_failed()
        elif self.status == "UPDATE_ROLLBACK_FAILED":
            self.continue_rollback()
        elif self.status == "DELETE_FAILED":
            raise Failure(f"the stack {self.name} is half deleted (DELETE_FAILED)",
                          "`lambda/deploy teardown` goes on with it")

    def check_review(self):
        """A stack in review has no resources. Somebody else's change set is not ours to execute past."""
        waiting = self.aws.call("cloudformation", "list-change-sets", StackName=self.name).get("Summaries", [])
        others = [one["ChangeSetName"] for one in waiting if not one["ChangeSetName"].startswith(OURS)]
        if others:
            raise refused(f"the stack {self.name} is in review by others (change set {shown(others[0])})",
                          "wait for their review, or choose another name by --name or --stack")

    def clear_failed(self):
        """A creation that failed can only be deleted; what it made is deleted by its rollback already."""
        say(f"    {self.name} is in {self.status}: its creation failed, so it is deleted and made anew")
        for reason in self.reasons(datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)):
            say(f"    it had failed by {reason}")
        kept = [f"{name} ({physical})" for name, (kind, physical) in self.resources().items() if kind in HOLDS_DATA]
        if kept:
            raise Failure(f"{self.name} is in {self.status} and still has {', '.join(kept)}",
                          "`lambda/deploy teardown` shows what is in them and removes them")
        self.delete()

    def continue_rollback(self):
        say(f"    {self.name} is in UPDATE_ROLLBACK_FAILED: its rollback is continued")
        began, before = now() - datetime.timedelta(seconds=5), self.look()
        self.aws.call("cloudformation", "continue-update-rollback", StackName=self.name)
        self.wait_begun(before)
        if self.wait("the rollback") != "UPDATE_ROLLBACK_COMPLETE":
            raise Failure(
                f"the rollback of {self.name} failed again: {'; '.join(self.reasons(began)) or self.status}",
                "mend what is named there; or leave it as it is by `aws cloudformation continue-update-rollback "
                f"--stack-name {self.name} --resources-to-skip NAME...`")

    # ---- changing

    def request(self, template, url, values):
        """What a change set is made of: given values, else what the stack has, else the template's defaults."""
        before = self.parameters() if self.exists else {}
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
        known = template.parameters if template else before
        parameters += [{"ParameterKey": name, "UsePreviousValue": True} for name in before
                       if name not in values and name in known]
        source = {"UsePreviousTemplate": True} if template is None else (
            {"TemplateURL": url} if url else {"TemplateBody": template.text})
        return dict(source, Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"],
                    Tags=[{"Key": OWNER, "Value": self.name}])

    def change_set(self, template, url, values):
        """The change set that leads there, or None where nothing changes."""
        request = self.request(template, url, values)
        name = f"{OURS}{now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        self.aws.call("cloudformation", "create-change-set", StackName=self.name, ChangeSetName=name,
                      ChangeSetType="UPDATE" if self.exists else "CREATE", **request)
        pause = 0.2
        while True:
            described = self.aws.call("cloudformation", "describe-change-set", StackName=self.name,
                                      ChangeSetName=name)
            if described["Status"] == "CREATE_COMPLETE":
                return ChangeSet(described)
            if described["Status"] == "FAILED":
                return self.failed_change_set(name, described.get("StatusReason", ""))
            time.sleep(pause)
            pause = min(pause * 1.5, 5)

    def failed_change_set(self, name, reason):
        self.aws.call("cloudformation", "delete-change-set", StackName=self.name, ChangeSetName=name)
        if any(words in reason for words in EMPTY):
            return None
        raise Failure(f"CloudFormation refuses the changes: {shown(reason)}",
                      "a name that is taken is changed by --name or NAME=VALUE")

    def execute(self, change_set):
        """Carries a change set out and waits for its end."""
        began, creating = now() - datetime.timedelta(seconds=5), not self.exists
        before = self.look()
        self.aws.call("cloudformation", "execute-change-set", StackName=self.name, ChangeSetName=change_set.name,
                      **({"RetainExceptOnCreate": True} if creating else {}))
        self.wait_begun(before)
        status = self.wait("CloudFormation")
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            reasons = "; ".join(self.reasons(began)) or status
            raise Failure(f"the stack ended in {status}: {reasons}",
                          "nothing was made that was not taken back; mend what is named there" if creating else
                          "it runs as before this change; mend what is named there")

    def forget_review(self):
        """Removes the empty stack that a change set for a new one leaves."""
        self.look()
        if self.status == "REVIEW_IN_PROGRESS":
            self.aws.call("cloudformation", "delete-stack", StackName=self.name)

    def delete(self):
        """Deletes the stack and waits until it is gone."""
        began, before = now() - datetime.timedelta(seconds=5), self.look()
        if before:
            self.aws.call("cloudformation", "delete-stack", StackName=self.name)
            self.wait_begun(before)
        if self.wait("the deletion") is not None and self.status != "DELETE_COMPLETE":
            raise Failure(f"the stack could not be deleted: {'; '.join(self.reasons(began)) or self.status}",
                          "mend what is named there")
        self.seen = None


def parse_time(text):
    moment = datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def as_json(value):
    return json.dumps(value, indent=1, sort_keys=True) + "\n"
