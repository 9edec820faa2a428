"""The rules for a vendor's file, written a second time, plainly, from the contract alone.

`check(name, data)` returns what `intake check --json` has for one file, without the messages: they
are words, and have tests of their own. Nothing here is fast, and nothing is shared with the C code.
"""

import re
from decimal import Decimal

COLUMNS = (
    "vendor_product_id product_name category subcategory description sku brand price "
    "compare_at_price stock_quantity unit weight_kg dimensions_cm image_url"
).split()
REQUIRED = ["vendor_product_id", "product_name", "category", "sku", "price", "stock_quantity"]
LIMITS = {
    "vendor_product_id": 100,
    "product_name": 200,
    "subcategory": 100,
    "description": 2000,
    "sku": 100,
    "brand": 100,
    "unit": 20,
    "dimensions_cm": 50,
}
CATEGORIES = {
    "Electronics": ["Computer Accessories", "Audio Equipment", "Mobile Accessories",
                    "Computer Storage"],
    "Clothing": ["Men's Clothing", "Women's Clothing", "Accessories"],
    "Home & Garden": ["Kitchen", "Bedroom", "Bathroom", "Living Room", "Garden"],
    "Sports & Outdoors": [],
    "Books": [],
    "Toys & Games": [],
    "Health & Beauty": [],
    "Food & Beverage": [],
}
CATEGORY_NAMES = set(CATEGORIES) | {name for names in CATEGORIES.values() for name in names}

# Unicode, PropList.txt, White_Space. Python's str.strip() takes off other characters too.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# What is taken off both ends of a value besides.
TRIMMED = WHITE_SPACE + "\u200b\u200c\u200d\u2060\ufeff"
DELIMITERS = ",;\t|"
TEXTS = [name for name in LIMITS]
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
FILE_MAX = 10485760
RECORDS_MAX = 10000


class Refused(Exception):
    def __init__(self, code, line=None, of_header=False):
        super().__init__(code)
        self.code, self.line, self.of_header = code, line, of_header


# --- libcsv's default reading, and where a record ends that it would read on ----------------------


class Unclosed(Exception):
    """The quote that opened a field was never closed."""


class Row:
    """line to last: where it stands; raw: its text; opened: the place of a quote never closed in it."""

    def __init__(self, line, last, cells, raw, opened=None):
        self.line, self.last, self.cells, self.raw, self.opened = line, last, cells, raw, opened
        self.unclosed = opened is not None


class Reader:
    """Rows, one character after the other."""

    def __init__(self, text, delimiter):
        self.text, self.delimiter = text, delimiter
        self.at, self.line = 0, 1
        self.began, self.began_line = 0, 0  # of the quoted field read last
        self.partial = []
        self.cell_end = re.compile(f"[\r\n{re.escape(delimiter)}]|\\Z")

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def at_cell_end(self):
        return not self.peek() or self.peek() in self.delimiter + "\r\n"

    def take_line_end(self):
        if self.text.startswith("\r\n", self.at):
            self.at += 2
        else:
            self.at += 1
        self.line += 1

    def line_end(self, at):
        while at < len(self.text) and self.text[at] not in "\r\n":
            at += 1
        return at

    def skip_blank_lines(self):
        while self.at < len(self.text):
            end = self.line_end(self.at)
            if self.text[self.at : end].strip(TRIMMED):
                return
            self.at = end
            if self.at < len(self.text):
                self.take_line_end()

    def blanks(self):
        start = self.at
        while self.peek() and self.peek() in " \t" and self.peek() != self.delimiter:
            self.at += 1
        return self.text[start : self.at]

    def plain_cell(self):
        start = self.at
        self.at = self.cell_end.search(self.text, start).start()
        return self.text[start : self.at].rstrip(" \t")

    def quoted_cell(self):
        self.began, self.began_line = self.at, self.line
        value, stray = "", False
        self.at += 1
        while True:
            if not self.peek():
                if stray:
                    raise Unclosed
                raise Refused("MALFORMED_CSV", self.began_line)
            if self.peek() in "\r\n":
                if stray:
                    raise Unclosed
                start = self.at
                self.take_line_end()
                value += self.text[start : self.at]
                continue
            if self.peek() != '"':
                value += self.peek()
                self.at += 1
                continue
            quote = self.at
            self.at += 1
            if self.peek() == '"':
                value += '"'
                self.at += 1
                continue
            blanks = self.blanks()
            if self.at_cell_end():
                return value
            if self.text[quote - 1] in self.delimiter + "\r\n":
                raise Unclosed
            stray = True
            value += '"' + blanks

    def cell(self):
        self.blanks()
        return self.quoted_cell() if self.peek() == '"' else self.plain_cell()

    def row(self):
        """The next, or None at the end."""
        self.skip_blank_lines()
        if self.at >= len(self.text):
            return None
        start, line = self.at, self.line
        cells = self.partial = []
        try:
            cells.append(self.cell())
            while self.peek() == self.delimiter:
                self.at += 1
                cells.append(self.cell())
        except Unclosed:
            end = self.line_end(self.began)
            cells.append(self.text[self.began + 1 : end])
            self.at, self.line = end, self.began_line
            row = Row(line, self.line, cells, self.text[start:end], self.began - start)
        else:
            row = Row(line, self.line, cells, self.text[start : self.at])
        if self.peek():
            self.take_line_end()
        return row


# --- the file -------------------------------------------------------------------------------------


def count_line(data):
    return 1 + len(re.findall(r"\r\n|\r|\n", data))


def decode(data):
    """The text without BOM and what DOS leaves at its end."""
    if len(data) > FILE_MAX:
        raise Refused("FILE_TOO_LARGE")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order = "utf-16-le" if data[0] == 0xFF else "utf-16-be"
        odd = len(data) % 2
        text = data[2 : len(data) - odd].decode(order, "surrogatepass") + "\ud800" * odd
    else:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    tail = len(text.rstrip("\x00\x1a" + WHITE_SPACE))
    marks = re.search("[\x00\x1a]", text[tail:])
    if marks:
        text = text[: tail + marks.start()]
    if not text.strip(WHITE_SPACE + "\ufeff"):
        raise Refused("EMPTY_FILE")
    first = re.split("[\r\n]", text)[0]
    bad = re.search("[\ud800-\udfff]", text)
    if "\x00" in first and not (data[:2] in (b"\xff\xfe", b"\xfe\xff") and bad and
                               bad.start() < first.index("\x00")):
        raise Refused("INVALID_ENCODING", 1)
    if bad:
        raise Refused("INVALID_ENCODING", count_line(text[: bad.start()]))
    return text


def column_name(text):
    """As a header is read."""
    text = re.sub("[" + WHITE_SPACE + "_-]+", "_", text.strip(TRIMMED))
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text)


def first_cells(text, delimiter):
    reader = Reader(text, delimiter)
    try:
        row = header_row(reader)
        return row.cells if row else []
    except Refused:
        return reader.partial


def recognise(text):
    counts = [
        len({column_name(cell) for cell in first_cells(text, delimiter)} & set(COLUMNS))
        for delimiter in DELIMITERS
    ]
    return DELIMITERS[counts.index(max(counts))]


def is_nothing(row, header):
    if row.unclosed:
        return False
    if not any(cell.strip(TRIMMED) for cell in row.cells):
        return True
    cells = row.cells + [""] * len(header)
    known = [i for i, name in enumerate(header) if name in COLUMNS]
    return bool(known) and all(column_name(cells[i]) == header[i] for i in known)


def sep_delimiter(line):
    """Of a line sep=; or "sep=;" or sep=";" with white space around it."""
    ends = "[" + TRIMMED + "]*"
    form = f'{ends}(?:sep=([,;\t|])|"sep=([,;\t|])"|sep="([,;\t|])"){ends}'
    found = re.fullmatch(form, line, re.IGNORECASE)
    return next(filter(None, found.groups())) if found else None


def is_empty(row):
    return not row.unclosed and not any(cell.strip(TRIMMED) for cell in row.cells)


def header_row(reader):
    """The first row that is not empty; the first of all where there is none."""
    at, line = reader.at, reader.line
    row = reader.row()
    while row and is_empty(row):
        row = reader.row()
    if row is None:
        reader.at, reader.line = at, line
        row = reader.row()
    return row


def open_file(data):
    """A reader before the header, the header's line and its first character."""
    text = decode(data)
    probe = Reader(text, ",")
    probe.skip_blank_lines()
    first, end = probe.line, probe.line_end(probe.at)
    line = text[probe.at : end]
    delimiter = sep = sep_delimiter(line)
    if not sep:
        delimiter = recognise(text)
    reader = Reader(text, delimiter)
    if sep:
        reader.skip_blank_lines()
        reader.at = end
        if reader.peek():
            reader.take_line_end()
    return reader, first, line.strip(TRIMMED)[:1]


def read_file(data):
    """The header and the records behind it; or Refused, for the first reason that holds."""
    reader, first, mark = open_file(data)
    try:
        return read_rows(reader)
    except Refused as refused:
        if mark in ("<", "{", "[") and refused.of_header:
            raise Refused("INVALID_HEADER", first) from None
        raise


def read_rows(reader):
    try:
        row = header_row(reader)
    except Refused as refused:
        refused.of_header = True
        raise
    if row is None:
        raise Refused("EMPTY_FILE")
    if row.unclosed:
        raise Refused("MALFORMED_CSV", reader.began_line, of_header=True)
    header = [column_name(name) for name in row.cells]
    judged = None
    try:
        judge_header(header, row.line)
    except Refused as refused:
        judged = refused
    rows, others = [], []
    try:
        while record := reader.row():
            if is_nothing(record, header):
                continue
            rows.append(record)
            other = set(DELIMITERS) - {reader.delimiter}
            if len(record.cells) == 1 and len(header) > 1 and set(header) & set(COLUMNS) and not record.unclosed:
                others += [record] if other & set(record.raw) else []
    except Refused as refused:
        refused.of_header = judged is not None
        raise
    if others and len(others) * 2 > len(rows):
        raise Refused("MALFORMED_CSV", others[0].line, of_header=judged is not None)
    if judged:
        raise judged
    if not rows:
        raise Refused("EMPTY_FILE")
    if len(rows) > RECORDS_MAX:
        raise Refused("TOO_MANY_RECORDS")
    return header, rows


def judge_header(header, line):
    known = [name for name in header if name in COLUMNS]
    if len(known) != len(set(known)) or not known:
        raise Refused("INVALID_HEADER", line, of_header=True)
    if not set(REQUIRED) <= set(known):
        raise Refused("MISSING_COLUMN", line, of_header=True)


def file_vendor(name):
    match = re.fullmatch(r"([A-Za-z0-9-]{1,50})_.*\.[cC][sS][vV]", name, re.DOTALL)
    if not match:
        raise Refused("INVALID_FILE_NAME")
    return match[1]


# --- the rules ------------------------------------------------------------------------------------


def number(text):
    return Decimal(text) if text is not None and NUMBER.fullmatch(text) else None


def is_ambiguous(text):
    """1.500: half the world means 1500."""
    return re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", text, re.ASCII) is not None


def decimals(text):
    return len(text.partition(".")[2].rstrip("0"))


def is_amount(text):
    value = number(text)
    return (
        value is not None
        and not is_ambiguous(text)
        and decimals(text) <= 2
        and Decimal("0.01") <= value <= Decimal("999999.99")
    )


def is_stock(text):
    value = number(text)
    whole = value is not None and not is_ambiguous(text) and decimals(text) == 0
    return whole and 0 <= value <= 1000000


def is_weight(text):
    value = number(text)
    return value is not None and decimals(text) <= 2 and 0 < value < 1000000


def is_url(text):
    match = re.match(r"https?://([^/?#]*)", text, re.IGNORECASE | re.ASCII)
    if not match or len(text) > 2000 or any(c in WHITE_SPACE for c in text):
        return False
    if re.search("[,;|]https?://", text, re.IGNORECASE | re.ASCII):
        return False
    return bool(match[1].rpartition("@")[2].partition(":")[0])


def is_damaged(column, text):
    """By a spreadsheet. Values of more than 8 KiB are too long anyway, and are not looked at."""
    if len(text.encode()) > 8192:
        return False
    if column in ("sku", "vendor_product_id"):
        if re.fullmatch(r"[0-9]([.,][0-9]+)?E\+[0-9]+", text, re.ASCII):
            return True
        if text.upper() in ("NULL", "\\N", "NAN", "N/A"):
            return True
    if len(text) >= 3 and text.startswith('="') and text.endswith('"'):
        return True
    if re.fullmatch("#[^ ]{1,12}[!?]", text) or text.upper() in ("#N/A", "#NV", "#N/D"):
        return True
    return "\ufffd" in text


def is_value(column, text, fields):
    """Rule 8 for one field that is there."""
    if CONTROL.search(text):
        return False
    if column in TEXTS and is_damaged(column, text):
        return False
    if column == "compare_at_price":
        price = fields.get("price")
        too_low = is_amount(text) and is_amount(price or "") and number(text) < number(price)
        return is_amount(text) and not too_low
    if column == "weight_kg":
        return is_weight(text)
    if column == "image_url":
        return is_url(text)
    return True


def judge(fields, skus, product_ids):
    """[(type, column)] of one record, in the order of the contract."""
    found = [("MISSING_REQUIRED_FIELDS", name) for name in REQUIRED if name not in fields]
    if "price" in fields and not is_amount(fields["price"]):
        found.append(("INVALID_PRICE", "price"))
    if "stock_quantity" in fields and not is_stock(fields["stock_quantity"]):
        found.append(("INVALID_STOCK", "stock_quantity"))
    for name in COLUMNS:
        if len(fields.get(name, "")) > LIMITS.get(name, len(fields.get(name, ""))):
            found.append(("FIELD_LENGTH_EXCEEDED", name))
    if "category" in fields and fields["category"] not in CATEGORY_NAMES:
        found.append(("INVALID_CATEGORY", "category"))
    if fields.get("sku") in skus:
        found.append(("DUPLICATE_SKU", "sku"))
    if fields.get("vendor_product_id") in product_ids:
        found.append(("DUPLICATE_VENDOR_PRODUCT_ID", "vendor_product_id"))
    for name in COLUMNS:
        if name in fields and not is_value(name, fields[name], fields):
            found.append(("INVALID_VALUE", name))
    return found


def judge_shape(row, header):
    """A record whose columns cannot be trusted is judged for that alone."""
    if row.unclosed or len(row.cells) > len(header):
        return [("INVALID_VALUE", None)]
    if set(header[len(row.cells) :]) & set(REQUIRED):
        return [("MISSING_REQUIRED_FIELDS", None)]
    return []


def judge_rows(header, rows):
    skus, product_ids, errors, by_type = set(), set(), [], {}
    for row_number, row in enumerate(rows, 1):
        line, cells = row.line, row.cells
        fields = {}
        for name, cell in zip(header, cells):
            value = cell.strip(TRIMMED)
            if name in COLUMNS and value:
                fields[name] = value
        found = judge_shape(row, header) or judge(fields, skus, product_ids)
        if not found:
            skus.add(fields["sku"])
            product_ids.add(fields["vendor_product_id"])
            continue
        by_type[found[0][0]] = by_type.get(found[0][0], 0) + 1
        for error_type, column in found:
            errors.append(
                {
                    "row_number": row_number,
                    "line_number": line,
                    "vendor_product_id": fields.get("vendor_product_id"),
                    "sku": fields.get("sku"),
                    "error_type": error_type,
                    "error_field": column,
                }
            )
    return errors, by_type


def check(name, data):
    result = {
        "vendor_id": None,
        "status": "failed",
        "refused": None,
        "total_records": 0,
        "valid_records": 0,
        "error_records": 0,
        "errors_by_type": {},
        "errors": [],
    }
    try:
        result["vendor_id"] = file_vendor(name)
        header, rows = read_file(data)
    except Refused as refused:
        result["refused"] = {"code": refused.code, "line_number": refused.line}
        return result
    result["errors"], result["errors_by_type"] = judge_rows(header, rows)
    result["total_records"] = len(rows)
    result["error_records"] = sum(result["errors_by_type"].values())
    result["valid_records"] = len(rows) - result["error_records"]
    if not result["error_records"]:
        result["status"] = "completed"
    elif result["valid_records"]:
        result["status"] = "partial"
    return result
