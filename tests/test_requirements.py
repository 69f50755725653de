"""The requirements of pip and conda, and the versions that are installed: none contradicts another."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONDA = {"pytorch-cpu": "torch"}  # where conda-forge has another name for it
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read_floors(lines):
    """{package: lowest version} of lines like `numpy>=2.0; marker`."""
    found = [re.match(r"([\w.-]+)>=([\d.]+)", line) for line in lines]
    return {match[1]: match[2] for match in found if match}


def split_version(version):
    return [int(part) for part in version.split(".")]


EXTRAS = {name: read_floors(lines) for name, lines in PROJECT["optional-dependencies"].items()}
BASE = read_floors(PROJECT["dependencies"])


def test_every_requirement_has_a_floor():
    assert len(BASE) == len(PROJECT["dependencies"])
    assert all(EXTRAS[name] for name in EXTRAS if name != "all")


def test_the_floors_of_conda_are_those_of_pip():
    lines = re.findall(r"^  (?:# )?- (.+)", (ROOT / "environment.yml").read_text("utf-8"), re.MULTILINE)
    conda = {CONDA.get(name, name): version for name, version in read_floors(lines).items()}
    assert conda.pop("python") == PROJECT["requires-python"].removeprefix(">=")
    assert conda == {**BASE, **EXTRAS["sklearn"], **EXTRAS["pytorch"]}


@pytest.mark.parametrize(
    ("name", "floor"),
    sorted({**BASE, **{k: v for extra in EXTRAS.values() for k, v in extra.items()}}.items()),
)
def test_the_pinned_version_is_not_below_the_floor(name, floor):
    text = (ROOT / "constraints.txt").read_text("utf-8").replace("_", "-")
    pins = dict(re.findall(r"^([\w.-]+)==([\d.]+)", text, re.MULTILINE))
    if name == "tensorflow":  # of other systems than Linux; the pin is that of tensorflow-cpu
        name = "tensorflow-cpu"
    assert split_version(pins[name]) >= split_version(floor)


def test_every_small_extra_is_tried_alone():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    tried = re.findall(r"tools/try_extras\.sh (.+)", makefile)
    assert set(" ".join(tried).split()) == {*EXTRAS, "base"} - {"all"}
