"""`make mutants`: faults are planted in a copy, seen or reported, and nothing of it stays."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from mutants import draw, faults, rooms, sql
from mutants.source import Source
from support import ROOT

CODE = r'''
#define LIMIT(a, b) ((a) < (b))
static const char take_sql[] = "SELECT id FROM outbox WHERE refused_at IS NULL"
                               "   AND id > $1 ORDER BY id";
/* if (code) return code; */
int f(const char *text, int first, int second)
{
    int code = g(first, second);
    if (code)
        return code;
    for (int i = 0; i < second; i++)
        h(text, "a < b", i + 1);
    if (error->retryable && first == second)
        again = true;
    return first >= 7 ? 1 : 0;
}
static void escape_it(struct buffer *out, char c)
{
    switch (c) {
    case '&':
        json_append_text(out, text);
    }
}
'''

MAKEFILE = r'''
BUILD ?= build
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D) && gcc -Wall -Wextra -Werror -I. -MMD -MP -c $< -o $@
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/obj/core/record/little.o
	@mkdir -p $(@D) && gcc $^ -o $@
$(BUILD)/intake:
	@mkdir -p $(@D) && touch $@
'''

LITTLE = r'''
int little_grade(int points);
int little_sum(int from, int to);
int little_grade(int points)
{
    if (points > 90)
        return 2;
    return points > 50;
}
int little_sum(int from, int to)
{
    int sum = 0;
    for (int i = from; i < to; i++)
        sum += i;
    return sum;
}
'''

TEST_LITTLE = r'''
int little_grade(int points);
int little_sum(int from, int to);
int main(void)
{
    return !(little_sum(2, 5) == 9 && little_sum(3, 3) == 0 && little_grade(100) == 2);
}
'''


def planted(text=CODE):
    return [(fault.kind, text[:fault.start] + fault.text + text[fault.end:], fault)
            for fault in faults.of_source(Source("core/x.c", text))]


@pytest.mark.parametrize("kind, words", [
    ("comparison", "first != second"),
    ("comparison", "first < 7"),
    ("dropped check", "if ((code) && 0)\n        return code;"),
    ("skipped retry", "if ((error->retryable && first == second) && 0)"),
    ("skipped retry", "again = false;"),
    ("forgotten escape", "case '\\1':"),
    ("forgotten escape", r'buffer_format(out, "\"%s\"", text);'),
    ("off by one", "i + 1 < second"),
    ("off by one", 'h(text, "a < b", i );'),
    ("swapped arguments", "g(second, first)"),
    ("condition less in SQL", 'WHERE (refused_at IS NULL OR TRUE)"'),
    ("condition less in SQL", "AND (id > $1 OR TRUE) ORDER BY"),
])
def test_each_kind_is_planted(kind, words):
    assert any(found == kind and words in text for found, text, _ in planted())


def test_comments_literals_and_directives_are_left_alone():
    for kind, _, fault in planted():
        line = CODE.splitlines()[fault.line - 1]
        assert not line.startswith(("#define", "/*")), fault
        assert kind != "comparison" or not CODE[:fault.start].endswith('"a '), fault


@pytest.mark.parametrize("line", [
    "if (list->count == 0 || kind) return ERROR_NONE;", "if (!code && errno == EINTR) again();",
    "if (now_ms < deadline_ms) go();", "best = a < b ? a : b;", "if (!list) return error_set(error, ERROR_MEMORY, m);",
    "json_append_text(out, item->status);", 'json_append_text(out, "literal");', "same = strcmp(one, other);"])
def test_what_no_test_could_see_is_left_out(line):
    found = [fault for fault in faults.of_source(Source("core/x.c", f"int f(void)\n{{\n    {line}\n}}\n"))]
    left = [fault for fault in found if fault.kind != "swapped arguments" or "strcmp" in line]
    assert all(fault.kind == "comparison" and fault.text in ("!=", ">=") for fault in left), found


def test_a_condition_over_two_literals_is_wrapped_whole():
    text = 'static const char a[] = "DELETE FROM t WHERE a = coalesce($1,"\n    " $2) AND b < 3";'
    made = [new for _, new, _ in planted(text)]
    assert 'WHERE (a = coalesce($1,"\n    " $2) OR TRUE) AND b < 3"' in made[0]
    assert "AND (b < 3 OR TRUE)" in made[1] and len(made) == 2


@pytest.mark.parametrize("text, conditions", [
    ("SELECT 1 WHERE a BETWEEN 1 AND 2 AND b IS NULL", ["b IS NULL"]),
    ("SELECT 1 WHERE (a = 1 OR b = 2) AND", []),
    ("UPDATE t SET a = 1 WHERE id = ANY ($1::text[]) RETURNING a", ["id = ANY ($1::text[])"]),
    ("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.x = t.x) LIMIT 5",
     ["NOT EXISTS (SELECT 1 FROM u WHERE u.x = t.x)", "u.x = t.x"]),
])
def test_conditions_of_a_statement(text, conditions):
    assert [text[start:end] for start, end in sql.conditions(text)] == conditions


def test_a_seed_draws_the_same_again_and_every_kind():
    found = draw.places(ROOT)
    first = [fault for _, fault in zip(range(70), draw.draw(found, 1))]
    assert first == [fault for _, fault in zip(range(70), draw.draw(draw.places(ROOT), 1))]
    assert first != [fault for _, fault in zip(range(70), draw.draw(found, 2))]
    assert {fault.kind for fault in first} == set(faults.KINDS)
    assert {fault.path.partition("/")[0] for fault in found} == set(draw.FLOORS)
    assert len(set(first)) == len(first)


def test_every_source_has_tests_and_every_test_is_there():
    for path in {fault.path for fault in draw.places(ROOT)}:
        assert rooms.tests_of(path), path
    for name in rooms.TABLE:
        for test in rooms.tests_of(name):
            assert (ROOT / test).exists(), test
        assert list(ROOT.glob(name + "*")), name


@pytest.fixture
def checkout(tmp_path):
    """A checkout of one source, whose test looks at a part of it alone."""
    for name, text in {"Makefile": MAKEFILE, "core/record/little.c": LITTLE,
                       "tests/unit/core/record/test_little.c": TEST_LITTLE, ".gitignore": "/var/\n/build/\n"}.items():
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder = tmp_path / "checkout"
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / "var").mkdir()
    return folder


def run_mutants(checkout, *more):
    return subprocess.run([sys.executable, "-m", "mutants", "--checkout", checkout, "--count", "100", *more], text=True,
                          capture_output=True, timeout=200, cwd=checkout,
                          env=dict(os.environ, PYTHONPATH=str(ROOT / "tests" / "tools")))


def everything_in(folder):
    return {path: path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file() and ".git/" not in str(path)}


def test_what_a_test_sees_is_caught_and_what_none_sees_is_reported(checkout):
    before = everything_in(checkout)
    done = run_mutants(checkout)
    assert done.returncode == 1, done.stdout + done.stderr  # more than 5 % of them
    lines = re.sub(r"\n {14}", " | ", done.stdout).splitlines()
    caught = [line for line in lines if " caught " in line and "seen by unit/core/record/test_little" in line]
    assert any("core/record/little.c:13  comparison: < -> >=" in line for line in caught), done.stdout
    assert any("core/record/little.c:13  off by one" in line for line in caught), done.stdout
    survived = [line for line in lines if line.startswith("  survived: ")]
    assert "  survived: core/record/little.c:8  comparison: > -> >=" in survived, done.stdout
    assert not any(":13 " in line for line in survived), done.stdout
    assert f"{len(caught)} caught, {len(survived)} survived; " in lines[-1]
    assert everything_in(checkout) == before
    assert not (checkout / "var" / "mutants").exists()


def test_a_checkout_that_fails_without_a_fault_is_said(checkout):
    (checkout / "tests/unit/core/record/test_little.c").write_text("int main(void) { return 1; }\n")
    done = run_mutants(checkout)
    assert done.returncode == 1 and "without a fault fail: tests/unit/core/record/test_little" in done.stderr
    assert not (checkout / "var" / "mutants").exists()


def test_only_one_file_and_no_place(checkout):
    assert "no place for a fault" in run_mutants(checkout, "--only", "core/record/other.c").stderr
    listed = run_mutants(checkout, "--only", "core/record/little.c", "--list").stdout.splitlines()
    assert listed and all("core/record/little.c:" in line for line in listed)
    later = run_mutants(checkout, "--only", "core/record", "--list", "--from", "3", "--count", "2").stdout.splitlines()
    assert later == listed[2:4]
