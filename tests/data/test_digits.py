import sys

import numpy as np
import pytest

from lenet.data.digits import read_digits
from lenet.errors import MissingExtra


def test_the_digits_are_1437_and_360_unshuffled_in_the_geometry_of_mnist() -> None:
    sklearn = pytest.importorskip("sklearn.datasets")
    train, test = read_digits()
    assert (len(train), len(test)) == (1_437, 360)
    target = sklearn.load_digits().target
    np.testing.assert_array_equal(np.concatenate([train.labels, test.labels]), target)
    rows = (train.images.sum(axis=2) > 0).sum(axis=1)
    assert rows.max() <= 20
    mass = train.images.sum(axis=(1, 2), dtype=float)
    center = train.images.sum(axis=2, dtype=float) @ np.arange(28) / mass
    assert np.abs(center - 14).max() <= 0.5
    assert train.images.max() == 255


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtra, match=r"lenet\[sklearn\]"):
        read_digits()
