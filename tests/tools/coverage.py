"""What of the sources ran, from the .gcda files of a build with --coverage: per folder, and files below 80 %."""

import collections
import json
import pathlib
import subprocess
import sys

FLOORS = ("core/", "aws/", "sql/", "lambda/", "tui/")
LEAST = 80

Share = collections.namedtuple("Share", "run of")


def share_of(flags):
    flags = list(flags)
    return Share(sum(map(bool, flags)), len(flags))


def percent(share):
    return 100 * share.run / share.of if share.of else 100.0


def add(a, b):
    return Share(a.run + b.run, a.of + b.of)


def read(build):
    """Lines and branches of each source; one that never ran counts as it was compiled."""
    lines, branches = collections.defaultdict(dict), collections.defaultdict(dict)
    notes = [str(path) for path in sorted((build / "obj").rglob("*.gcno")) if not path.is_relative_to(build / "obj/tests")]
    for at in range(0, len(notes), 50):
        said = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *notes[at:at + 50]],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        for document in said.splitlines():
            for file in json.loads(document)["files"]:
                name = file["file"].removeprefix("./")
                if not name.startswith(FLOORS) or not name.endswith(".c"):
                    continue
                for line in file["lines"]:
                    number = line["line_number"]
                    lines[name][number] = lines[name].get(number, 0) + line["count"]
                    for place, branch in enumerate(line["branches"]):
                        key = number, place
                        branches[name][key] = branches[name].get(key, 0) + branch["count"]
    return {name: (share_of(lines[name].values()), share_of(branches[name].values())) for name in lines}


def row(name, shares):
    line, branch = shares
    return f"{percent(line):6.1f} % of {line.of:6d} lines  {percent(branch):6.1f} % of {branch.of:6d} branches  {name}"


def main():
    files = read(pathlib.Path(sys.argv[1]))
    folders = collections.defaultdict(lambda: (Share(0, 0), Share(0, 0)))
    for name, (line, branch) in files.items():
        parts = pathlib.PurePosixPath(name).parent.parts
        for folder in {parts[0] + "/", "/".join(parts) + "/", "all"}:
            folders[folder] = add(folders[folder][0], line), add(folders[folder][1], branch)
    for folder in sorted(folders, key=lambda name: (name == "all", name)):
        print(row(folder, folders[folder]))
    low = sorted((percent(line), name) for name, (line, _) in files.items() if percent(line) < LEAST)
    print(f"\n{len(low)} of {len(files)} files have less than {LEAST} % of their lines run:")
    for _, name in low:
        print(row(name, files[name]))


main()
