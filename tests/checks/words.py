"""The words of words.txt in what people read: the literals of the sources that are sentences, and documents."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("tui", "core", "aws", "sql", "lambda")
# Sentences to vendors are fixed by what vendors' own programs expect of them.
APART = ("core/record/",)
TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|#[ ]*include[^\n]*", re.S)
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|LEFT JOIN|REVOKE|GRANT)\b")
# Names, not words: paths, commands in quotes, options, formats.
NAMES = re.compile(r"`[^`]*`|\S*[/\\]\S*\.?\S*|--[\w-]+|%[-.*0-9]*[a-z]+")


def glossary():
    rows = (ROOT / "tests/checks/words.txt").read_text(encoding="utf-8").splitlines()
    pairs = [row.split("\t") for row in rows if row and not row.startswith("#")]
    return [(re.compile(r"(?<![\w-])(?:" + bad + r")(?![\w-])", re.I), good) for bad, good in pairs]


def literals(source):
    """Each literal of C source with its line; those with nothing but white space between them are one."""
    end, text, line = -1, "", 0
    for match in TOKEN.finditer(source):
        if not match.group().startswith('"'):
            continue
        if end >= 0 and not source[end:match.start()].strip(" \t\n\\"):
            text += match.group()[1:-1]
        else:
            if end >= 0:
                yield line, text
            text, line = match.group()[1:-1], source.count("\n", 0, match.start()) + 1
        end = match.end()
    if end >= 0:
        yield line, text


def sentences():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            name = str(path.relative_to(ROOT))
            if name.startswith(APART):
                continue
            for line, text in literals(path.read_text(encoding="utf-8")):
                if " " in text.strip() and not SQL.search(text):
                    yield f"{name}:{line}", text.replace("\\n", " ").replace('\\"', '"').replace("\\\\-", "-")


def faults(found):
    words = glossary()
    for where, text in found:
        plain = NAMES.sub(" ", text)
        for bad, good in words:
            match = bad.search(plain)
            if match:
                yield f"{where}: \"{match.group()}\" in {text.strip()[:100]!r}: say {good}"


def document(path):
    blocks = re.sub(r"\]\([^)]*\)", "]", path.read_text(encoding="utf-8")).split("\n\n")
    return [(path.name, " ".join(block.split())) for block in blocks]
