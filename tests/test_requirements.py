"""The versions that are asked for: one list, the same for pip and conda, and floors that have been run."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def split_floor(requirement):
    """("numpy", "2.0") of "numpy>=2.0; a condition"."""
    return re.match(r"([\w-]+)>=([\d.]+)", requirement).groups()


def test_conda_asks_for_the_versions_that_pip_asks_for():
    environment = (ROOT / "environment.yml").read_text("utf-8")
    asked = dict(re.findall(r"^  - ([\w-]+)>=([\d.]+)$", environment, re.MULTILINE))
    asked.pop("python", None)
    expected = dict(map(split_floor, [*PROJECT["dependencies"], *EXTRAS["sklearn"]]))
    assert asked == expected


def test_all_has_every_other_extra():
    (everything,) = EXTRAS["all"]
    named = re.fullmatch(r"lenet\[(.*)\]", everything)[1].split(",")
    assert sorted(named) == sorted(EXTRAS.keys() - {"all"})


def test_the_pins_are_above_the_floors():
    pins = dict(
        re.findall(r"^([\w.-]+)==([\d.]+)", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    )
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    asked = [
        *PROJECT["dependencies"],
        *(each for name, group in EXTRAS.items() if name != "all" for each in group),
    ]
    for name, floor in map(split_floor, asked):
        if name in pins:
            assert parse(pins[name]) >= parse(floor), name
    assert pins.keys() >= dict(map(split_floor, PROJECT["dependencies"])).keys()


def parse(version):
    return [int(part) for part in version.split(".") if part.isdecimal()]


@pytest.mark.parametrize("package", ["numpy", "PIL", "typer", "rich", "pooch", "safetensors"])
def test_what_lenet_needs_is_installed(package):
    assert find_spec(package)
