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
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
FILE_MAX = 10485760
RECORDS_MAX = 10000


class Refused(Exception):
    def __init__(self, code, line=None):
        super().__init__(code)
        self.code, self.line = code, line


# --- libcsv's default reading ---------------------------------------------------------------------


class Reader:
    """Rows of (line, cells), one character after the other."""

    def __init__(self, text):
        self.text, self.at, self.line = text, 0, 1

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def take_line_end(self):
        if self.text.startswith("\r\n", self.at):
            self.at += 2
        else:
            self.at += 1
        self.line += 1
        return self.text[self.at - 1]

    def skip_blank_lines(self):
        while self.at < len(self.text):
            end = self.at
            while end < len(self.text) and self.text[end] not in "\r\n":
                end += 1
            if self.text[self.at : end].strip(WHITE_SPACE):
                return
            self.at = end
            if self.at < len(self.text):
                self.take_line_end()

    def blanks(self):
        start = self.at
        while self.peek() and self.peek() in " \t":
            self.at += 1
        return self.text[start : self.at]

    def plain_cell(self):
        start = self.at
        while self.peek() and self.peek() not in ",\r\n":
            self.at += 1
        return self.text[start : self.at].rstrip(" \t")

    def quoted_cell(self):
        began, value = self.line, ""
        self.at += 1
        while True:
            if not self.peek():
                raise Refused("MALFORMED_CSV", began)
            if self.peek() in "\r\n":
                start = self.at
                self.take_line_end()
                value += self.text[start : self.at]
            elif self.peek() != '"':
                value += self.peek()
                self.at += 1
            else:
                self.at += 1
                value += '"'
                while True:  # what follows a quote decides what it was
                    blanks = self.blanks()
                    if not self.peek() or self.peek() in ",\r\n":
                        return value[:-1]  # the end of the cell
                    if self.peek() != '"':
                        value += blanks  # itself
                        break
                    self.at += 1
                    if not blanks:
                        break  # two in a row stand for one
                    value += blanks + '"'  # itself, and the new one is undecided

    def cell(self):
        self.blanks()
        return self.quoted_cell() if self.peek() == '"' else self.plain_cell()

    def row(self):
        """(line, cells), or None at the end."""
        self.skip_blank_lines()
        if self.at >= len(self.text):
            return None
        line, cells = self.line, [self.cell()]
        while self.peek() == ",":
            self.at += 1
            cells.append(self.cell())
        if self.peek():
            self.take_line_end()
        return line, cells


# --- the file -------------------------------------------------------------------------------------


def count_line(data):
    return 1 + len(re.findall(rb"\r\n|\r|\n", data))


def read_file(data):
    """The header and the rows behind it; or Refused, for the first reason that holds."""
    if len(data) > FILE_MAX:
        raise Refused("FILE_TOO_LARGE")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("INVALID_ENCODING", count_line(data[: error.start])) from None
    if not text.strip(WHITE_SPACE + "\ufeff"):
        raise Refused("EMPTY_FILE")
    reader = Reader(text.removeprefix("\ufeff"))
    rows = []
    while row := reader.row():  # an unterminated quote anywhere comes before all that follows
        rows.append(row)
    line, names = rows.pop(0)
    header = [name.strip(WHITE_SPACE) for name in names]
    header = [re.sub("[A-Z]", lambda letter: letter[0].lower(), name) for name in header]
    known = [name for name in header if name in COLUMNS]
    if len(known) != len(set(known)) or not known:
        raise Refused("INVALID_HEADER", line)
    if not set(REQUIRED) <= set(known):
        raise Refused("MISSING_COLUMN", line)
    if not rows:
        raise Refused("EMPTY_FILE")
    if len(rows) > RECORDS_MAX:
        raise Refused("TOO_MANY_RECORDS")
    return header, rows


def file_vendor(name):
    match = re.fullmatch(r"([A-Za-z0-9-]{1,50})_.*\.csv", name, re.DOTALL)
    if not match:
        raise Refused("INVALID_FILE_NAME")
    return match[1]


# --- the rules ------------------------------------------------------------------------------------


def number(text):
    return Decimal(text) if text is not None and NUMBER.fullmatch(text) else None


def decimals(text):
    return len(text.partition(".")[2].rstrip("0"))


def is_amount(text):
    value = number(text)
    return (
        value is not None
        and decimals(text) <= 2
        and Decimal("0.01") <= value <= Decimal("999999.99")
    )


def is_stock(text):
    value = number(text)
    return value is not None and decimals(text) == 0 and 0 <= value <= 1000000


def is_weight(text):
    value = number(text)
    return value is not None and decimals(text) <= 2 and 0 < value < 1000000


def is_url(text):
    match = re.match(r"https?://([^/?#]*)", text, re.IGNORECASE | re.ASCII)
    if not match or len(text) > 2000 or any(c in WHITE_SPACE for c in text):
        return False
    return bool(match[1].rpartition("@")[2].partition(":")[0])


def is_value(column, text, fields):
    """Rule 8 for one field that is there."""
    if CONTROL.search(text):
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


def judge(fields, extra, skus, product_ids):
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
    if extra:
        found.append(("INVALID_VALUE", None))
    return found


def judge_rows(header, rows):
    skus, product_ids, errors, by_type = set(), set(), [], {}
    for row_number, (line, cells) in enumerate(rows, 1):
        fields = {}
        for name, cell in zip(header, cells):
            value = cell.strip(WHITE_SPACE)
            if name in COLUMNS and value:
                fields[name] = value
        found = judge(fields, len(cells) > len(header), skus, product_ids)
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
