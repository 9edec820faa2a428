"""Keys that are typed ahead of the rows they are about: they wait for those rows, and never act on others."""

import contextlib

import psycopg
import pytest

from history import NEWEST_ID

OTHER = "UPLOAD_20260102_115800_VEND003"


@pytest.fixture
def held(history):
    """While it is entered, nobody reads the uploads."""
    @contextlib.contextmanager
    def hold():
        with psycopg.connect(history.database.url) as connection:
            connection.execute("LOCK TABLE upload_history IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()
    return hold


def filter_ahead(t, *keys):
    """Another filter, and keys behind it, while the rows of the old one still show."""
    t.press("/")
    t.type(OTHER)
    t.press("enter", *keys)
    t.wait(f"/{OTHER}")
    assert NEWEST_ID in t.selected()
    return t


@pytest.mark.parametrize("key,name,title", [("enter", "open", " Upload "), ("e", "errors", " Errors of "),
                                            ("E", "notify", " Plan "), ("J", "jump", "jump to")])
def test_an_action_waits_for_the_rows_it_is_about(console, held, key, name, title):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        with held():
            filter_ahead(t, key).wait(f"{name}: waiting for the rows to load")
        t.wait(title).wait(OTHER)
        assert NEWEST_ID not in t.text and "as soon as" not in t.text


def test_marks_are_of_the_rows_that_match(console, held):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        with held():
            filter_ahead(t, "+").wait("mark-all: waiting for the rows")
        t.wait("1 marked: all matching rows")


def test_a_file_has_the_rows_that_match(console, held, tmp_path):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        with held():
            filter_ahead(t, "w").wait("write: waiting for the rows")
        t.wait("written to")
    written = next(tmp_path.glob("intake-uploads-*.tsv")).read_text()
    assert OTHER in written and NEWEST_ID not in written


def test_what_is_typed_behind_waits_too(console, held):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        with held():
            filter_ahead(t, "space", "enter", "e").wait("mark: waiting for the rows")
        t.wait(" Errors of " + OTHER)
        t.press("esc", "esc")
        t.wait(lambda t: t.lines[2].startswith(" Uploads") and "1 marked" in t.lines[2])


def test_a_key_of_the_consoles_own_gives_it_up(console, held):
    with console(30, 120) as t:
        t.wait(NEWEST_ID)
        with held():
            filter_ahead(t, "enter").wait("open: waiting for the rows")
            t.press("?")
            t.wait(" Help uploads")
            t.press("esc")
            t.wait(" Uploads")
        t.wait(lambda t: OTHER in (t.selected() or "")).settle()
        assert t.lines[2].startswith(" Uploads")


def test_the_first_rows_are_waited_for_too(console, held):
    with contextlib.ExitStack() as lock:
        lock.enter_context(held())
        with console(30, 120) as t:
            t.wait("Uploads").press("enter")
            t.wait("open: waiting for the rows")
            lock.close()
            t.wait("Timeline (UTC)")
            assert NEWEST_ID in t.lines[2]
