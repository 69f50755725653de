"""pictures.mjs: the digit of a picture in the browser, and what the steps look like."""

from __future__ import annotations

import numpy as np
from PIL import Image

from lenet.images.normalize import find_digits, steps
from lenet.samples import read_sample

from .conftest import Script

SETTING = """
const { loadPictures, toLuminance } = await import("/page/static/pictures.mjs");
const pictures = await loadPictures(await load("/page/static/pictures.wasm"));
"""


def test_the_browser_finds_the_digit_that_python_finds(script: Script) -> None:
    picture = np.rint(read_sample(7) * np.linspace(0.6, 1, read_sample(7).shape[1])).astype(np.uint8)
    height, width = picture.shape
    found = script(f"""{SETTING}
        const picture = Uint8Array.from({picture.ravel().tolist()});
        const mark = pictures.wasm.mark();
        const finds = pictures.findDigits(picture, {height}, {width});
        const steps = pictures.showSteps(picture, {height}, {width});
        return {{
          finds: finds.map(({{ digit, others }}) => [Array.from(digit), others]),
          steps: steps.map(({{ name, height, width, pixels }}) => [name, height, width, pixels.length]),
          leak: pictures.wasm.mark() - mark,
        }};""")
    expected = [[find.digit.ravel().tolist(), find.others] for find in find_digits(picture)]
    assert found["finds"] == expected
    looks = list(steps(picture))[1:-1]
    assert found["steps"] == [[name, *look.shape, look.size] for name, look in looks]
    assert found["leak"] == 0


def test_luminance_is_that_of_pillow(script: Script) -> None:
    rgba = np.random.default_rng(17).integers(0, 256, (40, 4)).astype(np.uint8)
    rgba[:20, 3] = 255
    found = script(f"""{SETTING}
        return {{ luminance: Array.from(toLuminance(Uint8ClampedArray.from({rgba.ravel().tolist()}))) }};""")
    image = Image.fromarray(rgba[None])
    white = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("L")
    gap = np.abs(np.array(found["luminance"]) - np.asarray(white).astype(int).ravel())
    assert gap[:20].max() == 0
    assert gap.max() <= 1


def test_a_picture_without_pixels_is_refused(script: Script) -> None:
    found = script(f"""{SETTING}
        return await refusal(() => pictures.findDigits(new Uint8Array(0), 0, 5));""")
    assert found == {"error": "Error: a number is out of range"}
