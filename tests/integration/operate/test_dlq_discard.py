"""Dead letters discarded into a file, and taken back from it."""

import os

import pytest

from dead_letters_rig import letter, queues  # noqa: F401


def test_discarded_messages_are_taken_back_once(run_intake, queues, tmp_path):
    queues.seed([letter(1), letter(2), "no JSON"], MessageAttributes={
        "a": {"DataType": "Binary", "BinaryValue": b"\x00"}})
    file = tmp_path / "discarded.jsonl"
    done = run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "--json", "-o", file,
                      env=queues.env, code=0)
    assert done.json["discarded"] == done.json["planned"] == 3 and done.json["file"] == str(file)
    assert file.stat().st_mode & 0o777 == 0o600 and len(file.read_text().splitlines()) == 3
    assert queues.depth(queues.dead) == (0, 0)
    assert run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "-o", file, "--limit", "1",
                      env=queues.env).returncode == 0  # nothing there, nothing written
    back = ("dlq", "replay", queues.dead_name, "--from", file, "--yes", "--json")
    assert run_intake(*back, env=queues.env, code=0).json["moved"] == 3
    again = run_intake(*back, env=queues.env, code=3).json
    assert (again["moved"], again["excluded"]) == (0, 3)
    taken = queues.drain(queues.source)
    assert len(taken) == 3
    assert all(row["MessageAttributes"]["a"]["BinaryValue"] == b"\x00" for row in taken)


def test_discard_deletes_nothing_that_is_not_on_the_disk(run_intake, queues, tmp_path):
    queues.seed([letter(1), letter(2)])
    for target in (tmp_path / "missing" / "file", tmp_path / "there"):
        (tmp_path / "there").write_text("mine")
        done = run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "-o", target, env=queues.env,
                          code=1)
        assert "nothing was deleted" in done.stderr
        assert queues.depth(queues.dead) == (2, 0)
    assert (tmp_path / "there").read_text() == "mine"
    if os.path.exists("/dev/full"):
        assert run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "-o", "/dev/full",
                          env=queues.env).returncode == 1
        assert queues.depth(queues.dead) == (2, 0)
    kept = run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", "--json", env=queues.env, code=0)
    assert kept.json["file"].startswith(str(queues.home / "intake"))


@pytest.mark.parametrize("text", ["{\n", "[]\n", '{"message_id":"x"}\n', '{"body":"x"}\n', "\x00\x01\n"])
def test_a_file_that_is_none_is_refused(run_intake, queues, tmp_path, text):
    file = tmp_path / "file"
    file.write_text(text)
    done = run_intake("dlq", "replay", queues.dead_name, "--from", file, "--yes", env=queues.env, code=1)
    assert "line 1" in done.stderr and "nothing was changed" in done.stderr


@pytest.mark.parametrize("act", ["discard", "replay"])
def test_an_acknowledgement_ends_with_its_message(run_intake, queues, act):
    gone, stays = queues.seed([letter(1), letter(2)])
    for message in (gone, stays):
        run_intake("ack", message, "seen", "--queue", queues.dead_name, "--yes", env=queues.env, code=0)

    def acknowledged():
        rows = run_intake("handover", "--json", env=queues.env, code=0).json["acknowledged"]
        return {row["id"] for row in rows} & {gone, stays}

    assert acknowledged() == {gone, stays}
    run_intake("dlq", act, queues.dead_name, "--id", gone, "--yes", env=queues.env, code=0)
    assert acknowledged() == {stays}
    run_intake("dlq", "discard", queues.dead_name, "--all", "--yes", env=queues.env, code=0)
    assert acknowledged() == set()
