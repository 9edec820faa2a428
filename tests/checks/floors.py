"""Proves floors and rooms from the include lines, and that no file outgrew its subject."""

import pathlib
import re
import subprocess
import sys

EVERYWHERE = {"core/base/banned.h"}
TOP = {"tui", "core", "aws", "sql", "lambda", "tests", "screenshots", "Makefile", "README.md", "SECURITY.md", "CONTRIBUTING.md",
       "LICENSE", ".gitignore", ".clang-format", ".clang-tidy", ".ci"}
ROOMS = pathlib.Path("tests/checks/rooms.txt")
MOST_LINES = {".c": 800, ".h": 800, ".py": 800, ".sh": 800}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def read_rooms():
    """Floors with what they may include, and rooms in their order."""
    floors, rooms = {}, []
    for line in ROOMS.read_text().splitlines():
        name, colon, below = line.partition("#")[0].strip().partition(":")
        if colon:
            floors[name] = below.split()
        elif name:
            rooms.append(name)
    return floors, rooms


FLOORS, ORDER = read_rooms()


def lies_in(path, folders):
    """The longest of the folders that holds the path, "" where none does."""
    return max((folder for folder in folders if path.startswith(folder + "/")), key=len, default="")


def floor_of(path):
    return lies_in(path, FLOORS)


def room_of(path):
    return lies_in(path, ORDER)


def has_rooms(floor):
    return any(floor_of(room + "/") == floor for room in ORDER if room not in FLOORS)


def faults_of_include(path, number, included):
    where = f"{path}:{number}"
    if "/" not in included or included.startswith("."):
        if not included.endswith("_embedded.h"):
            yield f'{where}: include "{included}" is not written from the top'
        return
    if included.startswith("generated/"):
        return
    floor, target = floor_of(path), floor_of(included)
    if floor and target != floor and target not in FLOORS[floor]:
        yield f'{where}: {floor}/ must not know "{included}"'
    room, other = room_of(path), room_of(included)
    if floor == target and room and other and ORDER.index(other) > ORDER.index(room):
        yield f'{where}: {room}/ must not know "{included}", {other}/ comes after it'


def homeless(path):
    """A file of a floor with rooms that lies in none."""
    floor = floor_of(path)
    main = path.startswith(floor + "/main") and path.count("/") == floor.count("/") + 1
    if floor and has_rooms(floor) and not room_of(path) and not main:
        yield f"{path}: lies in no room of {floor}/"


def unit_of(path):
    return path.rpartition(".")[0].removesuffix("_private")


def faults_of_circles(includes):
    """Files that include each other in a circle; a source and NAME_private.h stand for NAME.h."""
    graph = {}
    for path, targets in includes.items():
        if has_rooms(floor_of(path)):
            graph.setdefault(unit_of(path), set()).update(map(unit_of, targets))
    seen, told = set(), set()

    def walk(unit, way):
        if unit in way:
            circle = way[way.index(unit):]
            if frozenset(circle) not in told:
                told.add(frozenset(circle))
                yield f"a circle of files: {' -> '.join([*circle, unit])}"
        elif unit not in seen:
            for target in sorted(graph.get(unit, set()) - {unit}):
                yield from walk(target, [*way, unit])
            seen.add(unit)

    for unit in sorted(graph):
        yield from walk(unit, [])


def faults(files):
    for name in sorted({path.partition("/")[0] for path in files} - TOP):
        yield f"{name}: only {', '.join(sorted(TOP))} may lie at the top"
    includes = {}
    for path in files:
        suffix = pathlib.PurePosixPath(path).suffix
        if suffix not in MOST_LINES or not pathlib.Path(path).exists():
            continue
        lines = pathlib.Path(path).read_text(errors="replace").splitlines()
        if len(lines) > MOST_LINES[suffix]:
            yield f"{path}: {len(lines)} lines, more than {MOST_LINES[suffix]}"
        if suffix in (".c", ".h"):
            yield from homeless(path)
            for number, line in enumerate(lines, 1):
                match = INCLUDE.match(line)
                if match:
                    includes.setdefault(path, []).append(match[1])
                    yield from faults_of_include(path, number, match[1])
    yield from faults_of_circles(includes)


def main():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True)
    found = list(faults(listed.stdout.splitlines()))
    print("\n".join(found) or "floors: all well")
    return 1 if found else 0


sys.exit(main())
