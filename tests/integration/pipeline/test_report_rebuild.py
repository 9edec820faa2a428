"""Report files made again on demand: the same bytes, and nothing written where nothing changed."""

import pytest
from operators_rig import desk, product  # noqa: F401


@pytest.fixture
def partial(desk):
    return desk.submit([product(desk.vendor_id, 1), product(desk.vendor_id, 2, price="x")])


def test_nothing_changed_nothing_is_written(desk, partial):
    before = desk.state(partial)
    for _ in range(2):
        assert desk.run("report", partial, "--rebuild", "--json", code=0).json["rebuilt"] is False
    assert desk.state(partial) == before


@pytest.mark.parametrize("kind, arguments", [("errors", []), ("rejected", ["--rejected"])])
def test_a_file_that_was_deleted_comes_back_with_the_same_bytes(desk, partial, kind, arguments, tmp_path):
    before = desk.report(partial)
    desk.s3.delete_object(Bucket=desk.names["S3_BUCKET_NAME"], Key=f"errors/{desk.vendor_id}/{partial}_{kind}.csv")
    missing = desk.run("report", partial, *arguments, "--json", role="viewer")
    assert missing.returncode == 1 and "operator" in missing.stderr
    out = tmp_path / "report.csv"
    made = desk.run("report", partial, *arguments, "-o", out, "--json", code=0).json
    assert made["rebuilt"] is True and out.read_bytes() == before[kind][1]
    after = desk.report(partial)
    assert {k: v[1] for k, v in after.items()} == {k: v[1] for k, v in before.items()}
    other = "rejected" if kind == "errors" else "errors"
    assert after[other] == before[other], "the file that was there has no new version"
    assert desk.audits(partial, "report")[-1]["outcome"] == "done"


def test_other_bytes_are_replaced(desk, partial):
    before = desk.report(partial)
    desk.s3.put_object(Bucket=desk.names["S3_BUCKET_NAME"], Key=f"errors/{desk.vendor_id}/{partial}_errors.csv", Body=b"mine")
    assert desk.run("report", partial, "--rebuild", "--json", code=0).json["rebuilt"] is True
    assert desk.report(partial)["errors"][1] == before["errors"][1]


def test_who_may(desk, partial):
    for how in ({"role": "viewer"}, {"role": "support"}):
        refused = desk.run("report", partial, "--rebuild", **how)
        assert refused.returncode == 4 and "operator" in refused.stderr
    assert desk.run("report", partial, "--rebuild", "--read-only").returncode == 4
    assert {audit["outcome"] for audit in desk.audits(partial, "report")} == {"refused"}
