"""A folder's pictures are the same files for recognizing and for training."""

import os

import pytest
from PIL import Image

from lenet.data.folder import is_folder_by_class, read_folder
from lenet.errors import PictureError
from lenet.images.files import PICTURE_SUFFIXES, list_pictures
from lenet.images.read import read_picture
from lenet.network import Network
from lenet.reading.recognize import find_pictures, recognize_pictures
from lenet.samples import read_sample


@pytest.fixture
def folder(tmp_path):
    """A class's folder as it comes from a camera and a Mac: six pictures, and what is none."""
    folder = tmp_path / "digits" / "three"
    folder.mkdir(parents=True)
    picture = Image.fromarray(read_sample(3))
    for name in ("3.png", "4.PNG", "5.jpeg", "6.tif", "7.bmp", "8.gif"):
        picture.save(folder / name)
    (folder / "._3.png").write_bytes(b"\0\5\x16\7 AppleDouble")
    (folder / ".hidden.png").write_bytes((folder / "3.png").read_bytes())
    (folder / "Thumbs.db").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture")
    (folder / "deeper.png").mkdir()
    return folder


def test_recognize_and_data_see_the_same_files(folder):
    Image.fromarray(read_sample(4)).save(folder.parent / "3.png")  # beside the classes: no example
    other = folder.parent / "four"
    other.mkdir()
    Image.fromarray(read_sample(4)).save(other / "4.png")
    seen = list(find_pictures([str(folder)]))
    assert seen == [str(folder / name) for name in ("3.png", "4.PNG", "5.jpeg", "6.tif", "7.bmp", "8.gif")]
    assert [reading.fault for reading in recognize_pictures(Network.load("1998"), seen)] == [None] * 6
    classes, train, test = read_folder(folder.parent)
    assert classes == ("four", "three")
    assert len(train) + len(test) == len(seen) + 1


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_every_suffix_counts_for_both_in_either_case(tmp_path, suffix):
    folder = tmp_path / "zero"
    folder.mkdir()
    names = [f"a{suffix}", f"b{suffix.upper()}"]
    for name in names:
        (folder / name).write_bytes(b"not looked at")
    assert list(find_pictures([str(folder)])) == [str(folder / name) for name in names]
    assert is_folder_by_class(tmp_path)


def test_a_folder_of_hidden_files_alone_has_no_picture(tmp_path):
    folder = tmp_path / "zero"
    folder.mkdir()
    (folder / "._3.png").write_bytes(b"AppleDouble")
    with pytest.raises(PictureError, match="zero"):
        list(find_pictures([str(folder)]))
    assert not is_folder_by_class(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_a_dangling_link_is_named_and_a_pipe_is_not_waited_for(folder):
    (folder / "9.png").symlink_to(folder / "gone.png")
    os.mkfifo(folder / "pipe.png")
    assert list_pictures(folder)[-1] == folder / "9.png"
    assert folder / "pipe.png" not in list_pictures(folder)
    with pytest.raises(PictureError, match=r"9\.png"):
        read_picture(folder / "9.png")
