"""The seeded list: the kinds in turn, and of a kind first a file, then a place in it."""

import collections
import random

from . import faults
from .source import Source

FLOORS = ("core", "aws", "sql", "lambda")


def places(root, only=None):
    """Every fault that could be planted, in the order of files and places."""
    paths = sorted(path for floor in FLOORS for ending in ("*.c", "*.sql") for path in (root / floor).rglob(ending))
    found = []
    for path in paths:
        name = str(path.relative_to(root))
        if only and not (name == only or name.startswith(only.rstrip("/") + "/")):
            continue
        if name.endswith(".c"):
            found += faults.of_source(Source(name, path.read_text()))
        elif name.startswith("sql/migrations/"):
            found += faults.of_statements(name, path.read_text())
    return sorted(found, key=lambda fault: (fault.path, fault.start, fault.kind, fault.text))


def draw(found, seed):
    """The faults one after the other, none twice; whoever asks for more gets more, until all are drawn."""
    chance = random.Random(seed)
    by_kind = collections.defaultdict(lambda: collections.defaultdict(list))
    for fault in found:
        by_kind[fault.kind][fault.path].append(fault)
    while by_kind:
        kinds = sorted(by_kind)
        chance.shuffle(kinds)
        for kind in kinds:
            path = chance.choice(sorted(by_kind[kind]))
            left = by_kind[kind][path]
            yield left.pop(chance.randrange(len(left)))
            if not left:
                del by_kind[kind][path]
            if not by_kind[kind]:
                del by_kind[kind]
