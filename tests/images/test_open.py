import numpy as np
import pytest

from lenet.errors import ShapeError
from lenet.images.open import is_one, open_picture

PICTURE = np.linspace(0, 255, 28 * 28).reshape(28, 28).astype(np.uint8)


@pytest.mark.parametrize(
    "given",
    [
        PICTURE,
        PICTURE.astype(np.int64),
        PICTURE.astype(np.float32),
        PICTURE / 255,
        PICTURE.tolist(),
        (PICTURE / 255).tolist(),
        PICTURE[None],
        PICTURE[:, :, None],
        np.asfortranarray(PICTURE),
    ],
    ids=[
        "uint8",
        "int64",
        "0 to 255",
        "0 to 1",
        "rows",
        "rows of floats",
        "(1, H, W)",
        "(H, W, 1)",
        "Fortran",
    ],
)
def test_whatever_holds_grey_levels_is_the_same_picture(given):
    assert is_one(given)
    found = open_picture(given)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, PICTURE)


def test_truth_values_are_black_and_white():
    np.testing.assert_array_equal(open_picture(PICTURE > 100), np.where(PICTURE > 100, 255, 0))


def test_a_tensor_of_pytorch_is_taken():
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(PICTURE / 255, requires_grad=True)
    np.testing.assert_array_equal(open_picture(tensor[None]), PICTURE)
    assert is_one(tensor)
    assert not is_one(torch.zeros(5, 28, 28))


def test_colours_come_first_or_last():
    colours = np.stack([PICTURE, PICTURE, PICTURE])
    np.testing.assert_array_equal(open_picture(colours), open_picture(np.moveaxis(colours, 0, 2)))


@pytest.mark.parametrize(
    "given",
    [
        np.full((28, 28), 256),
        -np.ones((28, 28)),
        np.full((28, 28), np.nan),
        np.zeros((2, 28, 28, 3)),
        [[1], [2, 3]],
        np.array([["a"]]),
        object(),
    ],
)
def test_other_numbers_are_refused_with_the_conversion(given):
    with pytest.raises(ShapeError, match=r"255 \* picture"):
        open_picture(given)


def test_a_list_of_pictures_is_several():
    assert not is_one([PICTURE, PICTURE])
    assert not is_one(["a.png", "b.png"])
    assert not is_one([])
    assert is_one("a.png")
