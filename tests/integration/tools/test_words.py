"""One word for one thing: what people read keeps to tests/checks/words.txt."""

import re
import subprocess
import sys

import pytest

from support import BUILD, ROOT

sys.path.insert(0, str(ROOT / "tests/checks"))
import words  # noqa: E402

IMPERATIVE = re.compile(r"[A-Z][a-z]+ ")
PROGRAM = BUILD / "intake"


def help_of(*arguments):
    return subprocess.run([PROGRAM, "help", *arguments], capture_output=True, text=True, check=True, timeout=60).stdout


COMMANDS = help_of("--list").split("\n")[:-1] if PROGRAM.exists() else []


def test_sentences_of_the_program():
    found = list(words.sentences())
    assert len(found) > 1500, "the literals are not read"
    assert list(words.faults(found)) == []


@pytest.mark.parametrize("name", ["README.md"])
def test_documents(name):
    assert list(words.faults(words.document(ROOT / name))) == []


@pytest.mark.parametrize("page", ["intake", "config", "console"])
def test_man_pages(page):
    text = help_of("--man", page) if page != "intake" else help_of("--man")
    text = re.sub(r"^(\.SS .*|.*  \([\w\\-]+\))$", "", text, flags=re.M)  # names of screens and actions stay
    assert list(words.faults([(page, re.sub(r"\\f.|^\.[A-Z]+", "", line)) for line in text.split("\n")])) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name):
    lines = help_of(*name.split()).split("\n")
    assert list(words.faults([(name, line) for line in lines])) == []
    summary = lines[0].partition(": ")[2]
    assert IMPERATIVE.match(summary), f"{name}: {summary!r} begins with no verb in the imperative"
    assert not re.match(r"(The|A|An|What|Every|One|[a-z]+s) ", summary), f"{name}: {summary!r}"


@pytest.mark.parametrize("sentence", ["a draft of before", "six times that is due", "whence it came",
                                      "nobody looked at it", "hands dead letters on again and gives it up"])
def test_the_words_of_yesterday_are_found(sentence):
    assert list(words.faults([("here", sentence)]))
