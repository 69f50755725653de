"""The distortions of `images.distort`, drawn and applied by PyTorch on the device that has the images."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from lenet.architecture import BORDER, FIELD, PIXEL_OFFSET, PIXEL_SCALE
from lenet.images.distort import DistortedEpoch, Distortion, count_knots, evaluate_splines
from lenet.randomness import KEY_STEPS, MULTIPLIERS, ROUNDS, Purpose

LOW = 0xFFFFFFFF
DRAWS = 6  # scale, squeeze, shear, shift to the right, shift down, rotation


def philox(counters: Tensor, seed: int) -> Tensor:
    """Philox4x32-10, as `randomness.philox`: four random words for each counter.

    Args:
        counters: (..., 4) int64, each a word of 32 bits.
        seed: 0 to 2^64 - 1.
    Returns:
        (..., 4) int64, 0 to 2^32 - 1.
    """
    c0, c1, c2, c3 = counters.unbind(-1)
    for r in range(ROUNDS):
        key = [((seed >> (32 * i)) + r * KEY_STEPS[i]) & LOW for i in range(2)]
        # int64 keeps all 64 bits of the product; its sign does not matter
        product0, product1 = MULTIPLIERS[0] * c0, MULTIPLIERS[1] * c2
        c0, c1 = ((product1 >> 32) & LOW) ^ c1 ^ key[0], product1 & LOW
        c2, c3 = ((product0 >> 32) & LOW) ^ c3 ^ key[1], product0 & LOW
    return torch.stack([c0, c1, c2, c3], -1)


def draw_uniform(
    seed: int, epoch: int, samples: Tensor, purpose: Purpose = Purpose.DISTORTION, count: int = DRAWS
) -> Tensor:
    """Draw the numbers for each sample's distortion, as `randomness.draw_uniform`.

    Args:
        seed: 0 to 2^64 - 1.
        epoch: the epoch, from 0.
        samples: (N,) int64 patterns of the epoch.
        purpose: DISTORTION for the affine map, ELASTIC for the displacements.
        count: how many numbers each sample needs.
    Returns:
        (N, count) float64 in (0, 1).
    """
    blocks = -(-count // 4)
    counters = torch.empty(len(samples), blocks, 4, dtype=torch.int64, device=samples.device)
    counters[..., 0] = torch.arange(blocks, device=samples.device)
    counters[..., 1] = samples[:, None]
    counters[..., 2] = epoch
    counters[..., 3] = int(purpose)
    words = philox(counters, seed).reshape(len(samples), 4 * blocks)[:, :count]
    return ((words >> 9).to(torch.float64) + 0.5) * 2.0**-23


def invert_maps(limits: Distortion, numbers: Tensor) -> tuple[Tensor, Tensor]:
    """Draw the inverse affine maps, from a pixel of the distorted image back to a point of the original.

    Args:
        limits: how far images are distorted.
        numbers: (N, 6) from `draw_uniform`.
    Returns:
        (N, 2, 2) and (N, 2) float64: a point is the matrix times (pixel - shift), from the field's centre.
    """
    amounts = 2 * numbers - 1
    scale, squeeze = 1 + limits.scale * amounts[:, 0], 1 + limits.squeeze * amounts[:, 1]
    wide, high, shear = scale * squeeze, scale / squeeze, limits.shear * amounts[:, 2]
    zero = torch.zeros_like(wide)
    # the inverse of ((wide, shear), (0, high)), then that of the rotation
    rows = torch.stack([1 / wide, -shear / (wide * high), zero, 1 / high], 1).view(-1, 2, 2)
    tangent = math.tan(math.radians(limits.rotation) / 2) * amounts[:, 5]
    cosine, sine = (1 - tangent**2) / (1 + tangent**2), 2 * tangent / (1 + tangent**2)
    turned = torch.stack([cosine, sine, -sine, cosine], 1).view(-1, 2, 2)
    return rows @ turned, limits.shift * amounts[:, 3:5]


def draw_bends(distortion: DistortedEpoch, patterns: Tensor) -> Tensor:
    """Draw the elastic displacements, as `images.distort.draw_bends`.

    Args:
        distortion: of the epoch, with `elastic`.
        patterns: (N,) int64.
    Returns:
        (N, 2, 32, 32) float64.
    """
    limits = distortion.limits
    knots = count_knots(limits.elastic_width)
    count = 2 * knots**2
    numbers = draw_uniform(distortion.seed, distortion.epoch, patterns, Purpose.ELASTIC, count)
    moves = limits.elastic * (2 * numbers - 1).view(-1, 2, knots, knots)
    splines = torch.from_numpy(evaluate_splines(limits.elastic_width)).to(patterns.device)
    return splines.T @ moves @ splines


def distort_images(images: Tensor, matrix: Tensor, shift: Tensor, bends: Tensor | None = None) -> Tensor:
    """Apply affine maps and displacements, with bilinear interpolation in the 32x32 field.

    Args:
        images: (N, 28, 28) uint8 as stored, or floating point (N, 1, 32, 32) as the network sees them.
        matrix: (N, 2, 2) from `invert_maps`.
        shift: (N, 2) likewise.
        bends: (N, 2, 32, 32) from `draw_bends`; None for none.
    Returns:
        (N, 1, 32, 32) float32 as the network sees them.
    """
    middle = (FIELD - 1) / 2
    line = torch.arange(FIELD, dtype=torch.float64, device=images.device) - middle
    grid = torch.stack([line.repeat(FIELD), line.repeat_interleave(FIELD)])
    points = matrix @ (grid - shift[:, :, None]) + middle
    points = (points if bends is None else points + bends.flatten(2)).clamp(-1, FIELD) + 1
    stored = images.dtype == torch.uint8
    field = (images if stored else images[:, 0]).float()
    around, outside = (BORDER + 1, 0.0) if stored else (1, PIXEL_OFFSET)
    pixels = functional.pad(field, (around,) * 4, value=outside).flatten(1)
    corner = points.long().clamp(max=FIELD)
    right, lower = (points - corner).float().unbind(1)
    side = FIELD + 2
    index = corner[:, 1] * side + corner[:, 0]

    def mix(first: Tensor) -> Tensor:
        left = pixels.gather(1, first)
        return left + right * (pixels.gather(1, first + 1) - left)

    upper, below = mix(index), mix(index + side)
    grey = (upper + lower * (below - upper)).view(-1, 1, FIELD, FIELD)
    return grey * PIXEL_SCALE + PIXEL_OFFSET if stored else grey


def show_patterns(images: Tensor, patterns: Tensor, distortion: DistortedEpoch, plain: Tensor) -> Tensor:
    """Distort images as some patterns of an epoch show them.

    Args:
        images: those of the patterns, as `distort_images` takes them.
        patterns: (N,) int64.
        distortion: of the epoch.
        plain: (N, 1, 32, 32) the same images undistorted, as the network sees them.
    Returns:
        (N, 1, 32, 32) of the type of `plain`.
    """
    numbers = draw_uniform(distortion.seed, distortion.epoch, patterns)
    bends = draw_bends(distortion, patterns) if distortion.limits.elastic else None
    moved = distort_images(images, *invert_maps(distortion.limits, numbers), bends).to(plain.dtype)
    still = (patterns < distortion.plain)[:, None, None, None]
    return torch.where(still, plain, moved)
