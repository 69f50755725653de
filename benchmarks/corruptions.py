"""Corruptions of MNIST digits, as a person's pictures bring them, each a file's content made from one seed.

The generator was committed before the clean-up (`lenet.images.normalize`) was tuned.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks.corruptions28 import CORRUPTIONS28, spoil
from tools.draw_samples import STROKES, draw_digit

SEED = 1998
PAPER, INK = 235.0, 45.0  # luminance of the pages below
SCALE = 4  # how many times larger than in MNIST a digit stands on a page, where nothing else is said
DRAWN_STYLES = 100  # drawings of each digit by ourselves

Picture = np.ndarray  # (H, W) float, 0 black to 255 white


# --- a digit on a page


def enlarge(ink: np.ndarray, scale: float) -> np.ndarray:
    """Scale MNIST's (28, 28) ink, 0 to 255, by a factor; clipped to 0 to 255."""
    side = round(28 * scale)
    filter_ = Image.Resampling.BICUBIC if scale >= 1 else Image.Resampling.BOX
    scaled = Image.fromarray(ink.astype(np.float32)).resize((side, side), filter_)
    return np.clip(np.asarray(scaled, np.float64), 0, 255)


def lay_on_page(ink: np.ndarray, random: np.random.Generator) -> Picture:
    """Dark ink anywhere on a light page of 1.5 to 3 times its size."""
    height, width = (round(side * random.uniform(1.5, 3)) for side in ink.shape)
    top, left = random.integers(0, height - ink.shape[0] + 1), random.integers(0, width - ink.shape[1] + 1)
    page = np.full((height, width), PAPER)
    page[top : top + ink.shape[0], left : left + ink.shape[1]] -= ink / 255 * (PAPER - INK)
    return page


# --- what happens to the ink: (28, 28) or larger, 0 to 255


def thicken(ink: np.ndarray, factor: float) -> np.ndarray:
    """Redraw enlarged ink with a pen `factor` times as thick: a half keeps each stroke's middle."""
    mask = np.pad(ink > 127, 28)
    inside = ndimage.distance_transform_edt(mask)
    width = 4 * inside[mask].mean()  # the mean distance to the edge is a quarter of a stroke's width
    if factor >= 1:
        away = ndimage.distance_transform_edt(~mask) - (factor - 1) * width / 2
    else:
        middle = ndimage.maximum_filter(inside, size=2 * round(width / 2) + 1)
        away = np.where(mask, (1 - factor) * middle - inside, 1)
    return np.clip(0.5 - away, 0, 1) * 255


def slant_and_rotate(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Slant by up to 17 degrees and rotate by up to 12, about the centre."""
    slant, angle = random.uniform(-0.3, 0.3), np.deg2rad(random.uniform(-12, 12))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, 0], [slant, 1]])
    ink = np.pad(ink, ink.shape[0] // 4)
    middle = (np.array(ink.shape) - 1) / 2
    return np.clip(ndimage.affine_transform(ink, matrix, middle - matrix @ middle, order=1), 0, 255)


# --- what happens to the page


def light_unevenly(page: Picture, random: np.random.Generator) -> Picture:
    """Light that falls off linearly in a random direction, to 35% at the far corner."""
    ys, xs = np.mgrid[: page.shape[0], : page.shape[1]]
    angle = random.uniform(0, 2 * np.pi)
    along = ys * np.sin(angle) + xs * np.cos(angle)
    return page * (1 - 0.65 * (along - along.min()) / np.ptp(along))


def roughen(page: Picture, random: np.random.Generator) -> Picture:
    """Paper noise: grain of 12 levels (standard deviation), and blotches of 6."""
    coarse = random.normal(0, 6, tuple(side // 12 + 2 for side in page.shape)).astype(np.float32)
    blotches = Image.fromarray(coarse).resize(page.shape[::-1], Image.Resampling.BICUBIC)
    return np.clip(page + random.normal(0, 12, page.shape) + np.asarray(blotches), 0, 255)


def rule(page: Picture, random: np.random.Generator, scale: float = SCALE) -> Picture:
    """Ruled lines: up to 1 degree askew, half to once and a half the digit's height apart, grey."""
    ys, xs = np.mgrid[: page.shape[0], : page.shape[1]]
    along = ys + xs * np.tan(np.deg2rad(random.uniform(-1, 1)))
    apart, start = random.uniform(10, 30) * scale, random.uniform(0, 30) * scale
    thick, grey = random.uniform(0.25, 0.75) * scale, random.uniform(110, 190)
    away = np.abs((along - start + apart / 2) % apart - apart / 2) - thick / 2
    cover = np.clip(0.5 - away, 0, 1)
    return np.minimum(page, PAPER - cover * (PAPER - grey))


def cut_tight(ink: np.ndarray, random: np.random.Generator, margin: float) -> Picture:
    """An enlarged digit cut out at its box, as `cv2.boundingRect` gives it; half of them light on dark.

    Args:
        ink: (28, 28) uint8, a digit of MNIST.
        random: decides the polarity.
        margin: paper on each side, as a fraction of the digit's longer side.
    """
    large = enlarge(ink, 2 * SCALE)
    rows, columns = np.flatnonzero(large.max(axis=1) > 64), np.flatnonzero(large.max(axis=0) > 64)
    box = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    page = PAPER - np.pad(box, round(margin * max(box.shape))) / 255 * (PAPER - INK)
    return page if random.random() < 0.5 else 255 - page


RULED_AT, CLEARANCE = 18, 6  # pixels: from the picture's edge to a rule, and from there to the digit
CELL = 168, 208  # pixels, the least height and width of a cell's picture


def rule_cell(ink: np.ndarray, random: np.random.Generator) -> Picture:
    """A digit in pencil in the cell of a table whose black rules run to the picture's edges."""
    margin = RULED_AT + CLEARANCE
    large = enlarge(ink, random.uniform(4, 7)) / 255
    large = large[:, np.flatnonzero(large.max(axis=0) > 0.25)][np.flatnonzero(large.max(axis=1) > 0.25)]
    height, width = (max(side + 2 * margin, least) for side, least in zip(large.shape, CELL, strict=True))
    page = np.full((height, width), PAPER)
    top = random.integers(margin, height - margin - large.shape[0] + 1)
    left = random.integers(margin, width - margin - large.shape[1] + 1)
    page[top : top + large.shape[0], left : left + large.shape[1]] -= large * random.uniform(60, 190)
    ys, xs = np.mgrid[:height, :width]
    tilt, thick = np.tan(np.deg2rad(random.uniform(-1, 1))), random.uniform(2, 6)
    for along, at in (
        (ys + xs * tilt, RULED_AT),
        (ys + xs * tilt, height - RULED_AT),
        (xs - ys * tilt, RULED_AT),
        (xs - ys * tilt, width - RULED_AT),
    ):
        away = np.abs(along - at - random.uniform(-4, 4)) - thick / 2
        page = np.minimum(page, PAPER - np.clip(0.5 - away, 0, 1) * (PAPER - 15))
    return np.clip(page + random.normal(0, 3, page.shape), 0, 255)


def lay_on_table(ink: np.ndarray, random: np.random.Generator) -> Picture:
    """A sheet of paper with the digit, itself on a dark table that is seen all around it."""
    sheet = lay_on_page(enlarge(ink, SCALE), random)
    margins = [round(side * random.uniform(0.06, 0.16)) for side in sheet.shape for _ in range(2)]
    table = random.uniform(10, 110)
    page = np.pad(sheet, (margins[:2], margins[2:]), constant_values=table)
    return np.clip(ndimage.gaussian_filter(page, 0.7) + random.normal(0, 3, page.shape), 0, 255)


def pencil(ink: np.ndarray, random: np.random.Generator) -> Picture:
    """A soft pencil on rough paper: a pale stroke with holes in it."""
    large = thicken(enlarge(ink, 2 * SCALE), random.uniform(0.5, 1))
    grain = ndimage.gaussian_filter(random.normal(size=large.shape), 1.2)
    cover = np.clip(0.65 + 0.48 * grain / grain.std(), 0, 1)
    page = lay_on_page(large * cover * random.uniform(0.25, 0.7), random)
    return np.clip(page + random.normal(0, 4, page.shape), 0, 255)


# --- a page as a file


def save(page: Picture, kind: str = "PNG", **options: object) -> bytes:
    """The content of a picture file."""
    file = io.BytesIO()
    Image.fromarray(np.rint(np.clip(page, 0, 255)).astype(np.uint8)).save(file, kind, **options)
    return file.getvalue()


UNTURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda page: np.rot90(page, 2),
    4: np.flipud,
    5: np.transpose,
    6: np.rot90,
    7: lambda page: np.rot90(page, 2).T,
    8: lambda page: np.rot90(page, -1),
}


def save_turned(page: Picture, random: np.random.Generator, **options: object) -> bytes:
    """A JPEG whose rows are stored turned, as cameras do, with the EXIF orientation that turns them back."""
    orientation = int(random.integers(2, 9))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return save(UNTURNS[orientation](page), "JPEG", exif=exif, **options)


# --- the corruptions: MNIST's (28, 28) uint8 ink and a generator of random numbers, to a file's content


def paste(scale: float) -> Callable[[np.ndarray, np.random.Generator], bytes]:
    """A corruption: the digit, scaled, somewhere in a bigger picture."""
    return lambda ink, random: save(lay_on_page(enlarge(ink, scale), random))


def spoil_everything(ink: np.ndarray, random: np.random.Generator) -> bytes:
    """All corruptions at once, each as strong as alone; scale and pen anywhere in their ranges."""
    large = thicken(enlarge(ink, 2 * SCALE), np.exp2(random.uniform(-1, 1)))
    large = slant_and_rotate(large, random)
    scale = np.exp2(random.uniform(-1, 3))
    side = max(7, round(large.shape[0] * scale / (2 * SCALE)))
    filter_ = Image.Resampling.BOX if scale < SCALE else Image.Resampling.BICUBIC
    ink = np.clip(np.asarray(Image.fromarray(large.astype(np.float32)).resize((side, side), filter_)), 0, 255)
    page = rule(lay_on_page(ink, random), random, scale)
    page = roughen(light_unevenly(page, random), random)
    page = 255 - page if random.random() < 0.5 else page
    return save_turned(page, random, quality=40)


def _spoil_small(name: str, ink: np.ndarray, random: np.random.Generator) -> bytes:
    return save(spoil(name, ink, random))


Corruption = Callable[[np.ndarray, np.random.Generator], bytes]
CORRUPTIONS: dict[str, Corruption] = {
    "clean": lambda ink, _: save(ink),
    "inverted": lambda ink, _: save(255.0 - ink),
    "pasted 0.5x": paste(0.5),
    "pasted 1x": paste(1),
    "pasted 2x": paste(2),
    "pasted 4x": paste(4),
    "pasted 8x": paste(8),
    "gradient lighting": lambda ink, r: save(light_unevenly(lay_on_page(enlarge(ink, SCALE), r), r)),
    "paper noise": lambda ink, r: save(roughen(lay_on_page(enlarge(ink, SCALE), r), r)),
    "ruled lines": lambda ink, r: save(rule(lay_on_page(enlarge(ink, SCALE), r), r)),
    "JPEG quality 40": lambda ink, _: save(255.0 - ink, "JPEG", quality=40),
    "EXIF rotation": lambda ink, r: save_turned(lay_on_page(enlarge(ink, SCALE), r), r),
    "pen of half thickness": lambda ink, r: save(lay_on_page(thicken(enlarge(ink, SCALE), 0.5), r)),
    "pen of double thickness": lambda ink, r: save(lay_on_page(thicken(enlarge(ink, SCALE), 2), r)),
    "slant and rotation": lambda ink, r: save(lay_on_page(slant_and_rotate(enlarge(ink, SCALE), r), r)),
    "everything together": spoil_everything,
    "tight crop": lambda ink, r: save(cut_tight(ink, r, 0)),
    "tight crop, 5%": lambda ink, r: save(cut_tight(ink, r, 0.05)),
    "tight crop, 20%": lambda ink, r: save(cut_tight(ink, r, 0.2)),
    "cell of a table": lambda ink, r: save(rule_cell(ink, r)),
    "paper on a dark table": lambda ink, r: save(lay_on_table(ink, r)),
    "pencil": lambda ink, r: save(pencil(ink, r)),
    **{name: partial(_spoil_small, name) for name in CORRUPTIONS28},
}


def corrupt(name: str, ink: np.ndarray, index: int) -> bytes:
    """The file that a corruption makes of one digit.

    Args:
        name: one of `CORRUPTIONS`.
        ink: (28, 28) uint8, a digit of MNIST.
        index: the digit's place in its set: with `SEED` and the name it decides everything random.
    """
    return CORRUPTIONS[name](ink, np.random.default_rng([SEED, *name.encode(), index]))


def draw_styles() -> Iterator[tuple[int, bytes]]:
    """Digits drawn by ourselves, each in `DRAWN_STYLES` hands: the digit and a picture's content."""
    for digit, strokes in STROKES.items():
        for style in range(DRAWN_STYLES):
            random = np.random.default_rng([SEED, digit, style])
            slant, squeeze = random.uniform(-0.25, 0.35), random.uniform(0.7, 1.2)
            hand = []
            for points in strokes:
                x, y = np.array(points, float).T - 50
                x, y = (x * squeeze - y * slant) * 0.8 + 50, y * 0.8 + 50
                hand.append(np.stack([x, y], axis=1) + random.normal(0, 1.2, (len(points), 2)))
            side = int(random.integers(80, 240))
            pen = side * random.uniform(0.012, 0.06)
            yield digit, save(draw_digit(hand, seed=1000 + style, side=side, pen=pen))
