"""Whether mail reaches a vendor: told beside the vendors, and never waited for."""

import re
import select
import socket
import threading
import urllib.parse


def rows(t):
    """What the column says of each vendor."""
    return dict(re.findall(r"^[> *]*(VEND\S+) .*?(?:active|suspended) +((?:was )?(?:confirmed|pending|none)|\?)", t.text, re.M))


def test_without_aws_the_list_is_there_and_says_that_it_does_not_know(console):
    with console(30, 140) as t:
        t.wait("UPLOAD_2026")
        t.press("2")
        t.wait("StyleWear").wait("SUBSCRIPTION")
        t.wait(lambda t: rows(t).get("VEND002") == "?")
        t.press("enter")
        t.wait(lambda t: re.search(r"Subscription +\? \(.*127\.0\.0\.1", t.text), "the reason")


class Relay:
    """Passes bytes on to the emulator until it is cut."""

    def __init__(self, url):
        where = urllib.parse.urlsplit(url)
        self.target = (where.hostname, where.port)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.open = True
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            if self.open:
                threading.Thread(target=self.carry, args=(client,), daemon=True).start()
            else:
                client.close()

    def carry(self, client):
        with client, socket.create_connection(self.target) as far:
            while self.open:
                for one in select.select([client, far], [], [], 0.1)[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    (far if one is client else client).sendall(data)


def test_the_column_says_what_the_command_says_and_that_it_is_old_when_aws_is_gone(live, stack, run_intake):
    known = {v["vendor_id"]: v["subscription"] for v in run_intake("vendors", "--json").json}
    relay = Relay(stack.variables("operator")["AWS_ENDPOINT_URL"])
    with live(60, 170, AWS_ENDPOINT_URL=relay.url) as t:
        t.wait("aws ok")
        t.press("2", "/")
        t.type("VEND00")
        t.press("enter")
        t.wait(lambda t: len(rows(t)) >= 3 and all(known[vendor] == said for vendor, said in rows(t).items()),
               f"what the command says: { {v: known[v] for v in known if v.startswith('VEND00')} }")
        t.press("/", "ctrl-u")
        t.type("subscription:pending VEND00")
        t.press("enter")
        t.wait(lambda t: set(rows(t).values()) <= {"pending"})
        t.press("esc")
        t.wait(lambda t: t.lines[2].startswith(" Uploads"))
        t.press("2", "/")
        t.type("VEND00")
        t.press("enter")
        t.wait(lambda t: len(rows(t)) >= 3)
        t.press("enter")
        t.wait(lambda t: re.search(r"Subscription +(confirmed|pending|none) \(asked ", t.text))
        relay.open = False
        t.press("f5")
        t.wait(lambda t: re.search(r"Subscription +was (confirmed|pending|none) \(", t.text))
    relay.server.close()


def test_a_vendor_that_was_subscribed_is_asked_about_at_once(live, new_vendor):
    vendor = new_vendor()
    said = re.compile(rf"{vendor} .* active +(none|pending|confirmed) ")
    with live(60, 170) as t:
        t.wait("aws ok")
        t.press("2", "/")
        t.type(vendor)
        t.press("enter")
        t.wait(lambda t: (found := said.search(t.text)) and found[1] == "none")
        t.press("E")
        t.wait("press A to apply").press("A")
        t.wait("reason, for the audit log")
        t.type("asked for on the phone")
        t.press("enter")
        t.wait("subscription: ")
        t.press("esc")
        t.patience = 12  # the next answer by itself is further away
        t.wait(lambda t: (found := said.search(t.text)) and found[1] != "none")
