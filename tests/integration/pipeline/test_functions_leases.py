"""Locks that end: a host that vanished, a session that died, a stranger who would hold everybody up."""


import psycopg
import pytest
from functions_rig import rig, upload  # noqa: F401
from harness import judge, samples


@pytest.fixture
def sample(rig):
    return samples.make(rig.random, records=60, errors=0.1)


def lease(rig):
    found = rig.query("SELECT * FROM leases")
    assert len(found) == 1
    return found[0]


def end_lease(rig):
    """A minute passes for the one lease there is."""
    rig.execute("ALTER TABLE leases DISABLE TRIGGER leases_signed;"
                "UPDATE leases SET until = clock_timestamp() - interval '1 second';"
                "ALTER TABLE leases ENABLE TRIGGER leases_signed")


def test_a_parser_whose_host_vanished_keeps_nobody_out(rig, sample):
    """Its session stays: the server hears nothing. The lease says who has it, ends, and the next one goes on."""
    fired = []

    def vanish(call):
        fired.append(call)
        rig.pg.hang()
        rig.parser.kill()

    rig.upload_trigger.retries = 0
    rig.aws.inject("after", "dynamodb", "BatchWriteItem", value=vanish)
    event = rig.put(sample.key, sample.body)
    assert not rig.upload_trigger.send(event).ok
    assert fired
    rig.messages(rig.parser_dlq)
    with psycopg.connect(rig.dsn, autocommit=True) as session:  # stands for the one that hangs
        rig.execute("ALTER TABLE leases DISABLE TRIGGER leases_signed")
        rig.execute("UPDATE leases SET session_pid = %s", session.info.backend_pid)
        rig.execute("ALTER TABLE leases ENABLE TRIGGER leases_signed")
        rig.pg.flow()
        held = lease(rig)
        assert 0 < (held["until"] - held["renewed_at"]).total_seconds() <= 120
        rig.parser.timeout = 5
        refused = rig.parser.invoke(event)
        assert refused.status == "error" and held["holder"] in str(refused.document)
        end_lease(rig)
        rig.parser.timeout = 20
        assert rig.upload_trigger.send(event).ok
    rig.settle()
    judge.at_rest(rig, [sample])


def test_a_parser_that_was_overtaken_stops_and_writes_no_state(rig, sample):
    """Another one took its claim while it waited for the table."""
    fired = []

    def overtake(call):
        fired.append(call)
        end_lease(rig)
        rig.execute("UPDATE leases SET token = 'another'")

    rig.upload_trigger.retries = 0
    rig.aws.inject("after", "dynamodb", "BatchWriteItem", value=overtake)
    event = rig.put(sample.key, sample.body)
    assert not rig.upload_trigger.send(event).ok
    assert fired
    assert rig.uploads()[0]["items_written_at"] is None
    assert lease(rig)["token"] == "another"
    rig.messages(rig.parser_dlq)
    end_lease(rig)
    assert rig.upload_trigger.send(event).ok
    rig.settle()
    judge.at_rest(rig, [sample])


def test_a_session_that_died_lets_no_second_parser_overwrite(rig, sample):
    """The first one goes on for a moment without its session; both end well."""
    rig.aws.inject("before", "dynamodb", "BatchWriteItem", value=lambda call: rig.pg.cut())
    event = rig.put(sample.key, sample.body)
    results = rig.upload_trigger.send_at_once([event] * 2)
    assert all(result.ok for result in results)
    rig.settle()
    judge.at_rest(rig, [sample])
    assert rig.query("SELECT * FROM leases") == []


def test_advisory_locks_hold_up_nobody(rig, sample):
    """Whoever may connect may take any of these."""
    version = rig.put(sample.key, sample.body)["Records"][0]["s3"]["object"]["versionId"]
    with psycopg.connect(rig.dsn, autocommit=True) as stranger:
        stranger.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))",
                         [f"{rig.bucket}/{sample.key}@{version}"])
        stranger.execute("SELECT pg_advisory_lock(7221746538103927)")
        assert upload(rig, sample)[0].ok


def test_a_mark_is_noted_for_the_verdict_it_was_made_for(rig, sample):
    """An operator's re-validation comes between the pipeline's mark and its note."""
    upload(rig, sample)
    fired = []

    def revise(call):
        fired.append(call)
        rig.execute("UPDATE upload_records SET revision = 1, item_marked_at = NULL, judged_at = clock_timestamp()"
                    " WHERE row_number = 1")

    rig.aws.inject("after", "dynamodb", "BatchExecuteStatement", value=revise)
    rig.stream.deliver(rig.stream_records())
    assert fired
    unmarked = rig.query("SELECT row_number FROM unmarked_records")
    assert [row["row_number"] for row in unmarked] == [1]
