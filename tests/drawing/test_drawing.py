from xml.etree import ElementTree

import pytest
from PIL import ImageColor

from lenet.drawing.drawing import Box, Drawing, Line, Words, draw_png, render_svg
from lenet.drawing.palette import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"


def read_colour(picture, x, y):
    """The name of the palette's nearest colour, for smoothing moves a value by a few steps."""
    pixel = picture.getpixel((2 * x, 2 * y))

    def distance(name):
        return sum(abs(a - b) for a, b in zip(pixel, ImageColor.getrgb(LIGHT[name]), strict=True))

    name = min(LIGHT, key=distance)
    assert distance(name) < 40
    return name


@pytest.fixture
def drawing():
    drawing = Drawing(100, 60, 'A & B "C" <D>')
    drawing.add(
        Box(10, 10, 20, 20, "ink"),
        Box(40, 10, 20, 20, None, "accent", 2),
        Box(70, 10, 20, 20, "ink", strength=0.5),
        Line((0, 50), (100, 50), "ink", 2),
        Words(50, 45, "a < b & 数", 8),
    )
    return drawing


def test_svg_is_well_formed_with_title_and_both_palettes(drawing):
    text = render_svg(drawing)
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text == 'A & B "C" <D>'
    assert root.find(f"{SVG}text").text == "a < b & 数"
    assert root.attrib["viewBox"] == "0 0 100 60"
    style = root.find(f"{SVG}style").text
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for name in LIGHT:
        assert f".f-{name} {{ fill: {LIGHT[name]}; }}" in light
        assert f".f-{name} {{ fill: {DARK[name]}; }}" in dark


def test_every_class_of_the_svg_has_a_colour(drawing):
    root = ElementTree.fromstring(render_svg(drawing))
    classes = {name for element in root.iter() for name in element.get("class", "").split()}
    assert classes <= {f"{kind}-{name}" for kind in "fs" for name in LIGHT}


def test_png_has_each_part_in_its_place_and_colour(drawing):
    picture = draw_png(drawing)
    assert picture.size == (200, 120)
    assert read_colour(picture, 5, 5) == "paper"
    assert read_colour(picture, 20, 20) == "ink"
    assert read_colour(picture, 50, 20) == "paper"
    assert read_colour(picture, 40, 20) == "accent"
    assert read_colour(picture, 3, 50) == "ink"
    weak = picture.getpixel((160, 40))
    assert all(0x23 < value < 0xFF for value in weak[:1])


def test_a_dashed_line_has_gaps():
    drawing = Drawing(100, 20, "dash")
    drawing.add(Line((0, 10), (100, 10), "ink", 2, dashed=True))
    picture = draw_png(drawing)
    colours = [read_colour(picture, x, 10) for x in (2, 6, 10, 14)]
    assert colours == ["ink", "paper", "ink", "paper"]


def test_equal_drawings_give_equal_bytes(drawing):
    assert render_svg(drawing) == render_svg(drawing)
    assert draw_png(drawing).tobytes() == draw_png(drawing).tobytes()


def contrast(a, b):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("name", ["ink", "soft", "accent"])
def test_words_can_be_read(palette, name):
    """4.5 to 1, what WCAG asks of text."""
    assert contrast(palette[name], palette["paper"]) >= 4.5
    assert contrast(palette[name], palette["sheet"]) >= 4.5
