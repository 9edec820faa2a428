"""A replay dies right before and right after each of its effects; the next one makes it good."""

import json

import pytest
from dead_letters_rig import letter, queues, sent_twice  # noqa: F401
from harness.points import (OF_A_DISCARD, OF_A_LEASE_DROPPED, OF_A_LEASE_TAKEN, OF_A_LONG_REPLAY, OF_A_REPLAY,
                            OF_A_RESUMED_REPLAY, OF_AN_AUDIT, Points)
from support import BUILD

COUNT = 25
# Where a replay dies before its first request went out.
NOTHING_SENT = (*OF_A_LEASE_TAKEN, "before intents of a replay are noted", "after intents of a replay are noted",
                "before dead letters are sent")
DYING = -9


@pytest.fixture
def points(tmp_path):
    return Points(tmp_path, BUILD)


def command(queues, points, *words):
    """Its exit status and its document, where it lived to write one."""
    started = queues.start("dlq", *words, "--yes", "--json", **points.environment("an operator"))
    out, said = started.communicate(timeout=120)
    assert started.returncode == DYING or out, said
    return started.returncode, json.loads(out) if out else None


def replay(queues, points):
    return command(queues, points, "replay", queues.dead_name, "--all")


def killed_at(points, name, work):
    points.arm(name)
    assert work()[0] == DYING and not points.is_armed(name), "nobody came to the point: " + name


def finish(queues, points):
    """Replays until nothing is left, and the documents of them."""
    documents = []
    for _ in range(10):
        status, document = replay(queues, points)
        assert status == 0
        documents.append(document)
        if sum(queues.depth(queues.dead)) == 0 and not list(queues.home.glob("intake/*.journal")):
            return documents
    raise AssertionError(f"still there: {queues.depth(queues.dead)}")


def at_rest(queues, ids, documents):
    """All of it arrived, what arrived twice was named, and nothing is open."""
    twice, bodies = sent_twice(queues)
    named = {ids.index(row["message_id"]) + 1 for document in documents for row in document["messages"]
             if row["possible_duplicate"]}
    assert len(bodies) == COUNT, "lost"
    assert twice <= named, f"sent twice and not named: {sorted(twice - named)}"


@pytest.mark.parametrize("name", [*OF_A_LEASE_TAKEN, *OF_A_REPLAY, *OF_AN_AUDIT, *OF_A_LEASE_DROPPED])
def test_a_death_at_any_point_of_a_replay_is_made_good_by_the_next(queues, points, name):
    ids = queues.seed(letter(n) for n in range(1, COUNT + 1))
    killed_at(points, name, lambda: replay(queues, points))
    sent = queues.depth(queues.source)[0]
    assert (sent == 0) == (name in NOTHING_SENT)
    at_rest(queues, ids, finish(queues, points))


@pytest.mark.parametrize("name", OF_A_LONG_REPLAY)
def test_a_death_of_one_that_hides_its_letters_for_longer_is_made_good(queues, points, name):
    """It was held up until the letters were nearly visible again to others."""
    ids = queues.seed(letter(n) for n in range(1, COUNT + 1))
    points.let_pass("after intents of a replay are noted", 50000)
    killed_at(points, name, lambda: replay(queues, points))
    assert queues.depth(queues.source)[0] == 0
    at_rest(queues, ids, finish(queues, points))


@pytest.mark.parametrize("name", OF_A_RESUMED_REPLAY)
def test_a_death_of_the_one_that_takes_it_up_is_made_good_too(queues, points, name):
    ids = queues.seed(letter(n) for n in range(1, COUNT + 1))
    first = "before dead letters are deleted" if "deleted" in name else "after intents of a replay are noted"
    killed_at(points, first, lambda: replay(queues, points))
    killed_at(points, name, lambda: replay(queues, points))
    at_rest(queues, ids, finish(queues, points))


@pytest.mark.parametrize("name", OF_A_DISCARD)
def test_a_death_beside_the_file_of_a_discard_loses_nothing(queues, points, tmp_path, name):
    ids = queues.seed(letter(n) for n in range(1, COUNT + 1))
    file = tmp_path / "discarded.jsonl"
    killed_at(points, name, lambda: command(queues, points, "discard", queues.dead_name, "--all", "-o", file))
    assert sum(queues.depth(queues.dead)) == COUNT
    written = [json.loads(line)["message_id"] for line in file.read_text().splitlines()] if file.exists() else []
    assert sorted(written) == (sorted(ids) if name.startswith("after") else [])
    again = tmp_path / "again.jsonl"
    assert command(queues, points, "discard", queues.dead_name, "--all", "-o", again)[0] == 0
    assert sum(queues.depth(queues.dead)) == 0 and len(again.read_text().splitlines()) == COUNT
