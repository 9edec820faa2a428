"""Proves the floors from the include lines, and that no file outgrew its subject."""

import pathlib
import re
import subprocess
import sys

# A folder, and the folders whose headers it may include besides its own.
FLOORS = {
    "core/base": (),
    "aws": ("core/base",),
    "sql": ("core/base",),
    "core": ("core/base", "aws", "sql"),
    "lambda": ("core/base", "aws", "sql", "core"),
    "tui": ("core/base", "aws", "sql", "core"),
}
EVERYWHERE = {"core/base/banned.h"}
TOP = {"tui", "core", "aws", "sql", "lambda", "tests", "screenshots", "Makefile", "README.md",
       "LICENSE", ".gitignore", ".clang-format", ".clang-tidy", ".ci"}
MOST_LINES = {".c": 800, ".h": 800, ".py": 800, ".sh": 800}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def floor_of(path):
    folder = str(pathlib.PurePosixPath(path).parent)
    return "core/base" if folder.startswith("core/base") else folder.partition("/")[0]


def faults_of_include(path, number, included):
    where = f"{path}:{number}"
    if "/" not in included or included.startswith("."):
        if not included.endswith("_embedded.h"):
            yield f'{where}: include "{included}" is not written from the top'
        return
    if included.startswith("generated/"):
        return
    floor, target = floor_of(path), floor_of(included)
    if floor in FLOORS and target != floor and target not in FLOORS[floor]:
        yield f'{where}: {floor}/ must not know "{included}"'


def faults(files):
    for name in sorted({path.partition("/")[0] for path in files} - TOP):
        yield f"{name}: only {', '.join(sorted(TOP))} may lie at the top"
    for path in files:
        suffix = pathlib.PurePosixPath(path).suffix
        if suffix not in MOST_LINES or not pathlib.Path(path).exists():
            continue
        lines = pathlib.Path(path).read_text(errors="replace").splitlines()
        if len(lines) > MOST_LINES[suffix]:
            yield f"{path}: {len(lines)} lines, more than {MOST_LINES[suffix]}"
        if suffix in (".c", ".h"):
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                if match:
                    yield from faults_of_include(path, number, match[1])


def main():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True)
    found = list(faults(listed.stdout.splitlines()))
    print("\n".join(found) or "floors: all well")
    return 1 if found else 0


sys.exit(main())
