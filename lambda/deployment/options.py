"""The words of lambda/deploy."""

import argparse
import os
import re

from .words import USAGE, Failure

EXAMPLES = """
verbs:
  plan       what apply would do and what it costs; changes nothing
  apply      builds, pushes, deploys, migrates, sends a check file, asks the doctor
  verify     whether what is deployed works, and is what was deployed
  rollback   the functions' code and parameters of the deployment before
  teardown   removes all that apply made; types the stack's name first
  parameters what may be given as PARAMETER=VALUE, with its default

examples:
  lambda/deploy plan --account 123456789012
  lambda/deploy apply --account 123456789012
  lambda/deploy apply --name staging DatabaseClass=db.t4g.micro SweepSchedule='rate(15 minutes)'
  lambda/deploy apply --yes FunctionTimeout=120 ErrorQueueVisibility=720
  lambda/deploy apply NetworkMode=existing SubnetIds=subnet-1,subnet-2 FunctionSecurityGroupId=sg-1 \\
      DatabaseSecurityGroupId=sg-2
  INTAKE_PARAMETER_DatabasePassword=... lambda/deploy apply DatabaseMode=existing DatabaseHost=db.internal \\
      DatabaseOwnerSecretArn=arn:...
  lambda/deploy rollback --name staging
  lambda/deploy teardown --name staging

A parameter that is not given keeps the value that the stack has. Every verb may be repeated: it looks at
what is there and goes on. Wants python3 (3.9 or newer) and the AWS CLI (1 or 2), logged in; for images also
make and one of docker, podman and buildah; skopeo is used for pushing where it is there. More, and the same
by hand: lambda/README.md.

exit codes: 0 well, 1 failed, 2 wrong usage, 3 done but something is not well, 4 refused, 130 interrupted
"""


def parser():
    top = argparse.ArgumentParser(prog="lambda/deploy", epilog=EXAMPLES, allow_abbrev=False,
                                  usage="lambda/deploy VERB [options] [PARAMETER=VALUE...]",
                                  description="Intake in an AWS account, one command each way.",
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("verb", choices=("plan", "apply", "verify", "rollback", "teardown", "parameters"),
                     metavar="VERB", help="one of those below")
    top.add_argument("values", nargs="*", metavar="PARAMETER=VALUE", help="parameters of lambda/template.yaml")
    top.add_argument("--name", help="every name begins with it, as in staging-csv-parser; the stack is intake-NAME")
    top.add_argument("--stack", help="the stack's name; default intake, or intake-NAME")
    top.add_argument("--account", help="refuse any other; default INTAKE_ACCOUNT")
    top.add_argument("--region")
    top.add_argument("--profile", help="of the AWS CLI")
    top.add_argument("--env", help="of intake's config.ini, by which the doctor reaches a private database "
                     "(tunnel = ssm)")
    top.add_argument("--parameters", action="append", default=[], metavar="FILE", help="lines PARAMETER=VALUE")
    top.add_argument("--bucket", help="the deployment's own bucket; default STACK-deployment-ACCOUNT-REGION")
    top.add_argument("--zip", action="store_true", help="zips instead of images: for the local stack, whose machine "
                     "has the libraries")
    top.add_argument("--no-build", dest="build", action="store_false", help="deploy what is built already")
    top.add_argument("--no-check-file", dest="check_file", action="store_false", help="send none")
    top.add_argument("--no-doctor", dest="doctor", action="store_false", help="do not ask the doctor")
    top.add_argument("--no-migrate", dest="migrate", action="store_false",
                     help="the schema is up to date: its owner ran `intake migrate`")
    top.add_argument("--yes", action="store_true", help="carry changes out without asking")
    top.add_argument("--adopt", action="store_true", help="take over a stack that this tool did not make")
    top.add_argument("--may-replace", action="append", default=[], metavar="RESOURCE",
                     help="let this one, which holds data, be removed or made anew")
    top.add_argument("--confirm", metavar="STACK", help="teardown: the stack's name, where nobody types it")
    top.add_argument("--snapshot", action=argparse.BooleanOptionalAction, default=None,
                     help="teardown: whether a last snapshot of the database stays; default it does")
    top.add_argument("--uploads", type=int, default=1000, help="plan: uploads a month, for the price")
    top.add_argument("--records", type=int, default=1000, help="plan: records of an upload")
    return top


def read(words):
    options = parser().parse_intermixed_args(words)
    if options.name is not None and not re.fullmatch(r"[a-z][a-z0-9]{0,19}", options.name):
        raise Failure(f"{options.name} cannot begin names", "a-z and 0-9, at most 20, a letter first", USAGE)
    options.parameters = [os.path.abspath(path) for path in options.parameters]
    options.stack = options.stack or (f"intake-{options.name}" if options.name else "intake")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", options.stack):
        raise Failure(f"{options.stack} is no name of a stack", "letters, digits and hyphens, a letter first", USAGE)
    options.account = options.account or os.environ.get("INTAKE_ACCOUNT")
    if options.account and not re.fullmatch(r"\d{12}", options.account):
        raise Failure(f"{options.account} is no account", "twelve digits", USAGE)
    return options
