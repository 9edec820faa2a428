"""What a month costs at so many records a day, and the limit that is met first, with the knob that moves it.

    make capacity RECORDS_PER_DAY=1000000 UPLOADS=1000 VENDORS=500

Requests are those that were counted for an upload of 1,000 records (price.py). What was not measured in an account is an
assumption, and is printed as such."""

import argparse
import json
import math
import pathlib
import re
import sys

if __package__ in (None, ""):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from deployment import price  # noqa: E402
from deployment.words import table  # noqa: E402

TEMPLATE = pathlib.Path(__file__).resolve().parents[1] / "template.yaml"
DAY, MONTH = 86_400, 30

# DynamoDB Developer Guide, "Service, account, and table quotas" and "Best practices for partition keys".
TABLE_WRITES = 4000      # a second, of a new on-demand table; then twice its last peak
PARTITION_WRITES = 1000  # a second, of one partition key, in the table and in an index
WRITES = 2               # of a record's item, of at most 1 KB: it is put, and gets its outcome
# SNS Developer Guide and General Reference, "Amazon SNS endpoints and quotas".
FILTER_POLICIES = 200    # of a topic, by default
# Lambda Developer Guide, "Lambda quotas".
ACCOUNT_CALLS = 1000     # at once, by default
STORAGE_MOST = 200       # GiB, MaxAllocatedStorage of the template

# Weighed in PostgreSQL 15 with indexes (make bench).
LEDGER_BYTES, PRODUCT_BYTES, VIOLATION_BYTES, UPLOAD_BYTES = 180, 320, 535, 760 + 375

# Assumed; nothing here was measured in an account.
PEAK = 8                 # the busiest hour has so many times the average
BUSIEST = 0.10           # of all records are the busiest vendor's, or an equal share where that is more
ERRORS = 0.10            # of the records have one violation
NEW_PRODUCTS = 0.20      # of the valid records are products that were not there
BATCH_SECONDS = 0.15     # of a validator, for 100 records
PARSE_SECONDS = 1.0      # of a parser, beside writing


def bears(name):
    """What the template says of a database's class: {Calls, Sessions, Limit}."""
    row = re.search(rf"^    {re.escape(name)}: \{{(.*)\}}$", TEMPLATE.read_text(encoding="utf-8"), re.M)
    if not row:
        raise SystemExit(f"capacity: {name} is not a database class of the template")
    return {key: int(value) for key, value in re.findall(r"(\w+): (\d+)", row[1])}


def reckon(records, uploads, vendors, database):
    """(limits, requests of a month, GB of the database a day); a limit: what, load, limit, unit, knob."""
    known = bears(database)
    peak = records / DAY * PEAK
    size = records / uploads
    writing = size * WRITES / PARTITION_WRITES          # seconds that an upload's partition needs at least
    parsers = uploads / DAY * PEAK * (PARSE_SECONDS + writing / WRITES)
    shards = max(1, math.ceil(peak * WRITES / PARTITION_WRITES))
    validators = peak * BATCH_SECONDS / 100
    share = max(BUSIEST, 1 / vendors)
    limits = [
        ("writes of the table, a second", peak * WRITES, TABLE_WRITES, "it grows to twice its last peak; pre-warm it"),
        ("writes of the busiest vendor's partition in the index, a second", peak * share * WRITES, PARTITION_WRITES,
         "files of several vendors at once; throttled writes are repeated"),
        ("validators at once, one a shard", validators, min(shards, known["Calls"]),
         "ParallelizationFactor of the mapping, 1 to 10; DatabaseClass"),
        ("parsers at once", parsers, known["Calls"], "DatabaseClass; files wait up to six hours"),
        ("sessions of the database", parsers + validators + 10, known["Limit"], "DatabaseClass"),
        ("functions of the account at once", parsers + validators + 10, ACCOUNT_CALLS, "Service Quotas"),
        ("filter policies of the topic", vendors, FILTER_POLICIES, "Service Quotas, before the 201st vendor"),
    ]
    bytes_a_day = (records * (LEDGER_BYTES + ERRORS * VIOLATION_BYTES + (1 - ERRORS) * NEW_PRODUCTS * PRODUCT_BYTES)
                   + uploads * UPLOAD_BYTES)
    return limits, price.of_uploads(uploads * MONTH, size), bytes_a_day / 1024 ** 3


def lines(records, uploads, vendors, database):
    limits, requests, storage = reckon(records, uploads, vendors, database)
    limits.sort(key=lambda row: row[1] / row[2], reverse=True)
    shown = [("limit, in the busiest hour", "load", "limit", "use")]
    shown += [(what, f"{load:,.1f}", f"{limit:,}", f"{load / limit:.0%}") for what, load, limit, _ in limits]
    first = limits[0]
    text = [f"{records:,} records a day in {uploads:,} uploads of {vendors:,} vendors, {database}", "", *table(shown), "",
            f"first limit: {first[0]}, {'beyond it' if first[1] > first[2] else f'at {first[1] / first[2]:.0%}'}: {first[3]}",
            f"an upload of {records / uploads:,.0f} records takes {records / uploads * WRITES / PARTITION_WRITES:.1f} s at least: "
            "its items share one partition",
            f"database: {storage:.2f} GB a day; 20 GiB are full in {20 / storage:,.0f} days, {STORAGE_MOST} GiB in "
            f"{STORAGE_MOST / storage:,.0f}", ""]
    cost = sum(row[3] for row in requests)
    text += table([(name, f"{count:,.2f}" if count < 10 else f"{count:,.0f}", f"{money:10.2f}")
                   for name, count, _, money in requests]
                  + [("a month of requests, USD, us-east-1, without free tiers", "", f"{cost:10.2f}"),
                     (f"{database} and a month's storage", "",
                      f"{price.DATABASE_HOUR[database] * price.HOURS + storage * MONTH * price.STORAGE_GB:10.2f}")])
    text += ["", f"assumed: the busiest hour has {PEAK} times the average, one vendor {BUSIEST:.0%} of all, {ERRORS:.0%} of the "
             f"records an error, {NEW_PRODUCTS:.0%} are new products; a batch of 100 takes {BATCH_SECONDS} s, a parser "
             f"{PARSE_SECONDS:g} s beside writing"]
    return text


def number(text):
    value = int(float(text))
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def main():
    parser = argparse.ArgumentParser(prog="capacity", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records-per-day", type=number, default=1_000_000)
    parser.add_argument("--uploads", type=number, help="a day; default: of 1,000 records each")
    parser.add_argument("--vendors", type=number, default=100)
    parser.add_argument("--database-class", default="db.t4g.small")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    records = options.records_per_day
    uploads = options.uploads or max(1, records // 1000)
    if options.database_class not in price.DATABASE_HOUR:
        parser.error(f"no price for {options.database_class}: {', '.join(price.DATABASE_HOUR)}")
    if records / uploads > 10_000:
        parser.error("an upload has at most 10,000 records")
    if not options.json:
        print("\n".join(lines(records, uploads, options.vendors, options.database_class)))
        return
    limits, requests, storage = reckon(records, uploads, options.vendors, options.database_class)
    print(json.dumps({"limits": [{"limit": what, "load": load, "most": most, "knob": knob} for what, load, most, knob in limits],
                      "requests": [{"what": what, "count": count, "usd": money} for what, count, _, money in requests],
                      "database_gb_per_day": storage}, indent=1))


if __name__ == "__main__":
    main()
