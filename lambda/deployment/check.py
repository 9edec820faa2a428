"""What proves that a deployment works: the schema, a file that goes the whole way, the doctor."""

import json
import subprocess
import time

from .packages import build_folder
from .stack import now
from .words import Failure, say, shown, table

VENDOR = "INTAKE-CHECK"
HEADER = "vendor_product_id,product_name,category,sku,price,stock_quantity"
PATIENCE = 300  # seconds: a report within 1 minute and a notice within 2 are promised
ENDS = ("upload finished", "no vendor can be told")


def order(aws, function, by, **order):
    """Asks intake-migrate; its answer."""
    said = aws.invoke(function, order if order["action"] == "status" else dict(order, by=by))
    if not isinstance(said, dict) or "pending" not in said:
        raise Failure(f"{function} answered {shown(json.dumps(said))}", f"`intake logs {function}` shows its lines")
    return said


def count_of(pending):
    return len(pending) if isinstance(pending, list) else int(pending or 0)


def migrate(aws, function, by):
    try:
        said = order(aws, function, by, action="migrate", reason="lambda/deploy apply")
    except Failure as failure:
        raise Failure(f"the schema: {failure.what}", failure.way or
                      "each migration is whole or not there, and the functions of before go on working with "
                      "either; mend what is named there") from None
    if count_of(said["pending"]):
        raise Failure(f"the schema: version {said['version']}, and {count_of(said['pending'])} pending",
                      f"`intake logs {function}` shows what stopped it")
    return said


def upload_check_file(aws, bucket):
    """A file with one record that breaks a rule: it goes through every part and leaves no product."""
    stamp = f"{now():%Y%m%d_%H%M%S}"
    text = f"{HEADER}\nCHECK-1,Check of the deployment,Books,INTAKE-CHECK-{stamp},check,1\n"
    aws.put_text(bucket, f"uploads/{VENDOR}/{VENDOR}_{stamp}.csv", text, "text/csv")
    return f"UPLOAD_{stamp}_{VENDOR}"


def lines_of(aws, function, upload, since):
    found = aws.call("logs", "filter-log-events", logGroupName=f"/aws/lambda/{function}",
                     startTime=since, filterPattern=f'"{upload}"')
    return [event["message"] for event in found.get("events", [])]


def send_check_file(aws, outputs, patience=PATIENCE):
    """Sends it and follows it; returns whether it went through every function (a vendor that nobody has
    added is refused by the first one, and told of by the last)."""
    since = int(time.time() * 1000) - 5000
    upload = upload_check_file(aws, outputs["BucketName"])
    say(f"    {upload}")
    pause, end = 0.5, time.monotonic() + patience
    while time.monotonic() < end:
        lines = lines_of(aws, outputs["ErrorFunctionName"], upload, since)
        if any(word in line for line in lines for word in ENDS):
            report = aws.look("s3api", "head-object", Bucket=outputs["BucketName"],
                              Key=f"errors/{VENDOR}/{upload}_errors.csv")
            return upload, report is not None
        time.sleep(pause)
        pause = min(pause * 1.5, 5)
    taken = any("object taken in" in line for line in lines_of(aws, outputs["ParserFunctionName"], upload, since))
    last = "was taken in by the parser, and nothing came of it" if taken else "was never taken in by the parser"
    raise Failure(f"the check file {upload} {last} for {patience} s",
                  "`intake doctor` says which part does not do its work, `intake logs` shows what it says")


def tell_check(upload, whole):
    if whole:
        say(f"    {upload} went through every function, to its report")
    else:
        say(f"    {upload}: parser, database, queue, error processor and alarm topic did their work. There is no")
        say(f"    vendor {VENDOR}, so the stream and the validator were not tried; once and for all:")
        say(f"      intake vendors add {VENDOR} --name 'Check of deployments' --email YOU@EXAMPLE.COM")


def doctor(aws, stack, profile, environment):
    """Runs the doctor; True where all is well. What it could not see is told, and is not well."""
    program = build_folder() / "intake"
    if not program.exists():
        raise Failure(f"{program} is not there", "`make` builds it")
    words = [str(program), "doctor", "--json", "--stack", stack, "--region", aws.region]
    words += (["--profile", profile] if profile else []) + (["--env", environment] if environment else [])
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        checks = json.loads(done.stdout)["checks"]
    except (ValueError, KeyError):
        raise Failure(f"`intake doctor` ended with {done.returncode}: {shown(done.stderr)}",
                      f"`{' '.join(words)}` alone") from None
    unwell = [check for check in checks if check["status"] != "ok"]
    for line in table([(check["status"], check["area"], check["name"], shown(check["detail"], 120))
                       for check in unwell]):
        say(f"    {line}")
    for check in unwell:
        if check["status"] == "fail" and check["remedy"]:
            say(f"    {check['area']}, {check['name']}: {shown(check['remedy'])}")
    if any((check["area"], check["name"], check["status"]) == ("database", "reachable", "fail") for check in unwell):
        say("    A private database is not reached from here: --env NAME, an environment with tunnel = ssm, or")
        say("    `lambda/deploy verify`, which asks intake-migrate inside the account for the schema.")
    say(f"    {len(checks) - len(unwell)} ok, {len(unwell)} to look at")
    return not unwell
