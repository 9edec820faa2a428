"""A burst of uploads: each ends by itself, and the database's sessions suffice."""

import os
import threading
import time

import pytest
from support import wait_until

UPLOADS, RECORDS = int(os.environ.get("BURST_UPLOADS", "30")), int(os.environ.get("BURST_RECORDS", "100"))
HEADER = "vendor_product_id,product_name,category,sku,price,stock_quantity"
SECONDS = 60 + UPLOADS * RECORDS // 50


@pytest.mark.alone
def test_a_burst_of_uploads_ends_by_itself(stack, database, new_vendor):
    vendor = new_vendor()
    s3 = stack.client("s3")
    bucket = stack.variables()["S3_BUCKET_NAME"]
    peak = [0]
    done = threading.Event()

    def watch():
        with stack.connect() as owner:
            while not done.wait(0.2):
                row = owner.execute("SELECT count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend'")
                peak[0] = max(peak[0], row.fetchone()["n"])

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
        print(f"{UPLOADS} x {RECORDS}: {time.monotonic() - began:.1f} s, {peak[0]} sessions at most")
    assert peak[0] <= 80
