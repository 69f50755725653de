"""What training minimizes: cross-entropy, the paper's MSE (equation 8) or its MAP criterion (equation 9)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lenet.architecture import Architecture
from lenet.errors import RecipeError

LOSSES = ("cross-entropy", "mse", "map")


@dataclass(frozen=True)
class Loss:
    """A loss over the penalties y_i of the classes, of which the smallest is the answer; t is the target.

    Args:
        kind: "cross-entropy": -log softmax(-scale y)_t;
            "mse": y_t, the squared distance to the right code;
            "map": y_t + log(exp(-j) + sum_i exp(-y_i)), which also pushes the wrong codes away.
        scale: of the penalties in the softmax, above 0. Squared distances are in the hundreds, so 0.1 suits
            the RBF output, and 1 suits logits. Cross-entropy only.
        j: the cost of the rubbish class, above 0; codes that are far enough away are not pushed further. MAP
            only.
    Raises:
        RecipeError: an unknown kind, or a number out of range.
    Source:
        LeCun et al. 1998, section II.C.
    Assumption:
        The paper gives no value for j. 0.1 is the default; the recipe sets it.
    """

    kind: str = "cross-entropy"
    scale: float = 0.1
    j: float = 0.1

    def __post_init__(self) -> None:
        if self.kind not in LOSSES:
            raise RecipeError("recipe.choice", name="loss", value=self.kind, choices=", ".join(LOSSES))
        for name in ("scale", "j"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise RecipeError("recipe.range", name=name, value=value, range="> 0")

    @property
    def softness(self) -> float:
        """The factor of the penalties in the softmax."""
        return self.scale if self.kind == "cross-entropy" else 1.0

    def check(self, architecture: Architecture) -> None:
        """Refuse a loss that does not suit the architecture's output.

        Raises:
            RecipeError: MSE over logits, which have no smallest value, so that it could fall forever.
        """
        if self.kind == "mse" and architecture.output == "linear":
            raise RecipeError("recipe.mse_linear")
