"""What a month costs: what was counted by proxies while an upload of 1,000 records with 10 % errors went
through (tests/bench/functions.py), times list prices. Prices: us-east-1, USD, without free tiers, read in
2026 from AWS's pages for Lambda, DynamoDB, S3, SQS, SNS, CloudWatch, Secrets Manager, PrivateLink, VPC and RDS
for PostgreSQL; other regions differ by a third or less."""

from .words import table

HOURS = 730
MILLION = 1_000_000

# Counted for one upload of 1,000 records, 100 of them wrong.
UPLOAD_WRITES = 4000     # write units: an item put and its outcome marked, each in table and index
UPLOAD_READS = 20        # read units: what the validator and the sweep look at
UPLOAD_PUTS = 3          # the file and its two reports
UPLOAD_GETS = 4
UPLOAD_SQS = 35          # sends, receives and deletes by tens
UPLOAD_SNS = 2
UPLOAD_CALLS = 25        # of functions: a parser, ten batches, the errors by tens
UPLOAD_GB_SECONDS = 4    # half a GB for some seconds in all; measured times are shorter
UPLOAD_LOG_KB = 60

PER_MILLION = {"DynamoDB write units": 0.625, "DynamoDB read units": 0.125, "S3 writes": 5.0, "S3 reads": 0.4,
               "SQS requests": 0.4, "SNS requests": 0.5, "Lambda calls": 0.2, "Lambda GB-seconds": 16.6667}
LOG_GB = 0.50
EMAIL = 2.0 / 100_000
DATABASE_HOUR = {"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.t4g.large": 0.129,
                 "db.t3.micro": 0.018, "db.t3.small": 0.036, "db.t3.medium": 0.072, "db.t3.large": 0.145,
                 "db.m7g.large": 0.168, "db.r7g.large": 0.239}
STORAGE_GB, SECRET, ALARM, DASHBOARD, METRIC = 0.115, 0.40, 0.10, 3.00, 0.30
ENDPOINT_HOUR = 0.01     # of one interface endpoint in one zone
METRICS = 10


def of_uploads(uploads, records):
    """[(what, how many, price of one million, a month)] of the requests."""
    size = uploads * records / 1000
    counts = {"DynamoDB write units": UPLOAD_WRITES * size, "DynamoDB read units": UPLOAD_READS * size,
              "S3 writes": UPLOAD_PUTS * uploads, "S3 reads": UPLOAD_GETS * uploads,
              "SQS requests": UPLOAD_SQS * size, "SNS requests": UPLOAD_SNS * uploads,
              "Lambda calls": UPLOAD_CALLS * size, "Lambda GB-seconds": UPLOAD_GB_SECONDS * size}
    rows = [(name, count, PER_MILLION[name], count * PER_MILLION[name] / MILLION) for name, count in counts.items()]
    mails = uploads
    rows.append(("e-mails", mails, EMAIL * MILLION, mails * EMAIL))
    logs = UPLOAD_LOG_KB * size / 1024 / 1024
    return rows + [("log GB", logs, LOG_GB * MILLION, logs * LOG_GB)]


def of_rest(one):
    """[(what, a month)] of what costs without any upload."""
    rows = [("secrets, one or two", SECRET * 2), (f"{METRICS} metrics of the functions' own", METRIC * METRICS)]
    kinds = list(one.template.resources.values())
    if one.value("Alarms") == "true":
        alarms = kinds.count("AWS::CloudWatch::Alarm")
        rows.append((f"{alarms} alarms", ALARM * alarms))
    if "AWS::CloudWatch::Dashboard" in kinds:
        rows.append(("the dashboard", DASHBOARD))
    if one.value("DatabaseMode") == "create":
        zones = 2 if one.value("DatabaseMultiAz") == "true" else 1
        name, storage = one.value("DatabaseClass"), int(one.value("DatabaseStorage") or 0)
        if name in DATABASE_HOUR:
            rows.append((f"{name}, {zones} zone{'s' * (zones > 1)}", DATABASE_HOUR[name] * HOURS * zones))
        rows.append((f"{storage} GiB of storage", storage * STORAGE_GB * zones))
    if one.value("NetworkMode") == "create":
        interfaces = one.template.text.count("VpcEndpointType: Interface")
        rows.append((f"{interfaces} endpoints in 2 zones (or what the network's parameter chooses)",
                     interfaces * 2 * ENDPOINT_HOUR * HOURS))
    return rows


def lines(one, uploads, records):
    requests, rest = of_uploads(uploads, records), of_rest(one)
    shown = [(name, f"{count:,.2f}" if count < 10 else f"{count:,.0f}", f"at {price:g} a million", f"{cost:8.2f}")
             for name, count, price, cost in requests]
    shown.append((f"{uploads:,} uploads of {records:,} records", "", "", f"{sum(row[3] for row in requests):8.2f}"))
    shown += [(name, "", "", f"{cost:8.2f}") for name, cost in rest]
    total = sum(row[3] for row in requests) + sum(cost for _, cost in rest)
    return table(shown + [("a month, USD, us-east-1, without free tiers", "", "", f"{total:8.2f}")])
