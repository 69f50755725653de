"""A few pictures for the tests of bulk jobs: the ten samples under other names, and a file of text."""

import shutil

import pytest

from lenet.samples import sample_path


@pytest.fixture
def pictures(tmp_path):
    """A folder of twelve pictures, four of them in a folder within, and a file that is no picture."""
    folder = tmp_path / "pictures"
    (folder / "inner").mkdir(parents=True)
    for number in range(12):
        place = folder / "inner" if number % 3 == 0 else folder
        shutil.copy(sample_path(number % 10), place / f"{number:02d}.png")
    (folder / "20.png").write_bytes(b"no picture")
    (folder / "notes.md").write_text("left alone")
    (folder / "._00.png").write_bytes(b"left alone")
    return folder
