"""An item whose final status the table refuses for good, as one that would pass 400 KB, fails nobody else."""

from functions_rig import rig  # noqa: F401

MARK = b" more bytes]"


def details(statement):
    """The error_details that a statement would write; None where it writes none."""
    if "error_details" not in statement["Statement"]:
        return None
    return statement["Parameters"][3]["S"].encode()


def statuses(rig):
    return sorted(item["status"]["S"] for one in rig.uploads() for item in rig.items(one["upload_id"]))


def item_of(rig, row):
    return next(item for one in rig.uploads() for item in rig.items(one["upload_id"])
                if item["row_number"]["N"] == str(row))


def take_in(rig, refused, times=None):
    """Five records, the third with long details, while the table refuses what `refused` says of its mark."""
    rows = ["vendor_product_id,product_name,category,sku,price,stock_quantity,weight_kg,brand,unit,subcategory"]
    for row in range(1, 6):
        bad = row == 3
        rows.append(",".join(["P%d" % row, "Lamp", "x" * 300 if bad else "Books", "S%d" % row,
                              "free" if bad else "9.99", "x" if bad else "1", "x" if bad else "1.00",
                              "b" * 300 if bad else "", "u" * 300 if bad else "", "s" * 300 if bad else ""]))
    rig.aws.inject("some_statements", "dynamodb", "BatchExecuteStatement", times=times,
                   value=("ValidationError", refused))
    event = rig.put("uploads/VEND001/VEND001_20260102_120000.csv", "\n".join(rows).encode())
    assert rig.upload_trigger.send(event).ok
    rig.settle()
    rig.heal()
    assert rig.messages(rig.validator_dlq) == []
    assert [one["status"] for one in rig.uploads()] == ["partial"]
    assert len(rig.notices()) == 1


def test_details_are_cut_until_the_item_takes_them(rig):
    take_in(rig, lambda statement: len(details(statement) or b"") > 200)
    assert statuses(rig) == ["error"] + ["validated"] * 4
    kept = item_of(rig, 3)["error_details"]["S"].encode()
    assert kept.startswith(b"price free") and kept.endswith(MARK) and len(kept) <= 200
    whole = rig.query("SELECT string_agg(error_message, '; ' ORDER BY rule_order) AS t FROM validation_errors")
    missing = int(kept.split(b"[cut: ")[1].split()[0])
    assert len(kept.split(b" [cut: ")[0]) + missing == len(whole[0]["t"].encode())


def test_an_item_with_no_room_at_all_gets_its_status(rig):
    take_in(rig, lambda statement: details(statement))
    assert statuses(rig) == ["error"] + ["validated"] * 4
    assert item_of(rig, 3)["error_details"]["S"] == ""


def test_an_item_that_takes_nothing_fails_nobody(rig):
    take_in(rig, lambda statement: details(statement) is not None)
    assert statuses(rig) == ["pending_validation"] + ["validated"] * 4
    unmarked = rig.query("SELECT row_number FROM unmarked_records")
    assert [one["row_number"] for one in unmarked] == [3]
    assert any(isinstance(line, dict) and line["message"] == "the table refuses the final status of an item"
               for line in rig.validator.log_lines())
