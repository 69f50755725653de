"""The size that a convolution or a pooling gives, and what to change where it does not divide.

Source: docs/notes-corrected.md, 6: Ho = (H - F + 2P)/S + 1, Wo likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from lenet.counts import Count
from lenet.errors import ShapeError

LIMIT = 100_000  # larger than any picture; keeps a typing error from filling the memory
LEAST = {"height": 1, "width": 1, "depth": 1, "kernel": 1, "padding": 0, "stride": 1, "kernels": 1}
POOLS = ("max", "average")


@dataclass(frozen=True)
class Sliding:
    """A convolution or a pooling of an image of H x W x D: one window that slides over all of it.

    Args:
        height, width, depth: H, W and the number of channels D; kernels are as deep as the image.
        kernel: side F of the kernel or window.
        padding: rows and columns P added on each side.
        stride: S, how far the window moves.
        kernels: K, how many kernels; a pooling has none and gives as many maps as it reads.
        pool: None for a convolution, "max" or "average".
    Raises:
        ShapeError: a number out of range, or sizes that do not divide.
    """

    height: int
    width: int
    depth: int
    kernel: int
    padding: int = 0
    stride: int = 1
    kernels: int = 1
    pool: str | None = None

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value = getattr(self, name)
            if not least <= value <= LIMIT:
                raise ShapeError("arithmetic.range", name=name, value=value, least=least, most=LIMIT)
        if self.pool is not None and self.pool not in POOLS:
            raise ShapeError("arithmetic.pool", value=self.pool, choices=", ".join(POOLS))
        if self.pool and 2 * self.padding > self.kernel:
            # a window wholly in the padding would have nothing to take the maximum of
            most = self.kernel // 2
            raise ShapeError("arithmetic.pool_padding", padding=self.padding, kernel=self.kernel, most=most)
        for side in dict.fromkeys((self.height, self.width)):
            check_division(side, self.kernel, self.padding, self.stride)

    @property
    def maps(self) -> int:
        """How many maps come out: K, or D for a pooling."""
        return self.depth if self.pool else self.kernels

    @property
    def output_height(self) -> int:
        """Ho = (H - F + 2P)/S + 1."""
        return count_places(self.height, self.kernel, self.padding, self.stride)

    @property
    def output_width(self) -> int:
        """Wo = (W - F + 2P)/S + 1."""
        return count_places(self.width, self.kernel, self.padding, self.stride)

    @cached_property
    def units(self) -> Count:
        """How many numbers come out."""
        return Count(f"{self.output_height} x {self.output_width} x {self.maps}")

    @cached_property
    def trainable(self) -> Count:
        """How many numbers are trained: kernels and biases; none for a pooling."""
        one = f"{self.kernel} x {self.kernel} x {self.depth} + 1"
        return Count("0") if self.pool else Count(f"{self.kernels} x ({one})")

    @cached_property
    def reads(self) -> Count:
        """How many numbers all windows together read; for a convolution, its multiplications."""
        depth = "" if self.pool else f" x {self.depth}"
        return Count(f"{self.units.formula} x {self.kernel} x {self.kernel}{depth}")


def count_places(side: int, kernel: int, padding: int, stride: int) -> int:
    """How many places a window takes along one side: (H - F + 2P)/S + 1, rounded down."""
    return (side - kernel + 2 * padding) // stride + 1


def fits_exactly(side: int, kernel: int, padding: int, stride: int) -> bool:
    """Whether the window fits and its last place ends at the border."""
    room = side - kernel + 2 * padding
    return room >= 0 and room % stride == 0


def check_division(side: int, kernel: int, padding: int, stride: int) -> None:
    """Refuse a window that does not fit, or that does not end at the border.

    Raises:
        ShapeError: with the paddings, strides, kernels and sizes that would fit.
    """
    if fits_exactly(side, kernel, padding, stride):
        return
    room = side - kernel + 2 * padding
    numbers = {"side": side, "kernel": kernel, "padding": padding, "stride": stride, "room": room}
    if room < 0:
        least = -(-(kernel - side) // 2)
        raise ShapeError("arithmetic.too_large", **numbers, padded=side + 2 * padding, least=least)
    remedies = find_remedies(side, kernel, padding, stride)
    fits = {name: ", ".join(map(str, values)) for name, values in remedies.items()}
    key = "arithmetic.remainder" if fits["paddings"] else "arithmetic.remainder_any_padding"
    places = count_places(side, kernel, padding, stride)
    exact = f"{room / stride + 1:.6g}"
    raise ShapeError(key, **numbers, **fits, exact=exact, places=places, rest=room % stride)


def find_remedies(side: int, kernel: int, padding: int, stride: int) -> dict[str, list[int]]:
    """What to change, one number at a time, so that the last place ends at the border.

    Args:
        side: H or W.
        kernel: F.
        padding: P.
        stride: S.
    Returns:
        "paddings" (perhaps none), "strides", "kernels" and "sides": the nearest three of each.
    """
    room = side - kernel + 2 * padding

    def choose(values: Iterable[int], now: int, fits: Callable[[int], bool]) -> list[int]:
        return sorted(sorted(filter(fits, values), key=lambda value: abs(value - now))[:3])

    return {
        "paddings": choose(range(kernel), padding, lambda p: fits_exactly(side, kernel, p, stride)),
        "strides": choose(range(1, room + 1), stride, lambda s: fits_exactly(side, kernel, padding, s)),
        "kernels": choose(
            range(1, kernel + room + 1), kernel, lambda f: fits_exactly(side, f, padding, stride)
        ),
        "sides": choose(
            range(1, side + stride + 1), side, lambda h: fits_exactly(h, kernel, padding, stride)
        ),
    }
