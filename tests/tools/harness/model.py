"""What must hold at rest, worked out from a vendor's file alone: a second reading of the rules.

Records and violations are those of `oracle`; the words, the reports and the notice are written here
once more, from what vendors are promised. Nothing is asked of the program, nor of its database.
"""

import dataclasses
import decimal
import re

import oracle

NUMBERS = ("price", "compare_at_price", "weight_kg")
REPORT_COLUMNS = {
    "Vendor Product ID": "vendor_product_id", "SKU": "sku", "Product Name": "product_name",
    "Category": "category", "Price": "price", "Stock Quantity": "stock_quantity", "Brand": "brand",
    "Description": "description"}
REPORT_HEADER = ("Row Number,Vendor Product ID,SKU,Product Name,Category,Error Type,Error Message,"
                 "Price,Stock Quantity,Brand,Description").split(",")
BOM = "\ufeff"


@dataclasses.dataclass
class Record:
    """row and line; raw: its text in the file, without the line end; errors: (type, field, message)."""

    row: int
    line: int
    raw: str
    field_count: int
    fields: dict  # column to trimmed text; an absent one is not there
    errors: list = dataclasses.field(default_factory=list)

    @property
    def record_id(self):
        return "REC_%05d" % self.row

    @property
    def details(self):
        return "; ".join(message for _, _, message in self.errors)


@dataclasses.dataclass
class Upload:
    upload_id: str
    vendor: str
    key: str
    size: int
    header: str
    line_end: str
    records: list

    @property
    def file_name(self):
        return self.key.rpartition("/")[2]

    @property
    def valid(self):
        return [record for record in self.records if not record.errors]

    @property
    def invalid(self):
        return [record for record in self.records if record.errors]

    @property
    def status(self):
        if not self.invalid:
            return "completed"
        return "partial" if self.valid else "failed"

    def report_key(self, kind):
        return "errors/%s/%s_%s.csv" % (self.vendor, self.upload_id, kind)


def expect(sample, upload_id=None):
    """The upload of a sample (see `samples`), as it must be once everything is done."""
    text = sample.body.decode()
    reader = oracle.Reader(text)
    rows = []
    while True:
        reader.skip_blank_lines()
        began = reader.at
        row = reader.row()
        if row is None:
            break
        rows.append((*row, text[began:reader.at].rstrip("\r\n")))
    _, names, header = rows.pop(0)
    upload = Upload(upload_id or sample.upload_id, sample.vendor, sample.key, len(sample.body),
                    header, "\r\n" if "\r\n" in text else "\n", [])
    holders = {"sku": {}, "vendor_product_id": {}}  # accepted values, and the row that has them
    for number, (line, cells, raw) in enumerate(rows, 1):
        trimmed = (cell.strip(oracle.WHITE_SPACE) for cell in cells)
        fields = {name: value for name, value in zip(names, trimmed) if value}
        record = Record(number, line, raw, len(cells), fields)
        found = oracle.judge(fields, len(cells) > len(names), *holders.values())
        record.errors = [(kind, field, _message(kind, field, fields, holders))
                         for kind, field in found]
        if not found:
            for column, taken in holders.items():
                taken[fields[column]] = number
        upload.records.append(record)
    primary = {record.row: record.errors[0][0] for record in upload.invalid}
    assert primary == sample.errors, "the file is not what its maker says"
    return upload


# --- words ----------------------------------------------------------------------------------------


def _shown(text):
    return text if len(text) <= 60 else text[:60] + "..."


def _message(kind, field, fields, holders):
    """Of the breakages that `samples` makes."""
    value = fields.get(field, "")
    begins = "%s %s " % (field, _shown(value))
    if kind == "MISSING_REQUIRED_FIELDS":
        return field + " is missing; every product needs one"
    if kind == "INVALID_STOCK":
        return begins + "is below 0, the least allowed"
    if kind == "FIELD_LENGTH_EXCEEDED":
        return begins + "has %d characters, more than the %d allowed" % (len(value),
                                                                        oracle.LIMITS[field])
    if kind == "INVALID_CATEGORY":
        return begins + "is not one of the categories; did you mean \"Men's Clothing\"?"
    if kind.startswith("DUPLICATE_"):
        return begins + "is already used by row %d of this file" % holders[field][value]
    return begins + {"price": "has more than two decimals", "weight_kg": "is not above 0",
                     "image_url": "does not begin with http:// or https://"}[field]


# --- what is stored -------------------------------------------------------------------------------


def product(upload, record):
    """The row of products: the fourteen, and what goes with them."""
    values = {column: record.fields.get(column) for column in oracle.COLUMNS}
    for column in NUMBERS:
        values[column] = values[column] and decimal.Decimal(values[column])
    values["stock_quantity"] = int(decimal.Decimal(values["stock_quantity"]))
    values["unit"] = values["unit"] or "piece"
    return dict(values, vendor_id=upload.vendor, upload_id=upload.upload_id, row_number=record.row,
                status="active" if values["stock_quantity"] else "out_of_stock")


def products_of(vendor, upload_id, body, without):
    """The rows of products of a file, by row number; without: the rows that were rejected."""
    header, rows = oracle.read_file(body)
    upload = Upload(upload_id, vendor, "", len(body), "", "", [])
    found = {}
    for number, (line, cells) in enumerate(rows, 1):
        trimmed = (cell.strip(oracle.WHITE_SPACE) for cell in cells)
        fields = {name: value for name, value in zip(header, trimmed)
                  if value and name in oracle.COLUMNS}
        if number not in without:
            found[number] = product(upload, Record(number, line, "", len(cells), fields))
    return found


def all_columns(record):
    """As a message and the history have it: what was absent is null."""
    return {column: record.fields.get(column) for column in oracle.COLUMNS}


# --- files ----------------------------------------------------------------------------------------


def _cell(text):
    guard = "'" if re.match("[=+\\-@\t\r]", text) and not re.fullmatch(
        r"-?[0-9]+(\.[0-9]+)?", text) else ""
    text = guard + text
    quoted = re.search('[,"\r\n]', text) or text != text.strip(" \t")
    return '"%s"' % text.replace('"', '""') if quoted else text


def report(upload, with_lines):
    """The error report's bytes. with_lines: with the column that names the line in the file."""
    header = REPORT_HEADER + ["Line"] * with_lines
    lines = [header]
    for record in upload.invalid:
        cells = {name: record.fields.get(column, "") for name, column in REPORT_COLUMNS.items()}
        if len(cells["Description"]) > 100:
            cells["Description"] = cells["Description"][:100] + "..."
        for kind, _, message in record.errors:
            cells.update({"Row Number": str(record.row), "Error Type": kind,
                          "Error Message": message, "Line": str(record.line)})
            lines.append([_cell(cells[name]) for name in header])
    return (BOM + "".join(",".join(line) + "\r\n" for line in lines)).encode()


def rejected(upload):
    """The rejected records in the vendor's own text; without a BOM, which may stand before it."""
    lines = [upload.header + ",errors"]
    for record in upload.invalid:
        told = "; ".join("%s: %s" % (kind, message) for kind, _, message in record.errors)
        lines.append('%s,"%s"' % (record.raw, told.replace('"', '""')))
    return "".join(line + upload.line_end for line in lines).encode()


# --- the notice -----------------------------------------------------------------------------------


def rate(part, total):
    return str((decimal.Decimal(part) * 100 / total).quantize(decimal.Decimal("0.1"),
                                                              decimal.ROUND_HALF_UP))


def subject(upload):
    return "Product Upload Complete - %s (%s%% Success)" % (
        upload.file_name, rate(len(upload.valid), len(upload.records)))


def attributes(upload):
    return {"upload_id": upload.upload_id, "vendor_id": upload.vendor, "status": upload.status}


def counts_of_types(upload):
    counts = {}
    for record in upload.invalid:
        counts[record.errors[0][0]] = counts.get(record.errors[0][0], 0) + 1
    return counts


def notice_lines(upload):
    """Lines that the body must have, each once."""
    total = len(upload.records)
    lines = ["Upload ID: " + upload.upload_id, "File Name: " + upload.file_name,
             "Status: " + upload.status, "Total Products: %d" % total]
    for label, part in (("Valid", upload.valid), ("Invalid", upload.invalid)):
        lines.append("%s Products: %d (%s%%)" % (label, len(part), rate(len(part), total)))
    return lines


# --- messages -------------------------------------------------------------------------------------


def error_message(upload, record):
    """The message of one invalid record, without its time."""
    kind, _, message = record.errors[0]
    return {"upload_id": upload.upload_id, "vendor_id": upload.vendor, "record_id": record.record_id,
            "row_number": record.row, "error_type": kind, "error_message": message,
            "errors": [{"type": t, "field": f, "message": m} for t, f, m in record.errors],
            "product_data": all_columns(record)}


def finished_message(upload):
    return {"type": "upload_finished", "upload_id": upload.upload_id, "vendor_id": upload.vendor,
            "status": upload.status}
