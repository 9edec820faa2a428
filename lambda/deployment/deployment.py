"""One deployment: who asks, which account, which stack, which values; and the steps that are told."""

import difflib
import os
import re
import shlex

from . import bucket as buckets
from . import packages
from .stack import Stack
from .template import Template
from .tools import Aws, AwsError
from .words import USAGE, Failure, ask, is_terminal, refused, say, shown

TEMPLATE = "lambda/template.yaml"
FROM_ENVIRONMENT = "INTAKE_PARAMETER_"
FOUND_OUT = ("DeployFunctions", "PackageType", "CodeBucket", "NamePrefix")


class Deployment:
    def __init__(self, options, words):
        self.options, self.words = options, words
        self.template = Template(TEMPLATE)
        self.given = self.read_values(options)
        self.step, self.steps, self.doing, self.stood = 0, 0, "", []
        self.aws = Aws(options.region, options.profile)
        self.identity = self.aws.call("sts", "get-caller-identity")
        self.account = self.identity["Account"]
        if options.account and options.account != self.account:
            raise refused(f"this login is for the account {self.account}, not {options.account}",
                          "choose the login by --profile, AWS_PROFILE or `aws sso login`")
        self.stack = Stack(self.aws, options.stack)
        self.bucket = buckets.Bucket(self.aws, options.bucket or buckets.name_of(
            options.stack, self.account, self.aws.region), options.stack)
        self.registry = packages.Registry(self.aws, self.account)

    # ---- values

    def read_values(self, options):
        """The parameters that were given; a secret one never as an argument, which every process sees."""
        values = {}
        for path in options.parameters:
            for line in open(path, encoding="utf-8"):
                if line.strip() and not line.lstrip().startswith("#"):
                    name, equals, value = line.strip().partition("=")
                    self.check_name(name, equals)
                    values[name] = value
        for pair in options.values:
            name, equals, value = pair.partition("=")
            self.check_name(name, equals)
            if name in self.template.secret:
                raise Failure(f"{name} is a secret, and arguments are seen by everybody on this machine",
                              f"set {FROM_ENVIRONMENT}{name}, or write it into a file for --parameters", USAGE)
            values[name] = value
        for name in self.template.parameters:
            if FROM_ENVIRONMENT + name in os.environ:
                values[name] = os.environ[FROM_ENVIRONMENT + name]
        return values

    def check_name(self, name, equals):
        if not equals or name not in self.template.parameters:
            near = difflib.get_close_matches(name, self.template.parameters, 1)
            way = f"did you mean {near[0]}?" if near else "PARAMETER=VALUE, as the template names them"
            raise Failure(f"the template has no parameter {shown(name, 60)}", way, USAGE)
        if name in FOUND_OUT or name.endswith(("ImageUri", "CodeKey")):
            raise Failure(f"{name} is what this tool finds out by itself",
                          "--name NAME begins every name" if name == "NamePrefix" else "leave it out", USAGE)

    def values(self):
        """What is given, and what begins every name, as far as the stack is not made of other names yet."""
        if self.options.name and not self.stack.exists:
            return dict({"NamePrefix": f"{self.options.name}-"}, **self.given)
        return self.given

    def value(self, name):
        """A parameter's value after this deployment."""
        known = self.stack.parameters() if self.stack.exists else {}
        return self.values().get(name, known.get(name, self.template.default(name)))

    def named(self, parameter):
        """A name as the template makes it of its parameter."""
        return self.value("NamePrefix") + self.value(parameter)

    def has_functions(self):
        return self.stack.exists and self.stack.parameters().get("DeployFunctions") == "true"

    def migration_function(self):
        """The function that migrates, None where the stack has none: an existing database whose owner's
        secret was not named."""
        return self.stack.outputs().get("MigrateFunctionName")

    def who(self):
        return self.identity["Arn"].rpartition(":")[2]

    # ---- steps

    def begin(self, doing, steps=None):
        self.steps = steps or self.steps
        self.step += 1
        self.doing = doing
        say(f"{self.step}/{self.steps} {doing}")

    def stands(self, text):
        """Said where a later step fails: what is there already."""
        self.stood.append(text)

    def command(self):
        return shlex.join(["lambda/deploy", *self.words])

    # ---- consent

    def confirm(self, question):
        """Asks for a yes; without a terminal --yes says it."""
        if self.options.yes:
            return
        if not is_terminal():
            raise refused("nobody is there to confirm it", "look at `lambda/deploy plan`, then give --yes")
        if ask(f"{question} Type yes: ") != "yes":
            raise refused("not confirmed; nothing was changed by this step")

    def confirm_account(self):
        """A new stack in the wrong account would be whole, and wrong: the account is said, not met by chance."""
        if self.options.account:
            return
        if not is_terminal():
            raise refused(f"the stack {self.stack.name} is new in the account {self.account}, and none was named",
                          f"give --account {self.account} if that is the one")
        if ask(f"    The stack {self.stack.name} is new. Type the account that it is to be in: ") != self.account:
            raise refused(f"this login is for the account {self.account}", "choose the login by --profile")

    def carry_out(self, change_set):
        """Shows a change set, asks, and carries it out. What holds data is neither removed nor replaced."""
        if not change_set:
            say("    nothing changes")
            return False
        for line in change_set.lines():
            say(f"    {line}")
        lost = [name for name in change_set.endangers() if name not in self.options.may_replace]
        if lost:
            raise refused(f"{', '.join(lost)} would be removed or made anew, with what is in it",
                          "take back the parameter that asks for it; after a backup, --may-replace NAME")
        self.confirm("    Carry this out?")
        self.stack.execute(change_set)
        return True

    # ---- what is looked at before

    def check_names_are_free(self):
        """For a new stack: its bucket and table, which outlive a stack, must not be there."""
        bucket, table = f"{self.named('UploadBucketPrefix')}-{self.account}", self.named("TableName")
        try:
            there = self.aws.look("s3api", "head-bucket", Bucket=bucket) is not None
        except AwsError as error:
            if error.aws_code not in ("403", "301"):
                raise
            there = True
        if there:
            raise refused(f"the bucket name {bucket} is taken, here or by another account",
                          "choose another by UploadBucketPrefix=NAME or --name; a bucket that a deployment left "
                          "is yours to keep or to remove")
        if self.aws.look("dynamodb", "describe-table", TableName=table):
            raise refused(f"the table {table} is there already", "choose another name by TableName=NAME or --name")

    def check_concurrency(self):
        """What the functions reserve, and what of the account's limit is left: (line, fits)."""
        settings = self.aws.call("lambda", "get-account-settings")["AccountLimit"]
        free, limit = settings["UnreservedConcurrentExecutions"], settings["ConcurrentExecutions"]
        if self.value("ReserveConcurrency") != "true" or self.has_functions():
            return f"{limit} calls of functions at once in the account, {free} not reserved", True
        wanted = self.reserved()
        fits = free - wanted >= 100
        return (f"{limit} calls of functions at once in the account, {free} not reserved; the functions reserve "
                f"{wanted}, and AWS keeps 100 for others"), fits

    def reserved(self):
        """Parsers and validators at once, by the template's table of database classes."""
        found = re.search(rf"^    {re.escape(self.value('DatabaseClass'))}: {{.*?Calls: (\d+)", self.template.text,
                          re.MULTILINE)
        calls = int(found[1]) if found else 0
        parsers = int(self.value("ParserConcurrency") or 0) or calls
        return parsers + calls + 1  # and the one that migrates

    def tell_failure(self, failure):
        where = f"{self.options.verb}, step {self.step} of {self.steps} ({self.doing})" if self.step else (
            self.options.verb)
        say(f"deploy: {where}: {failure.what}")
        for line in self.stood:
            say(f"  stands: {line}")
        if failure.way:
            say(f"  way on: {failure.way}")
        if self.step:
            say(f"  then:   {self.command()}")
