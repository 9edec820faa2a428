"""A burst of uploads: each ends by itself, the database's sessions suffice, and no function needs half its memory.

BURST_UPLOADS=100 BURST_RECORDS=1000 is the burst that is promised; by itself the test makes a smaller one.
"""

import collections
import contextlib
import os
import pathlib
import threading
import time

import pytest
from support import wait_until
from template import Template

UPLOADS, RECORDS = int(os.environ.get("BURST_UPLOADS", "30")), int(os.environ.get("BURST_RECORDS", "100"))
HEADER = "vendor_product_id,product_name,category,sku,price,stock_quantity"
SECONDS = 60 + UPLOADS * RECORDS // 50


def template_kib():
    """Memory of each of the three functions, as it is deployed."""
    found = Template().of_type("AWS::Lambda::Function").values()
    return {str(one["FunctionName"]): int(one["MemorySize"]) * 1024 for one in found
            if str(one["FunctionName"]) in ("csv-parser", "product-validator", "error-processor")}


def peaks_kib(folder):
    """Of the functions' processes of a stack: the most that any held, by function (VmHWM, proc(5))."""
    found = collections.Counter()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, StopIteration, ValueError):
            if not os.readlink(process / "exe").startswith(os.fspath(folder)):
                continue
            variables = dict(one.split(b"=", 1) for one in (process / "environ").read_bytes().split(b"\0") if b"=" in one)
            name = variables[b"AWS_LAMBDA_FUNCTION_NAME"].decode()
            line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM:"))
            found[name] = max(found[name], int(line.split()[1]))
    return found


def test_the_memory_of_each_function_is_the_templates():
    assert template_kib() == {"csv-parser": 512 * 1024, "product-validator": 512 * 1024, "error-processor": 256 * 1024}


@pytest.mark.alone
def test_a_burst_of_uploads_ends_by_itself(stack, database, new_vendor):
    vendor = new_vendor()
    s3 = stack.client("s3")
    bucket = stack.variables()["S3_BUCKET_NAME"]
    peak, memory = [0], collections.Counter()
    done = threading.Event()

    def watch():
        with stack.connect() as owner:
            while not done.wait(0.2):
                row = owner.execute("SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend'")
                peak[0] = max(peak[0], row.fetchone()["n"])
                for name, held in peaks_kib(stack.folder).items():
                    memory[name] = max(memory[name], held)

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    try:
        for upload in range(UPLOADS):
            rows = [f"P{upload}-{row},Lamp {row},Books,{vendor}-{upload}-{row},9.99,5" for row in range(RECORDS)]
            s3.put_object(Bucket=bucket, Key=f"uploads/{vendor}/{vendor}_20260301_{upload:06d}.csv",
                          Body="\n".join([HEADER, *rows, ""]).encode())

        def finished():
            """every upload of the burst is completed"""
            row = database.execute("SELECT count(*) AS n FROM upload_history WHERE vendor_id = %s"
                                   " AND status = 'completed'", [vendor]).fetchone()
            return row["n"] == UPLOADS

        wait_until(finished, SECONDS, pause=0.5)
    finally:
        done.set()
        watcher.join()
        held = ", ".join(f"{name} {kib / 1024:.0f} MB" for name, kib in sorted(memory.items()))
        print(f"{UPLOADS} x {RECORDS}: {time.monotonic() - began:.1f} s, {peak[0]} sessions at most, {held}")
    assert peak[0] <= 80
    assert set(memory) >= set(template_kib()), memory
    for name, kib in template_kib().items():
        assert memory[name] < kib / 2, (name, memory[name])
