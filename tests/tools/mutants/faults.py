"""The kinds of fault that are planted in C: each finds its places in a source.

What no test can see is left out where it can be told from the text: a comparison of clocks at its very edge, the edge
of a minimum or a maximum, memory that runs out, calls of the system that fail, sizes of arrays, a short way out where
there is nothing to do.
"""

import collections
import re

from . import sql

Fault = collections.namedtuple("Fault", "kind path line start end text what")

EDGES = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
CLOCK = re.compile(r"(?i)(\bnow|_ms|_s\b|deadline|until|time|wait|\bage|_age|expire|due\b|pause|seconds|rested)")
MEMORY = re.compile(r"MEMORY|\bfailed\b|\berrno\b")
EMPTY = re.compile(r"(count|len|length)\)? == 0|!\(?[\w.>-]*(count|len|length)\b")
RETRY = re.compile(r"(?i)(retry|retries|retryable|again|attempt|renew|refresh|reconnect|tries\b)")
NOT_RETRY = re.compile(r"entries|against")
ESCAPING = re.compile(r"(?i)(escape|quote|guard|clean|encode|visible|sanit|formula|html_char)")
SYMMETRIC = re.compile(r"(?i)(memcmp|str(n?case|n)?cmp|equal|same|distance|^max|^min|_Static_assert|offsetof)")
KEYWORDS = {"if", "while", "for", "switch", "return", "sizeof", "do", "else", "case", "_Alignof"}
SIMPLE = re.compile(r"[&*]*[A-Za-z_][\w.\[\]]*(->[\w.\[\]]+)*|\(?[\w.]+(->\w+)* [-+] [\w.]+(->\w+)*\)?")

# Words of the program's own, and ids of a plain alphabet: there is nothing in them to escape.
PLAIN = re.compile(r"(type|state|status|kind|role|verdict|outcome|identifier|source|number|upload_id|vendor_id|record_id)"
                   r"(\[.*\])?$|_name\(.*\)$")

# What an escaping call would be if it were forgotten: {0}, {1} are its arguments.
RAW = {
    "sigv4_encode": "buffer_append({0}, {1}, {2})",
    "text_append_visible": "buffer_append({0}, {1}, {2})",
    "text_append_visible_cut": "buffer_append({0}, {1}, {2})",
    "write_escaped": "buffer_append({0}, {2}, {3})",
    "write_html_char": "buffer_char({0}, {1})",
    "write_data": "buffer_text({0}, {2})",
    "db_text_clean": "buffer_append({0}, {1}, {2})",
    "append_quoted": "buffer_append({0}, {2}, {3})",
    "report_append_cell": "report_append_value({0}, {1}, {2}, {3})",
    "json_append_string": "buffer_format({0}, \"\\\"%.*s\\\"\", (int)({2}), {1})",
    "json_append_text": "buffer_format({0}, \"\\\"%s\\\"\", {1})",
    "report_cell_guard": "({0} && {1} ? \"\" : \"\")",
}


def short(text):
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."


def planted(kind, source, first, last, text):
    """A fault in place of the tokens from first to last."""
    start, end = source.tokens[first].start, source.tokens[last].end
    return Fault(kind, source.path, source.line(start), start, end, text,
                 f"{short(source.text[start:end])} -> {short(text)}")


def never(kind, source, opened, close):
    """A condition that is still reckoned, and is false."""
    fault = planted(kind, source, opened, close, f"({source.slice(opened, close)} && 0)")
    return fault._replace(what=f"never {short(source.slice(opened, close))}")


def statement_around(source, index):
    """The text of the line or lines of the statement that holds a token, roughly: between ; { } on both sides."""
    first = last = index
    while first > 0 and source.tokens[first - 1].text not in (";", "{", "}"):
        first -= 1
    while last + 1 < len(source.tokens) and source.tokens[last].text not in (";", "{", "}"):
        last += 1
    return source.slice(first, last)


def is_extreme(source, index):
    """A minimum or maximum in the making: `a < b ? a : b`, `if (a < b) a = b;`: its edge is no difference."""
    statement = statement_around(source, index)
    return "?" in statement or re.match(r"(\} )?(else )?if \([^;]*\)\s*[^;]* = [^;]*;$", statement, re.S) is not None


def in_for(source, index):
    """Whether a token stands in the brackets of a `for`."""
    return any(source.tokens[opened - 1].text == "for" and opened < index < close
               for opened, close in source.closes.items() if opened and source.tokens[opened].text == "(")


def comparisons(source):
    for _, index in source.bodies():
        token = source.tokens[index]
        if token.kind != "op" or token.text not in OPPOSITES:
            continue
        statement = statement_around(source, index)
        if MEMORY.search(statement):
            continue
        yield planted("comparison", source, index, index, OPPOSITES[token.text])
        if token.text in EDGES and not (CLOCK.search(statement) or is_extreme(source, index)
                                        or in_for(source, index) or ") - (" in statement):
            yield planted("comparison", source, index, index, EDGES[token.text])


def checks(source):
    """`if (code) return code;` and its like, gone."""
    for _, index in source.bodies():
        if source.tokens[index].text != "if" or not source.condition(index):
            continue
        opened, close = source.condition(index)
        at = close + 1
        if source.tokens[at].text == "{":
            at += 1
        if source.tokens[at].text not in ("return", "goto"):
            continue
        end = source.statement_end(at)
        then = source.slice(at, end)
        after = end + 1 if source.tokens[close + 1].text != "{" else end + 2
        if source.tokens[after].text == "else" or MEMORY.search(source.slice(opened, end)):
            continue
        if EMPTY.search(source.slice(opened, close)) and re.match(r"return (ERROR_NONE|false)|goto ", then):
            continue
        if re.match(r"return (code|false|-1|error_set|error_wrap|ERROR_)|goto ", then):
            yield never("dropped check", source, opened, close)


def retries(source):
    for _, index in source.bodies():
        token = source.tokens[index]
        if token.text in ("if", "while") and source.condition(index):
            opened, close = source.condition(index)
            text = NOT_RETRY.sub("", source.slice(opened, close))
            if RETRY.search(text) and not re.search(r"log_|MEMORY", text):
                yield never("skipped retry", source, opened, close)
        elif RETRY.fullmatch(token.text) and source.tokens[index + 1].text == "=":
            end = source.statement_end(index)
            if source.slice(index + 2, end - 1) == "true":
                yield planted("skipped retry", source, index + 2, end - 1, "false")


def escapes(source):
    for name, index in source.bodies():
        token = source.tokens[index]
        if token.text in RAW and source.tokens[index + 1].text == "(":
            spans = source.arguments(index + 1)
            texts = [source.slice(*span) for span in spans]
            if not any(text.startswith('"') or PLAIN.search(text) for text in texts[1:]):
                yield planted("forgotten escape", source, index, source.closes[index + 1], RAW[token.text].format(*texts))
        elif ESCAPING.search(name) and token.text == "if" and source.condition(index):
            opened, close = source.condition(index)
            if not re.fullmatch(r"\((!\w+( \|\| !\w+)*|\w+->failed)\)", source.slice(opened, close)):
                yield never("forgotten escape", source, opened, close)
        elif ESCAPING.search(name) and token.text == "case" and source.tokens[index + 1].kind == "char":
            yield planted("forgotten escape", source, index + 1, index + 1, "'\\1'")


def off_by_one(source):
    for _, index in source.bodies():
        token, before = source.tokens[index], source.tokens[index - 1]
        if token.text == "for" and source.tokens[index + 1].text == "(":
            yield from last_one(source, index + 1)
        if token.kind != "number" or not re.fullmatch(r"[0-9]+", token.text) or before.text == "<<":
            continue
        around = statement_around(source, index)
        if re.search(r"buffer_init|sizeof|\b(static|char|uint8_t) [^=;]*\[|pause|_ms\b|timeout", around):
            continue
        if before.text in "+-" and token.text == "1" and source.tokens[index - 2].kind == "name":
            fault = planted("off by one", source, index - 1, index, "")
            yield fault._replace(what=f"{source.slice(index - 2, index)} -> {source.tokens[index - 2].text}")
        elif before.text in ("==", "!=", "<", ">", "<=", ">=", "%", "/", ",", "return", "=", "+", "-") and token.text != "0":
            yield planted("off by one", source, index, index, str(int(token.text) + 1))


def last_one(source, opened):
    """A loop that leaves the last one out: `i < count` -> `i + 1 < count`."""
    parts, index = [], opened + 1
    while index < source.closes[opened]:
        if source.tokens[index].text == ";":
            parts.append(index)
        index = source.closes.get(index, index) + 1
    if len(parts) != 2:
        return
    for index in range(parts[0] + 1, parts[1] - 1):
        if (source.tokens[index].text == "<" and source.tokens[index - 1].kind == "name"
                and source.tokens[index - 2].text in (";", "&&")):
            yield planted("off by one", source, index, index, "+ 1 <")


def swaps(source):
    for _, index in source.bodies():
        token = source.tokens[index]
        if (token.kind != "name" or token.text in KEYWORDS or SYMMETRIC.search(token.text)
                or source.tokens[index + 1].text != "(" or source.tokens[index + 1].kind != "op"):
            continue
        spans = source.arguments(index + 1)
        for one, other in zip(spans, spans[1:]):
            first, second = source.slice(*one), source.slice(*other)
            if first != second and SIMPLE.fullmatch(first) and SIMPLE.fullmatch(second) and "error" not in (first, second):
                fault = planted("swapped arguments", source, one[0], other[1], f"{second}, {first}")
                yield fault._replace(what=f"{token.text}({first}, {second}) swapped")


def conditions(source):
    """In the statements of its literals: a condition that always holds."""
    for text, offsets in source.literals():
        if not sql.is_statement(text):
            continue
        for start, end in sql.conditions(text):
            at, behind = offsets[start], offsets[end - 1] + 1
            kept = source.text[at:behind]
            yield Fault("condition less in SQL", source.path, source.line(at), at, behind, f"({kept} OR TRUE)",
                        f"without {short(text[start:end])}")


KINDS = {
    "comparison": comparisons,
    "dropped check": checks,
    "skipped retry": retries,
    "forgotten escape": escapes,
    "off by one": off_by_one,
    "swapped arguments": swaps,
    "condition less in SQL": conditions,
}


def of_source(source):
    """Every fault that can be planted in a C file."""
    return [fault for find in KINDS.values() for fault in find(source)]


def of_statements(path, text):
    """Every fault that can be planted in a file of SQL; which rows an index holds changes no answer, unless it is unique."""
    bare = sql.without_comments(text)
    return [Fault("condition less in SQL", path, text.count("\n", 0, start) + 1, start, end, f"({text[start:end]} OR TRUE)",
                  f"without {short(text[start:end])}") for start, end in sql.conditions(bare)
            if not bare[bare.rfind(";", 0, start) + 1:].lstrip().startswith("CREATE INDEX")]
