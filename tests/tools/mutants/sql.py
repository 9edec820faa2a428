"""Conditions in statements of SQL: where each begins and ends."""

import re

STATEMENT = re.compile(r"\b(SELECT|UPDATE|INSERT INTO|DELETE FROM|WHERE)\b[\s\S]*")
WORDS = re.compile(r"'(?:[^']|'')*'|[A-Za-z_][\w.]*|\$\d+|<>|<=|>=|!=|::|[(),;=<>]|\S")
ENDS = {"AND", "OR", "ORDER", "GROUP", "LIMIT", "RETURNING", "FOR", "ON", "HAVING", "UNION", "SET", "THEN", "END", "WHEN",
        "JOIN", "LEFT", "INNER", "WINDOW", "OFFSET", "DO", "ELSE", "LOOP", "EXCEPT", "WHERE", ";"}
COMPARES = {"=", "<>", "!=", "<", ">", "<=", ">=", "IS", "IN", "LIKE", "ILIKE", "EXISTS", "ANY", "NOT"}
DANGLING = {"=", "<>", "!=", "<", ">", "<=", ">=", "IS", "IN", "LIKE", "ILIKE", "NOT", "+", "-", "||", "::", ",", "("}


def is_statement(text):
    return STATEMENT.search(text) is not None


def without_comments(text):
    """The same length, with blanks for comments."""
    return re.sub(r"--[^\n]*|/\*.*?\*/", lambda match: " " * len(match.group()), text, flags=re.S)


def conditions(text):
    """(start, end) of each condition behind WHERE and AND that the text holds whole."""
    words = list(WORDS.finditer(text))
    for index, word in enumerate(words):
        if word.group() == "WHERE" or (word.group() == "AND" and not after_between(words, index)):
            found = condition(words, index + 1)
            if found:
                yield found


def after_between(words, index):
    """Whether this AND belongs to a BETWEEN."""
    for word in reversed(words[max(0, index - 8):index]):
        if word.group() == "BETWEEN":
            return True
        if word.group() in ENDS:
            return False
    return False


def condition(words, first):
    depth, last, compares = 0, None, False
    for word in words[first:]:
        text = word.group()
        if depth == 0 and (text in ENDS or text in (")", ",")):
            break
        depth += (text == "(") - (text == ")")
        compares = compares or (depth == 0 and text in COMPARES)
        last = word
    if last is None or depth or not compares or last.group() in DANGLING:
        return None
    if words[first].group() == "BETWEEN" or any(word.group() == "BETWEEN" for word in words[first:first + 3]):
        return None
    return words[first].start(), last.end()
