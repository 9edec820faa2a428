"""One fault's way: it is built, the unit tests that link its file run, then the integration tests of its room."""

import collections
import functools
import re
import subprocess
import time

from . import rooms
from .checkout import BUILD, Late

UNIT_SECONDS, TEST_SECONDS = 20, 60
CAUGHT, SURVIVED, NOT_BUILT = "caught", "SURVIVED", "not built"

Verdict = collections.namedtuple("Verdict", "word by seconds")


class Trials:
    """What is known of the copy: its unit tests, and the integration tests that pass without a fault."""

    def __init__(self, checkout, seconds_each, only_units=False):
        self.checkout, self.seconds_each, self.only_units = checkout, seconds_each, only_units
        self.units = sorted(str(path.relative_to(checkout.tree).with_suffix(""))
                            for path in (checkout.tree / "tests" / "unit").rglob("test_*.c")
                            if "/unit/tui/" not in str(path))
        self.unsound = set()  # integration tests that fail without a fault, too

    def programs(self):
        """What integration tests run: as the makefile names it."""
        probes = (self.checkout.tree / "tests" / "tools").glob("*.c")
        zips = (self.checkout.tree / "lambda").glob("main_*.c")
        return [f"{BUILD}/intake", *(f"{BUILD}/tests/{probe.stem}" for probe in sorted(probes)),
                *(f"{BUILD}/lambda/{main.stem.removeprefix('main_').replace('_', '-')}.zip" for main in sorted(zips))]

    def prepare(self):
        """Everything built and every unit test passing without a fault; returns what is wrong."""
        code, output = self.checkout.make(*map(program_of, self.units), *([] if self.only_units else self.programs()))
        if code:
            return "the checkout does not build:\n" + output[-2000:]
        failed = [unit for unit in self.units if self.checkout.run(program_of(unit), seconds=UNIT_SECONDS)[0]]
        return "without a fault fail: " + ", ".join(failed) if failed else None

    def look(self, fault):
        began = time.monotonic()
        self.checkout.deadline = began + self.seconds_each
        word, by = NOT_BUILT, ""
        try:
            with self.checkout.planted(fault):
                word, by = self.verdict(fault)
        except Late:
            word, by = SURVIVED, f"the tests of {self.seconds_each} s"
        finally:
            self.checkout.deadline = None
        return Verdict(word, by, time.monotonic() - began)

    def verdict(self, fault):
        if fault.path.endswith(".c"):
            if self.checkout.make(f"{BUILD}/obj/{fault.path[:-2]}.o")[0]:
                return NOT_BUILT, ""
            by = self.unit_that_fails(fault)
            if by:
                return CAUGHT, by
        return (SURVIVED, "the unit tests") if self.only_units else self.integration(fault)

    def unit_that_fails(self, fault):
        """Those of the same room first, and there the one of the same name."""
        linked = [unit for unit in self.units if self.sees(unit, fault.path)]
        near = [unit for unit in linked if rooms.is_near(unit, fault.path)]
        for some in (near, [unit for unit in linked if unit not in near]):
            if some and self.checkout.make(*map(program_of, some))[0]:
                return "the link of the unit tests"
            for unit in sorted(some, key=lambda unit: not rooms.is_named_alike(unit, fault.path)):
                code, output = self.checkout.run(program_of(unit), seconds=UNIT_SECONDS, CMOCKA_MESSAGE_OUTPUT="TAP")
                if code != 0:
                    return unit.removeprefix("tests/") + case_of(output, code)
        return None

    @functools.cache
    def symbols(self, name):
        shown = subprocess.run(["nm", "--defined-only", name], cwd=self.checkout.tree, capture_output=True, text=True)
        lines = [line.split() for line in shown.stdout.splitlines()]
        return frozenset(words[2] for words in lines if len(words) == 3 and words[1] in "TDBR")

    def sees(self, unit, path):
        """Whether a test program holds the object of a file: the linker takes from the library what is used."""
        own = self.symbols(f"{BUILD}/obj/{path[:-2]}.o")
        return bool(own & self.symbols(program_of(unit)))

    def integration(self, fault):
        tests = [test for test in rooms.tests_of(fault.path) if (self.checkout.tree / test.partition("::")[0]).exists()]
        if not tests:
            return SURVIVED, "no integration test"
        if self.checkout.make(*self.programs())[0]:
            return CAUGHT, "the link of the programs"
        if fault.path.endswith(".sql"):
            self.checkout.drop_stack()
        if rooms.need_stack(self.checkout.tree, tests):
            code, output = self.checkout.stack_up()
            if code:
                self.checkout.drop_stack()
                return CAUGHT, "the start of the stack"
        while True:
            passed, failed = self.pytest(*tests)
            if not failed:
                return SURVIVED, f"{passed} integration tests"
            if self.fails_for_the_fault(fault, failed):
                return CAUGHT, failed.removeprefix("tests/")

    def pytest(self, *tests, first=True):
        """How many passed, and the name of the first that failed. What is unsound is left out."""
        left_out = [word for test in sorted(self.unsound) for word in ("--deselect", test)]
        code, output = self.checkout.run(
            "var/venv/bin/python", "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "--tb=no", "-rfE",
            f"--timeout={TEST_SECONDS}", "--basetemp", self.checkout.place / "t", *left_out, *tests,
            seconds=self.seconds_each, INTAKE_TEST_STACK="var")
        if code is None:
            raise Late
        named = re.search(r"^(?:FAILED|ERROR) (\S+?\.py(?:::\S+)?)", output, re.M)
        passed = re.search(r"(\d+) passed", output)
        return int(passed.group(1)) if passed else 0, named.group(1) if named else (code not in (0, 5) and tests[0])

    def fails_for_the_fault(self, fault, test):
        """It fails once more with the fault, and passes without: a machine at its limit is told from a fault."""
        if not self.pytest(test)[1]:
            return False
        deadline, self.checkout.deadline = self.checkout.deadline, None
        sound = self.passes_without(fault, test)
        if not sound and self.checkout.stack_runs:  # what an earlier fault left in the stack may be why
            self.checkout.drop_stack()
            self.checkout.stack_up()
            sound = self.passes_without(fault, test)
        if not sound:
            self.unsound.add(test)
            print(f"  {test} fails without a fault, too: left out", flush=True)
        self.checkout.deadline = deadline
        return sound

    def passes_without(self, fault, test):
        with self.checkout.repaired(fault):
            self.bring_up(fault)
            passes = not self.pytest(test)[1]
        if not passes:
            self.bring_up(fault)
        return passes

    def bring_up(self, fault):
        """The programs and the stack as the copy's files are now."""
        ran = self.checkout.stack_runs
        self.checkout.make(*self.programs())
        if fault.path.endswith(".sql"):
            self.checkout.drop_stack()
        if ran:
            self.checkout.stack_up()


def program_of(unit):
    return f"{BUILD}/{unit}"


def case_of(output, code):
    """The first case of a cmocka program that failed."""
    if code is None:
        return " (hung)"
    found = re.search(r"^not ok \d+ - (\S+)", output, re.M)
    return f" {found.group(1)}" if found else f" (exit {code})"
