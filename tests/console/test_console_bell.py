"""The console rings at a failure that is new, where the configuration says so, and not by itself."""

import pytest


@pytest.mark.parametrize("said, rings", [("bell = true\n", True), ("", False)])
def test_a_new_failure_rings(console, history, tmp_path, said, rings):
    folder = tmp_path / "config" / "intake"
    folder.mkdir(parents=True)
    (folder / "config.ini").write_text(said)
    with console(24, 120) as t:
        t.wait("UPLOAD_2026").wait("database ok").settle(0.5)
        before = t.received.count(b"\a")
        history.execute("INSERT INTO upload_history (upload_id, vendor_id, file_name, s3_key, status, upload_timestamp)"
                        " VALUES (%s, 'VEND001', 'f', 'k', 'failed', now())", f"UPLOAD_BELL_{rings}")
        try:
            t.wait(lambda t: "1 failed" in t.text)
            assert (t.received.count(b"\a") > before) == rings
        finally:
            history.execute("DELETE FROM upload_history WHERE upload_id = %s", f"UPLOAD_BELL_{rings}")
