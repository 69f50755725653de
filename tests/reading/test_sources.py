from pathlib import Path

import pytest

from lenet.errors import FileError, UsageError
from lenet.reading.sources import open_source


def read_all(source):
    return list(source.read(source.list()))


def names_of(source):
    return [name for name, _ in read_all(source)]


def test_a_folder_gives_its_pictures_sorted_and_those_of_inner_folders(pictures):
    names = names_of(open_source(str(pictures)))
    inner = [str(pictures / "inner" / f"{number:02d}.png") for number in range(0, 12, 3)]
    outer = [str(pictures / f"{number:02d}.png") for number in range(12) if number % 3]
    assert names == [*outer, str(pictures / "20.png"), *inner]


def test_the_contents_are_the_files(pictures):
    for name, content in read_all(open_source(str(pictures))):
        assert content == Path(name).read_bytes()


def test_a_file_that_has_gone_is_a_fault_of_its_own(pictures):
    source = open_source(str(pictures))
    entries = list(source.list())
    (pictures / "01.png").unlink()
    faults = [content for _, content in source.read(entries) if not isinstance(content, bytes)]
    assert [fault.key for fault in faults] == ["file.absent"]


def test_a_pattern_gives_the_files_that_match(pictures):
    names = names_of(open_source(str(pictures / "**" / "0[34].png")))
    assert names == sorted(map(str, [pictures / "04.png", pictures / "inner" / "03.png"]))


def test_a_text_file_gives_the_paths_on_its_lines(pictures, tmp_path):
    listed = [str(pictures / "04.png"), str(tmp_path / "absent.png"), str(pictures / "02.png")]
    listing = tmp_path / "list.txt"
    listing.write_text("\n\n".join(listed) + "\r\n", encoding="utf-8-sig")
    contents = read_all(open_source(str(listing)))
    assert [name for name, _ in contents] == listed
    assert [isinstance(content, bytes) for _, content in contents] == [True, False, True]


def test_a_single_picture_is_no_source(pictures):
    with pytest.raises(UsageError, match="lenet recognize"):
        open_source(str(pictures / "01.png"))


def test_what_is_absent_is_named(tmp_path):
    with pytest.raises(FileError, match="absent"):
        open_source(str(tmp_path / "absent"))


def test_a_column_is_for_parquet_only(pictures):
    with pytest.raises(UsageError, match="--column image"):
        open_source(str(pictures), "image")
