"""What a month costs: what was counted by proxies while an upload of 1,000 records with 10 % errors went
through (tests/bench/functions.py), times list prices. Prices: us-east-1, USD, without free tiers, read in
2026 from AWS's pages for Lambda, DynamoDB, S3, SQS, SNS, CloudWatch, Secrets Manager, PrivateLink, VPC and RDS
for PostgreSQL; other regions differ by a third or less."""

from .words import table

HOURS = 730
MILLION = 1_000_000

# Counted for one upload of 1,000 records, 100 of them wrong: 104 calls. 40 BatchWriteItem and 40
# BatchExecuteStatement write 2,000 items of up to 1 KB, each in the table and in its index.
UPLOAD_WRITES = 4000
UPLOAD_READS = 20        # read units: rows that a batch lacks, and the sweep's look
UPLOAD_PUTS = 3          # the file and its two reports
UPLOAD_GETS = 4          # 1 GetObject, 3 HeadObject
UPLOAD_SQS = 34          # 14 SendMessageBatch; Lambda's own receives and deletes of 100 messages by tens
UPLOAD_SNS = 1
UPLOAD_CALLS = 21        # of functions: a parser, ten batches of 100, the errors by tens
UPLOAD_GB_SECONDS = 4    # not counted but assumed: 8 seconds of half a GB in all; 0.2 were measured locally
UPLOAD_LOG_KB = 60
UPLOAD_GB = 0.001        # of items, kept for 30 days, in table and index each

PER_MILLION = {"DynamoDB write units": 0.625, "DynamoDB read units": 0.125, "S3 writes": 5.0, "S3 reads": 0.4,
               "SQS requests": 0.4, "SNS requests": 0.5, "Lambda calls": 0.2, "Lambda GB-seconds": 16.6667}
LOG_GB = 0.50
EMAIL = 2.0 / 100_000
DATABASE_HOUR = {"db.t4g.micro": 0.016, "db.t4g.small": 0.032, "db.t4g.medium": 0.065, "db.t4g.large": 0.129,
                 "db.t3.micro": 0.018, "db.t3.small": 0.036, "db.t3.medium": 0.072, "db.t3.large": 0.145,
                 "db.m7g.large": 0.168, "db.r7g.large": 0.239}
STORAGE_GB, SECRET, ALARM, DASHBOARD, METRIC, ITEM_GB = 0.115, 0.40, 0.10, 3.00, 0.30, 0.25
ENDPOINT_HOUR, NAT_HOUR = 0.01, 0.05  # an interface endpoint in one zone; a NAT gateway and its address
INSTANCE = 3.71          # t4g.nano with 8 GB
METRICS = 13
POLLS = 5 * 3 * 60 * HOURS  # Lambda's five pollers of a queue, a long poll of 20 seconds each


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
    logs, items = UPLOAD_LOG_KB * size / 1024 / 1024, 2 * UPLOAD_GB * size
    return rows + [("GB of log lines", logs, LOG_GB * MILLION, logs * LOG_GB),
                   ("GB of items", items, ITEM_GB * MILLION, items * ITEM_GB)]


def of_rest(one):
    """[(what, a month)] of what costs without any upload."""
    rows = [("two secrets", SECRET * 2), (f"{METRICS} metrics of the functions' own", METRIC * METRICS),
            (f"{POLLS:,} polls of the error queue", POLLS * PER_MILLION["SQS requests"] / MILLION)]
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
    return rows + of_network(one)


def of_network(one):
    access = one.value("OperatorAccess") == "ssm"
    rows = [("an instance for operators", INSTANCE)] if access else []
    if one.value("NetworkMode") != "create":
        return rows
    if one.value("Egress") == "nat":
        return rows + [("a NAT gateway and its address", NAT_HOUR * HOURS)]
    interfaces = 3 * 2 + (2 if access else 0)
    return rows + [(f"{interfaces} interface endpoints, by zone", interfaces * ENDPOINT_HOUR * HOURS)]


def lines(one, uploads, records):
    requests, rest = of_uploads(uploads, records), of_rest(one)
    shown = [(name, f"{count:,.2f}" if count < 10 else f"{count:,.0f}",
              f"at {price / MILLION:g}" if name.startswith("GB") else f"at {price:g} a million", f"{cost:8.2f}")
             for name, count, price, cost in requests]
    shown.append((f"{uploads:,} uploads of {records:,} records", "", "", f"{sum(row[3] for row in requests):8.2f}"))
    shown += [(name, "", "", f"{cost:8.2f}") for name, cost in rest]
    total = sum(row[3] for row in requests) + sum(cost for _, cost in rest)
    return table(shown + [("a month, USD, us-east-1, without free tiers", "", "", f"{total:8.2f}")])
