import io
import tarfile
import zipfile

import pytest

from lenet.errors import DataError
from lenet.images import read
from lenet.reading.sources import open_source

MODES = {".tar": "w", ".tar.gz": "w:gz", ".tar.xz": "w:xz"}


@pytest.fixture(params=[*MODES, ".zip"])
def archive(request, pictures, tmp_path):
    """The pictures in an archive of each kind."""
    path = tmp_path / f"all{request.param}"
    if request.param == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for each in sorted(pictures.rglob("*")):
                file.write(each, each.relative_to(pictures))
    else:
        with tarfile.open(path, MODES[request.param]) as file:
            file.add(pictures, "", filter=sort_members)
    return path


def sort_members(member):
    return member


def test_an_archive_gives_the_pictures_in_it(archive, pictures):
    source = open_source(str(archive))
    contents = dict(source.read(source.list()))
    expected = {
        f"{archive}/{path.relative_to(pictures)}": path.read_bytes()
        for path in pictures.rglob("*.png")
        if not path.name.startswith(".")
    }
    assert contents == expected


def test_parts_of_an_archive_can_be_read_in_any_order(archive):
    source = open_source(str(archive))
    entries = list(source.list())
    whole = list(source.read(entries))
    for begin in (8, 0, 4):
        assert list(source.read(entries[begin : begin + 4])) == whole[begin : begin + 4]


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_a_damaged_tar_keeps_what_lies_before_the_damage(pictures, tmp_path, ending):
    path = tmp_path / f"damaged{ending}"
    with tarfile.open(path, MODES[ending]) as file:
        for name in ("01.png", "02.png", "04.png"):
            file.add(pictures / name, name)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3] if ending == ".tar.gz" else cut_header(whole))
    source = open_source(str(path))
    contents = list(source.read(source.list()))
    assert isinstance(contents[0][1], bytes)
    fault = contents[-1][1]
    assert fault.key == "bulk.damaged_member"
    assert fault.values["number"] == len(contents)


def cut_header(tar):
    """A tar of small files in which the header of the second member is damaged."""
    second = tar.index(b"02.png")
    return tar[:second] + b"X" * 200 + tar[second + 200 :]


@pytest.mark.parametrize("ending", [".tar", ".tgz", ".zip"])
def test_what_is_no_archive_is_refused(tmp_path, ending):
    path = tmp_path / f"none{ending}"
    path.write_bytes(b"neither tar nor zip" * 50)
    with pytest.raises(DataError, match=path.name):
        list(open_source(str(path)).list())


def test_a_member_that_unpacks_to_too_much_is_a_fault_of_its_own(tmp_path, monkeypatch, pictures):
    monkeypatch.setattr("lenet.reading.entries.MAX_FILE_BYTES", 1024**2)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.png", bytes(3 * 1024**2))
        file.write(pictures / "01.png", "01.png")
    source = open_source(str(path))
    (_, bomb), (_, good) = source.read(source.list())
    assert bomb.key == "picture.too_many_bytes"
    assert good == (pictures / "01.png").read_bytes()
    assert read.MAX_FILE_BYTES > 1024**2


def test_a_damaged_member_of_a_zip_is_a_fault_of_its_own(tmp_path, pictures):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in ("01.png", "02.png"):
            file.write(pictures / name, name)
    stored = bytearray(content.getvalue())
    stored[stored.index(b"IDAT") + 10] ^= 255
    path = tmp_path / "damaged.zip"
    path.write_bytes(stored)
    source = open_source(str(path))
    (_, bad), (_, good) = source.read(source.list())
    assert bad.key == "file.unreadable"
    assert good == (pictures / "02.png").read_bytes()
