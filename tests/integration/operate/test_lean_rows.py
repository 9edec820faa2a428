"""What an operator reads of a rejected record is the same of a row that says everything and of one that leaves out what
follows from the rest."""

from operators_rig import category, desk, product  # noqa: F401

# As the release before wrote it.
IN_FULL = """
UPDATE upload_records r
   SET record_id = 'REC_' || lpad(r.row_number::text, 5, '0'), extra_fields = coalesce(r.extra_fields, 0),
       field_count = coalesce(r.field_count, 14), revision = coalesce(r.revision, 0),
       vendor_product_id = coalesce(r.vendor_product_id, p.vendor_product_id), sku = coalesce(r.sku, p.sku)
  FROM upload_records l LEFT JOIN products p USING (upload_id, row_number)
 WHERE l.upload_id = %s AND l.upload_id = r.upload_id AND l.row_number = r.row_number"""


def read(desk, upload_id):
    """All that is said of the upload's records."""
    vendor = desk.vendor_id
    said = {command: desk.run(*command.split(), "--json").json for command in (
        f"upload {upload_id}", f"errors {upload_id}", f"search --sku {vendor}-4", f"search --vendor {vendor}",
        f"revalidate {upload_id} --dry-run")}
    said["report"] = [file[1] for file in desk.report(upload_id).values()]
    said["duplicates"] = [row for row in desk.violations(upload_id) if row[1].startswith("DUPLICATE")]
    return said


def test_rows_of_before_and_of_now_are_read_alike(desk, category):
    v = desk.vendor_id
    upload_id = desk.submit([product(v, 1), product(v, 2, category=category), product(v, 3, sku=f"{v}-1"),
                             product(v, 4, price="1.999"), product(v, 5, category=category, price="x"), product(v, 6)])
    desk.category(category)
    lean = read(desk, upload_id)
    assert all(lean.values()), lean
    assert [row["record_id"] for row in desk.ledger(upload_id).values()] == [None] * 6
    assert {row["record_id"] for row in lean[f"errors {upload_id}"]} == {f"REC_{row:05}" for row in (2, 3, 4, 5)}
    desk.database.execute(IN_FULL, [upload_id])
    assert all(row["record_id"] and row["sku"] for row in desk.ledger(upload_id).values())
    assert read(desk, upload_id) == lean

    done = desk.revalidate(upload_id, "--yes", code=3)
    assert done["now_valid"] == 1 and desk.products(upload_id) == {1, 2, 6}
    ledger = desk.ledger(upload_id)
    assert [ledger[row]["revision"] for row in range(1, 7)] == [0, 1, 0, 0, 1, 0]
    assert ledger[2]["sku"] is None and ledger[2]["vendor_product_id"] is None


def test_a_violation_without_its_record_id_has_that_of_its_row(desk):
    """Others may write violations, and need not say it."""
    v = desk.vendor_id
    upload_id = desk.submit([product(v, 1), product(v, 2, price="1.999")])
    desk.database.execute("UPDATE violation_rows SET record_id = NULL WHERE upload_id = %s", [upload_id])
    assert [row["record_id"] for row in desk.run("errors", upload_id, "--json").json] == ["REC_00002"]
