"""What the statements of every list, order and reading command cost on a filled database. The server itself explains what it
runs for them (auto_explain): none reads a large table from end to end, none touches more than so many pages."""

import json
import os
import re
import subprocess

import pytest

from sql_cluster import BUILD, ROOT, cluster  # noqa: F401
from test_sql_orders import LISTS

PROBE = BUILD / "tests" / "history_probe"
LARGE = {"upload_history", "upload_records", "violation_rows", "products", "notifications", "vendor_days"}
UPLOADS, VENDORS = 20_000, 500
MOST = 3000       # pages of 8 KiB
ROWS_MOST = 5000  # that one scan of a large table may read, by whatever index: a quarter of the uploads
PAIRS = 100_000  # of rows that are held against each other, since no index or hash knows what is asked
# The newest 2,000 violations are looked through first, each with its record: so many pages whatever the history; and more
# rows, but not their records, for what is neither frequent nor rare. And the types of errors are counted in the ledger, of
# twelve weeks of these two years.
PAGES = {"search nowhere": 16_000, "search --value 'Men 17'": 16_000, "trends --by week": 40_000}

# Orders for which nothing but the whole result will do: an index would cost every upload more than it saves the few who
# sort. The screen says that it sorts and for how long, and Ctrl-C ends it (test_console_lists.py).
UPLOADS_WHOLE = {3: "status, as far as it is stuck", 4: "valid", 5: "errors", 6: "total", 7: "took", 8: "vendor's name", 9: "file",
                 10: "reason"}
PRODUCTS_WHOLE = {2: "name", 3: "price", 4: "stock", 5: "status", 6: "category", 7: "vendor", 8: "the vendors' product id", 9: "upload"}

# Reading commands; UPLOAD and VENDOR stand for those of the database. What is no row here is in ELSEWHERE.
COMMANDS = [
    "uploads --limit 100", "uploads --limit 100 --vendor VENDOR", "uploads --limit 100 --status failed",
    "uploads --limit 100 --status stuck", "uploads --limit 100 --status=-completed", "uploads --limit 100 --code MALFORMED_CSV",
    "uploads --limit 100 --notice failed", "uploads --limit 100 --notice unknown", "uploads --limit 100 --since 30d",
    "uploads --limit 100 --until 300d", "uploads --limit 100 --search csv", "uploads --limit 100 --search nowhere",
    "uploads --limit 100 --search 'Vendor 1'", "uploads --limit 100 --search VENDOR", "upload UPLOAD", "errors UPLOAD",
    "errors UPLOAD --type INVALID_PRICE", "search --sku S-17-1", "search --product P17-1", "search --vendor VENDOR --limit 50",
    "search --type INVALID_PRICE --limit 50", "search 'is empty' --limit 50", "search nowhere", "search --value 'Men 17'", "trends", "trends --by week",
    "trends --vendor VENDOR", "trends --type INVALID_PRICE", "vendors", "vendors VENDOR", "vendors --search 17",
    "vendors --sort uploads --limit 10", "vendors --sort last --limit 10", "vendors scorecard VENDOR", "handover", "audit", "doctor",
]
WHOLE = {
    "categories": "counts the products of each of twenty categories",
    "recount": "compares counters with all rows",
    "prune": "reads every upload of an age",
}
ELSEWHERE = {"check", "submit", "guide", "template", "report", "watch", "dlq list", "dlq peek", "dlq replay", "dlq discard",
             "revalidate", "notify", "ack", "note", "assign", "vendors add", "vendors edit", "vendors subscribe",
             "vendors suspend", "vendors activate", "vendors upload-link", "categories add", "categories deactivate",
             "categories activate", "logs", "migrate", "help"}


# What the filters of the screens ask, each key alone and what is typed together: VENDOR, UPLOAD, and DAY300 for 300 days
# before the newest. tui/screens/*.c name the keys (test_every_key_of_every_filter_is_here).
FILTERS = {
    "uploads": [
        "vendor=VENDOR", "not_vendor=VENDOR", "status=failed", "status=processing", "status=stuck", "not_status=completed",
        "notice=failed", "notice=unknown", "notice=pending", "notice=outgoing", "not_notice=failed", "code=MALFORMED_CSV",
        "code=EMPTY_FILE", "not_code=MALFORMED_CSV", "since_ms=DAY300", "until_ms=DAY300", "search=csv", "search=nowhere",
        "search=vendor17@", "vendor=VENDOR status=failed", "vendor=VENDOR since_ms=DAY300", "vendor=VENDOR search=nowhere",
        "vendor=VENDOR notice=failed", "status=failed until_ms=DAY300", "status=failed search=nowhere",
        "code=MALFORMED_CSV until_ms=DAY300", "notice=failed since_ms=DAY300", "status=partial vendor=nobody"],
    "violations": ["type=INVALID_PRICE", "not_type=INVALID_PRICE", "field=price", "not_field=price", "sku=S-17-1", "product=P17-1",
                   "unchanged=yes", "search=nowhere", "type=INVALID_PRICE field=price"],
    "products": ["vendor=VENDOR", "not_vendor=VENDOR", "upload_id=UPLOAD", "not_upload=UPLOAD", "sku=Q-17-1", "not_sku=Q-17-1",
                 "search=lamp", "search=nowhere", "search=Q17-1", "vendor=VENDOR search=nowhere", "upload_id=UPLOAD search=nowhere", "sku=nowhere vendor=VENDOR"],
    "vendors": ["status=suspended", "not_status=active", "search=17", "search=nowhere"],
    "audit": ["target=UPLOAD", "actor=nobody", "action=notify", "since_ms=DAY300", "until_ms=DAY300", "search=nowhere",
              "actor=nobody action=notify"],
    "search": ["sku=S-17-1", "sku=nowhere", "product=P17-1", "value=nowhere", "type=INVALID_PRICE", "type=NOT_ONE", "field=price",
               "field=nowhere", "vendor=VENDOR", "since_ms=DAY300", "until_ms=DAY300", "until_ms=DAY300 type=INVALID_PRICE", "text=empty", "text=nowhere",
               "text=S-17-1", "type=INVALID_PRICE vendor=VENDOR", "text=empty vendor=VENDOR", "type=DUPLICATE_SKU field=price",
               "sku=S-17-1 vendor=VENDOR", "product=P17-1 since_ms=DAY300", "type=INVALID_PRICE field=nowhere",
               "text=nowhere type=INVALID_PRICE"],
}
# Members of the lists' filters by the keys that are typed.
TYPED = {"row": None, "upload": "upload_id", "since": "since_ms", "until": "until_ms", "subscription": None}
SCREENS = {"uploads": "uploads", "errors": "violations", "products": "products", "vendors": "vendors", "audit": "audit", "search": "search"}


class Filled:
    def __init__(self, cluster, home):  # noqa: F811
        self.cluster, self.home = cluster, home
        self.database = cluster.new_database()
        self.database.migrate()
        self.database.add_logins()
        url = f"postgresql://shop_owner@127.0.0.1:{cluster.port}/{self.database.name}"
        subprocess.run([ROOT / "tests/tools/years"], check=True, capture_output=True, env={
            **os.environ, "DATABASE": url, "UPLOADS": str(UPLOADS), "VENDORS": str(VENDORS)})
        with self.database.connect() as owner:
            self.upload, self.vendor = owner.execute("SELECT upload_id, vendor_id FROM upload_history WHERE error_records > 3"
                                                     " ORDER BY upload_timestamp DESC LIMIT 1").fetchone()
            [self.day_300] = owner.execute("SELECT (extract(epoch FROM max(upload_timestamp) - interval '300 days') * 1000)::bigint"
                                           " FROM upload_history").fetchone()
        with self.database.connect("postgres") as admin:
            admin.execute("VACUUM ANALYZE")
            # On so little it pays to read a table from end to end; on a thousand times as much it does not.
            for setting in ("session_preload_libraries = auto_explain", "auto_explain.log_min_duration = 0",
                            "auto_explain.log_analyze = on", "auto_explain.log_buffers = on", "auto_explain.log_timing = off",
                            "auto_explain.log_format = json", "auto_explain.sample_rate = 1", "enable_seqscan = off"):
                admin.execute(f"ALTER DATABASE {self.database.name} SET {setting}")

    def plans(self, words):
        """Runs a program: what the server explains meanwhile."""
        log = self.cluster.folder / "log"
        before = log.stat().st_size
        subprocess.run(words, text=True, capture_output=True, timeout=120, check=False, env={
            "PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "S3_BUCKET_NAME": "b", "SQS_ERROR_QUEUE_URL": "http://127.0.0.1:1/1/q",
            "SNS_TOPIC_ARN": "arn:aws:sns:eu-central-1:1:t", "INTAKE_DATABASE_URL": self.cluster.url(self.database.name, "operator")})
        with open(log, encoding="utf-8") as lines:
            lines.seek(before)
            text = lines.read()
        found = []
        for match in re.finditer(r"plan:\n", text):
            found.append(json.JSONDecoder(strict=False).raw_decode(text, text.index("{", match.end()))[0])
        return found


@pytest.fixture(scope="module")
def filled(cluster, tmp_path_factory):  # noqa: F811
    return Filled(cluster, tmp_path_factory.mktemp("home"))


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_read(node):
    rows = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return rows * node.get("Actual Loops", 1)


def faults(plans, most=MOST):
    """(what, the statement) of each that reads too much, or compares too much."""
    wrong = []
    for plan in plans:
        top, text = plan["Plan"], " ".join(plan["Query Text"].split())
        pages = top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0)
        if pages > most:
            wrong.append((f"{pages} pages", text))
        pairs = sum(node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"] for node in nodes(top))
        if pairs > PAIRS:
            wrong.append((f"{pairs} pairs of rows", text))
        wrong += [(f"all of {node['Relation Name']}", text) for node in nodes(top)
                  if node.get("Relation Name") in LARGE and "Scan" in node["Node Type"]
                  and (node["Node Type"] == "Seq Scan" or most == MOST and rows_read(node) > ROWS_MOST)]
    return wrong


@pytest.mark.parametrize("name, column", [(name, column) for name, (*_, orders) in LISTS.items() for column in range(len(orders))])
def test_every_order_of_every_list(filled, name, column):
    whole = {"uploads": UPLOADS_WHOLE, "products": PRODUCTS_WHOLE}.get(name, {})
    found = []
    for way in ("asc", "desc"):
        plans = filled.plans([PROBE, name, str(column), way, "200", filled.upload, "ends"])
        assert len(plans) >= 2, "nothing was explained"
        found += faults(plans)
    if column in whole:
        assert found, f"{name} by {whole[column]} no longer reads everything: it needs no exception"
    else:
        assert found == []


@pytest.mark.parametrize("name, words", [(name, words) for name, rows in FILTERS.items() for words in rows])
def test_every_filter_of_every_list(filled, name, words):
    said = [word.replace("VENDOR", filled.vendor).replace("UPLOAD", filled.upload).replace("DAY300", str(filled.day_300))
            for word in words.split()]
    plans = filled.plans([PROBE, name, "0", "asc", "200", filled.upload, "ends", *said])
    assert plans, "nothing was explained"
    # The newest 2,000 violations are looked through, each with its record, and 2,400 uploads for a word.
    most = 40_000 if name == "search" or "search=" in words or "text=" in words else MOST
    assert faults(plans, most) == []


def test_every_key_of_every_filter_is_here():
    for screen, name in SCREENS.items():
        [keys] = re.findall(r'\.filter_keys = "([^"]*)"', (ROOT / f"tui/screens/{screen}.c").read_text())
        asked = {word.split("=")[0] for words in FILTERS[name] for word in words.split()}
        wanted = {TYPED.get(key, key) for key in keys.split()} - {None}
        assert wanted <= asked, (screen, wanted - asked)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_reading_command(filled, command):
    words = [{"UPLOAD": filled.upload, "VENDOR": filled.vendor}.get(word, word.strip("'"))
             for word in re.findall(r"'[^']*'|\S+", command)]
    plans = filled.plans([BUILD / "intake", *words])
    assert plans, "nothing was explained"
    assert faults(plans, PAGES.get(command, MOST)) == []


def test_every_command_is_listed_here():
    shown = subprocess.run([BUILD / "intake", "--help"], text=True, capture_output=True, check=True).stdout
    part = shown.split("Commands:\n")[1].split("\n\n")[0]
    names = {re.match(r"  ((?:dlq|vendors|categories)? ?[a-z-]+?) +[A-Z]", line).group(1).strip() for line in part.splitlines()}
    read = {" ".join(command.split()[:2]) if command.startswith("vendors scorecard") else command.split()[0] for command in COMMANDS}
    assert names == read | set(WHOLE) | ELSEWHERE


def listed(filled, *options, stderr=subprocess.PIPE):
    done = subprocess.run([BUILD / "intake", "uploads", "--json", *options], text=True, stdout=subprocess.PIPE, stderr=stderr,
                          timeout=120, check=True, env={"PATH": os.environ["PATH"], "HOME": str(filled.home), "LANG": "C.UTF-8",
                                                        "TERM": "xterm", "INTAKE_DATABASE_URL": filled.database.url})
    return [row["upload_id"] for row in json.loads(done.stdout)]


@pytest.mark.parametrize("text", ["csv", "_7", "_19999.", "nowhere", "vendor17@"])
def test_a_search_finds_what_one_plain_question_finds(filled, text):
    with filled.database.connect() as owner:
        expected = [row[0] for row in owner.execute(
            "SELECT h.upload_id FROM upload_history h LEFT JOIN vendors v USING (vendor_id) WHERE position(lower(%(text)s) IN"
            " lower(concat_ws(chr(10), h.upload_id, h.file_name, h.vendor_id, v.vendor_name, v.email))) > 0"
            " ORDER BY h.upload_timestamp DESC, h.upload_id DESC", {"text": text})]
    assert listed(filled, "--search", f'"{text}"') == expected


def test_a_search_costs_no_more_for_each_row_than_the_listing(filled):
    def pages(*options):
        return sum(plan["Plan"].get("Shared Hit Blocks", 0) + plan["Plan"].get("Shared Read Blocks", 0)
                   for plan in filled.plans([BUILD / "intake", "uploads", "--json", "--limit", "5000", *options]))
    assert pages("--search", "csv") <= 1.1 * pages()


def test_a_long_listing_says_how_much_comes(filled):
    terminal, other = os.openpty()
    try:
        assert len(listed(filled, stderr=other)) == UPLOADS
        assert f" of {UPLOADS} uploads" in os.read(terminal, 65536).decode()
    finally:
        os.close(terminal)
        os.close(other)
