import base64
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from lenet.drawing.tiles import draw_image, draw_kernel


def test_an_image_is_ink_on_white() -> None:
    stored = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    content = base64.b64decode(draw_image(stored).removeprefix("data:image/png;base64,"))
    assert np.array_equal(np.asarray(Image.open(BytesIO(content))), 255 - stored)


def test_a_square_is_as_large_as_its_weight_is_strong() -> None:
    text = draw_kernel(np.array([[1.0, 0.25], [-1.0, 0.0]]), "a kernel")
    squares = re.findall(r'class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', text)
    assert [name for name, *_ in squares] == ["plus", "plus", "minus", "minus"]
    strong, weak, hollow, none = (float(width) for *_, width in squares)
    assert (strong / weak) ** 2 == pytest.approx(4)
    # with its outline of 0.1 a hollow square is as large as a filled one
    assert hollow + 0.1 == pytest.approx(strong)
    assert none < 0.05
    assert float(squares[2][1]) + hollow / 2 == pytest.approx(0.5)
    assert float(squares[2][2]) + hollow / 2 == pytest.approx(1.5)
