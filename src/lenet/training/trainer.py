"""The trainer: advances a run in stretches of about a quarter of a second, and yields what happened."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lenet.data.examples import Examples
from lenet.engines import Engine
from lenet.errors import Diverged
from lenet.images.distort import distort_images, draw_maps
from lenet.parameters import Parameters
from lenet.randomness import draw_order
from lenet.training.history import PassRecord
from lenet.training.recipe import Recipe
from lenet.training.schedule import plan_rates

STRETCH = 0.25  # seconds: short enough for a progress bar and Ctrl-C, long enough to cost nothing
TRAINING_SAMPLE = (
    5_000  # training images that the error is measured on after a pass: as many as MNIST's validation
)


@dataclass(frozen=True, eq=False)
class Advanced:
    """Some steps were made.

    Args:
        steps: how many are done in all.
        losses: (n,) of the new steps.
        rate: the learning rate of the last of them.
        images: how many images they took.
        seconds: how long they took.
    """

    steps: int
    losses: np.ndarray
    rate: float
    images: int
    seconds: float


@dataclass(frozen=True)
class PassEnded:
    """A pass is over and its errors are measured.

    Args:
        record: what was measured.
    """

    record: PassRecord


class Trainer:
    """One training, step by step; it draws nothing and writes nothing.

    Args:
        engine: what runs it.
        parameters: where it starts.
        recipe: how.
        train: what it learns from.
        validation: what its error is measured on after every pass; may be empty.
        seed: of the order of the images.
    """

    def __init__(
        self,
        engine: Engine,
        parameters: Parameters,
        recipe: Recipe,
        train: Examples,
        validation: Examples,
        seed: int,
    ) -> None:
        self.recipe = recipe
        self.steps_a_pass = -(-len(train) // recipe.batch)
        self.total_steps = self.steps_a_pass * recipe.passes
        self.steps = 0
        self.passes = 0
        self._engine = engine
        self._run = engine.start(parameters.architecture, parameters, recipe)
        self._train, self._validation = train, validation
        self._seed = seed
        self._rates = plan_rates(recipe.schedule, recipe.rate, self.total_steps)
        self._pass_losses: list[float] = []
        self._stretch = 1  # steps; grows until a stretch takes STRETCH

    def parameters(self) -> Parameters:
        """A copy of the present parameters."""
        return self._run.parameters()

    def state(self) -> dict[str, np.ndarray]:
        """What `restore` needs."""
        return self._run.state()

    def restore(self, state: Mapping[str, np.ndarray], steps: int, passes: int, losses: list[float]) -> None:
        """Go on where a training stopped.

        Args:
            state: what `state` gave then.
            steps: how many were done.
            passes: how many were done and measured.
            losses: of all those steps.
        """
        self._run.restore(state)
        self.steps, self.passes = steps, passes
        self._pass_losses = losses[passes * self.steps_a_pass :]

    def events(self) -> Iterator[Advanced | PassEnded]:
        """Train to the end of the recipe; between two events the caller may stop, save, or look.

        Raises:
            Diverged: a loss is no longer a number; the parameters are those of the last step whose loss was.
        """
        while self.passes < self.recipe.passes:
            end = (self.passes + 1) * self.steps_a_pass
            if self.steps < end:
                order = draw_order(self._seed, self.passes, len(self._train))
                while self.steps < end:
                    yield self._advance(order, self.steps - self.passes * self.steps_a_pass)
            yield self._end_pass()

    def _advance(self, order: np.ndarray, done: int) -> Advanced:
        """One stretch, `done` steps after the beginning of the pass."""
        batches = self._cut_batches(order, done)
        rates = self._rates[self.steps : self.steps + len(batches)]
        before = self._run.state()
        start = time.perf_counter()
        losses = self._learn(batches, rates)
        seconds = time.perf_counter() - start
        if not np.isfinite(losses).all():
            self._return_to_numbers(before, batches, rates, losses)
        self.steps += len(batches)
        self._pass_losses += losses.tolist()
        self._stretch = max(1, min(2 * self._stretch, int(len(batches) * STRETCH / max(seconds, 1e-6))))
        return Advanced(self.steps, losses, float(rates[-1]), batches.size, seconds)

    def _learn(self, batches: np.ndarray, rates: np.ndarray) -> np.ndarray:
        images, labels = self._train.images, self._train.labels
        if self.recipe.distortion:
            samples = batches.ravel()
            maps = draw_maps(self.recipe.distortion, self._seed, self.passes, samples)
            images, labels = distort_images(images[samples], maps), labels[samples]
            batches = np.arange(len(samples), dtype=np.int32).reshape(batches.shape)
        return self._run.advance(images, labels, batches, rates)

    def _cut_batches(self, order: np.ndarray, done: int) -> np.ndarray:
        """(steps, batch) of the next stretch; what is left at the end of a pass is a batch of its own."""
        batch = self.recipe.batch
        whole = len(order) // batch
        if done == whole:
            return order[None, done * batch :]
        upto = min(whole, done + self._stretch)
        return order[done * batch : upto * batch].reshape(-1, batch)

    def _return_to_numbers(
        self, before: dict[str, np.ndarray], batches: np.ndarray, rates: np.ndarray, losses: np.ndarray
    ) -> None:
        """Go back to the weights that gave the last finite loss, and stop."""
        bad = int(np.flatnonzero(~np.isfinite(losses))[0])
        self._run.restore(before)
        # the step before made the numbers that cannot be: it is not made again
        good = max(bad - 1, 0)
        if good:
            self._learn(batches[:good], rates[:good])
        step, number, rate = self.steps + bad + 1, self.passes + 1, float(rates[bad])
        self.steps += good
        raise Diverged(
            "training.diverged", step=step, number=number, rate=f"{rate:.3g}", lower=f"{rate / 10:.1g}"
        )

    def _end_pass(self) -> PassEnded:
        model = self._engine.load(self._run.parameters().architecture, self._run.parameters())

        def measure_error(examples: Examples) -> float:
            answers = model.penalties(examples.images).argmin(axis=1)
            return 100 * float((answers != examples.labels).mean())

        self.passes += 1
        record = PassRecord(
            number=self.passes,
            loss=float(np.mean(self._pass_losses)),
            training_error=measure_error(self._train.first(TRAINING_SAMPLE)),
            validation_error=measure_error(self._validation) if len(self._validation) else None,
        )
        self._pass_losses = []
        return PassEnded(record)
