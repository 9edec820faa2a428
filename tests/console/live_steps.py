"""What a person does on the console over the local stack, again and again."""


def go_to(t, upload_id):
    t.wait("Uploads")
    t.press(":")
    t.wait("go to or do")
    t.type(upload_id)
    t.press("enter")
    t.wait(lambda t: upload_id in t.lines[2] and "Records" in t.text)


def apply(t, done="done", reason="because"):
    t.wait("press A to apply")
    t.press("A")
    t.wait("reason, for the audit log")
    t.type(reason)
    t.press("enter")
    t.wait(lambda t: t.lines[4].strip() == done, done)
