"""What a console asks for while nobody presses a key: at most 12 queries and 6 requests to AWS a minute, on every screen."""

import contextlib
import re
import time
import urllib.parse

import pytest

from operators_rig import proxies
from support import wait_until

IDLE_AFTER = 30  # seconds without a key
WINDOW = 85  # queues are asked every 90
SCREENS = {"uploads": "1", "upload": None, "vendors": "2", "products": "3", "dead-letters": "4", "audit": "5",
           "attention": "!", "doctor": "7"}


@pytest.mark.slow
def test_an_idle_console_asks_for_little(stack, database, live, upload):
    upload()
    login = urllib.parse.urlsplit(stack.variables("operator")["INTAKE_DATABASE_URL"]).username
    limit = database.execute("SELECT rolconnlimit FROM pg_roles WHERE rolname = %s", [login]).fetchone()["rolconnlimit"]
    database.execute(f'ALTER ROLE "{login}" CONNECTION LIMIT 60')  # eight consoles of one person
    try:
        idle(stack, live)
    finally:
        database.execute(f'ALTER ROLE "{login}" CONNECTION LIMIT {limit}')


def idle(stack, live):
    with contextlib.ExitStack() as last:
        rigs = {}
        for name, key in SCREENS.items():
            aws, database, environment = last.enter_context(proxies(stack))
            t = live(40, 150, **environment())
            t.wait("Uploads")
            t.wait("aws ok")
            if key:
                t.press(key)
            else:
                t.press("enter")
                t.wait("Timeline")
            rigs[name] = (t, aws, database)

        def rest(seconds):
            """a span in which no key is pressed"""
            until = time.monotonic() + seconds
            def over():
                for t, _, _ in rigs.values():
                    t.pump(0.02)
                return time.monotonic() >= until
            wait_until(over, seconds + 60)

        aws, database, environment = last.enter_context(proxies(stack))
        refused = environment()
        refused["INTAKE_DATABASE_URL"] = re.sub(r"(//[^:]+:)[^@]+@", r"\1wrong@", refused["INTAKE_DATABASE_URL"])
        t = live(40, 150, **refused)
        t.wait("aws ok")
        t.press("2")  # vendors: their subscriptions are AWS's, their names the database's
        t.wait("password authentication failed")
        rigs["refused"] = (t, aws, database)

        rest(IDLE_AFTER + 5)
        for _, aws, database in rigs.values():
            aws.reset()
            database.reset()
        rest(WINDOW)
        asked = {name: (database.round_trips, aws.total()) for name, (_, aws, database) in rigs.items()}
        for name, (queries, requests) in asked.items():
            own = 7 if name == "dead-letters" else 0  # its rows, every five minutes: they may fall into the window
            assert queries <= 12 * WINDOW / 60 and requests <= 6 * WINDOW / 60 + own, (name, asked)
        t, _, database = rigs["uploads"]
        before = database.round_trips
        t.press("down")  # somebody is there again: it is asked at once
        wait_until(lambda: t.pump(0.05) is None or database.round_trips > before, 10)
