"""Wrong arguments for every entry of `lenet._native`: an exception or an answer, never a crash."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from lenet import _native
from lenet.architecture import MODERN, ORIGINAL
from lenet.engines.native import layout

ALLOWED = (ValueError, TypeError, OverflowError, MemoryError)
INTEGERS = [-1, 0, 1, 2, 3, 17, 127, 128, 2**31 - 1, 2**31, -(2**31), 2**63, 2**64]
FLOATS = [0.0, -1.0, 1.0, 0.5, 1e-30, 1e30, 1e300, float("nan"), float("inf"), -float("inf")]


class Caller:
    """Makes calls with arguments that are right, nearly right, or wrong.

    Args:
        chance: the source of all choices.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.entries: dict[str, Callable[[], object]] = {
            "lanes": lambda: _native.lanes(self.take_variant()),
            "find_digits": self.find_digits,
            "show": self.show,
            "Program": self.make_program,
            "recognize": self.recognize,
            "pass_field": self.pass_field,
            "trace": self.trace,
            "differentiate": self.differentiate,
            "train": self.train,
            "Distortion": self.make_distortion,
            "Loss": lambda: _native.Loss(self.spoil(0), self.spoil(1.0), self.spoil(1.0)),
        }

    def call(self) -> None:
        """Make one call.

        Raises:
            ValueError, TypeError, OverflowError: its arguments were refused.
        """
        self.entries[self.chance.choice(sorted(self.entries))]()

    def spoil(self, value: Any, often: float = 0.15) -> Any:
        """The value, or seldom another one of its kind, or of none."""
        if self.chance.random() >= often:
            return value
        if isinstance(value, np.ndarray):
            return self.spoil_array(value)
        kinds: list[Any] = FLOATS if isinstance(value, float) else INTEGERS
        return self.chance.choice([*kinds, None, "x"])

    def spoil_array(self, array: np.ndarray) -> Any:
        """Of another shape, type, order or content."""
        many = np.resize(array, (array.size + self.chance.choice([-1, 1, 16, 784]),)) if array.size else array
        wild = array.copy()
        if wild.size:
            worst = FLOATS if wild.dtype.kind == "f" else [-1, 2**31 - 1, 10, 255]
            with np.errstate(all="ignore"):
                wild.flat[self.chance.randrange(wild.size)] = np.array(self.chance.choice(worst)).astype(
                    wild.dtype
                )
        read_only = array.copy()
        read_only.setflags(write=False)
        return self.chance.choice(
            [
                many,
                wild,
                read_only,
                array[:0],
                array[..., ::-1],
                array.T,
                array[:, None],
                array.astype(np.float16),
                array.astype(np.float64),
                array.astype(np.int64),
                array.astype(object),
                array.tobytes(),
                None,
                np.array(1.0),
            ]
        )

    def take_variant(self) -> Any:
        """A name of a variant, or something else."""
        return self.spoil(self.chance.choice(_native.variants()))

    def find_digits(self) -> None:
        """Call `find_digits`."""
        sides = [0, 1, 2, 5, 28, 64, 300]
        height, width = self.chance.choice(sides), self.chance.choice(sides)
        noise = np.random.default_rng(self.chance.randrange(2**32))
        page = noise.integers(0, self.chance.choice([1, 2, 256]), (height, width)).astype(np.uint8)
        if page.size and self.chance.random() < 0.5:
            page = 255 - page // 8
            page[height // 4 : height // 2 + 1, width // 2 : width // 2 + 2] = 20
        _native.find_digits(self.spoil(page), self.spoil(self.chance.choice([None, *_native.variants()])))

    def make_images(self) -> Any:
        """Images in one of the forms, or something else."""
        count = self.chance.choice([0, 1, 3, 17])
        stored = np.full((count, 28, 28), 200, np.uint8)
        seen = np.full((count, 1, 32, 32), 0.5, np.float32)
        return self.spoil(self.chance.choice([stored, seen]))

    def make_distortion(self) -> Any:
        """A distortion with any numbers, or none."""
        if self.chance.random() < 0.5:
            return None
        values = [self.spoil(value) for value in (0.1, 0.1, 0.2, 1.5, 2.0, 4.0, 1, 2, 20)]
        return _native.Distortion(*values)

    def make_program(self) -> tuple[Any, int, int]:
        """A program, its number of classes, and the length of its weights."""
        plan = layout.Layout(self.chance.choice([ORIGINAL, MODERN]))
        made: dict[str, Any] = {}
        real = _native.Program
        try:
            _native.Program = lambda **given: made.update(given)  # type: ignore[assignment,misc]
            plan.compile(self.chance.choice(_native.variants()))
        finally:
            _native.Program = real  # type: ignore[misc]
        if self.chance.random() < 0.2:
            name = self.chance.choice(sorted(made))
            value = made[name]
            if isinstance(value, list):
                value = list(value)
                value[self.chance.randrange(len(value))] = self.chance.choice(INTEGERS)
                made[name] = value if self.chance.random() < 0.7 else value[:-1]
            else:
                made[name] = self.spoil(value, 1.0)
        return real(**made), made["classes"], made["offset"][-1]

    def make_weights(self, length: int) -> Any:
        """Weights of this length, or something else."""
        return self.spoil(np.full(min(length, 10**6), 0.01, np.float32))

    def make_task(self, classes: int) -> Any:
        """Images, targets and a loss, or something else."""
        images = self.make_images()
        count = len(images) if isinstance(images, np.ndarray) and images.ndim else 1
        labels = np.arange(count, dtype=np.int32) % classes
        shares = np.full((count, classes), 0.1, np.float32)
        loss = _native.Loss(self.spoil(self.chance.randrange(3)), self.spoil(1.0), self.spoil(0.1))
        return _native.Task(
            images, self.spoil(self.chance.choice([labels, shares])), loss, self.make_distortion()
        )

    def show(self) -> None:
        """Call `Distortion.show`."""
        patterns = np.array([0, 1, 2][: self.chance.randrange(4)], np.int32)
        out = np.zeros((len(patterns), 32, 32), np.float32)
        _native.show(
            self.take_variant(),
            self.make_images(),
            self.spoil(patterns),
            self.make_distortion(),
            self.spoil(out),
        )

    def recognize(self) -> None:
        """Call `Program.recognize`."""
        program, classes, length = self.make_program()
        images = self.make_images()
        count = len(images) if isinstance(images, np.ndarray) and images.ndim else 1
        out = np.zeros((count, classes), np.float32)
        program.recognize(self.make_weights(length), images, self.spoil(out), self.spoil(1))

    def pass_field(self) -> None:
        """Call `Program.pass_field`."""
        program, classes, length = self.make_program()
        height, width = (28 + self.chance.choice([0, 4, 8, 64, 68, 256, 260, 1, -4]) for _ in range(2))
        field = np.zeros((height, width), self.chance.choice([np.uint8, np.float32]))
        border = 4 if field.dtype == np.uint8 else 0
        places = [max((side + border - 32) // 4 + 1, 0) for side in (height, width)]
        out = np.zeros((*places, classes), np.float32)
        program.pass_field(self.make_weights(length), self.spoil(field), self.spoil(out), self.spoil(1))

    def trace(self) -> None:
        """Call `Program.trace`."""
        program, classes, length = self.make_program()
        sizes = [1024, 4704, 1176, 1600, 400, 120, 84, classes, 4704, 1176, 1600, 400, 120, 84]
        out = [np.zeros(size, np.float32) if self.chance.random() < 0.9 else None for size in sizes]
        out = [self.spoil(each, 0.03) for each in out][: self.chance.choice([13, 14, 14, 14])]
        program.trace(self.make_weights(length), self.make_images(), out)

    def differentiate(self) -> None:
        """Call `Program.differentiate`."""
        program, classes, length = self.make_program()
        gradient = np.zeros(min(length, 10**6), np.float32)
        second = self.chance.random() < 0.5
        program.differentiate(
            self.make_weights(length), self.make_task(classes), second, self.spoil(gradient), self.spoil(1)
        )

    def train(self) -> None:
        """Call `Program.train`."""
        program, classes, length = self.make_program()
        weights = self.make_weights(length)
        scales = self.chance.choice([None, self.make_weights(length)])
        update = _native.Update(weights, self.make_weights(length), scales, self.spoil(0.9), self.spoil(0.0))
        steps, batch = self.chance.choice([(0, 1), (1, 1), (3, 1), (2, 4), (1, 33)])
        order = np.zeros((steps, batch), np.int32)
        rates, losses = np.full(steps, 0.01, np.float32), np.zeros(steps)
        program.train(
            update,
            self.make_task(classes),
            self.spoil(order),
            self.spoil(rates),
            self.spoil(losses),
            self.spoil(1),
        )
