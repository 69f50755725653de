"""The training loop: advance an engine's run in stretches of about a quarter of a second and yield events."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lenet.architecture import Architecture
from lenet.data.examples import Examples
from lenet.engines import Engine, Model
from lenet.engines.inputs import show_patterns
from lenet.errors import Diverged
from lenet.parameters import Parameters, initialize_parameters
from lenet.training.additions import add_images
from lenet.training.events import Added, Advanced, EpochEnded, Event
from lenet.training.history import EpochRecord
from lenet.training.patterns import choose_patterns, distort_patterns, order_patterns
from lenet.training.recipe import Recipe
from lenet.training.schedule import plan_rates

STRETCH = 0.25  # seconds: short enough for a progress bar and Ctrl-C, long enough to cost nothing
SCALE = "scale."  # what the names of the parameters' own rates begin with in a state


def start_trainer(
    engine: Engine,
    architecture: Architecture,
    recipe: Recipe,
    train: Examples,
    validation: Examples,
    seed: int,
    start: Parameters | None = None,
) -> Trainer:
    """Draw the initial parameters, or take trained ones, and set up their training; no step is made yet.

    Args:
        engine: the engine that runs the training.
        architecture: the network to train.
        recipe: the hyperparameters, and how the parameters are initialized.
        train: the training examples.
        validation: the examples to measure the error on after every epoch; may be empty.
        seed: of the initial parameters, the order of the images, and everything else that is random.
        start: trained parameters to go on from; None to draw them.
    Raises:
        EngineError: the engine cannot train this network with this recipe.
        RecipeError: the recipe does not fit the architecture.
    """
    engine.check(architecture, recipe.update)
    if start is None:
        start = initialize_parameters(architecture, seed, scheme=recipe.initialization)
    return Trainer(engine, start, recipe, train, validation, seed)


class Trainer:
    """One training, step by step. It draws nothing and writes nothing.

    Args:
        engine: the engine that runs the training.
        parameters: the initial parameters.
        recipe: the hyperparameters.
        train: the training examples; the images that the recipe adds are drawn when `events` begins.
        validation: the examples to measure the error on after every epoch; may be empty.
        seed: of the order of the images, and of everything else that is random.
    Attributes:
        start: the initial parameters.
        steps: number of steps made so far; `total_steps` in the end, `steps_per_epoch` in each epoch.
        epochs: number of epochs that were finished and measured.
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
        self.start = parameters
        self.steps_per_epoch = recipe.count_steps(len(train))
        self.total_steps = self.steps_per_epoch * recipe.epochs
        self.steps = 0
        self.epochs = 0
        self._engine = engine
        self._run = engine.start(parameters.architecture, parameters, recipe.update)
        self._train, self._validation = train, validation
        self._images = recipe.count_images(len(train))
        self._seed = seed
        self._rates = plan_rates(recipe.schedule, recipe.rate, self.total_steps, self.steps_per_epoch)
        # each parameter's own share of the rate; measured when an epoch begins
        self._scales = parameters.map(np.ones_like) if recipe.method == "diagonal-lm" else None
        self._epoch_losses: list[float] = []
        self._length = 1  # of the next stretch, in steps; grows until one takes STRETCH
        self._last: _Stretch | None = None

    def parameters(self) -> Parameters:
        """A copy of the current parameters."""
        return self._run.parameters()

    def state(self) -> dict[str, np.ndarray]:
        """Everything that `restore` needs to continue from here, by name."""
        state = self._run.state()
        if self._scales:
            state |= {SCALE + name: array.copy() for name, array in self._scales.items()}
        return state

    def restore(self, state: Mapping[str, np.ndarray], steps: int, epochs: int, losses: list[float]) -> None:
        """Continue where a training stopped.

        Args:
            state: the result of `state` at that point.
            steps: number of steps made by then.
            epochs: number of epochs finished and measured by then.
            losses: the loss of each of those steps.
        """
        self._run.restore({name: array for name, array in state.items() if not name.startswith(SCALE)})
        if self._scales:
            self._scales = Parameters(
                self._scales.architecture, {name: state[SCALE + name] for name in self._scales}
            )
        self.steps, self.epochs = steps, epochs
        self._epoch_losses = losses[epochs * self.steps_per_epoch :]

    def measure_error(self, examples: Examples) -> float:
        """Percent of some examples that the current parameters misread."""
        return _count_errors(self._load_model().penalties(examples.images), examples)

    def _load_model(self) -> Model:
        parameters = self._run.parameters()
        return self._engine.load(parameters.architecture, parameters)

    def events(self) -> Iterator[Event]:
        """Train to the end of the recipe; between two events the caller may stop, save, or look.

        Yields:
            `Added` before the first step, where the recipe adds images; then `Advanced` about four times
            a second, and `EpochEnded` after every epoch.
        Raises:
            Diverged: a loss is not finite; the parameters are set back to those of the last finite loss.
        """
        if len(self._train) != self._images:
            self._train = yield from self._redraw()
        while self.epochs < self.recipe.epochs:
            end = (self.epochs + 1) * self.steps_per_epoch
            if self.steps < end:
                order = order_patterns(self.recipe, self._seed, len(self._train), self.epochs)
                if self._scales and self.steps == self.epochs * self.steps_per_epoch:
                    self._scales = self._measure_scales()
                while self.steps < end:
                    yield from self._advance(order, self.steps - self.epochs * self.steps_per_epoch)
            yield self._end_epoch()

    def _redraw(self) -> Generator[Event, None, Examples]:
        """The training images, and behind them all that the recipe adds to them."""
        drawing = add_images(self._train, self.recipe, self._seed)
        while True:
            try:
                images = next(drawing)
            except StopIteration as finished:
                examples: Examples = finished.value
                return examples
            yield Added(images, self._images - len(self._train))

    def _measure_scales(self) -> Parameters:
        """1 / (mu + h) for each parameter, h being the curvature of the loss on some of the patterns.

        Source:
            LeCun et al. 1998, appendix C, equation 18.
        """
        recipe, train = self.recipe, self._train
        epoch = recipe, self._seed, len(train), self.epochs
        chosen, distortion = choose_patterns(*epoch), distort_patterns(*epoch)
        images, labels = train.images, train.labels
        if distortion:
            images, labels, chosen = show_patterns(images, labels, chosen, distortion, np.float32)
        with np.errstate(all="ignore"):  # a training that diverges; its losses are looked at
            curvature = self._load_model().curvature(images[chosen], labels[chosen], recipe.curvature_loss)
            return curvature.map(lambda h: 1 / (recipe.mu + h))

    def _advance(self, order: np.ndarray, done: int) -> Iterator[Advanced]:
        """Make one stretch that begins `done` steps after the beginning of the epoch."""
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
        """Make the steps of a stretch, or only the first `steps` of them; gives their losses."""
        batches = stretch.batches[:steps]
        rates = self._rates[stretch.first : stretch.first + len(batches)]
        distortion = distort_patterns(self.recipe, self._seed, len(self._train), stretch.epoch)
        with np.errstate(all="ignore"):  # the losses are looked at
            return self._run.advance(
                self._train.images, self._train.labels, batches, rates, stretch.scales, distortion
            )

    def _cut_batches(self, order: np.ndarray, done: int) -> np.ndarray:
        """(steps, batch) indices of the next stretch; an incomplete last batch is a stretch of its own."""
        batch = self.recipe.batch
        whole = len(order) // batch
        if done == whole:
            return order[None, done * batch :]
        upto = min(whole, done + self._length)
        return order[done * batch : upto * batch].reshape(-1, batch)

    def _diverge(self, stretch: _Stretch | None, finite: int) -> Diverged:
        """Set the parameters back to those that gave the last finite loss.

        Args:
            stretch: the stretch made last; None if the run was resumed just here.
            finite: number of steps with a finite loss; the last of them is the one that diverged.
        Returns:
            The error to raise.
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
        model = self._load_model()

        def measure_error(examples: Examples) -> float:
            with np.errstate(all="ignore"):
                penalties = model.penalties(examples.images)
            # the last step of all has no next loss that would show it
            if not np.isfinite(penalties).all():
                raise self._diverge(self._last, self.steps)
            return _count_errors(penalties, examples)

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


def _count_errors(penalties: np.ndarray, examples: Examples) -> float:
    """Percent of the examples whose smallest penalty is not that of their label."""
    return 100 * float((penalties.argmin(axis=1) != examples.labels).mean())


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Some steps of one epoch that are made in one call.

    Args:
        first: number of the first step.
        epoch: the epoch, from 0.
        batches: (steps, batch) indices of patterns.
        before: the state before the first step.
        scales: each parameter's own share of the rate; None for plain gradient descent.
    """

    first: int
    epoch: int
    batches: np.ndarray
    before: Mapping[str, np.ndarray]
    scales: Parameters | None
