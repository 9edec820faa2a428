"""The check against an independent implementation of the contract, over random hostile files."""

import json
import os
import random
import re
import subprocess

import pytest

import oracle
from support import BUILD

TOOL = BUILD / "tests" / "check_file"
FILES = int(os.environ.get("ORACLE_FILES", "4000"))
BATCH = 200

SPACES = ["", "", "", " ", "\t", "\u00a0", "\u3000", "\u2028", "\v", "\x1c", "\u200b", "\ufeff"]
TEXTS = ["1.2E+11", "4,5E+3", "null", "#REF!", "#NV", '="00123"', "a\ufffdb", "a;b", "a|b", "Kettle", "a", "é", "日本", "x\"y", "two\nlines", "a\r\nb", "tab\there", "🐝", "=1+1", "'",
         "a\x00b", "bell\x07", "\x85", "a\x9fb", "\x7f", "None", ",", '"', '""', " ", "\\", "; --"]
NUMBERS = ["€ 1.500", "1'500", "12.-", "(5)", "0x10", "4E+3", "#N/A", '="5"', "１２.５", "5 kg", "500 g", "1.234,50", "-5-",
           "19.989999999999998", "1\u200b2", "12.5\u200e", "1.500", "0.500", "12.000", "1000.000", "0", "1", "-1", "0.01", "0.001", "0.010", "12.99", "12.999", "12.9900", "999999.99",
           "999999.991", "1000000", "1000000.0", "1000001", "10.0", "1.5", "-0", "-0.0", "+1", "1e3",
           ".5", "5.", "1,5", "1 000", "NaN", "inf", "٣", "１", "0x10", "", "--1", "1.2.3",
           "9" * 30, "0" * 40 + "1", "0." + "0" * 40 + "1", "1_000", "1.00" + "0" * 30]
URLS = ["http://a https://b", "http://a\nhttp://b", "n/a", "-", "http://a\u200bb", "http://a,https://b", "http://a;HTTP://b", "http://a|ftp://b", "http://a", "HTTPS://a.example/b?c#d", "ftp://a", "http://", "http:///x", "http://a b",
        "https://?x", "http://u@", "http://u@h:8", "http://:80", "http://a\u00a0b", "//a", "http:/a",
        "http://[::1]/x", "https://é", "http://a/" + "x" * 1991, "http://a/" + "x" * 1992]


def near(draw, limit):
    return draw.choice(["a", "é", "🐝"]) * draw.choice([limit - 1, limit, limit + 1])


def value(draw, column):
    kind = draw.random()
    if column in ("price", "compare_at_price", "weight_kg", "stock_quantity"):
        return draw.choice(NUMBERS) if kind < 0.6 else draw.choice(["5", "20", "12.50"])
    if column == "category":
        if kind < 0.6:
            return draw.choice(sorted(oracle.CATEGORY_NAMES))
        return draw.choice(["Clothing > Men", "Home &amp; Garden", "Men’s Clothing", "Living\u00a0Room", "Games", "Men", "books", "Kitchn", "Home", "Home &  Garden", *TEXTS])
    if column == "image_url":
        return draw.choice(URLS)
    if column in ("sku", "vendor_product_id") and kind < 0.8:
        return draw.choice("ABCDEF") + draw.choice(["", "1", "é", " "])
    if kind < 0.05 and column in oracle.LIMITS:
        return near(draw, oracle.LIMITS[column])
    return draw.choice(TEXTS)


def valid_value(draw, column):
    if column in ("sku", "vendor_product_id"):
        return draw.choice("ABCDEFGH") + str(draw.randrange(30))
    return {
        "product_name": "Kettle",
        "category": "Kitchen",
        "price": "12.50",
        "compare_at_price": draw.choice(["", "12.5", "13"]),
        "stock_quantity": draw.choice(["0", "7"]),
        "weight_kg": draw.choice(["", "0.5"]),
        "image_url": draw.choice(["", "http://a/b"]),
    }.get(column, draw.choice(["", "text", "more, text"]))


def cell(draw, text, hostile):
    text = draw.choice(SPACES) + text + draw.choice(SPACES) if hostile else text
    style = draw.random()
    if any(c in text for c in ',;\t|"\r\n') or style < 0.2:
        if hostile and style > 0.97:
            return text
        quoted = '"' + text.replace('"', '""') + '"'
        return draw.choice(["", " ", "\t"]) + quoted + draw.choice(["", " "]) if hostile else quoted
    return text


def header(draw):
    names = list(oracle.COLUMNS)
    draw.shuffle(names)
    if draw.random() < 0.5:
        names = [name for name in names if name in oracle.REQUIRED or draw.random() < 0.5]
    if draw.random() < 0.05:
        names.pop(draw.randrange(len(names)))
    if draw.random() < 0.05:
        names.append(draw.choice(names))
    for _ in range(draw.choice([0, 0, 0, 1, 3])):
        names.insert(draw.randrange(len(names) + 1), draw.choice(["", "errors", "x", "ſku", "x"]))
    return names


def written_name(draw, name):
    if draw.random() < 0.2:
        name = "".join(draw.choice([c, c.upper()]) for c in name)
    return cell(draw, draw.choice(["", "", " ", "\u00a0"]) + name + draw.choice(["", " "]), False)


def structured(draw):
    """A file of records, most of them nearly right."""
    names = header(draw)
    delimiter = draw.choice([",", ",", ",", ";", "\t", "|"])
    end = draw.choice(["\n", "\r\n", "\r"])
    parts = [draw.choice(["", "", "\ufeff"]), draw.choice(["", "", end, " \t" + end, "\u00a0" + end])]
    parts += [delimiter.join(written_name(draw, name) for name in names), end]
    hostile = draw.random() < 0.7
    for _ in range(draw.choice([0, 1, 2, 5, 20])):
        cells = []
        for name in names:
            name = name.strip().lower()
            spoilt = hostile and draw.random() < 0.15
            text = value(draw, name) if spoilt else valid_value(draw, name)
            cells.append(cell(draw, text, spoilt))
        if draw.random() < 0.1:
            cells = cells[: draw.randrange(len(cells) + 1)]
        if draw.random() < 0.05:
            cells += ["x"] * draw.randrange(3)
        parts += [delimiter.join(cells), draw.choice([end, end, end, end + end, end + " " + end, "\n"])]
    if draw.random() < 0.3:
        parts.pop()
    if draw.random() < 0.15:
        parts[1:1] = [draw.choice([delimiter * 3, f'"" {delimiter} ', ",,,", f'{delimiter}""{delimiter}', f'{delimiter}"']), end]
    if draw.random() < 0.15:
        sep = [f"sep={delimiter}", f'"sep={delimiter}"', f'sep="{delimiter}"', f" SEP={delimiter}\u00a0", f'"sep="{delimiter}""',
               "sep=^", "sep= ;", "sep=;;", "sep=", f"sep={delimiter}x"]
        parts[1:1] = [draw.choice(sep), end]
    if draw.random() < 0.1:
        parts.insert(0, draw.choice(["Products", "Brand", "“price”", "{}", "<p>", "Brand;sku"]) + end)
    if draw.random() < 0.1:
        parts.append(draw.choice(["\x1a", "\x00\x00", "\x1a\n\x00 ", delimiter * 13 + end]))
    if draw.random() < 0.1:
        parts.insert(draw.randrange(2, len(parts) + 1) if len(parts) > 2 else 0,
                     draw.choice([delimiter.join(names), delimiter.join(names).upper(), delimiter * 20]) + end)
    text = "".join(parts)
    kind = draw.random()
    if kind < 0.1:
        return ("\ufeff" + text.removeprefix("\ufeff")).encode(
            draw.choice(["utf-16-le", "utf-16-be"]), "surrogatepass")
    return text.encode()


def mutated(draw):
    """The same with bytes changed, so that quotes, line ends and encodings go wrong."""
    data = bytearray(structured(draw))
    for _ in range(draw.choice([1, 1, 2, 5, 30])):
        at = draw.randrange(len(data) + 1)
        change = draw.random()
        if change < 0.5:
            data[at:at] = draw.choice([b'"', b'""', b",", b"\n", b"\r", b" ", b'" ', b'","', b"\t"])
        elif change < 0.8:
            del data[at : at + draw.choice([1, 1, 10])]
        else:
            data[at : at + 1] = bytes([draw.randrange(256)])
    return bytes(data)


def noise(draw):
    """Quotes, commas and line ends behind a good header."""
    pieces = ['"', '"', ",", ",", ",\"", "\"\n\"", ";", "\n", "\r", "\r\n", " ", "\t", "a", "é", "\v", "\u00a0", "1"]
    body = "".join(draw.choice(pieces) for _ in range(draw.randrange(80)))
    return (",".join(oracle.COLUMNS) + "\n" + body).encode()


SPECIAL = [
    b"",
    b"\xef\xbb\xbf",
    b" \n\t\xe3\x80\x80",
    b"\xff",
    b"\xed\xa0\x80",
    b'"',
    b",\n",
    (",".join(oracle.COLUMNS) + "\n" + "x\n" * 10000).encode(),
    (",".join(oracle.COLUMNS) + "\n" + "x\n" * 10001).encode(),
    (",".join(oracle.COLUMNS) + "\n" + "x\n" * 10001 + '"').encode(),
    (",".join(oracle.COLUMNS) + "\n").encode() + b"x" * oracle.FILE_MAX,
    (",".join(oracle.COLUMNS) + "\n,\"").encode() + b"x" * 10485000,
    (",".join(oracle.COLUMNS) + "\n").encode() + "é".encode() * 5000000,
    (",".join(oracle.COLUMNS) + "\n" + ",".join(["9" * 40000] * 14) + "\n").encode(),
    (",".join(oracle.COLUMNS) + "\n" + ",".join(["0" * 40000 + "5"] * 14) + "\n").encode(),
    (",".join(oracle.COLUMNS) + "\n" + ",".join(["a" * 40000 + "\x01"] * 14) + "\n").encode(),
]
NAMES = ["V_1.csv", "VEND-001_20260102_030405.csv", "V_.csv", "products.csv", "_x.csv", "V.csv",
         "V_1.CSV", "é_1.csv", "V V_1.csv", "V" * 50 + "_a.csv", "V" * 51 + "_a.csv"]


def run_tool(folder, names):
    # Bytes, not text: a vendor's control characters are not line ends here.
    done = subprocess.run([TOOL, *names], cwd=folder, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.split(b"\n") if line]


def compare(folder, files):
    """files: [(name, bytes)]"""
    paths = []
    for number, (name, data) in enumerate(files):
        (folder / str(number)).mkdir(exist_ok=True)
        path = folder / str(number) / name
        path.write_bytes(data)
        paths.append(str(path))
    results = run_tool(folder, paths)
    assert len(results) == len(files)
    for path, (name, data), result in zip(paths, files, results):
        expected = oracle.check(name, data)
        if result["vendor_id"] is None or expected["vendor_id"] is None:
            assert result["refused"]["code"] == expected["refused"]["code"], path
            continue
        assert without_messages(result) == shown(expected), path


def without_messages(result):
    result = {key: value for key, value in result.items() if key not in ("file", "unknown_columns", "ignored_columns", "warnings")}
    if result["refused"]:
        assert result["refused"].pop("message")
    for error in result["errors"]:
        message = error.pop("error_message")
        assert message and len(message) < 1000
        assert not oracle.CONTROL.search(message) and not re.search("[\t\r\n]", message)
        assert (error["error_field"] or "the record") in message
    return result


def shown(expected):
    """Values of more than 32 KiB are shown cut, with a mark."""
    for error in expected["errors"]:
        for key in ("vendor_product_id", "sku"):
            data = (error[key] or "").encode()
            if len(data) > 32768:
                kept = data[:32768].decode(errors="ignore")
                missing = len(data) - len(kept.encode())
                error[key] = f"{kept} [cut: {missing} more bytes]"
    return expected


def remove(folder):
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(-(-FILES // BATCH)))
def test_random_files(tmp_path, batch):
    draw = random.Random(1000 + batch)
    makers = [structured, structured, mutated, mutated, noise]
    compare(tmp_path, [("V_1.csv", draw.choice(makers)(draw)) for _ in range(BATCH)])
    remove(tmp_path)


@pytest.mark.slow
def test_special_files(tmp_path):
    compare(tmp_path, [("V_1.csv", data) for data in SPECIAL])
    remove(tmp_path)


def test_file_names(tmp_path):
    compare(tmp_path, [(name, b"") for name in NAMES])
