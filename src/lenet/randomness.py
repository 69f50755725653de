"""All random numbers, from one keyed generator: a number depends on its purpose, not on when it is drawn.

Philox4x32-10 turns a key (the seed) and a counter (block, sample, epoch, purpose) into four random words.
There is no state, so that no result depends on the engine, the number of threads, or on where a training was
resumed, and C++ and the browser draw the same numbers (`tests/test_randomness.py` has the test vectors).

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

from enum import IntEnum, unique

import numpy as np

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@unique
class Purpose(IntEnum):
    """What a random number is for; the last word of the counter."""

    WEIGHTS = 1  # sample: the parameter's index in `architecture.PARAMETER_NAMES`, epoch: 0
    ORDER = 2  # sample: index in the training set
    DISTORTION = 3  # sample: index in the training set
    SUBSET = 4  # sample: index in the training set
    PEN = 5  # sample: index in the training set, epoch: which of its redrawn copies
    ELASTIC = 6  # sample: pattern of the epoch
    HAND = 7  # sample: index among the drawn digits, epoch: 0
    DAMAGE = 8  # sample: index in the training set, epoch: 0


def philox(counters: np.ndarray, seed: int) -> np.ndarray:
    """Philox4x32-10: four random words for each counter.

    Args:
        counters: (..., 4) uint32.
        seed: 0 to 2^64 - 1; its low half is the first word of the key.
    Returns:
        (..., 4) uint32.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed {seed}: expected 0 to 2^64 - 1")
    c0, c1, c2, c3 = (counters[..., i].astype(np.uint64) for i in range(4))
    for r in range(ROUNDS):
        key = [np.uint64(((seed >> (32 * i)) + r * KEY_STEPS[i]) & 0xFFFFFFFF) for i in range(2)]
        product0, product1 = np.uint64(MULTIPLIERS[0]) * c0, np.uint64(MULTIPLIERS[1]) * c2
        c0, c1 = (product1 >> _HALF) ^ c1 ^ key[0], product1 & _LOW
        c2, c3 = (product0 >> _HALF) ^ c3 ^ key[1], product0 & _LOW
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def draw_uniform(seed: int, purpose: Purpose, epoch: int, samples: np.ndarray, count: int) -> np.ndarray:
    """Draw uniform numbers in the open interval (0, 1) for each of some samples.

    Args:
        seed: 0 to 2^64 - 1.
        purpose: what they are for.
        epoch: the epoch, from 0.
        samples: (N,) integers, 0 to 2^32 - 1.
        count: how many numbers each sample needs.
    Returns:
        (N, count) float64, odd multiples of 2^-24, which float32 represents exactly.
    """
    blocks = -(-count // 4)
    counters = np.empty((len(samples), blocks, 4), np.uint32)
    counters[..., 0] = np.arange(blocks)
    counters[..., 1] = np.asarray(samples)[:, None]
    counters[..., 2] = epoch
    counters[..., 3] = purpose
    words = philox(counters, seed).reshape(len(samples), 4 * blocks)[:, :count]
    # 23 random bits and a half: never 0 or 1, and exact in float32
    return ((words >> np.uint32(9)) + 0.5) * 2.0**-23


def draw_order(seed: int, epoch: int, count: int, purpose: Purpose = Purpose.ORDER) -> np.ndarray:
    """Draw a random permutation: the samples sorted by a random number each, ties by index.

    Args:
        seed: 0 to 2^64 - 1.
        epoch: the epoch, from 0.
        count: how many samples there are.
        purpose: ORDER for the order of a training, SUBSET to choose some of the samples.
    Returns:
        (count,) int32, each of 0 to count - 1 once.
    """
    keys = draw_uniform(seed, purpose, epoch, np.arange(count), 1)[:, 0]
    return np.argsort(keys, kind="stable").astype(np.int32)
