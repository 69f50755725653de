"""What a training returns."""

import base64
import re

import pytest

from lenet.architecture import ORIGINAL
from lenet.data.digits import read_digits
from lenet.data.examples import Dataset
from lenet.errors import UsageError
from lenet.training.recipe import load_recipe
from lenet.training.run import train

pytest.importorskip("sklearn")
RECIPE = load_recipe("demo", ORIGINAL).changed(epochs=1)


@pytest.fixture(scope="module")
def data() -> Dataset:
    learnt, new = read_digits()
    return Dataset("few", "few", tuple("0123456789"), learnt, new).limit_training(200)


def test_a_result_prints_in_one_line_and_shows_its_curve_in_a_notebook(data: Dataset) -> None:
    result = train(data, RECIPE, engine="reference")
    assert result.evaluation is not None
    assert result.error == result.evaluation.error
    expected = rf"Result\(error {result.error:.2f}%, {len(result.history.losses)} steps, \d+\.\d s\)"
    assert re.fullmatch(expected, repr(result))
    page = result._repr_html_()
    assert f"Test error {result.error:.2f}%" in page
    picture = base64.b64decode(page.split("svg+xml;base64,")[1].split('"')[0]).decode()
    assert picture.startswith("<svg")
    assert f"validation {result.history.epochs[-1].validation_error:.2f}" in picture


def test_a_stopped_training_has_no_error_and_says_how_to_continue(data: Dataset) -> None:
    result = train(data, RECIPE, engine="reference", stop=lambda: True)
    assert repr(result).startswith("Result(stopped, ")
    assert "lenet.resume(folder)" in result._repr_html_()
    with pytest.raises(UsageError, match="stopped"):
        _ = result.error
