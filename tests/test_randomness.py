"""The keyed generator against its authors' known answers, and what is made of its words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.randomness import Purpose, draw_order, draw_uniform, philox

# kat_vectors of Random123, philox4x32 10: counter, key, answer; words in the order c0 c1 c2 c3, k0 k1.
KNOWN_ANSWERS = {
    "zeros": (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    "ones": (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    "pi": ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
}
SEEDS = st.integers(0, 2**64 - 1)


def read_words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS.values(), ids=KNOWN_ANSWERS)
def test_the_generator_gives_its_authors_known_answers(counter: str, key: str, answer: str) -> None:
    low, high = read_words(key)
    words = philox(np.array(read_words(counter), np.uint32), low + (high << 32))
    assert words.dtype == np.uint32
    assert words.tolist() == read_words(answer)


def test_many_counters_at_once_give_what_each_gives_alone() -> None:
    counters = np.random.default_rng(0).integers(0, 2**32, (3, 5, 4), np.uint32)
    words = philox(counters, 12345)
    for place in np.ndindex(3, 5):
        np.testing.assert_array_equal(words[place], philox(counters[place], 12345))


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_has_64_bits(seed: int) -> None:
    with pytest.raises(ValueError, match="2\\^64"):
        philox(np.zeros(4, np.uint32), seed)


@given(seed=SEEDS, epoch=st.integers(0, 2**32 - 1), sample=st.integers(0, 2**32 - 1))
def test_uniform_numbers_lie_inside_0_and_1_and_fit_float32(seed: int, epoch: int, sample: int) -> None:
    numbers = draw_uniform(seed, Purpose.DISTORTION, epoch, np.array([sample]), 7)
    assert numbers.shape == (1, 7)
    assert (numbers > 0).all()
    assert (numbers < 1).all()
    np.testing.assert_array_equal(numbers.astype(np.float32), numbers)


def test_uniform_numbers_are_made_of_the_words_in_order() -> None:
    words = philox(np.array([[0, 9, 4, 3], [1, 9, 4, 3]], np.uint32), 6).ravel()
    numbers = draw_uniform(6, Purpose.DISTORTION, 4, np.array([9]), 6)[0]
    np.testing.assert_array_equal(numbers, [((int(word) >> 9) + 0.5) / 2**23 for word in words[:6]])


def test_a_number_does_not_depend_on_what_else_is_drawn() -> None:
    many = draw_uniform(1, Purpose.ORDER, 0, np.arange(100), 9)
    np.testing.assert_array_equal(draw_uniform(1, Purpose.ORDER, 0, np.array([42]), 3)[0], many[42, :3])


def test_purposes_epochs_samples_and_seeds_have_numbers_of_their_own() -> None:
    draws = [
        draw_uniform(seed, purpose, epoch, np.array([sample]), 4)
        for seed in (0, 1, 2**32)
        for purpose in Purpose
        for epoch in (0, 1)
        for sample in (0, 1)
    ]
    assert len(np.unique(np.concatenate(draws))) == 4 * len(draws)


def test_uniform_numbers_are_uniform() -> None:
    numbers = draw_uniform(3, Purpose.DISTORTION, 0, np.arange(10_000), 4)
    shares = np.histogram(numbers, 20, (0, 1))[0] / 40_000
    np.testing.assert_allclose(shares, 0.05, atol=0.005)
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 0.04


@given(seed=SEEDS, epoch=st.integers(0, 100), count=st.integers(0, 300))
def test_an_order_has_every_sample_once(seed: int, epoch: int, count: int) -> None:
    order = draw_order(seed, epoch, count)
    assert order.dtype == np.int32
    np.testing.assert_array_equal(np.sort(order), np.arange(count))


def test_every_epoch_and_every_purpose_has_its_own_order() -> None:
    orders = [
        draw_order(0, 0, 50),
        draw_order(0, 1, 50),
        draw_order(1, 0, 50),
        draw_order(0, 0, 50, Purpose.SUBSET),
    ]
    assert len({tuple(order) for order in orders}) == 4


def test_the_order_of_seed_0_never_changes() -> None:
    assert draw_order(0, 0, 10).tolist() == [5, 7, 6, 2, 8, 1, 0, 3, 9, 4]
