"""Files of other shapes through the whole pipeline, and their rejected file mended by its errors alone."""

import csv
import io
import re

import pytest

from test_pipeline import COLUMNS, product, vendor, violations  # noqa: F401


def lines_of(vendor, delimiter):
    """A good record, one whose quote is not closed, a surplus delimiter, a decimal comma, a good one."""
    def line(number, **changes):
        return delimiter.join(product(vendor.vendor_id, number, **changes))

    open_quote = line(2, description='"steel' + delimiter.join(["", " blue"]))
    return [line(1), open_quote, line(3, description='"red, blue"'), line(4) + delimiter,
            line(5, price='"12,90"'), line(6)]


SHAPES = {
    "semicolons": (";", "\r\n", lambda text: text.encode()),
    "utf-16-tabs": ("\t", "\r\n", lambda text: b"\xff\xfe" + text.encode("utf-16-le")),
    "utf-16-pipes": ("|", "\n", lambda text: b"\xfe\xff" + text.encode("utf-16-be")),
    "sep-line": (";", "\n", lambda text: ("sep=;\n" + text).encode()),
}


def mended(row, header, delimiter):
    """The record as its errors cell says."""
    message, cells = row[-1], row[:-1]
    if "is not closed" in message:
        last = max(i for i, cell in enumerate(cells) if cell)
        inside = cells[last].split(delimiter)
        cells = cells[:last] + [delimiter.join(inside[:2])] + inside[2:]
    written = re.search(r"(\w+) \S+ has a decimal comma: write (\S+)", message)
    if written:
        cells[header.index(written[1])] = written[2]
    assert len(cells) == len(COLUMNS), message
    return cells


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_becomes_products_and_its_rejected_file_uploads_clean(vendor, shape):  # noqa: F811
    delimiter, end, encode = SHAPES[shape]
    text = end.join([delimiter.join(COLUMNS), *lines_of(vendor, delimiter), ""])
    name = f"{vendor.vendor_id}_20260401_09000{list(SHAPES).index(shape)}.csv"
    before = vendor.check(name, encode(text))
    row = vendor.finished(*vendor.put(name, encode(text)))
    assert (row["status"], row["total_records"], row["valid_records"]) == ("partial", 6, 3)
    assert violations(vendor.errors(row["upload_id"])) == violations(before["errors"])
    assert [(e["row_number"], e["error_type"], e["error_field"]) for e in before["errors"]] == [
        (2, "INVALID_VALUE", None), (4, "INVALID_VALUE", None), (5, "INVALID_PRICE", "price")]

    key = f"errors/{vendor.vendor_id}/{row['upload_id']}_errors.csv"
    report = vendor.s3.get_object(Bucket=vendor.bucket, Key=key)["Body"].read().decode("utf-8-sig")
    told = list(csv.DictReader(io.StringIO(report, newline=""), delimiter=delimiter))
    assert [int(line["Line"]) for line in told] == [e["line_number"] for e in before["errors"]]

    rejected = vendor.s3.get_object(
        Bucket=vendor.bucket, Key=key.replace("_errors.csv", "_rejected.csv"))["Body"].read()
    assert rejected.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(rejected.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    assert header == [*COLUMNS, "errors"]
    assert [len(cells) for cells in rows] == [len(header)] * 3
    assert all(re.match("INVALID_(VALUE|PRICE): ", cells[-1]) for cells in rows)

    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows([COLUMNS, *(mended(cells, header, delimiter) for cells in rows)])
    second = vendor.finished(*vendor.put(name.replace("_09", "_10"), out.getvalue().encode()))
    assert (second["status"], second["total_records"]) == ("completed", 3)


DAMAGED = [
    {"price": "12,90"}, {"price": "1.299,00"}, {"price": "1'299.00"}, {"price": "€ 12.90"}, {"price": "12.90 EUR"},
    {"price": "12.-"}, {"price": ".90"}, {"price": "'12.90"}, {"price": "+12.90"}, {"price": '="12.90"'},
    {"price": "１２.９０"}, {"price": "19.989999999999998"}, {"price": "1.500"}, {"price": "1,500"}, {"price": "€ 2.500"},
    {"stock_quantity": "1,500"}, {"stock_quantity": "1 500"}, {"stock_quantity": "2.000"}, {"stock_quantity": "12 pcs"},
    {"stock_quantity": "10,0"}, {"compare_at_price": "0"}, {"compare_at_price": "-"}, {"compare_at_price": "0,00 €"},
    {"weight_kg": "0,5"}, {"weight_kg": "500 g"}, {"weight_kg": "N/A"}, {"weight_kg": "0"}, {"image_url": "n/a"},
    {"sku": '="{sku}"'}, {"brand": '="a ""b"""'}, {"category": "Men"}, {"category": "Clothing > Men's Clothing"},
    {"category": "Home &amp; Garden"}, {"category": "Women’s Clothing"}, {"category": "Living  Room"}, {"category": "Games"},
    {"category": "living room"}, {"price": "12,90", "stock_quantity": "1,500", "category": "kitchen", "weight_kg": "-"},
]


def follow(cells, header, message):
    """The one violation of a message, as it says."""
    column = message.split(": ", 1)[1].split(" ", 1)[0]
    meant = re.search(r'did you mean "(.+)"\?', message)
    written = re.search(r"write (.+?)(?: or .+)?$", message)
    if meant:
        cells[header.index(column)] = meant[1]
    elif "leave the cell empty" in message:
        cells[header.index(column)] = ""
    else:
        cells[header.index(column)] = written[1]


@pytest.mark.parametrize("delimiter, encoding", [(";", "utf-8"), ("\t", "utf-16"), (",", "utf-8")])
def test_values_are_mended_by_what_the_messages_say(vendor, delimiter, encoding):  # noqa: F811
    rows = []
    for number, changes in enumerate(DAMAGED, 1):
        sku = f"{vendor.vendor_id}-{number}"
        rows.append(product(vendor.vendor_id, number, **{k: v.replace("{sku}", sku) for k, v in changes.items()}))
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows([COLUMNS, *rows])
    name = f"{vendor.vendor_id}_20260403_090000.csv"
    row = vendor.finished(*vendor.put(name, out.getvalue().encode(encoding)))
    assert (row["status"], row["error_records"]) == ("failed", len(DAMAGED)), vendor.errors(row["upload_id"])
    key = f"errors/{vendor.vendor_id}/{row['upload_id']}_rejected.csv"
    rejected = vendor.s3.get_object(Bucket=vendor.bucket, Key=key)["Body"].read().decode("utf-8-sig")
    header, *records = csv.reader(io.StringIO(rejected, newline=""), delimiter=delimiter)
    for cells in records:
        for message in re.split(r"; (?=[A-Z_]{8,}: )", cells.pop()):
            follow(cells, header, message)
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header[:-1], *records])
    second = vendor.finished(*vendor.put(name.replace("_09", "_10"), out.getvalue().encode()))
    assert (second["status"], second["valid_records"]) == ("completed", len(DAMAGED)), vendor.errors(second["upload_id"])


def test_a_column_errors_of_the_vendors_own_is_kept(vendor):  # noqa: F811
    rows = [product(vendor.vendor_id, 1, price="dear") + ["mine"], product(vendor.vendor_id, 2) + ["too"]]
    text = "\n".join([",".join([*COLUMNS, "errors"]), *(",".join(cells) for cells in rows), ""])
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260401_110000.csv", text.encode()))
    key = f"errors/{vendor.vendor_id}/{row['upload_id']}_rejected.csv"
    rejected = vendor.s3.get_object(Bucket=vendor.bucket, Key=key)["Body"].read().decode("utf-8-sig")
    header, cells = csv.reader(io.StringIO(rejected, newline=""))
    assert header == [*COLUMNS, "errors", "intake_errors"]
    assert cells[-2] == "mine" and cells[-1].startswith("INVALID_PRICE: ")


def test_ignored_columns_are_told_by_upload(vendor):  # noqa: F811
    text = "\n".join([",".join([*COLUMNS, "Desc"]), ",".join(product(vendor.vendor_id, 1) + ["x"]), ""])
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260401_120000.csv", text.encode()))
    shown = vendor.run_intake("upload", "--json", row["upload_id"]).json
    assert shown["ignored_columns"] == [{"name": "Desc", "looks_like": "description"}]
