"""What the paper published of LeNet-5: figures 5, 6, 8 and 10, and MNIST's doubtful test labels."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

EPOCHS = 20
# Figure 5: percent after every epoch; the curves are flat from the last number on.
_TEST = (2.65, 2.24, 1.48, 1.43, 1.43, 1.09, 1.04, 1.07, 0.99, 0.96, 0.96, 0.99, 0.96)
_TRAINING = (4.89, 3.04, 1.77, 1.48, 1.22, 0.91, 0.78, 0.70, 0.57, 0.49, 0.47, 0.44, 0.42)
_TRAINING_LATE = (0.39, 0.39, 0.39, 0.39, 0.36, 0.36, 0.36)
TEST_CURVE = _TEST + (_TEST[-1],) * (EPOCHS - len(_TEST))
TRAINING_CURVE = _TRAINING + _TRAINING_LATE
assert len(TEST_CURVE) == len(TRAINING_CURVE) == EPOCHS

# Figure 6 and the text: percent on the test set, by the size of the training set; and with distortions.
TEST_ERRORS = {15_000: 1.68, 30_000: 1.14, 60_000: 0.95}
TRAINING_ERRORS = {15_000: 0.05, 30_000: 0.31, 60_000: 0.35}
DISTORTED_ERROR = 0.8

# Figure 10: percent refused for 0.5% error on the rest; LeNet-5 is not in it.
REJECTED = {"LeNet-1": 3.7, "LeNet-4": 1.8, "boosted LeNet-4": 0.5}
REJECTION_ERROR = 0.5

# Test digits whose label is wrong, or which nobody can read for certain.
WRONG_LABELS = (947, 1621, 1901, 2462, 2597, 3558, 5937, 6651, 6783, 9729)
UNDECIDED = (2130, 2654, 3520, 8527, 9679)


def read_figure_8() -> np.ndarray:
    """The test digits that the network of 1998 misread.

    Returns:
        (82, 3) int64: the digit's index in the test set, from 0; its label; the answer of 1998.
    Source:
        LeCun et al. 1998, figure 8; the indices were found by comparing the printed digits with MNIST's.
    Assumption:
        82 of 10,000 are the 0.82% of figure 6: the network that was trained with distortions.
    """
    text = files("lenet.reproduction").joinpath("figure8.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    table = np.array([line.split(",") for line in lines[1:]], np.int64)
    assert table.shape == (82, 3)
    return table
