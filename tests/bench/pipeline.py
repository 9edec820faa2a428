"""The whole way on the local stack: `submit --wait` of 1,000 and 10,000 records with 10 % errors, and
whose processor time it took. The emulator is one Python process, which does one thing at a time."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
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


def measure(variables, folder, records, number, limit):
    seconds, shares = min(submit(write_file(folder, records, number + run), variables)
                          for run in range(3 if records < 5000 else 1))
    label = f"{records:,} records"
    yield {"name": f"{label}: submit --wait", "value": round(seconds, 2), "unit": "s", "limit": limit}
    for name, value in shares.items():
        yield {"name": f"{label}: processor time of the {name}", "value": round(value, 2), "unit": "s"}


def main():
    stack("up")
    try:
        with tempfile.TemporaryDirectory() as folder:
            variables = environment()
            submit(write_file(folder, 200, 1), variables)
            rows = [*measure(variables, folder, 1000, 2, 2), *measure(variables, folder, 10000, 10, 12)]
    finally:
        stack("drop")
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
