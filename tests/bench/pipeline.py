"""The whole way on the local stack: `submit --wait` of 1,000 and 10,000 records with 10 % errors,
whose processor time it took, and how it compares with a bare loop that writes, streams and marks the
same items. The emulator is one Python process, which does one thing at a time."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import floor

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

from harness import clients  # noqa: E402

BUILD = ROOT / os.environ.get("BUILD", "build")
FOLDER = pathlib.Path("var") / "bench-stack"
TICK = os.sysconf("SC_CLK_TCK")
HEADER = ("vendor_product_id,product_name,category,subcategory,description,sku,brand,price,"
          "compare_at_price,stock_quantity,unit,weight_kg,dimensions_cm,image_url\n")


def write_file(folder, records, number):
    name = f"VEND001_202604{number:02}_010000"
    path = pathlib.Path(folder) / f"{name}.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for i in range(records):
            file.write(
                f"{name}-{i},Product number {i},Electronics,Audio Equipment,\"A fine product, number "
                f"{i}, with a description of the usual length in a catalogue\",SKU-{name}-{i},Brand,"
                f"{'12.999' if i % 10 == 0 else '12.99'},15.00,{i % 100},piece,0.50,10x20x30,"
                f"https://example.com/images/{i}.jpg\n")
    return path


def stack(word):
    done = subprocess.run([ROOT / "tests" / "tools" / "stack", word], cwd=ROOT, text=True,
                          env=dict(os.environ, INTAKE_STACK_DIR=str(FOLDER)), capture_output=True)
    if done.returncode:
        sys.exit(done.stderr)


def environment():
    values = {"PATH": os.environ["PATH"]}
    for line in (ROOT / FOLDER / "env").read_text().splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        values[name] = value
    return values


def as_administrator(variables):
    """The same endpoint, for a table and a function of our own."""
    from local_stack.places import ROOT_KEY
    return dict(variables, AWS_ACCESS_KEY_ID=ROOT_KEY[0], AWS_SECRET_ACCESS_KEY=ROOT_KEY[1])


def processor_seconds():
    """Of this stack's processes: {"emulator", "functions", "database"}."""
    state = json.loads((ROOT / FOLDER / "stack" / "state.json").read_text())
    totals = dict.fromkeys(("emulator", "functions", "database"), 0.0)
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "stat").read_text().partition("(")[2].rpartition(")")[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        seconds = (int(fields[11]) + int(fields[12])) / TICK
        parent = int(fields[1])
        if int(entry.name) == state["emulator"]["pid"]:
            totals["emulator"] += seconds
        elif parent == state["emulator"]["pid"] and command == "bootstrap":
            totals["functions"] += seconds
        elif parent == state["postgres"]["pid"]:
            totals["database"] += seconds
    return totals


def submit(path, variables):
    before, began = processor_seconds(), time.monotonic()
    done = subprocess.run([BUILD / "intake", "submit", "--wait", path], env=variables, cwd=ROOT,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    seconds = time.monotonic() - began
    if done.returncode != 3:
        sys.exit(done.stderr)
    after = processor_seconds()
    return seconds, {name: after[name] - before[name] for name in after}


def measure(variables, paths, limit):
    """The best of the files' rows, and its seconds and shares."""
    seconds, shares = min((submit(path, variables) for path, _ in paths), key=lambda one: one[0])
    label = f"{paths[0][1]:,} records"
    rows = [{"name": f"{label}: submit --wait", "value": round(seconds, 2), "unit": "s", "limit": limit}]
    for name, value in shares.items():
        rows.append({"name": f"{label}: processor time of the {name}", "value": round(value, 2), "unit": "s"})
    return rows, seconds, shares["emulator"]


def upload_id(path):
    vendor, date, clock = path.stem.split("_")
    return f"UPLOAD_{date}_{clock}_{vendor}"


def measure_floor(variables, folder, path, seconds, emulator):
    """A bare loop with the items of an upload that took `seconds`, `emulator` of them the emulator's, and
    the same again behind it: what else the machine does slows down both. Processor time it hardly changes."""
    administrator = as_administrator(variables)
    names = "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
    bare = floor.measure(lambda service: clients.client(service, *map(administrator.get, names)), administrator,
                         variables["DYNAMODB_TABLE"], upload_id(path), folder,
                         lambda: processor_seconds()["emulator"])
    again, shares = submit(write_file(folder, 10000, 11), variables)
    return [{"name": "10,000 records: submit --wait once more", "value": round(again, 2), "unit": "s"},
            {"name": "10,000 records: a bare loop writes, streams and marks them", "value": round(bare[0], 2), "unit": "s"},
            {"name": "10,000 records: the emulator's processor time for the bare loop", "value": round(bare[1], 2), "unit": "s"},
            {"name": "10,000 records: submit --wait / bare loop", "value": round((seconds + again) / 2 / bare[0], 2),
             "unit": "x", "limit": 1.25},
            {"name": "10,000 records: the same of the emulator's processor time",
             "value": round((emulator + shares["emulator"]) / 2 / bare[1], 2), "unit": "x", "limit": 1.25}]


def main():
    stack("up")
    try:
        with tempfile.TemporaryDirectory() as folder:
            variables = environment()
            submit(write_file(folder, 200, 1), variables)
            few = [(write_file(folder, 1000, 2 + run), 1000) for run in range(3)]
            many = write_file(folder, 10000, 10)
            rows, _, _ = measure(variables, few, 2)
            of_many, seconds, emulator = measure(variables, [(many, 10000)], 12)
            rows += of_many + measure_floor(variables, folder, many, seconds, emulator)
    finally:
        stack("drop")
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
