from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.data.examples import Dataset, Examples
from lenet.data.split import split_dataset
from lenet.errors import UsageError


def make_dataset(n: int) -> Dataset:
    """The training examples are numbered by their first two pixels."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.arange(n) // 256, np.arange(n) % 256
    train = Examples(images, np.zeros(n, int))
    return Dataset("a", "", ("0",), train, Examples(np.zeros((1, 28, 28), np.uint8), np.zeros(1, int)))


def read_numbers(examples: Examples) -> list[int]:
    return [int(image[0, 0]) * 256 + int(image[0, 1]) for image in examples.images]


@pytest.mark.parametrize(("total", "validation"), [(60_000, 5_000), (1_437, 119), (11, 0)])
def test_a_twelfth_is_set_aside(total: int, validation: int) -> None:
    splits = split_dataset(make_dataset(total))
    assert (len(splits.train), len(splits.validation)) == (total - validation, validation)


def test_the_last_examples_are_for_validation_and_the_first_in_the_check_fold() -> None:
    dataset = make_dataset(600)
    assert read_numbers(split_dataset(dataset).validation) == list(range(550, 600))
    check = split_dataset(dataset, fold="first")
    assert read_numbers(check.validation) == list(range(50))
    assert read_numbers(check.train) == list(range(50, 600))
    assert check.test is dataset.test


@given(st.data())
def test_no_example_is_lost_or_in_two_parts(data: Any) -> None:
    total = data.draw(st.integers(1, 500))
    count = data.draw(st.integers(0, total - 1))
    splits = split_dataset(make_dataset(total), count, data.draw(st.sampled_from(["last", "first"])))
    assert len(splits.validation) == count
    assert sorted(read_numbers(splits.train) + read_numbers(splits.validation)) == list(range(total))


def test_a_split_that_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match="validation 10: expected 0 to 9"):
        split_dataset(make_dataset(10), 10)
    with pytest.raises(UsageError, match="expected 0 to 9"):
        split_dataset(make_dataset(10), -1)
    with pytest.raises(UsageError, match="'middle'"):
        split_dataset(make_dataset(10), fold="middle")  # type: ignore[arg-type]
