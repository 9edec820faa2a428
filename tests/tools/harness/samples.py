"""Vendor files whose right outcome is known by construction."""

import dataclasses

COLUMNS = ("vendor_product_id product_name category subcategory description sku brand price "
           "compare_at_price stock_quantity unit weight_kg dimensions_cm image_url").split()

# What may be wrong with a record, by its primary error type: other values, or another form of it.
BREAKAGES = {
    "MISSING_REQUIRED_FIELDS": [{"product_name": "  "}, "short"],
    "INVALID_PRICE": [{"price": "12.999"}, {"price": "1.500"}],
    "INVALID_STOCK": [{"stock_quantity": "-1"}],
    "FIELD_LENGTH_EXCEEDED": [{"product_name": "n" * 201}],
    "INVALID_CATEGORY": [{"category": "Men"}],
    "INVALID_VALUE": [{"image_url": "ftp://example.com/a.jpg"}, "surplus", "surplus at the end",
                      "unclosed"],
}
SHORT = 5  # columns of a short record


@dataclasses.dataclass(frozen=True)
class Shape:
    """How a file is written. first: a line before the header; mark: its byte order mark; ignored: a
    column that is not known; swallowing: some values look as if they held the next record."""

    delimiter: str = ","
    end: str = "\r\n"
    first: str = ""
    encoding: str = "utf-8"
    mark: str = ""
    ignored: str = ""
    swallowing: bool = False


SHAPES = {
    "commas": Shape(), "semicolons": Shape(";", "\n"), "carriage returns": Shape(",", "\r"),
    "byte order mark": Shape(",", "\n", mark="\ufeff"), "sep line": Shape(";", first="sep=;"),
    "quoted sep line": Shape("|", "\n", first='"sep=|"'), "pipes": Shape("|"),
    "an ignored column": Shape(";", ignored="internal note"), "swallowing": Shape(swallowing=True),
    "utf-16": Shape("\t", encoding="utf-16-le", mark="\ufeff"),
    "utf-16 big end first": Shape(";", "\n", encoding="utf-16-be", mark="\ufeff"),
}


@dataclasses.dataclass
class Sample:
    """errors: row number to its primary error type; skus: row number to SKU, of every row."""

    vendor: str
    name: str
    body: bytes = b""
    total: int = 0
    errors: dict = dataclasses.field(default_factory=dict)
    skus: dict = dataclasses.field(default_factory=dict)

    @property
    def key(self):
        return "uploads/%s/%s" % (self.vendor, self.name)

    @property
    def upload_id(self):
        day, clock = self.name[len(self.vendor) + 1:].split(".")[0].split("_")
        return "UPLOAD_%s_%s_%s" % (day, clock, self.vendor)

    @property
    def valid_rows(self):
        return [row for row in self.skus if row not in self.errors]

    @property
    def status(self):
        if not self.errors:
            return "completed"
        return "partial" if self.valid_rows else "failed"


def record(vendor, tag, row):
    """All fourteen values differ from row to row, and each optional one is absent in some."""
    def one_of(*values):
        return values[row % len(values)]
    return {
        "vendor_product_id": "P-%s-%d" % (tag, row), "product_name": "Thing %d, \"large\"" % row,
        "category": one_of("Electronics", "Books", "Garden"),
        "subcategory": one_of("Audio Equipment %d" % row, ""),
        "description": one_of("Ein schönes Ding\nmit zwei Zeilen", "Thing %d" % row, "d" * 150, ""),
        "sku": "%s-%s-%d" % (vendor, tag, row), "brand": one_of("Brand", "@home", "Märke", ""),
        "price": "%d.%02d" % (row % 900 + 1, row % 100),
        "compare_at_price": one_of("999.99", "%d.5" % (901 + row % 90), ""),
        "stock_quantity": str(row % 7), "unit": one_of("piece", "set of %d" % row, ""),
        "weight_kg": one_of("0.5", "%d.25" % row, ""), "dimensions_cm": one_of("%dx2x3" % row, ""),
        "image_url": one_of("https://example.com/%d.jpg" % row, "", "http://example.com/%d" % row),
    }


def make(rng, vendor="VEND001", records=100, errors=0.1, duplicates=0.0, clock="120000",
         tag=None, shape="commas"):
    """A file of `records` rows; shares of them broken, and repeating an earlier row's SKU or id."""
    tag = tag or "%08x" % rng.getrandbits(32)
    sample = Sample(vendor, "%s_20260102_%s.csv" % (vendor, clock), total=records)
    form = SHAPES[shape]
    rows, lines = [], [form.first] * bool(form.first) + [
        form.delimiter.join([*COLUMNS, *filter(None, [form.ignored])])]
    for row in range(1, records + 1):
        values, written = record(vendor, tag, row), None
        if form.swallowing and row % 3 == 0:
            values["description"] = "one\n%stwo" % (form.delimiter * len(COLUMNS))
        draw = rng.random()
        if draw < errors:
            kind = rng.choice(sorted(BREAKAGES))
            broken = rng.choice(BREAKAGES[kind])
            if broken == "unclosed" and row == records:
                broken = "surplus"  # the file would end in it
            if row % 2:
                values["weight_kg"] = "0"  # one violation more, behind the first
            if isinstance(broken, dict):
                values.update(broken)
            else:
                written = misform(broken, values, form)
            sample.errors[row] = kind
        elif draw < errors + duplicates and row > 1:
            repeat(rng, sample, rows, values, row)
        sample.skus[row] = values["sku"]
        rows.append(values)
        lines.append(written or form.delimiter.join(cells(values, form)))
    text = form.mark + "".join(line + form.end for line in lines)
    sample.body = text.encode(form.encoding)
    return sample


def cells(values, form):
    """As written. A name always has quotes: they end what a quote before them left open."""
    def quoted(column, text):
        needed = column == "product_name" or any(c in text for c in form.delimiter + '"\r\n')
        return '"%s"' % text.replace('"', '""') if needed else text
    return [quoted(column, values[column]) for column in COLUMNS] + ["x"] * bool(form.ignored)


def misform(how, values, form):
    """A record that has not as many fields as the header."""
    written = cells(values, form)
    if how == "short":
        written = written[:SHORT]
    elif how == "surplus":
        written[COLUMNS.index("brand")] = "steel" + form.delimiter + " blue"
    elif how == "surplus at the end":
        written += ["", ""]
    else:
        written[COLUMNS.index("description")] = '"steel' + form.delimiter + " blue"
    return form.delimiter.join(written)


def repeat(rng, sample, rows, values, row):
    """Takes the SKU or the id of an earlier row: the first accepted wins, a rejected one holds none."""
    column, kind = rng.choice([("sku", "DUPLICATE_SKU"),
                               ("vendor_product_id", "DUPLICATE_VENDOR_PRODUCT_ID")])
    earlier = rng.randrange(max(0, len(rows) - 40), len(rows))
    values[column] = rows[earlier][column]
    taken = any(rows[other][column] == values[column] and other + 1 not in sample.errors
                for other in range(len(rows)))
    if taken:
        sample.errors[row] = kind
