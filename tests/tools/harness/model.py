"""What must hold at rest, worked out from a vendor's file alone: a second reading of the rules.

Records and violations are those of `oracle`; the words, the reports and the notice are written here
once more, from what vendors are promised. Nothing is asked of the program, nor of its database.
"""

import dataclasses
import decimal
import functools
import re

import oracle

NUMBERS = ("price", "compare_at_price", "weight_kg")
REPORT_COLUMNS = {
    "Vendor Product ID": "vendor_product_id", "SKU": "sku", "Product Name": "product_name",
    "Category": "category", "Price": "price", "Stock Quantity": "stock_quantity", "Brand": "brand",
    "Description": "description"}
REPORT_HEADER = ("Row Number,Vendor Product ID,SKU,Product Name,Category,Error Type,Error Message,"
                 "Price,Stock Quantity,Brand,Description,Line").split(",")
BOM = "\ufeff"


@dataclasses.dataclass
class Record:
    """errors: (type, field, message); extra: fields more than the header has; short_of: the header's
    fields, where it ends before a required one; opened: the line of a quote never closed."""

    row: int
    read: oracle.Row
    fields: dict  # column to trimmed text; an absent one is not there
    extra: int = 0
    short_of: int = 0
    errors: list = dataclasses.field(default_factory=list)

    @property
    def line(self):
        return self.read.line

    @property
    def last_line(self):
        return self.read.last if self.read.last > self.read.line else 0

    @property
    def opened(self):
        return self.read.last if self.read.unclosed else 0

    @property
    def field_count(self):
        return len(self.read.cells)

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
    size: int = 0
    delimiter: str = ","
    header: str = ""
    columns: int = 0
    ignored: list = dataclasses.field(default_factory=list)
    line_end: str = "\n"
    records: list = dataclasses.field(default_factory=list)

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
    """The upload of a sample (see `samples`), as it must be once everything is done: to be read, not changed."""
    upload = _expect(sample.vendor, sample.key, sample.body, upload_id or sample.upload_id)
    primary = {record.row: record.errors[0][0] for record in upload.invalid}
    assert primary == sample.errors, "the file is not what its maker says"
    return upload


@functools.lru_cache(maxsize=16)
def _expect(vendor, key, body, upload_id):
    """The tests of a file send the same sample, each through a rig of its own: it is read once."""
    reader, _, _ = oracle.open_file(body)
    header = reader.row()
    names = [oracle.column_name(name) for name in header.cells]
    end = re.search("\r\n|\r|\n", reader.text[reader.at - 2:reader.at])[0]
    upload = Upload(upload_id, vendor, key, len(body),
                    reader.delimiter, header.raw, len(names),
                    [cell for cell in header.cells
                     if oracle.column_name(cell) not in oracle.COLUMNS], end)
    holders = {"sku": {}, "vendor_product_id": {}}  # accepted values, and the line that has them
    while read := reader.row():
        if not oracle.is_nothing(read, names):
            upload.records.append(_judged(len(upload.records) + 1, read, names, holders))
    return upload


def _record(row, read, names):
    trimmed = (cell.strip(oracle.TRIMMED) for cell in read.cells)
    record = Record(row, read, {name: value for name, value in zip(names, trimmed)
                                if value and name in oracle.COLUMNS})
    if not read.unclosed:
        record.extra = max(0, len(read.cells) - len(names))
        needed = max(names.index(name) for name in oracle.REQUIRED) + 1
        record.short_of = len(names) if len(read.cells) < needed else 0
    return record


def _judged(row, read, names, holders):
    record = _record(row, read, names)
    found = oracle.judge_shape(read, names) or oracle.judge(record.fields, *holders.values())
    record.errors = [(kind, field, _message(record, kind, field, holders)) for kind, field in found]
    if not found:
        for column, taken in holders.items():
            taken[record.fields[column]] = record.line
    return record


# --- words ----------------------------------------------------------------------------------------


def _shown(text):
    return text if len(text) <= 60 else text[:60] + "..."


def _message(record, kind, field, holders):
    told = _of_field(kind, field, record.fields, holders) if field else _of_shape(record)
    return told + (" (lines %d to %d)" % (record.line, record.last_line) if record.last_line else "")


def _of_shape(record):
    if record.opened:
        return ("the record has a quote, opened in line %d, that is not closed; close it, and write a "
                "quote inside of quotes twice" % record.opened)
    if record.extra:
        return ("the record has %d fields, %d more than the header; is there a delimiter in a value "
                "without quotes? put the value in quotes, or delete a delimiter that stands at the end"
                % (record.field_count, record.extra))
    return ("the record ends after %d of %d columns; is there a line end in a value without quotes? put "
            "the value in quotes" % (record.field_count, record.short_of))


def _of_field(kind, field, fields, holders):
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
        return begins + "is already used in line %d of this file" % holders[field][value]
    return begins + {
        "12.999": "has more than two decimals",
        "1.500": "can be read in two ways: is it 1500 or 1.50? write 1500.00 or 1.50",
        "0": "is not above 0; if it is not known, leave the cell empty",
    }.get(value, "does not begin with http:// or https://")


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
    names, rows = oracle.read_file(body)
    upload = Upload(upload_id, vendor, "")
    return {number: product(upload, _record(number, read, names))
            for number, read in enumerate(rows, 1) if number not in without}


def all_columns(record):
    """As a message and the history have it: what was absent is null."""
    return {column: record.fields.get(column) for column in oracle.COLUMNS}


# --- files ----------------------------------------------------------------------------------------


def _cell(text, delimiter):
    guard = "'" if re.match("[=+\\-@\t\r]", text) and not re.fullmatch(
        r"-?[0-9]+(\.[0-9]+)?", text) else ""
    text = guard + text
    quoted = any(c in text for c in delimiter + '"\r\n') or text != text.strip(" \t")
    return _quoted(text) if quoted else text


def _quoted(text):
    return '"%s"' % text.replace('"', '""')


def report(upload):
    """The error report's bytes."""
    lines = [REPORT_HEADER]
    for record in upload.invalid:
        cells = {name: record.fields.get(column, "") for name, column in REPORT_COLUMNS.items()}
        if len(cells["Description"]) > 100:
            cells["Description"] = cells["Description"][:100] + "..."
        for kind, _, message in record.errors:
            cells.update({"Row Number": str(record.row), "Error Type": kind,
                          "Error Message": message, "Line": str(record.line)})
            lines.append([_cell(cells[name], upload.delimiter) for name in REPORT_HEADER])
    return (BOM + "".join(upload.delimiter.join(line) + "\r\n" for line in lines)).encode()


def rejected(upload):
    """The rejected records in the vendor's own text."""
    lines = [upload.header + upload.delimiter + "errors"]
    for record in upload.invalid:
        told = "; ".join("%s: %s" % (kind, message) for kind, _, message in record.errors)
        lines.append(_mendable(upload, record) + upload.delimiter + _quoted(told))
    return (BOM + "".join(line + upload.line_end for line in lines)).encode()


def _mendable(upload, record):
    """The errors come to stand in their column: an open quote is closed, empty surplus fields are left
    out, and those that are missing are there."""
    raw, count = record.read.raw, record.field_count
    if record.opened:
        at = record.read.opened
        raw = raw[:at] + _quoted(raw[at + 1:])
    while count > upload.columns and raw.endswith(upload.delimiter):
        raw, count = raw[:-1], count - 1
    return raw + upload.delimiter * (upload.columns - count)


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
    return lines + _first_messages(upload) + _warnings(upload)


def _first_messages(upload):
    """Of each primary error type, that of the first record, and how many records more have it."""
    first = {}
    for record in upload.invalid:
        first.setdefault(record.errors[0][0], record)
    more = counts_of_types(upload)
    return ["    line %d: %s%s" % (record.line, record.errors[0][2],
                                   "; {:,} more".format(more[kind] - 1) if more[kind] > 1 else "")
            for kind, record in first.items()]


def _warnings(upload):
    """Of the unknown columns that `samples` writes, which look like none; of values over several lines."""
    lines = ["Ignored columns: " + ", ".join(upload.ignored)] if upload.ignored else []
    swallowing = [record for record in upload.records if record.last_line and not record.opened and any(
        line.count(upload.delimiter) >= upload.columns - 1
        for line in re.split("[\r\n]", record.read.raw))]
    if swallowing:
        more = len(swallowing) - 1
        lines.append("Warning: the product of lines %d to %d holds what looks like another one in a value "
                     "over several lines; is a quote missing?%s" % (
                         swallowing[0].line, swallowing[0].last_line,
                         " ({:,} more of the kind)".format(more) if more else ""))
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
