"""What 1,000 records with 10 % errors weigh in PostgreSQL, in bytes, as a JSON array of {name, value, unit}.

Uploads of 1,000 records go through the real functions one after the other, and VACUUM runs behind each, as it
does by and by on a server. The weight is what the tables, their indexes and what lies out of line have grown by in
the last of them: with what a page holds that is not full, without the space that is used again.
"""

import json
import os
import pathlib
import random
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

from harness import chaos, judge, samples  # noqa: E402
from harness.rig import Rig  # noqa: E402

BEFORE, MEASURED, RECORDS = 3, 8, 1000
MOST = {"upload_records": 180_224}  # two thirds of what it was before rows were lean

SIZES = """
SELECT c.relname AS name, pg_table_size(c.oid) - coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) AS heap,
       coalesce(pg_total_relation_size(nullif(c.reltoastrelid, 0)), 0) AS toast,
       (SELECT coalesce(jsonb_object_agg(i.relname, pg_relation_size(i.oid)), '{}')
          FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid) AS indexes
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname"""


def upload(rig, number):
    sample = samples.make(random.Random(number), records=RECORDS, errors=0.1, clock="%06d" % (120000 + number))
    rig.upload_trigger.send(rig.put(sample.key, sample.body))
    rig.settle(300)
    rig.execute("VACUUM ANALYZE")
    return sample


def sizes(rig):
    """Table to what it takes: its own pages, what lies out of line, and each index."""
    found = {}
    for row in rig.query(SIZES):
        parts = {"rows": row["heap"], "out of line": row["toast"]}
        parts.update(("index " + name, size) for name, size in row["indexes"].items())
        found[row["name"]] = parts
    return found


def grown(before, after):
    """The same, by 1,000 records; what did not grow is left out."""
    per = MEASURED * RECORDS / 1000
    tables = {}
    for table, parts in after.items():
        more = {part: round((size - before[table].get(part, 0)) / per) for part, size in parts.items()}
        more = {part: size for part, size in more.items() if size > 0}
        if more:
            tables[table] = more
    return tables


def rows_of(tables):
    total = {table: sum(parts.values()) for table, parts in tables.items()}
    yield {"name": "1,000 records with 10 % errors in PostgreSQL", "value": sum(total.values()), "unit": "bytes"}
    for table in sorted(total, key=total.get, reverse=True):
        yield {"name": "  " + table, "value": total[table], "unit": "bytes", "limit": MOST.get(table)}
        for part, size in tables[table].items():
            yield {"name": "    " + part, "value": size, "unit": "bytes"}


def main():
    build = ROOT / os.environ.get("BUILD", "build")
    with tempfile.TemporaryDirectory(prefix="intake-bench-") as folder:
        rig = Rig(*chaos.locate(), build, folder, timeout=60)
        try:
            all_samples = [upload(rig, number) for number in range(BEFORE)]
            before = sizes(rig)
            all_samples += [upload(rig, number) for number in range(BEFORE, BEFORE + MEASURED)]
            after = sizes(rig)
            judge.at_rest(rig, all_samples)
            rows = list(rows_of(grown(before, after)))
        finally:
            rig.stop()
    json.dump(rows, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
