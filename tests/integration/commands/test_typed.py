"""Options in the language of filters: understood, or wrong usage with what is near; never empty in silence."""

import pytest

HEAD = "vendor_product_id,product_name,category,sku,price,stock_quantity\n"


@pytest.fixture(scope="module")
def sent(run_intake, stack):
    """A completed, a partial and a refused upload of a vendor of its own."""
    vendor = "Typed-Vendor"
    with stack.connect() as database:
        database.execute("INSERT INTO vendors (vendor_id, vendor_name, email, status)"
                         " VALUES (%s, 'Typed', 'typed@example.com', 'active')", [vendor])
    files = {"completed": HEAD + "1,Lamp,Electronics,T-1,1,1\n",
             "partial": HEAD + "2,Lamp,Electronics,T-2,1,1\n3,Lamp,Electronics,T-3,no,1\n4,Lamp,Nowhere,T-4,1,1\n",
             "failed": "nonsense\n"}
    ids = {}
    for status, text in files.items():
        ids[status] = run_intake("submit", "--wait", "--json", "--vendor", vendor, "-", input=text).json[0]["upload_id"]
    return vendor, ids


def statuses(done):
    return sorted({upload["status"] for upload in done.json})


@pytest.mark.parametrize("options,wanted", [
    (["--status", "failed,partial"], ["failed", "partial"]), (["--status", "FAILED"], ["failed"]),
    (["--status=-completed"], ["failed", "partial"]), (["--since", "today"], ["completed", "failed", "partial"]),
    (["--since", "yesterday", "--until", "today"], []), (["--code=-MALFORMED_CSV", "--status", "completed"], ["completed"]),
    (["--search", "-nothing typed"], ["completed", "failed", "partial"]), (["--search", "typed,nothing"], ["completed", "failed", "partial"]),
    (["--search", "-typed"], [])])
def test_words_narrow(run_intake, sent, options, wanted):
    vendor, _ = sent
    assert statuses(run_intake("uploads", "--json", "--vendor", vendor.lower(), *options, code=0)) == wanted


def test_a_refused_file_is_found_by_its_code(run_intake, sent):
    vendor, ids = sent
    every = run_intake("uploads", "--json", "--vendor", vendor, "--status", "failed", code=0).json
    code = run_intake("upload", ids["failed"], "--json", code=0).json["failure_reason"].split(":")[0]
    found = run_intake("uploads", "--json", "--vendor", vendor, "--code", code.lower(), code=0).json
    assert [u["upload_id"] for u in found] == [u["upload_id"] for u in every] == [ids["failed"]]


@pytest.mark.parametrize("options,rows", [
    (["--type", "invalid_price"], [2]), (["--type", "invalid_price,INVALID_CATEGORY"], [2, 3]), (["--type=-invalid_price"], [3]), (["--sku", "T-3,T-4"], [2, 3]),
    (["--sku=-T-3"], [3]), (["--product", "4"], [3]), (["--field", "PRICE,category"], [2, 3])])
def test_errors_narrow(run_intake, sent, options, rows):
    done = run_intake("errors", sent[1]["partial"], "--json", *options, code=0)
    assert sorted({row["row_number"] for row in done.json}) == rows


@pytest.mark.parametrize("arguments,words", [
    (["uploads", "--status", "faild"], "did you mean failed?"), (["uploads", "--status", "failed,partal"], "did you mean partial?"),
    (["uploads", "--limit", "1", "--limit", "2"], "twice"), (["uploads", "--status", "failed", "--status", "partial"], "twice"),
    (["uploads", "--since", "1hr"], "a time or an age"), (["uploads", "--since", "1d", "--until", "2d"], "not before"),
    (["uploads", "--since", "today", "--until", "today"], "not before"), (["audit", "--since", "1d", "--until", "1d"], "not before"),
    (["uploads", "--code", "MALFORMED"], "did you mean MALFORMED_CSV?"), (["errors", "X", "--type", "INVALID_PRIZE"], "did you mean INVALID_PRICE?"),
    (["errors", "X", "--field", "prise"], "did you mean price?"), (["logs", "csv-parser", "--since", "soon"], "a time or an age"),
    (["uploads", "--vendor", ","], "no value"), (["uploads", "--limit", "ten"], "whole number")])
def test_what_cannot_be_read_is_wrong_usage(run_intake, arguments, words):
    done = run_intake(*arguments, code=2)
    assert words in done.stderr and done.stdout == "" and done.stderr.count("\n") == 1


@pytest.mark.parametrize("option", ["--vendor=VEND0001X", "--vendor=VEND001,VEND0001X", "--vendor=-VEND0001X"])
def test_a_vendor_that_is_not_there_is_not_an_empty_list(run_intake, option):
    done = run_intake("uploads", option, code=1)
    assert "no vendor VEND0001X" in done.stderr and "VEND001" in done.stderr
