"""Errors of all uploads found by what they say: by the newest of them, or by index. What that reads, test_sql_plans.py says."""

import json

import pytest

MANY = 100_000


@pytest.fixture(scope="module")
def errors(stack):
    """Two uploads of small vendors with one record each, the second with violations that lie together; behind many others."""
    with stack.connect() as database:
        for vendor in ("SEEK1", "SEEK2", "SEEKMANY"):
            database.execute("INSERT INTO vendors (vendor_id, vendor_name, status) VALUES (%s, %s, 'active')", [vendor, vendor])
            database.execute(
                "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status, upload_timestamp)"
                " VALUES ('UPLOAD_20260201_000000_' || %s, %s, 'f', %s, 'partial', %s)",
                [vendor, vendor, vendor, "2026-02-03" if vendor == "SEEKMANY" else "2026-02-01"])
        for vendor, sku, price in (("SEEK1", "NEEDLE-1", "17.5o"), ("SEEK2", 'NEEDLE"2', "free")):
            database.execute(
                "INSERT INTO violation_rows (upload_id, vendor_id, row_number, line_number, record_id, rule_order, vendor_product_id,"
                " error_type, error_field, error_message, original_data)"
                " VALUES ('UPLOAD_20260201_000000_' || %s, %s, 1, 2, 'REC_00001', 1, %s, 'INVALID_PRICE', 'price', %s, %s)",
                [vendor, vendor, "P-" + vendor, f"price '{price}' is not a number",
                 json.dumps({"sku": sku, "price": price, "category": "Gadgetz", "vendor_product_id": "P-" + vendor})])
        database.execute("INSERT INTO violation_packs VALUES ('UPLOAD_20260201_000000_SEEK2', 1, %s)",
                         [json.dumps([["INVALID_CATEGORY", "category", 'no category "Gadgetz" is known', None],
                                      ["INVALID_STOCK", "stock_quantity", "stock is empty", None]])])
        # One in 200 has to do with the brand MIDDLING: by its own violation, by one that lies with it, and with a record whose
        # values stand in the ledger. One in 600 has it where nothing is wrong, and the word in its message.
        database.execute(
            "INSERT INTO violation_rows (upload_id, vendor_id, row_number, rule_order, vendor_product_id, error_type, error_field,"
            " error_message, original_data) SELECT 'UPLOAD_20260201_000000_SEEKMANY', 'SEEKMANY', n, 1, 'M-' || n,"
            " CASE WHEN n %% 600 IN (100, 200) THEN 'INVALID_PRICE' ELSE 'INVALID_BRAND' END,"
            " CASE WHEN n %% 600 IN (100, 200) THEN 'price' ELSE 'brand' END,"
            " CASE n %% 600 WHEN 0 THEN 'brand MIDDLING is unknown' WHEN 100 THEN 'a middling price' WHEN 400 THEN 'brand is unknown' ELSE 'brand number ' || n || ' is too long' END,"
            " CASE WHEN n %% 600 <> 400 THEN jsonb_build_object('sku', 'M-' || n, 'brand',"
            "   CASE WHEN n %% 600 IN (0, 100, 200) THEN 'MIDDLING' ELSE 'B' || n END) END"
            " FROM generate_series(1, %s) n", [MANY])
        database.execute(
            "INSERT INTO violation_packs SELECT 'UPLOAD_20260201_000000_SEEKMANY', n, %s FROM generate_series(200, %s, 600) n",
            [json.dumps([["INVALID_VALUE", "brand", "brand MIDDLING has a unit", None]]), MANY])
        database.execute(
            "INSERT INTO upload_records (upload_id, row_number, outcome, error_type, original_data)"
            " SELECT 'UPLOAD_20260201_000000_SEEKMANY', n, 'error', 'INVALID_BRAND', jsonb_build_object('sku', 'M-' || n, 'brand', 'MIDDLING')"
            " FROM generate_series(400, %s, 600) n", [MANY])
        database.execute("ANALYZE upload_records")
        database.execute("ANALYZE violation_rows")
        database.execute("ANALYZE violation_packs")
    yield stack
    with stack.connect() as database:
        database.execute("DELETE FROM upload_history WHERE vendor_id LIKE 'SEEK%'")


def found(run_intake, *options):
    rows = run_intake("search", *options, "--json", code=0).json
    return sorted((row["vendor_id"], row["error_type"]) for row in rows)


ONE, TWO = ("SEEK1", "INVALID_PRICE"), ("SEEK2", "INVALID_PRICE")
PACKED = [("SEEK2", "INVALID_CATEGORY"), TWO, ("SEEK2", "INVALID_STOCK")]


@pytest.mark.parametrize("options,wanted", [
    (["--sku", "NEEDLE-1"], [ONE]), (["--sku", 'NEEDLE"2'], PACKED), (["--sku", '"NEEDLE""2"'], PACKED), (["--sku", 'x,NEEDLE"2'], PACKED),
    (['NEEDLE"2', "--type", "INVALID_PRICE"], [TWO]), (["--product", "P-SEEK1,P-SEEK2", "--type", "INVALID_PRICE"], [ONE, TWO]),
    (["--sku", "needle-1"], []), (["--value", "17.5o"], [ONE]), (["--value", "Gadgetz"], [("SEEK2", "INVALID_CATEGORY")]),
    (["Gadgetz", "--type", "INVALID_CATEGORY"], [("SEEK2", "INVALID_CATEGORY")]), (['"gadgetz"'], [("SEEK2", "INVALID_CATEGORY")]),
    (["not a number", "--vendor", "SEEK1"], [ONE]), (["not number -free", "--vendor", "SEEK1,SEEK2"], [ONE]),
    (["NEEDLE-1"], [ONE]), (["P-SEEK1"], [ONE]), (["--vendor", "SEEK2"], PACKED), (["--vendor", "SEEK2", "--type=-INVALID_PRICE"], [PACKED[0], PACKED[2]]),
    (["--until", "2026-02-02", "--vendor", "SEEK1"], [ONE]), (["--field", "price,category", "--vendor", "SEEK2"], PACKED[:2]),
    (["100% _x"], [])])
def test_found_by(run_intake, errors, options, wanted):
    assert found(run_intake, *options) == wanted


def test_a_row_says_where(run_intake, errors):
    [row] = run_intake("search", "--sku", "NEEDLE-1", "--json", code=0).json
    assert (row["upload_id"], row["sku"], row["row_number"], row["line_number"]) == ("UPLOAD_20260201_000000_SEEK1", "NEEDLE-1", 1, 2)
    assert row["upload_timestamp"] == "2026-02-01T00:00:00Z" and row["original_data"]["price"] == "17.5o"
    assert "NEEDLE-1" in run_intake("search", "NEEDLE-1", code=0).stdout


def test_every_page_comes_once(run_intake, errors):
    rows = run_intake("search", "--vendor", "SEEKMANY", "--limit", "1500", "--json", code=0).json
    wanted = [n for n in range(MANY, MANY - 1500, -1) for _ in range(2 if n % 600 == 200 else 1)]
    assert [row["row_number"] for row in rows] == wanted[:1500]


@pytest.mark.parametrize("options,rests,limit", [
    (["--value", "MIDDLING"], (0, 200, 400), 150), (["MIDDLING"], (0, 100, 200, 400), 150), (["middling"], (0, 100, 200), 20),
    (["--type", "INVALID_VALUE", "middling"], (200,), 45), (["--type", "INVALID_VALUE,INVALID_STOCK", "--value", "MIDDLING"], (200,), 45),
    (["dl"], (0, 100, 200), 100), (["dl", "--sku=-M-99600"], (0, 100, 200), 100), (["MIDDLING unknown"], (0, 400), 100),
    (["MIDDLING", "--type=-INVALID_VALUE"], (0, 100, 400), 100)])
def test_what_is_neither_frequent_nor_rare(run_intake, errors, options, rests, limit):
    rows = run_intake("search", *options, "--limit", str(limit), "--json", code=0).json
    wanted = [n for n in range(MANY, 0, -100) if n % 600 in rests and f"--sku=-M-{n}" not in options]
    types = {0: "INVALID_BRAND", 100: "INVALID_PRICE", 200: "INVALID_VALUE", 400: "INVALID_BRAND"}
    assert [(row["row_number"], row["error_type"]) for row in rows] == [(n, types[n % 600]) for n in wanted[:limit]]


@pytest.fixture(scope="module")
def months(stack):
    """Forty uploads, one on each day of 2019-03-01 on, three errors each; of those of the 5th and the 10th the second error
    was found long after all the others."""
    late = "UPLOAD_20190305_000000_MONTHS", "UPLOAD_20190310_000000_MONTHS"
    with stack.connect("admin") as owner:
        owner.execute("INSERT INTO vendors (vendor_id, vendor_name, status) VALUES ('MONTHS', 'MONTHS', 'active')")
        owner.execute(
            "INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status, total_records, error_records,"
            " upload_timestamp) SELECT 'UPLOAD_' || to_char(d, 'YYYYMMDD') || '_000000_MONTHS', 'MONTHS', 'f', d::text, 'failed', 3,"
            " 3, d FROM generate_series(timestamptz '2019-03-01Z', timestamptz '2019-04-09Z', '1 day') d")
        insert = ("INSERT INTO violation_rows (upload_id, vendor_id, row_number, rule_order, error_type, error_field, error_message)"
                  " SELECT upload_id, vendor_id, n, 1, CASE n WHEN 3 THEN 'INVALID_STOCK' ELSE 'INVALID_PRICE' END, 'price', 'months'"
                  "   FROM upload_history CROSS JOIN generate_series(1, 3) n"
                  "  WHERE vendor_id = 'MONTHS' AND (n = 2 AND upload_id = ANY (%s)) = %s ORDER BY upload_timestamp, n")
        owner.execute("ALTER TABLE violation_rows DISABLE TRIGGER violation_rows_late")
        owner.execute(insert, [list(late), False])
        owner.execute("ALTER TABLE violation_rows ENABLE TRIGGER violation_rows_late")
        owner.execute(insert, [list(late), True])
        noted = owner.execute("SELECT upload_id FROM late_errors WHERE upload_id LIKE '%MONTHS' ORDER BY 1").fetchall()
        assert tuple(row["upload_id"] for row in noted) == late
    yield stack
    with stack.connect() as database:
        database.execute("DELETE FROM upload_history WHERE vendor_id = 'MONTHS'")
        database.execute("DELETE FROM vendors WHERE vendor_id = 'MONTHS'")


@pytest.mark.parametrize("limit", [1, 2, 5, 40, 200])
@pytest.mark.parametrize("since, until", [(None, 12), (1, 12), (5, 6), (3, 20), (1, 5), (1, 40), (10, 11), (30, 39)])
@pytest.mark.parametrize("more", [[], ["--type", "INVALID_PRICE"], ["--vendor", "MONTHS"]])
def test_an_old_time_has_its_errors_the_late_ones_too(run_intake, months, since, until, limit, more):
    def day(number):
        return f"2019-{'03' if number <= 31 else '04'}-{number if number <= 31 else number - 31:02}"

    options = ["--until", day(until), *(["--since", day(since)] if since else []), *more]
    rows = run_intake("search", *options, "--limit", str(limit), "--json", code=0).json
    with months.connect() as database:
        wanted = database.execute(
            "SELECT e.upload_id, e.row_number FROM violation_rows e JOIN upload_history h USING (upload_id)"
            " WHERE h.upload_timestamp >= %s AND h.upload_timestamp < %s AND (%s OR e.error_type = 'INVALID_PRICE')"
            " ORDER BY e.id DESC LIMIT %s", [day(since) if since else "1970-01-01", day(until), "--type" not in more, limit]).fetchall()
    assert [(row["upload_id"], row["row_number"]) for row in rows] == [(row["upload_id"], row["row_number"]) for row in wanted]


@pytest.mark.parametrize("options", [["--type", "INVALID_PRIZE"], ["--since", "1d", "--until", "2d"], ["  "], ["--limit", "0"]])
def test_what_cannot_be_read_is_wrong_usage(run_intake, options):
    assert run_intake("search", *options, code=2).stdout == ""
