"""mutants [--seed N] [--from N] [--count N] [--only FILE] [--seconds N] [--units] [--list]; `make mutants` calls it."""

import argparse
import itertools
import pathlib
import signal
import sys
import time

from . import draw
from .checkout import Checkout
from .trial import CAUGHT, NOT_BUILT, SURVIVED, Trials

MOST_SURVIVORS = 0.05


def arguments():
    parser = argparse.ArgumentParser(prog="mutants", description="Plant faults, and report those that no test sees.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", type=int, default=1, dest="first", help="the number on the list to begin with")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--only", default="", help="a file or a folder")
    parser.add_argument("--seconds", type=float, default=300, help="for each fault")
    parser.add_argument("--units", action="store_true", help="run the unit tests alone: quick, and what survives may still be seen")
    parser.add_argument("--checkout", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[3])
    parser.add_argument("--list", action="store_true", help="show what would be planted, build nothing")
    return parser.parse_args()


def line_of(number, verdict, fault):
    by = f"{'seen by' if verdict.word == CAUGHT else 'passed'} {verdict.by}" if verdict.by else ""
    return (f"{number:4} {verdict.word:8} {fault.path}:{fault.line}  {fault.kind}: {fault.what}\n"
            f"              {by} ({verdict.seconds:.1f} s)")


def run(wanted, asked):
    """The faults that were tried with their verdicts, and how many could not be built."""
    tried, not_built = [], 0
    with Checkout(asked.checkout) as checkout:
        trials = Trials(checkout, asked.seconds, asked.units)
        wrong = trials.prepare()
        if wrong:
            sys.exit(f"mutants: {wrong}")
        for number, fault in wanted:
            if len(tried) == asked.count:
                break
            verdict = trials.look(fault)
            if verdict.word == NOT_BUILT:
                not_built += 1
                continue
            tried.append((fault, verdict))
            print(line_of(number, verdict, fault), flush=True)
    return tried, not_built


def main():
    asked = arguments()
    asked.checkout = asked.checkout.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found = draw.places(asked.checkout, asked.only)
    if not found:
        sys.exit(f"mutants: no place for a fault in {asked.only or asked.checkout}")
    wanted = itertools.islice(enumerate(draw.draw(found, asked.seed), 1), asked.first - 1, None)
    if asked.list:
        for number, fault in itertools.islice(wanted, asked.count):
            print(f"{number:4} {fault.path}:{fault.line}  {fault.kind}: {fault.what}")
        return 0
    began = time.monotonic()
    tried, not_built = run(wanted, asked)
    survivors = [fault for fault, verdict in tried if verdict.word == SURVIVED]
    for fault in survivors:
        print(f"  survived: {fault.path}:{fault.line}  {fault.kind}: {fault.what}")
    print(f"mutants: {len(tried)} faults of {len(found)} places planted with SEED={asked.seed}, "
          f"{len(tried) - len(survivors)} caught, {len(survivors)} survived; "
          f"{not_built} did not compile and were drawn again; {time.monotonic() - began:.0f} s")
    return 1 if len(survivors) > MOST_SURVIVORS * max(len(tried), 1) else 0


sys.exit(main())
