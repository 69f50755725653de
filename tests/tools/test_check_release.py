"""A release with a wrong version, without a date or without an address is refused."""

import shutil
from pathlib import Path

import pytest

from tools.check_release import find_faults

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """What is ready to be released as 1.2.3."""
    for name in ("pyproject.toml", "CITATION.cff", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    replace(tmp_path / "pyproject.toml", 'version = "0.1.0"', 'version = "1.2.3"')
    replace(tmp_path / "pyproject.toml", "https://example.org/", "https://forge.test/")
    replace(tmp_path / "CITATION.cff", "version: 0.1.0", "version: 1.2.3")
    replace(tmp_path / "CHANGELOG.md", "[0.1.0] - unreleased", "[1.2.3] - 2027-01-31")
    return tmp_path


def replace(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_what_is_ready_has_no_faults(checkout):
    assert list(find_faults("v1.2.3", checkout)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "word"),
    [
        ("pyproject.toml", 'version = "1.2.3"', 'version = "1.2.4"', "tag"),
        ("pyproject.toml", "https://forge.test/", "https://example.org/", "example.org"),
        ("CITATION.cff", "version: 1.2.3", "version: 1.2.2", "CITATION"),
        ("CHANGELOG.md", "2027-01-31", "unreleased", "CHANGELOG"),
    ],
)
def test_what_is_not_ready_is_named(checkout, name, old, new, word):
    replace(checkout / name, old, new)
    assert any(word in fault for fault in find_faults("v1.2.3", checkout))
