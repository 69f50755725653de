"""Distortions on the device: the same numbers and the same images as NumPy's."""

import numpy as np
import pytest

from lenet.engines.inputs import scale_images
from lenet.engines.inputs import show_patterns as show_by_numpy
from lenet.images.distort import DistortedEpoch, Distortion
from lenet.randomness import Purpose
from lenet.randomness import draw_uniform as draw_by_numpy

torch = pytest.importorskip("torch")

from lenet.engines.pytorch.distort import draw_uniform, philox, show_patterns  # noqa: E402 - needs torch


def test_philox_gives_the_published_words() -> None:
    # Random123's known answers
    ones, words = torch.full((1, 4), 0xFFFFFFFF), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    assert philox(ones, 2**64 - 1)[0].tolist() == words
    zeros = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert philox(torch.zeros(1, 4, dtype=torch.int64), 0)[0].tolist() == zeros


@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (2**63 + 5, 3), (2**64 - 1, 2**20)])
def test_the_numbers_drawn_are_those_of_numpy(seed: int, epoch: int) -> None:
    samples = np.array([0, 1, 59_999, 2**32 - 1])
    expected = draw_by_numpy(seed, Purpose.DISTORTION, epoch, samples, 6)
    np.testing.assert_array_equal(draw_uniform(seed, epoch, torch.from_numpy(samples)).numpy(), expected)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize(
    "limit",
    [
        Distortion(0.3, 0.1, 0.3, 2),
        Distortion(shift=16),
        Distortion(scale=0.9),
        Distortion(elastic=16, elastic_width=2),
        Distortion(0.1, 0.1, 0.2, 1, 5, 6.3),
        Distortion(0.3, 0.2, 0.5, 2, rotation=30),
    ],
)
def test_the_images_are_those_of_numpy(stored: bool, limit: Distortion) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), np.uint8)
    given = images if stored else scale_images(images, np.float32)
    patterns = np.arange(70).reshape(7, 10)
    distortion = DistortedEpoch(limit, 7, 2, plain=20)
    expected, _, _ = show_by_numpy(given, np.arange(30), patterns, distortion, np.float32)
    index = torch.from_numpy(patterns.ravel())
    plain = torch.from_numpy(scale_images(images, np.float32))[index % 30]
    found = show_patterns(torch.from_numpy(given)[index % 30], index, distortion, plain)
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-4)
    np.testing.assert_array_equal(found[:20].numpy(), expected[:20])
