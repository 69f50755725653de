"""Every picture goes into its file by one function."""

from xml.etree import ElementTree

import pytest
from PIL import Image

from lenet.drawing import write
from lenet.drawing.drawing import Drawing, Words
from lenet.drawing.write import check_drawing_suffix, save_picture
from lenet.errors import FileError, UsageError
from lenet.texts import set_language

WORDS = {"en": "loss", "zh": "\u635f\u5931"}


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language(None)


def compose(language):
    return Drawing(60, 40, "a chart", [Words(30, 20, WORDS[language])])


def read_word(path):
    root = ElementTree.fromstring(path.read_text("utf-8"))
    return root.find("{http://www.w3.org/2000/svg}text").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_picture_has_the_readers_language(tmp_path, language):
    set_language(language)
    assert save_picture(compose, tmp_path / "a.svg") == language
    assert read_word(tmp_path / "a.svg") == WORDS[language]


def test_a_language_can_be_asked_for(tmp_path):
    assert save_picture(compose, tmp_path / "a.svg", "zh") == "zh"
    assert read_word(tmp_path / "a.svg") == WORDS["zh"]


def test_a_png_has_so_many_pixels_for_each_unit(tmp_path):
    save_picture(compose, tmp_path / "a.PNG")
    save_picture(compose, tmp_path / "b.png", scale=1.5)
    for name, size in (("a.PNG", (120, 80)), ("b.png", (90, 60))):
        with Image.open(tmp_path / name) as picture:
            assert (picture.format, picture.size) == ("PNG", size)


def test_without_a_chinese_font_a_png_is_the_english_one(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "find_chinese_font", lambda: None)
    set_language("zh")
    assert save_picture(compose, tmp_path / "a.svg") == "zh"
    assert save_picture(compose, tmp_path / "a.png") == "en"
    save_picture(compose, tmp_path / "b.png", "en")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_equal_drawings_give_equal_bytes(tmp_path, suffix):
    for name in ("a", "b"):
        save_picture(compose, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_only_svg_and_png_can_be_drawn(tmp_path):
    check_drawing_suffix(tmp_path / "a.SVG")
    with pytest.raises(UsageError, match=r"expected one of \.svg, \.png"):
        save_picture(compose, tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_drawing_that_fails_leaves_nothing(tmp_path, suffix):
    def fail(_):
        raise KeyError("a sentence")

    with pytest.raises(KeyError):
        save_picture(fail, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("a.svg", "a.png"):
        with pytest.raises(FileError):
            save_picture(compose, tmp_path / "file" / name)
