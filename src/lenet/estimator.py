"""`LeNet5Classifier`: the network as a scikit-learn estimator."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import isqrt
from pathlib import Path
from typing import Any, Self

import numpy as np

from lenet.architecture import MAX_CLASSES, PRESETS, Architecture
from lenet.data.examples import Examples
from lenet.engines import get_engine
from lenet.errors import ArchitectureError, EngineError, MissingExtra, ShapeError
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.texts import say
from lenet.training.history import History
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.trainer import Advanced, Redrawn, Trainer

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
    from threadpoolctl import threadpool_limits
except ImportError as error:
    raise MissingExtra("extra.missing", package="scikit-learn", extra="sklearn") from error

IMAGE = 28
BOX = 20  # MNIST's digits fill 20x20 of their 28x28
INK = 255
LEAST_STEPS = 20  # in an epoch
LEAST_BATCH = 8
MIDDLE = 0.5, 99.5  # percentiles


class LeNet5Classifier(ClassifierMixin, BaseEstimator):
    """LeNet-5 that is fitted to a table: every row is laid out as a picture of 28x28.

    A row fills the smallest square that holds it, row by row. Squares of 21 to 28 pixels stay as they are, in
    the middle; smaller ones are enlarged to the 20x20 of MNIST's digits, larger ones averaged down to 28x28.
    The least and the greatest number seen in `fit` become the background 0 and the ink 255; what lies outside
    of them later is cut off. So images of 28x28 with bytes from 0 to 255 go through unchanged. Where a few
    outliers stretch this range to more than twice that of the middle 99% of the numbers, as after a
    `StandardScaler`, the middle 99% give the range and the outliers are cut off, too.

    Args:
        architecture: "original" (1998), "modern", or an `Architecture`; it gets as many classes as y has.
        recipe: a recipe's name, its TOML file, or a `Recipe`; no validation part is set aside.
        epochs: how often each row is seen; None for the recipe's number.
        batch: rows a step; None for the recipe's number, but on fewer rows so few that an epoch has 20 steps
            (8 at least), and then a rate that is lower by the same factor.
        rate: the highest learning rate; None for the recipe's.
        engine: "auto" for the fastest at hand, or an engine's name.
        random_state: of the first weights and of the order of the rows. The same whole number gives what
            `lenet.train(seed=...)` gives; None draws another one for every fit.
        verbose: whether to print a line after every epoch.
    Attributes:
        classes_: (classes,) the labels in y, sorted; the first has the code of "0", and so on.
        n_features_in_: numbers in a row.
        range_: the numbers that become 0 and 255.
        network_: the fitted `Network`; `network_.save(path)` keeps it.
        recipe_: the `Recipe` that was used.
        history_: the `History` of the fit.
    Assumption:
        The paper knows only images. The network expects that neighbours in a row belong together and that all
        numbers have one scale: columns of different scales want a `StandardScaler` before it.
        99% and twice are a choice of ours: neither the paper nor its images have outliers.
        The rate goes down with the batch as in Goyal et al., "Accurate, large minibatch SGD", 2017.
    """

    def __init__(
        self,
        architecture: str | Architecture = "original",
        recipe: str | Path | Recipe = "fast",
        epochs: int | None = None,
        batch: int | None = None,
        rate: float | None = None,
        engine: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.architecture = architecture
        self.recipe = recipe
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.engine = engine
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new network.

        Args:
            X: (N, features) numbers, or (N, side, side) images.
            y: (N,) labels of 2 to 95 classes; of up to 10,000 with a linear output.
        Raises:
            ValueError: data that are not such, a setting that is out of range.
            LenetError: likewise, an engine that is not at hand, or a training that diverged.
        """
        X, y = validate_data(self, _flatten_images(X), y)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self.range_ = _find_range(X)
        architecture = self._choose_architecture()
        self.recipe_ = self._choose_recipe(architecture, len(X))
        seed = self._choose_seed()
        engine = get_engine(self.engine, training=True)
        engine.check(architecture, self.recipe_.update)
        start = initialize_parameters(architecture, seed, scheme=self.recipe_.initialization)
        examples = Examples(self._lay_out(X), labels)
        self.history_ = History()
        with _limit_threads(engine.name):
            trainer = Trainer(engine, start, self.recipe_, examples, examples.first(0), seed)
            for event in trainer.events():
                if isinstance(event, Redrawn):
                    continue
                self.history_.add(event.losses if isinstance(event, Advanced) else event.record)
                if self.verbose and not isinstance(event, Advanced):
                    self._print_epoch()
        card: dict[str, str | int] = {"recipe": self.recipe_.name, "recipe_hash": self.recipe_.hash}
        card |= {"engine": engine.name, "seed": seed, "epochs": self.recipe_.epochs}
        names = tuple(map(str, self.classes_.tolist()))
        self.network_ = Network(architecture, trainer.parameters(), names, card, self.engine)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The class with the smallest penalty, for every row.

        Args:
            X: as for `fit`.
        Returns:
            (N,) labels.
        """
        answers = self._measure_penalties(X).argmin(axis=1)
        return self.classes_[answers]

    def decision_function(self, X: Any) -> np.ndarray:
        """The penalties with their signs turned, so that the greatest wins.

        Args:
            X: as for `fit`.
        Returns:
            (N, classes); for two classes (N,): how much more speaks for the second than for the first.
        """
        penalties = self._measure_penalties(X)
        return penalties[:, 0] - penalties[:, 1] if len(self.classes_) == 2 else -penalties

    def predict_proba(self, X: Any) -> np.ndarray:
        """A softmax over -scale x penalty, `scale` being the recipe's: what cross-entropy makes probable.

        Args:
            X: as for `fit`.
        Returns:
            (N, classes) shares that add up to 1. Nothing has calibrated them, and after another loss than
            cross-entropy (then the scale is 1) they were never trained; `CalibratedClassifierCV` helps.
        """
        penalties = self._measure_penalties(X)
        best = penalties.min(axis=1, keepdims=True)
        shares = np.exp(self.recipe_.update.loss.softness * (best - penalties))
        return shares / shares.sum(axis=1, keepdims=True)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _choose_architecture(self) -> Architecture:
        chosen = PRESETS.get(self.architecture) if isinstance(self.architecture, str) else self.architecture
        if not isinstance(chosen, Architecture):
            names = ", ".join(PRESETS)
            raise ArchitectureError(
                "architecture.choice", name="architecture", value=self.architecture, choices=names
            )
        count, limit = len(self.classes_), MAX_CLASSES[chosen.output]
        if not 2 <= count <= limit:
            most = MAX_CLASSES["linear"]
            raise ArchitectureError("estimator.classes", count=count, limit=limit, most=most)
        return replace(chosen, classes=count)

    def _choose_recipe(self, architecture: Architecture, count: int) -> Recipe:
        recipe = self.recipe if isinstance(self.recipe, Recipe) else load_recipe(self.recipe, architecture)
        batch, rate = self.batch, self.rate
        if batch is None:
            batch = min(recipe.batch, max(count // LEAST_STEPS, LEAST_BATCH))
            rate = recipe.rate * batch / recipe.batch if rate is None else rate
        return recipe.changed(epochs=self.epochs, batch=batch, rate=rate, validation=False)

    def _choose_seed(self) -> int:
        if not isinstance(self.random_state, int | np.integer):
            return int(check_random_state(self.random_state).randint(2**31))
        if not 0 <= self.random_state < 2**63:
            raise EngineError("training.seed", seed=self.random_state)
        return int(self.random_state)

    def _measure_penalties(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, _flatten_images(X), reset=False)
        with _limit_threads(self.network_.engine):
            return self.network_.penalties(self._lay_out(X))

    def _lay_out(self, X: np.ndarray) -> np.ndarray:
        """(N, features) as (N, 28, 28) uint8, with the range that was seen in `fit`."""
        low, high = self.range_
        shares = (X.astype(np.result_type(X, np.float32), copy=False) - low) / ((high - low) or 1)
        squares = _fit_squares(_fill_squares(np.clip(shares, 0, 1)))
        border = IMAGE - squares.shape[1]
        margins = border // 2, border - border // 2
        return np.pad(np.rint(INK * squares).astype(np.uint8), ((0, 0), margins, margins))

    def _print_epoch(self) -> None:
        record = self.history_.epochs[-1]
        values = {"loss": f"{record.loss:.3g}", "error": f"{record.training_error:.2f}"}
        line = say("estimator.epoch", number=record.number, epochs=self.recipe_.epochs, **values)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _flatten_images(X: Any) -> Any:
    """(N, side, side) as (N, side²); anything else as it is, for scikit-learn to judge."""
    if getattr(X, "ndim", 2) != 3:
        return X
    if X.shape[1] != X.shape[2]:
        raise ShapeError("estimator.square", height=X.shape[1], width=X.shape[2])
    return X.reshape(len(X), -1)


def _find_range(X: np.ndarray) -> tuple[float, float]:
    """The least and the greatest number, or those of the middle 99% where outliers more than double them."""
    low, high = float(X.min()), float(X.max())
    inner_low, inner_high = map(float, np.percentile(X, MIDDLE))
    # no width: nearly all numbers are equal, and what differs is what there is to see
    outliers = 0 < inner_high - inner_low < (high - low) / 2
    return (inner_low, inner_high) if outliers else (low, high)


def _fill_squares(rows: np.ndarray) -> np.ndarray:
    """Every row in the smallest square that holds it, followed by background."""
    count, features = rows.shape
    side = isqrt(features - 1) + 1
    squares = np.zeros((count, side * side), rows.dtype)
    squares[:, :features] = rows
    return squares.reshape(count, side, side)


def _fit_squares(squares: np.ndarray) -> np.ndarray:
    """Squares brought to 20 to 28 pixels: between pixels by lines, over pixels by their mean."""
    side = squares.shape[1]
    size = min(max(side, BOX), IMAGE)
    if size == side:
        return squares
    if size > side:
        at = np.clip((np.arange(size) + 0.5) * side / size - 0.5, 0, side - 1)
        weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(side)))
    else:
        edges = np.arange(size + 1) * side / size
        starts = np.maximum(edges[:-1, None], np.arange(side))
        ends = np.minimum(edges[1:, None], np.arange(side) + 1)
        weights = np.maximum(0, ends - starts) * size / side
    weights = weights.astype(squares.dtype)
    fitted: np.ndarray = weights @ squares @ weights.T
    return fitted


def _limit_threads(engine: str) -> AbstractContextManager[Any]:
    """One thread for NumPy, as in the command line: its matrices are too small here to be worth sharing."""
    return threadpool_limits(1, "blas") if engine in ("auto", "reference") else nullcontext()
