"""The trainer: advances a run in stretches of about a quarter of a second, and yields what happened."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lenet.data.examples import Examples
from lenet.engines import Engine
from lenet.engines.inputs import show_patterns
from lenet.errors import Diverged
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters
from lenet.randomness import Purpose, draw_order
from lenet.training.history import EpochRecord
from lenet.training.pens import add_pens
from lenet.training.recipe import Recipe
from lenet.training.schedule import plan_rates

STRETCH = 0.25  # seconds: short enough for a progress bar and Ctrl-C, long enough to cost nothing
SCALE = "scale."  # what the names of the parameters' own rates begin with in a state


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
class EpochEnded:
    """An epoch is over and its errors are measured.

    Args:
        record: what was measured.
    """

    record: EpochRecord


@dataclass(frozen=True)
class Redrawn:
    """Some training images were redrawn with other pens, before the first step.

    Args:
        copies: how many there are.
        total: how many there will be.
    """

    copies: int
    total: int


Event: TypeAlias = Advanced | EpochEnded | Redrawn


class Trainer:
    """One training, step by step; it draws nothing and writes nothing.

    Args:
        engine: what runs it.
        parameters: where it starts.
        recipe: how.
        train: what it learns from; copies redrawn with other pens are added when `events` begins.
        validation: what its error is measured on after every epoch; may be empty.
        seed: of the order of the images, and of all else that is random.
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
        recipe.check(parameters.architecture)
        self.recipe = recipe
        self._patterns_per_epoch = recipe.count_patterns(len(train))
        self.steps_per_epoch = recipe.count_steps(len(train))
        self.total_steps = self.steps_per_epoch * recipe.epochs
        self.steps = 0
        self.epochs = 0
        self._engine = engine
        self._run = engine.start(parameters.architecture, parameters, recipe.update)
        self._train, self._validation = train, validation
        self._images = len(train) * (recipe.pens + 1)
        self._seed = seed
        self._rates = plan_rates(recipe.schedule, recipe.rate, self.total_steps, self.steps_per_epoch)
        # each parameter's own share of the rate; measured when an epoch begins
        self._scales = parameters.map(np.ones_like) if recipe.method == "diagonal-lm" else None
        self._epoch_losses: list[float] = []
        self._length = 1  # of the next stretch, in steps; grows until one takes STRETCH
        self._last: _Stretch | None = None

    def parameters(self) -> Parameters:
        """A copy of the present parameters."""
        return self._run.parameters()

    def state(self) -> dict[str, np.ndarray]:
        """What `restore` needs."""
        state = self._run.state()
        if self._scales:
            state |= {SCALE + name: array.copy() for name, array in self._scales.items()}
        return state

    def restore(self, state: Mapping[str, np.ndarray], steps: int, epochs: int, losses: list[float]) -> None:
        """Go on where a training stopped.

        Args:
            state: what `state` gave then.
            steps: how many were done.
            epochs: how many were done and measured.
            losses: of all those steps.
        """
        self._run.restore({name: array for name, array in state.items() if not name.startswith(SCALE)})
        if self._scales:
            self._scales = Parameters(
                self._scales.architecture, {name: state[SCALE + name] for name in self._scales}
            )
        self.steps, self.epochs = steps, epochs
        self._epoch_losses = losses[epochs * self.steps_per_epoch :]

    def events(self) -> Iterator[Event]:
        """Train to the end of the recipe; between two events the caller may stop, save, or look.

        Raises:
            Diverged: a loss is no longer a number; the parameters are those of the last step whose loss was.
        """
        if len(self._train) != self._images:
            self._train = yield from self._redraw()
        while self.epochs < self.recipe.epochs:
            end = (self.epochs + 1) * self.steps_per_epoch
            if self.steps < end:
                order = self._draw_order()
                if self._scales and self.steps == self.epochs * self.steps_per_epoch:
                    self._scales = self._measure_scales()
                while self.steps < end:
                    yield from self._advance(order, self.steps - self.epochs * self.steps_per_epoch)
            yield self._end_epoch()

    def _redraw(self) -> Generator[Event, None, Examples]:
        """The training images with copies redrawn by other pens behind them."""
        drawing = add_pens(self._train, self.recipe.pens, self._seed)
        while True:
            try:
                copies = next(drawing)
            except StopIteration as finished:
                examples: Examples = finished.value
                return examples
            yield Redrawn(copies, self._images - len(self._train))

    def _draw_order(self) -> np.ndarray:
        """The patterns of the epoch that begins, in their order."""
        patterns, length = len(self._train) * self.recipe.copies, self._patterns_per_epoch
        round_, part = divmod(self.epochs, patterns // length)
        shuffled = self.recipe.order == "shuffled"
        order = draw_order(self._seed, round_ if shuffled else 0, patterns)
        return order[part * length : (part + 1) * length]

    def _distort(self, epoch: int) -> DistortedEpoch | None:
        """How the patterns of an epoch are distorted, if they are."""
        limits, fixed = self.recipe.distortion, self.recipe.copies > 1
        if not limits:
            return None
        return DistortedEpoch(limits, self._seed, *((0, len(self._train)) if fixed else (epoch, 0)))

    def _measure_scales(self) -> Parameters:
        """1 / (mu + h) for each parameter, where h is the curvature on some of the patterns.

        Source:
            LeCun et al. 1998, appendix C, equation 18.
        """
        recipe, train = self.recipe, self._train
        count = len(train) * recipe.copies
        chosen = draw_order(self._seed, self.epochs, count, Purpose.SUBSET)[: recipe.curvature_samples]
        distortion = self._distort(self.epochs)
        images, labels = train.images, train.labels
        if distortion:
            images, labels, chosen = show_patterns(images, labels, chosen, distortion, np.float32)
        parameters = self._run.parameters()
        model = self._engine.load(parameters.architecture, parameters)
        with np.errstate(all="ignore"):  # a training that diverges; its losses are looked at
            curvature = model.curvature(images[chosen], labels[chosen], recipe.curvature_loss)
            return curvature.map(lambda h: 1 / (recipe.mu + h))

    def _advance(self, order: np.ndarray, done: int) -> Iterator[Advanced]:
        """One stretch, `done` steps after the beginning of the epoch."""
        batches = self._cut_batches(order, done)
        stretch = _Stretch(self.steps, self.epochs, batches, self._run.state(), self._scales)
        start = time.perf_counter()
        losses = self._learn(stretch)
        seconds = time.perf_counter() - start
        bad = np.flatnonzero(~np.isfinite(losses))
        if len(bad):
            losses = losses[: bad[0]]
        steps = self.steps = self.steps + len(losses)
        self._epoch_losses += losses.tolist()
        refusal = self._diverge(stretch, self.steps) if len(bad) else None
        if len(losses):
            images = stretch.batches[: len(losses)].size
            yield Advanced(steps, losses, float(self._rates[steps - 1]), images, seconds)
        if refusal:
            raise refusal
        self._last = stretch
        self._length = max(1, min(2 * self._length, int(len(losses) * STRETCH / max(seconds, 1e-6))))

    def _learn(self, stretch: _Stretch, steps: int | None = None) -> np.ndarray:
        """Make the steps of a stretch, or the first few of them."""
        batches = stretch.batches[:steps]
        rates = self._rates[stretch.first : stretch.first + len(batches)]
        distortion = self._distort(stretch.epoch)
        with np.errstate(all="ignore"):  # the losses are looked at
            return self._run.advance(
                self._train.images, self._train.labels, batches, rates, stretch.scales, distortion
            )

    def _cut_batches(self, order: np.ndarray, done: int) -> np.ndarray:
        """(steps, batch) of the next stretch; what is left at the end of an epoch is a batch of its own."""
        batch = self.recipe.batch
        whole = len(order) // batch
        if done == whole:
            return order[None, done * batch :]
        upto = min(whole, done + self._length)
        return order[done * batch : upto * batch].reshape(-1, batch)

    def _diverge(self, stretch: _Stretch | None, finite: int) -> Diverged:
        """Go back to the weights that gave the last finite loss.

        Args:
            stretch: the last one that was made; None if the run was resumed just here.
            finite: how many steps had a finite loss; the last of them made what cannot be gone on with.
        """
        number, rate = self.epochs + 1, float(self._rates[max(finite - 1, 0)])
        step = min(finite + 1, number * self.steps_per_epoch)
        # a tenth of what was too high here, which early in a one-cycle is far below the recipe's own rate;
        # rounded; :g then writes 50, not 5e+01
        lower = float(f"{min(rate, self.recipe.rate) / 10:.1g}")
        if stretch and stretch.first == finite and self._last:
            stretch = self._last
        if stretch:
            good = max(finite - 1 - stretch.first, 0)
            self._run.restore(stretch.before)
            if good:
                self._learn(stretch, good)
            self.steps, self.epochs, self._scales = stretch.first + good, stretch.epoch, stretch.scales
        return Diverged("training.diverged", step=step, number=number, rate=f"{rate:.3g}", lower=f"{lower:g}")

    def _end_epoch(self) -> EpochEnded:
        parameters = self._run.parameters()
        model = self._engine.load(parameters.architecture, parameters)

        def measure_error(examples: Examples) -> float:
            with np.errstate(all="ignore"):
                penalties = model.penalties(examples.images)
            # the last step of all has no next loss that would show it
            if not np.isfinite(penalties).all():
                raise self._diverge(self._last, self.steps)
            return 100 * float((penalties.argmin(axis=1) != examples.labels).mean())

        record = EpochRecord(
            number=self.epochs + 1,
            loss=float(np.mean(self._epoch_losses)),
            training_error=measure_error(self._train.first(self.recipe.training_sample)),
            validation_error=measure_error(self._validation) if len(self._validation) else None,
        )
        # only now: an epoch counts when it is measured
        self.epochs += 1
        self._epoch_losses = []
        return EpochEnded(record)


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Some steps of an epoch that are made at once: the first one's number, the epoch, what held before."""

    first: int
    epoch: int
    batches: np.ndarray
    before: Mapping[str, np.ndarray]
    scales: Parameters | None
