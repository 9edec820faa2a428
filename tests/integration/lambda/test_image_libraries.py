"""What a function's image holds is what its bootstrap loads."""

import re
import subprocess

import pytest
from images import FUNCTIONS

from support import BUILD, ROOT

IMAGE = ROOT / "lambda" / "image"


def output_of(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def needed_by(program):
    return re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "-d", program))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bootstrap_finds_all_in_its_image(tmp_path, function):
    bootstrap = BUILD / "lambda" / function / "bootstrap"
    output_of(IMAGE / "libraries", bootstrap, tmp_path)
    held = {path.name: path for path in tmp_path.rglob("*") if path.is_file()}
    wanted, seen = needed_by(bootstrap), set()
    assert wanted
    while wanted:
        name = wanted.pop()
        assert name in held, f"{name} is not in the image of {function}"
        if name not in seen:
            seen.add(name)
            wanted += needed_by(held[name])
    loader = next(path for name, path in held.items() if name.startswith("ld-linux"))
    folders = ":".join(sorted({str(path.parent) for path in held.values()}))
    found = output_of(loader, "--inhibit-cache", "--library-path", folders, "--list", bootstrap)
    for path in re.findall(r"=> (/\S+)", found):
        assert path.startswith(f"{tmp_path}/"), f"{path} comes from outside the image"
    assert "not found" not in found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_load_no_reader_of_profiles(function):
    loaded = output_of("ldd", BUILD / "lambda" / function / "bootstrap")
    for foreign in ("libinih", "libncurses", "libtinfo"):
        assert foreign not in loaded


def test_the_image_takes_what_the_loader_says():
    """Of one stage, from scratch: the loader's answer is the only list, and nothing comes from elsewhere."""
    text = (IMAGE / "Dockerfile").read_text()
    stages = text.split("\nFROM ")
    assert len(stages) == 4 and stages[2].startswith("build AS ") and stages[3].startswith("scratch\n")
    assert re.findall(r"^(?:COPY|ADD|RUN) .*", stages[3], re.MULTILINE) == ["COPY --from=chosen /image/ /"]
    assert not re.search(r"https?:|# *syntax", text)
    assert '"$here/libraries"' in (IMAGE / "lay-out").read_text()
    for script in [IMAGE / "Dockerfile", IMAGE / "lay-out", IMAGE / "libraries"]:
        assert not re.search(r"\blib[a-z0-9-]+[.-][0-9]", script.read_text())
