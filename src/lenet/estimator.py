"""`LeNet5Classifier`: the network as a scikit-learn estimator."""

from __future__ import annotations

import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from math import isqrt
from pathlib import Path
from typing import Any, Self

import numpy as np

from lenet.architecture import BOX, MAX_CLASSES, PRESETS, Architecture
from lenet.data.examples import Examples
from lenet.engines import get_engine_for
from lenet.errors import ArchitectureError, EngineError, MissingExtra, ShapeError
from lenet.network import Network
from lenet.texts import say
from lenet.training.diagnosis import find_faults
from lenet.training.events import EpochEnded, Event
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.run import follow_training
from lenet.training.trainer import Trainer, start_trainer

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils import check_random_state
    from sklearn.utils.class_weight import compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
    from threadpoolctl import threadpool_limits
except ImportError as error:
    raise MissingExtra("extra.missing", package="scikit-learn", extra="sklearn") from error

IMAGE = 28
INK = 255
LEAST_STEPS = 20  # in an epoch
LEAST_BATCH = 8
MIDDLE = 0.5, 99.5  # percentiles
LOOKED_AT = 50  # images, for what is wrong with a training
FAINT = 0.05  # of the range of `fit`: numbers that all stay below it are on another scale
MOSTLY = 0.5  # of the numbers
MOST_REPEATED = 10  # times as many rows as there are, of weights that are whole numbers
MARGIN = 1.05  # of the loss of a guess


class LeNet5Classifier(ClassifierMixin, BaseEstimator):
    """LeNet-5 as a classifier of table rows: each row is laid out as an image of 28x28.

    A row fills the smallest square that holds it, line by line. Squares of 21 to 28 pixels are centred;
    smaller ones are enlarged to the 20x20 of MNIST's digits, larger ones are averaged down to 28x28. The
    smallest and largest numbers seen in `fit` become the background 0 and the ink 255; later numbers outside
    this range are clipped. Images of 28x28 with bytes from 0 to 255 therefore stay unchanged. If outliers
    stretch the range to more than twice that of the central 99% of the numbers, as after a `StandardScaler`,
    the central 99% define the range and the outliers are clipped.

    Args:
        architecture: "original" (1998), "modern", or an `Architecture`; its number of classes becomes that
            of y.
        recipe: a recipe's name, its TOML file, or a `Recipe`; no validation part is set aside.
        epochs: number of epochs; None for the recipe's.
        batch: rows per step; None for the recipe's, reduced on small tables so that an epoch has 20 steps
            (to 8 at least), with the rate reduced by the same factor.
        rate: the highest learning rate; None for the recipe's.
        engine: "auto" for the fastest one available, or an engine's name.
        random_state: seed of the initial weights and the order of the rows. An integer gives the same result
            as `lenet.train(seed=...)`; None draws a new seed for every fit.
        verbose: whether to print a line after every epoch.
        class_weight: None for equal weights; "balanced", so that every class has the same weight in all; or a
            weight for each label. It multiplies the `sample_weight` of `fit`.
    Attributes:
        classes_: (classes,) the labels in y, sorted; the first has the code of "0", and so on.
        n_features_in_: number of features in a row.
        range_: the numbers that become 0 and 255.
        network_: the fitted `Network`; `network_.save(path)` writes it to a file.
        recipe_: the `Recipe` of the fit.
        history_: the `History` of the fit.
        n_iter_: number of epochs.
        loss_curve_: mean loss of each epoch. There is no `coefs_`: the weights are in `network_.parameters`.
    Assumption:
        The paper has only images. The network expects neighbouring features to be related and all features
        to have one scale: put a `StandardScaler` before it otherwise.
        99% and the factor 2 are our choice: the paper's images have no outliers.
        The rate is scaled with the batch as in Goyal et al., "Accurate, large minibatch SGD", 2017.
        Weights are honoured by repeating and leaving out rows, see `fit`: a step stays that of the paper.
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
        class_weight: str | dict[Any, float] | None = None,
    ) -> None:
        self.architecture = architecture
        self.recipe = recipe
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.engine = engine
        self.random_state = random_state
        self.verbose = verbose
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new network.

        Args:
            X: (N, features) numbers, or (N, side, side) images, with an axis for one channel or without.
            y: (N,) labels of 2 to 95 classes; of up to 10,000 with a linear output.
            sample_weight: (N,) numbers, 0 or more; None for equal ones. Whole numbers repeat a row as often.
                Other weights choose N rows, so that any stretch of rows has the share of its weight, to one
                row.
        Raises:
            ValueError: invalid data, or a setting out of range.
            LenetError: likewise, an unavailable engine, or a training that diverged.
        """
        X, y = validate_data(self, _flatten_images(X), y)
        X = _take_numbers(X)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        rows = self._choose_rows(X, y, sample_weight)
        X, labels = X[rows], labels[rows]
        self.range_ = _find_range(X)
        architecture = self._choose_architecture()
        self.recipe_ = self._choose_recipe(architecture, len(X))
        seed = self._choose_seed()
        engine = get_engine_for(architecture, self.engine, training=True)
        examples = Examples(self._lay_out(X), labels)
        with _limit_threads(engine.name):
            trainer = start_trainer(engine, architecture, self.recipe_, examples, examples.first(0), seed)
            self.history_ = follow_training(trainer, watch=_print_epoch if self.verbose else None)
        card: dict[str, str | int] = {"recipe": self.recipe_.name, "recipe_hash": self.recipe_.hash}
        card |= {"engine": engine.name, "seed": seed, "epochs": self.recipe_.epochs}
        names = tuple(map(str, self.classes_.tolist()))
        self.network_ = Network(architecture, trainer.parameters(), names, card, self.engine)
        self.n_iter_ = len(self.history_.epochs)
        self.loss_curve_ = [record.loss for record in self.history_.epochs]
        self._warn_of_divergence(examples)
        return self

    def _choose_rows(self, X: np.ndarray, y: np.ndarray, sample_weight: Any) -> np.ndarray:
        """The rows to train on, in order; one of weight 2 twice."""
        if sample_weight is None and self.class_weight is None:
            return np.arange(len(X))
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, y)
        least, total = float(weights.min()), float(weights.sum())
        if least < 0 or not 0 < total < np.inf:
            raise ValueError(say("estimator.weights", least=f"{least:g}", total=f"{total:g}"))
        whole = total <= MOST_REPEATED * len(X) and bool((weights == np.rint(weights)).all())
        ends = np.cumsum(weights) if whole else np.rint(np.cumsum(weights) * (len(X) / total))
        return np.repeat(np.arange(len(X)), np.diff(ends, prepend=0).astype(int))

    def _warn_of_divergence(self, examples: Examples) -> None:
        guess = float(np.log(len(self.classes_))) if self.recipe_.loss == "cross-entropy" else None
        shown = examples.images[:LOOKED_AT]
        batch, start = self.recipe_.batch, self.network_.parameters
        faults = find_faults(self.history_, batch, guess, self.network_, start, shown, 0)
        # a loss that has come back to that of a guess is no news on labels that nobody could learn
        learned = guess is not None and self.loss_curve_[-1] < MARGIN * guess
        for fault in faults:
            if fault.name == "diverges" and not learned:
                warnings.warn(str(fault), ConvergenceWarning, stacklevel=3)

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class with the smallest penalty for every row.

        Args:
            X: as for `fit`.
        Returns:
            (N,) labels.
        """
        answers = self._measure_penalties(X).argmin(axis=1)
        return self.classes_[answers]

    def decision_function(self, X: Any) -> np.ndarray:
        """The negative penalties, so that the largest wins.

        Args:
            X: as for `fit`.
        Returns:
            (N, classes); for two classes (N,), the penalty of the first minus that of the second.
        """
        penalties = self._measure_penalties(X)
        return penalties[:, 0] - penalties[:, 1] if len(self.classes_) == 2 else -penalties

    def predict_proba(self, X: Any) -> np.ndarray:
        """Softmax of -scale x penalty, with the `scale` of the recipe's loss.

        Args:
            X: as for `fit`.
        Returns:
            (N, classes) numbers that add up to 1. They are not calibrated, and with a loss other than
            cross-entropy (the scale is then 1) they were not trained either; see `CalibratedClassifierCV`.
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
        X = _take_numbers(validate_data(self, _flatten_images(X), reset=False))
        self._warn_of_range(X)
        self.network_.model  # noqa: B018 - made before NumPy's threads are limited, which would limit its own
        with _limit_threads(self.network_.engine):
            return self.network_.penalties(self._lay_out(X))

    def _warn_of_range(self, X: np.ndarray) -> None:
        """Warn of numbers that cannot be on the scale of `fit`: all faint, or mostly outside its range."""
        (low, high), least, most = self.range_, float(X.min()), float(X.max())
        width = high - low
        faint = least < most < low + FAINT * width
        outside = float(np.mean((low - width > X) | (high + width < X)))
        if faint or outside > MOSTLY:
            values = {"least": least, "most": most, "low": low, "high": high}
            rounded = {name: f"{value:g}" for name, value in values.items()}
            warnings.warn(say("estimator.range", **rounded), UserWarning, stacklevel=4)

    def _lay_out(self, X: np.ndarray) -> np.ndarray:
        """Lay out (N, features) as (N, 28, 28) uint8, with the range seen in `fit`."""
        low, high = self.range_
        shares = (X.astype(np.result_type(X, np.float32), copy=False) - low) / ((high - low) or 1)
        squares = _fit_squares(_fill_squares(np.clip(shares, 0, 1)))
        border = IMAGE - squares.shape[1]
        margins = border // 2, border - border // 2
        return np.pad(np.rint(INK * squares).astype(np.uint8), ((0, 0), margins, margins))


def _print_epoch(trainer: Trainer, event: Event) -> None:
    if isinstance(event, EpochEnded):
        record = event.record
        values = {"loss": f"{record.loss:.3g}", "error": f"{record.training_error:.2f}"}
        line = say("estimator.epoch", number=record.number, epochs=trainer.recipe.epochs, **values)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _flatten_images(X: Any) -> Any:
    """Reshape (N, side, side), with one channel or none, to (N, side²); scikit-learn checks the rest."""
    if getattr(X, "ndim", 2) == 4 and 1 in (X.shape[1], X.shape[3]):
        X = X[:, 0] if X.shape[1] == 1 else X[..., 0]
    if getattr(X, "ndim", 2) != 3:
        return X
    if X.shape[1] != X.shape[2]:
        raise ShapeError("estimator.square", height=X.shape[1], width=X.shape[2])
    return X.reshape(len(X), -1)


def _take_numbers(X: np.ndarray) -> np.ndarray:
    """Truth values as 0 and 1; everything else as it is."""
    return X.astype(np.uint8) if X.dtype == bool else X


def _find_range(X: np.ndarray) -> tuple[float, float]:
    """The range of the numbers, or of their central 99% if outliers more than double it."""
    low, high = float(X.min()), float(X.max())
    inner_low, inner_high = map(float, np.percentile(X, MIDDLE))
    # no width: nearly all numbers are equal, and what differs is what there is to see
    outliers = 0 < inner_high - inner_low < (high - low) / 2
    return (inner_low, inner_high) if outliers else (low, high)


def _fill_squares(rows: np.ndarray) -> np.ndarray:
    """Lay out every row in the smallest square that holds it, padded with zeros."""
    count, features = rows.shape
    side = isqrt(features - 1) + 1
    squares = np.zeros((count, side * side), rows.dtype)
    squares[:, :features] = rows
    return squares.reshape(count, side, side)


def _fit_squares(squares: np.ndarray) -> np.ndarray:
    """Resize squares to 20 to 28 pixels: linear interpolation up, area means down."""
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
    """One thread for NumPy, as in the command line: these matrices are too small for several."""
    return threadpool_limits(1, "blas") if engine in ("auto", "reference") else nullcontext()
