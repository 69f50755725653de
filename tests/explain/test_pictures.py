from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from lenet.architecture import CHOICES, MODERN, ORIGINAL, Architecture
from lenet.drawing import fonts, write
from lenet.drawing.drawing import Box, Words
from lenet.errors import FileError, UsageError
from lenet.explain import pictures
from lenet.explain.pictures import HEIGHT, WIDTH, compose_network, draw_network
from lenet.texts import set_language


def collect_words(drawing):
    return [part.text for part in drawing.parts if isinstance(part, Words)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_count_of_the_architecture_is_in_the_picture(language):
    for architecture in (ORIGINAL, MODERN):
        words = collect_words(compose_network(architecture, language))
        for layer in architecture.layers:
            assert {f"{layer.trainable:,}", f"{layer.connections:,}"} <= set(words)
        assert f"{architecture.trainable:,}" in " ".join(words)
        assert f"{architecture.connections_total:,}" in " ".join(words)


def test_every_variant_can_be_drawn_within_its_frame():
    for values in product(*CHOICES.values()):
        drawing = compose_network(Architecture(**dict(zip(CHOICES, values, strict=True))), "en")
        for part in drawing.parts:
            if isinstance(part, Box):
                assert part.x >= 0
                assert part.y >= 0
                assert part.x + part.width <= WIDTH
                assert part.y + part.height <= HEIGHT


@pytest.mark.parametrize("classes", [2, 26, 95])
def test_other_numbers_of_classes_can_be_drawn(classes):
    assert compose_network(Architecture(classes=classes), "zh").parts


def test_the_ink_of_table_i_is_60_kernels():
    with_table = compose_network(ORIGINAL, "en").parts
    without = compose_network(Architecture(connections="full"), "en").parts

    def count_ink(parts):
        cells = (p for p in parts if isinstance(p, Box) and p.width == p.height == pictures.TABLE_CELL)
        return sum(cell.fill == "ink" for cell in cells)

    assert count_ink(with_table) == 60
    assert count_ink(without) == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_picture_is_written_in_the_readers_language(tmp_path, language):
    set_language(language)
    try:
        assert draw_network(ORIGINAL, tmp_path / "net.svg") == language
    finally:
        set_language(None)
    text = (tmp_path / "net.svg").read_text("utf-8")
    ElementTree.fromstring(text)
    assert ("可训练参数" in text) == (language == "zh")


def test_a_png_is_a_png(tmp_path):
    draw_network(ORIGINAL, tmp_path / "net.PNG")
    with Image.open(tmp_path / "net.PNG") as picture:
        assert (picture.format, picture.size) == ("PNG", (2 * WIDTH, 2 * HEIGHT))


def test_without_a_chinese_font_a_png_is_english_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "find_chinese_font", lambda: None)
    set_language("zh")
    try:
        assert draw_network(ORIGINAL, tmp_path / "net.png") == "en"
        assert draw_network(ORIGINAL, tmp_path / "net.svg") == "zh"
    finally:
        set_language(None)


def test_only_svg_and_png_can_be_drawn(tmp_path):
    with pytest.raises(UsageError, match=r"expected one of \.svg, \.png"):
        draw_network(ORIGINAL, tmp_path / "net.gif")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("net.svg", "net.png"):
        with pytest.raises(FileError):
            draw_network(ORIGINAL, tmp_path / "file" / name)


def test_a_chinese_font_is_found_by_name(monkeypatch):
    from PIL import ImageFont

    class Font:
        path = "/fonts/msyh.ttc"

    def load(name):
        if name != "msyh.ttc":
            raise OSError(name)
        return Font

    monkeypatch.setattr(ImageFont, "truetype", load)
    assert fonts.find_chinese_font.__wrapped__() == Path("/fonts/msyh.ttc")
    monkeypatch.setattr(fonts, "CHINESE_FONTS", ())
    assert fonts.find_chinese_font.__wrapped__() is None
