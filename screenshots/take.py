"""Drives the program and takes the pictures. The first argument is the folder of a local stack that runs."""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "tools"), str(ROOT / "tests" / "console"), str(ROOT / "screenshots")]

import boto3  # noqa: E402

import picture  # noqa: E402
from terminal import Terminal  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1])
PROGRAM = ROOT / os.environ.get("BUILD", "build") / "intake"
ROWS, COLUMNS = 30, 120
PARTIAL = "UPLOAD_20260301_101500_VEND002"


def variables(*names):
    values = {}
    for name in names:
        for line in (FOLDER / name).read_text().splitlines():
            key, _, value = line.removeprefix("export ").partition("=")
            values[key] = value
    return values


def prepare(environment):
    samples = sorted((ROOT / "tests" / "fixtures" / "samples").glob("VEND*.csv"))
    for sample in samples:
        subprocess.run([PROGRAM, "submit", "--wait", "--quiet", sample], env=environment, check=False,
                       stdout=subprocess.DEVNULL)
    admin = variables("env", "env.admin")
    queue = boto3.client("sqs", region_name=admin["AWS_REGION"], endpoint_url=admin["AWS_ENDPOINT_URL"],
                         aws_access_key_id=admin["INTAKE_ADMIN_ACCESS_KEY_ID"],
                         aws_secret_access_key=admin["INTAKE_ADMIN_SECRET_ACCESS_KEY"])
    url = queue.get_queue_url(QueueName="product-validation-errors-dlq")["QueueUrl"]
    for row in (4, 9, 17):
        body = {"upload_id": PARTIAL, "vendor_id": "VEND002", "record_id": f"REC_{row:05}", "row_number": row,
                "error_type": "INVALID_PRICE", "error_message": "price 12.999 has more than two decimals",
                "errors": [], "product_data": {}, "timestamp": "2026-03-01T10:15:02Z"}
        queue.send_message(QueueUrl=url, MessageBody=json.dumps(body))


class Studio:
    def __init__(self, terminal):
        self.terminal, self.scenes = terminal, []

    def shoot(self, seconds, name=None, title=None):
        self.terminal.settle(0.4)
        self.scenes.append((seconds, picture.draw(self.terminal.screen)))
        if name:
            path = ROOT / "screenshots" / f"{name}.svg"
            path.write_text(picture.still(self.terminal.screen, title), encoding="utf-8")
            print(f"  {path.relative_to(ROOT)}")

    def press(self, *keys, seconds=0.6, until=None):
        for key in keys:
            self.terminal.press(key)
            if until:
                self.terminal.wait(until)
            self.shoot(seconds)


def take(terminal):
    studio = Studio(terminal)
    terminal.wait(PARTIAL).wait("aws ok").wait("dead letters")
    studio.shoot(2.5, "uploads", "The uploads, newest first, under the strip that says what needs attention")
    studio.press("down", "down", until=None)
    studio.press("enter", seconds=0.1, until="Errors by type")
    studio.shoot(2.5, "upload", "One upload: counts, errors by type, notices and its timeline")
    studio.press("e", seconds=0.1, until="By column")
    studio.shoot(2, "groups", "The errors of an upload, by type, column and value")
    studio.press("e", seconds=0.1, until="MESSAGE")
    studio.shoot(2.5, "errors", "Every error with the vendor's own line, the offending value and a hint")
    studio.press("enter", seconds=0.1, until="As the vendor wrote it")
    studio.shoot(2.5, "record", "A record as the vendor wrote it, the offending cell marked")
    studio.press("esc", "esc", "esc", seconds=0.3)
    studio.press("M", seconds=0.1, until="Made from")
    studio.shoot(2.5, "mend", "A draft of the rejected records: edited in $EDITOR, checked again, uploaded from here")
    studio.press("esc", seconds=0.3, until="Errors by type")
    studio.press("J", seconds=0.1, until="jump to")
    studio.shoot(2, "jump", "From each thing to every thing it is connected with")
    studio.press("esc", seconds=0.3)
    studio.press("E", seconds=0.1, until="Subject")
    studio.shoot(3, "notice", "The notification desk: the exact text and whom it reaches, before it is sent")
    studio.press("esc", "esc", seconds=0.3)
    studio.press("4", seconds=0.1, until="product-validator-dlq")
    studio.shoot(1.5)
    studio.press("P", seconds=1.5, until="Peek receives")
    studio.press("y", seconds=0.1, until="REC_00017")
    studio.press("space", "space", seconds=0.4)
    studio.shoot(1.5, "letters", "Messages of a dead-letter queue: a snapshot, searched without receiving again")
    studio.press("R", seconds=0.1, until="press A to apply")
    studio.shoot(3, "plan", "A plan: what would be replayed, where to and why, before anything is done")
    studio.press("esc", "esc", "esc", seconds=0.3)
    studio.press("!", seconds=0.1, until="Needs attention")
    studio.shoot(2, "attention", "What needs you now, each line leading to where it is dealt with")
    studio.press("esc", seconds=0.3)
    studio.press("7", seconds=0.1, until="bucket versioning")
    studio.shoot(2, "doctor", "The doctor: every part of the deployment, and how to fix problems")
    studio.press("?", seconds=0.1, until="Moving")
    studio.shoot(2, "help", "The help screen, made from the table of actions")
    path = ROOT / "screenshots" / "tour.svg"
    path.write_text(picture.film(terminal.screen, studio.scenes, "A tour of the console"), encoding="utf-8")
    print(f"  {path.relative_to(ROOT)}")


def main():
    environment = dict(os.environ, **variables("env"), HOME=str((FOLDER / "home").resolve()),
                       TERM="xterm-256color", COLORFGBG="15;0", LC_ALL="C.UTF-8")
    environment.pop("XDG_STATE_HOME", None)
    (FOLDER / "home").mkdir(exist_ok=True)
    prepare(environment)
    with Terminal([str(PROGRAM)], ROWS, COLUMNS, environment, patience=30) as terminal:
        take(terminal)
        terminal.press("q", "q", "q", "q")


main()
