"""The keyed generator: its published answers, and that a number depends on what it is for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.randomness import Purpose, draw_order, draw_uniform, draw_words

# Random123, kat_vectors, philox4x32 with 10 rounds: counter, key, answer
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
SEEDS = st.integers(0, 2**64 - 1)


def read_words(text: str) -> np.ndarray:
    return np.array([int(word, 16) for word in text.split()], np.uint32)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_answers(counter: str, key: str, answer: str) -> None:
    low, high = map(int, read_words(key))
    np.testing.assert_array_equal(draw_words(read_words(counter), low | high << 32), read_words(answer))


def test_many_counters_at_once_give_what_each_gives_alone() -> None:
    counters = np.arange(24, dtype=np.uint32).reshape(2, 3, 4)
    words = draw_words(counters, 5)
    for place in np.ndindex(2, 3):
        np.testing.assert_array_equal(words[place], draw_words(counters[place], 5))


# the vectors that the kernels and the page must give, too: seed, purpose, pass, sample -> words of block 0
SHARED = [
    (0, Purpose.WEIGHTS, 0, 0),
    (1, Purpose.ORDER, 2, 3),
    (2**40 + 7, Purpose.DISTORTION, 19, 59_999),
]


@pytest.mark.parametrize(("seed", "purpose", "pass_", "sample"), SHARED)
def test_the_counter_is_block_sample_pass_purpose(
    seed: int, purpose: Purpose, pass_: int, sample: int
) -> None:
    words = draw_words(np.array([0, sample, pass_, purpose], np.uint32), seed)
    uniform = draw_uniform(seed, purpose, pass_, np.array([sample]), 4)[0]
    np.testing.assert_array_equal(uniform, ((words >> np.uint32(9)) + 0.5) / 2**23)
    fifth = draw_words(np.array([1, sample, pass_, purpose], np.uint32), seed)[0]
    longer = draw_uniform(seed, purpose, pass_, np.array([sample]), 5)[0]
    assert longer[4] == ((int(fifth) >> 9) + 0.5) / 2**23


@given(SEEDS, st.integers(1, 30))
def test_uniform_numbers_lie_inside_0_and_1_and_are_exact_in_float32(seed: int, count: int) -> None:
    numbers = draw_uniform(seed, Purpose.ORDER, 0, np.arange(5), count)
    assert numbers.shape == (5, count)
    assert ((numbers > 0) & (numbers < 1)).all()
    np.testing.assert_array_equal(numbers.astype(np.float32), numbers)


def test_uniform_numbers_are_spread_evenly() -> None:
    numbers = draw_uniform(0, Purpose.ORDER, 0, np.arange(20_000), 4)
    assert abs(numbers.mean() - 0.5) < 0.005
    assert abs(numbers.var() - 1 / 12) < 0.001
    assert np.abs(np.corrcoef(numbers.T) - np.eye(4)).max() < 0.03


@given(SEEDS, st.integers(0, 100), st.integers(1, 200))
def test_an_order_has_every_sample_once(seed: int, pass_: int, count: int) -> None:
    order = draw_order(seed, pass_, count)
    assert order.dtype == np.int32
    assert sorted(order) == list(range(count))


def test_orders_differ_by_seed_pass_and_purpose() -> None:
    orders = [
        draw_order(0, 0, 50),
        draw_order(1, 0, 50),
        draw_order(0, 1, 50),
        draw_order(0, 0, 50, Purpose.SUBSET),
    ]
    assert len({order.tobytes() for order in orders}) == 4


def test_the_first_samples_keep_their_numbers_in_a_larger_set() -> None:
    few, many = (draw_uniform(3, Purpose.SUBSET, 0, np.arange(n), 1) for n in (10, 1000))
    np.testing.assert_array_equal(few, many[:10])


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        draw_order(seed, 0, 3)
