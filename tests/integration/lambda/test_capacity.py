"""make capacity: the arithmetic, against examples that were worked by hand, and which limit it names first."""

import json
import subprocess
import sys

import pytest

from support import ROOT

PROGRAM = ROOT / "lambda" / "deployment" / "capacity.py"


def reckoned(*arguments):
    done = subprocess.run([sys.executable, PROGRAM, "--json", *map(str, arguments)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return {row["limit"]: row for row in found["limits"]}, {row["what"]: row for row in found["requests"]}, found


def test_a_million_records_a_day():
    limits, requests, found = reckoned("--records-per-day", 1e6, "--uploads", 1000, "--vendors", 100)
    # 1,000,000 / 86,400 x 8 in the busiest hour = 92.6 records a second, two writes each, in table and index alike
    assert limits["writes of the table, a second"]["load"] == pytest.approx(185.19, abs=0.01)
    # a tenth of them are one vendor's
    assert limits["writes of the busiest vendor's partition in the index, a second"]["load"] == pytest.approx(18.52, abs=0.01)
    # 92.6 x 0.15 s / 100
    assert limits["validators at once, one a shard"]["load"] == pytest.approx(0.1389, abs=0.0001)
    # 1,000 / 86,400 x 8 = 0.0926 files a second, each 1 s and 1,000 puts at 1,000 a second
    assert limits["parsers at once"]["load"] == pytest.approx(0.1852, abs=0.0001)
    # 30 days x 1,000 uploads x 4,000 write units at 0.625 a million
    assert requests["DynamoDB write units"]["count"] == 120e6 and requests["DynamoDB write units"]["usd"] == pytest.approx(75.0)
    # 180 + 0.1 x 535 + 0.9 x 0.2 x 320 bytes a record, 1,135 an upload
    assert found["database_gb_per_day"] == pytest.approx((1e6 * 291.1 + 1000 * 1135) / 1024 ** 3, rel=1e-9)


def test_ten_times_as_much_is_ten_times_as_much():
    one, ten = reckoned("--records-per-day", 1e6, "--vendors", 50), reckoned("--records-per-day", 1e7, "--vendors", 50)
    for name in ("writes of the table, a second", "validators at once, one a shard"):
        assert ten[0][name]["load"] == pytest.approx(10 * one[0][name]["load"])
    assert sum(row["usd"] for row in ten[1].values()) == pytest.approx(10 * sum(row["usd"] for row in one[1].values()))


@pytest.mark.parametrize("arguments, first", [
    (["--records-per-day", "1000000", "--vendors", "10000"], "filter policies of the topic"),
    (["--records-per-day", "100000000", "--uploads", "20000", "--vendors", "1"],
     "writes of the busiest vendor's partition in the index, a second"),
])
def test_the_first_limit_is_named_with_its_knob(arguments, first):
    shown = subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, check=True).stdout
    assert f"first limit: {first}, beyond it" in shown


@pytest.mark.parametrize("arguments, said", [
    (["--records-per-day", "0"], "must be 1 or more"), (["--records-per-day", "100000", "--uploads", "1"], "at most 10,000"),
    (["--database-class", "db.big"], "no price for db.big")])
def test_what_cannot_be_is_refused(arguments, said):
    done = subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and said in done.stderr


def test_classes_are_those_of_the_template():
    limits, _, _ = reckoned("--records-per-day", 1e6, "--vendors", 1, "--database-class", "db.t4g.micro")
    assert limits["sessions of the database"]["most"] == 80 and limits["parsers at once"]["most"] == 20
