"""Whatever a vendor puts below uploads/ is answered; what tools leave there is not."""

from test_pipeline import file_of, product, vendor  # noqa: F401

IGNORED = ["", ".DS_Store", "~$Products.xlsx", "Thumbs.db", "desktop.ini", "a.csv.filepart", "a.csv.part", "a.tmp"]
OTHERS = {
    "{v}_20260601_090000.txt": "let the name end in .csv",
    "Products.xlsx": "let the name end in .csv",
    "{v}_20260601_090000": "let the name end in .csv",
    "{v} 20260601 090000.csv": "write _ between vendor and date",
}


def test_a_name_in_capitals_is_an_upload(vendor):  # noqa: F811
    body = file_of([product(vendor.vendor_id, 1)])
    row = vendor.finished(*vendor.put(f"{vendor.vendor_id}_20260601_080000.CSV", body))
    assert (row["status"], row["upload_id"]) == ("completed", f"UPLOAD_20260601_080000_{vendor.vendor_id}")


def test_other_names_are_answered_and_leftovers_are_not(vendor):  # noqa: F811
    body = file_of([product(vendor.vendor_id, 1)])
    for name in IGNORED:
        vendor.put(name, body)
    placed = [(words, vendor.put(name.format(v=vendor.vendor_id), body)) for name, words in OTHERS.items()]
    for words, (key, version) in placed:
        row = vendor.finished(key, version)
        assert (row["status"], row["failure_code"], row["vendor_id"]) == (
            "failed", "INVALID_FILE_NAME", vendor.vendor_id), key
        assert words in row["failure_reason"]
    keys = [vendor.key(name) for name in IGNORED]
    assert not vendor.database.execute("SELECT 1 FROM upload_history WHERE s3_key = ANY (%s)", [keys]).fetchall()


def test_the_doctor_sees_that_every_file_arrives(run_intake):
    checks = {check["name"]: check for check in run_intake("doctor", "--json").json["checks"]}
    assert checks["upload events"]["status"] == "ok"
    assert "on uploads/ go to" in checks["upload events"]["detail"]
