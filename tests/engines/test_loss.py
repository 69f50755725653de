"""What a loss may be."""

import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.engines.loss import LOSSES, Loss
from lenet.errors import RecipeError


def test_an_unknown_loss_is_named_with_those_there_are() -> None:
    with pytest.raises(RecipeError, match=r"'hinge'.*cross-entropy, mse, map"):
        Loss("hinge")


@pytest.mark.parametrize("name", ["scale", "j"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_scale_and_j_are_positive_and_finite(name: str, value: float) -> None:
    with pytest.raises(RecipeError, match=name):
        Loss(**{name: value})


def test_mse_fits_distances_and_not_logits() -> None:
    for kind in LOSSES:
        Loss(kind).check(ORIGINAL)
    Loss("cross-entropy").check(MODERN)
    with pytest.raises(RecipeError, match="no minimum"):
        Loss("mse").check(MODERN)
