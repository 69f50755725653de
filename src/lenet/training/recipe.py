"""Recipes: every setting of a training, read from a TOML file and checked before anything starts."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import files
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

from lenet.architecture import CHOICES, Architecture
from lenet.engines.loss import LOSSES, Loss
from lenet.engines.update import METHODS, Update
from lenet.errors import RecipeError
from lenet.images.distort import Distortion
from lenet.parameters import INITIALIZATIONS
from lenet.storage import read_bytes
from lenet.training.schedule import SCHEDULES

RECIPES = ("demo", "fast", "sprint", "1998", "1998-distorted", "best", "fine-tune")
RUN_TABLES = ("run", "architecture")  # what a run's own recipe.toml says beside its recipe
# tables of these names hold the settings that differ for a network or for a loss
VARIANTS = {value for choices in CHOICES.values() for value in choices} | set(LOSSES)
ORDERS = ("shuffled", "constant")
PATTERNS = ("images", "all")
CURVATURES = ("exact", "constant")
KINDS = {"str": str, "int": Integral, "float": Real, "bool": bool}
# `loss` was called `objective` when the published hashes were made
HASHED_NAMES = {"loss": "objective"}
SELDOM = ("pens", "hands", "damage", "keep")
MAX_BYTES = 64 * 1024


@dataclass(frozen=True)
class Recipe:
    """Every setting of a training.

    Args:
        name: of the recipe.
        epochs: how often each training image is used, 1 to 10,000.
        batch: images a step, 1 to 10,000; the last batch of an epoch may be smaller.
        rate: the highest learning rate, above 0.
        schedule: "constant"; "one-cycle": up from a 25th of the rate, then down to 0; or "1998": the paper's
            five rates, the first of which is the rate.
        method: "sgd": one learning rate for all parameters; or "diagonal-lm": one for each parameter, rate /
            (mu + h), where h is its curvature, measured before every epoch (stochastic diagonal
            Levenberg-Marquardt).
        mu: keeps these rates finite where the loss is flat, above 0; "diagonal-lm" only.
        curvature: how its recursion starts at F6: "exact": with the second derivatives of the loss; or
            "constant": with 2, those of `mse`, whatever the loss. "diagonal-lm" only.
        curvature_samples: on how many patterns it is measured; they are drawn anew for every epoch.
        order: "shuffled" anew for every epoch; or "constant": one random order for all epochs.
        copies: patterns for each training image: the image, and copies - 1 distorted versions, the same in
            all epochs. 1: only the image, distorted anew in every epoch.
        patterns: how many of them an epoch uses: "images": as many as there are images, the next ones of the
            order, which begins again after `copies` epochs; or "all".
        pens: how many versions of each training image are drawn with another pen, half to twice as thick,
            before the training begins, 0 to 10; an epoch uses images and versions.
        hands: how many digits are drawn as other hands write them, as a share of the training images, 0 to
            10; an epoch uses them, too. Only for the ten digits.
        damage: of how many training images a damaged version is made, as a share of them, 0 to 1; an epoch
            uses them, too.
        keep: the share of the starting weights in the final ones, 0 to below 1; their mean forgets less. Only
            where the training starts from a trained network.
        momentum: the fraction of the last step that is kept, 0 to below 1.
        weight_decay: how strongly every parameter is pulled to 0, from 0.
        loss: what is minimized: "cross-entropy", "mse" or "map".
        scale: of the penalties under the softmax of cross-entropy.
        j: the cost of the rubbish class in MAP.
        initialization: the `scheme` of `initialize_parameters`.
        validation: whether the last twelfth of the training images is the validation set.
        training_sample: on how many training images at most the error is measured after every epoch.
        distortion: how far images are distorted; a table in the file, none by default.
    Raises:
        RecipeError: a value that is not allowed.
    Source:
        LeCun et al. 1998, section III.B (1998's rates; 540,000 distorted patterns beside the 60,000, in 20
        epochs of 60,000) and appendix C (diagonal-lm, the constant order). Wortsman et al., "Robust
        fine-tuning of zero-shot models", 2022 (keep).
    Assumption:
        The paper does not say how the recursion of the curvature starts; the authors' later code starts it
        with 1 for half the squared distance, which is 2 for the whole one. The paper does not say either on
        which patterns the curvature is measured when some are distorted; here on all kinds. It says that
        distortions left the length of the training unchanged; here an epoch still has as many patterns as
        there are images.
    """

    name: str
    epochs: int
    batch: int
    rate: float
    schedule: str = "constant"
    momentum: float = 0.0
    weight_decay: float = 0.0
    loss: str = "cross-entropy"
    scale: float = 0.1
    j: float = 0.1
    initialization: str = "1998"
    method: str = "sgd"
    mu: float = 0.02
    curvature: str = "exact"
    curvature_samples: int = 500
    order: str = "shuffled"
    copies: int = 1
    patterns: str = "images"
    pens: int = 0
    hands: float = 0.0
    damage: float = 0.0
    keep: float = 0.0
    validation: bool = True
    training_sample: int = 5_000
    distortion: Distortion = field(default_factory=Distortion)

    def __post_init__(self) -> None:
        for setting in fields(self):
            if setting.name != "distortion":
                self._check_type(setting.name, str(setting.type))
        for name in ("epochs", "batch"):
            self._check(name, 1 <= getattr(self, name) <= 10_000, "1 - 10000")
        for name in ("curvature_samples", "training_sample"):
            self._check(name, getattr(self, name) >= 1, ">= 1")
        for name, most in (("pens", 10), ("hands", 10), ("damage", 1)):
            self._check(name, 0 <= getattr(self, name) <= most, f"0 - {most}")
        self._check("copies", 1 <= self.copies <= 1_000, "1 - 1000")
        if self.copies > 1 and not self.distortion:
            raise RecipeError("recipe.copies", copies=self.copies)
        if self.patterns == "all" and self.copies == 1:
            raise RecipeError("recipe.patterns")
        for name in ("rate", "mu"):
            self._check(name, getattr(self, name) > 0, "> 0")
        self._check("momentum", 0 <= self.momentum < 1, "0 <= momentum < 1")
        self._check("keep", 0 <= self.keep < 1, "0 <= keep < 1")
        self._check("weight_decay", self.weight_decay >= 0, ">= 0")
        self._choose("schedule", SCHEDULES)
        self._choose("method", METHODS)
        self._choose("order", ORDERS)
        self._choose("patterns", PATTERNS)
        self._choose("curvature", CURVATURES)
        self._choose("initialization", INITIALIZATIONS)
        _ = self.update

    @property
    def update(self) -> Update:
        """What an engine needs to know: the loss, and how a gradient becomes a step."""
        loss = Loss(self.loss, self.scale, self.j)
        return Update(loss, self.momentum, self.weight_decay, self.method)

    @property
    def curvature_loss(self) -> Loss:
        """The loss whose second derivatives the curvature is."""
        return Loss("mse") if self.curvature == "constant" else self.update.loss

    def count_patterns(self, images: int) -> int:
        """How many patterns an epoch has, copies included.

        Args:
            images: how many training images there are.
        """
        return self.count_images(images) * (self.copies if self.patterns == "all" else 1)

    def count_images(self, images: int) -> int:
        """How many images are trained on, those included that are drawn before the training begins.

        Args:
            images: how many training images there are.
        """
        return images * (self.pens + 1) + round(self.hands * images) + round(self.damage * images)

    def count_steps(self, images: int) -> int:
        """How many steps an epoch has; the batch of the last one may be smaller.

        Args:
            images: how many training images there are.
        """
        return -(-self.count_patterns(images) // self.batch)

    def check(self, architecture: Architecture) -> None:
        """Refuse what the architecture's output cannot have.

        Raises:
            RecipeError: MSE over logits, or its second derivatives.
        """
        self.update.loss.check(architecture)
        if self.method == "diagonal-lm" and self.curvature == "constant" and architecture.output == "linear":
            raise RecipeError("recipe.curvature_linear")

    @property
    def hash(self) -> str:
        """The first 16 digits of the SHA-256 of all settings that are not at their default.

        Equal for equal trainings; a setting that is added later, at its default, does not change it.
        """
        given = {
            HASHED_NAMES.get(setting.name, setting.name): value
            for setting in fields(self)
            if setting.name != "distortion" and (value := getattr(self, setting.name)) != setting.default
        }
        limits = {
            limit.name: value
            for limit in fields(Distortion)
            if (value := self.distortion.to_dict().get(limit.name, limit.default)) != limit.default
        }
        given |= {"distortion": limits} if limits else {}
        return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from a table of settings, as in a TOML file.

        Raises:
            RecipeError: a setting is missing, unknown, of the wrong type or out of range.
        """
        _check_names(values, [setting.name for setting in fields(cls)])
        for key in ("name", "epochs", "batch", "rate"):
            if key not in values:
                raise RecipeError("training.missing", name=key)
        limits = values.get("distortion", {})
        if not isinstance(limits, dict):
            raise RecipeError("training.not_table", name="distortion", value=limits)
        _check_names(limits, [limit.name for limit in fields(Distortion)])
        return cls(**values | {"distortion": Distortion(**limits)})

    def to_dict(self) -> dict[str, Any]:
        """The settings as in a TOML file; those of `SELDOM` only if there are some."""
        values = asdict(self) | {"distortion": self.distortion.to_dict()}
        return {name: value for name, value in values.items() if value or name not in SELDOM}

    def changed(self, **settings: Any) -> Self:
        """The same recipe with some settings replaced; None leaves one as it is."""
        chosen = {name: value for name, value in settings.items() if value is not None}
        return replace(self, **chosen) if chosen else self

    def _check_type(self, name: str, kind: str) -> None:
        value = getattr(self, name)
        fits = isinstance(value, KINDS[kind]) and isinstance(value, bool) == (kind == "bool")
        try:
            # + 0.0: there is no -0.0
            plain = float(value) + 0.0 if fits and kind == "float" else value
        except OverflowError:
            fits = False
        if fits and kind == "float" and not math.isfinite(plain):
            raise RecipeError("training.not_finite", name=name, value=plain)
        if not fits:
            raise RecipeError(f"training.not_{kind}", name=name, value=value)
        object.__setattr__(self, name, int(plain) if kind == "int" else plain)

    def _check(self, name: str, fits: bool, allowed: str) -> None:
        if not fits:
            raise RecipeError("recipe.range", name=name, value=getattr(self, name), range=allowed)

    def _choose(self, name: str, choices: tuple[str, ...]) -> None:
        if getattr(self, name) not in choices:
            value = getattr(self, name)
            raise RecipeError("recipe.choice", name=name, value=value, choices=", ".join(choices))


def load_recipe(source: str | Path, architecture: Architecture, loss: str | None = None) -> Recipe:
    """Read a recipe by its name or from a file.

    A file may have tables named after a value of the architecture or after a loss, such as `[linear]` or
    `[mse]`, for the settings that differ for it; later tables override earlier ones. The `recipe.toml` of a
    run works, too: its data and its architecture are ignored.

    Args:
        source: one of `RECIPES`, or a TOML file.
        architecture: the network to train.
        loss: overrides that of the recipe.
    Raises:
        RecipeError: no such recipe, not TOML, or a setting that is not allowed.
        FileError: the file cannot be read.
    """
    name = str(source)
    if name in RECIPES:
        text = files("lenet.training.recipes").joinpath(f"{name}.toml").read_text("utf-8")
    elif name.endswith(".toml"):
        try:
            text = read_bytes(Path(source), MAX_BYTES).decode("utf-8")
        except UnicodeDecodeError as error:
            raise RecipeError("training.damaged", path=source, reason=error) from error
    else:
        raise RecipeError("training.absent", name=name, names=", ".join(RECIPES))
    try:
        values = parse_settings(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError("training.damaged", path=source, reason=error) from error
    values = {key: value for key, value in values.items() if key not in RUN_TABLES}
    if loss is not None:
        values["loss"] = loss
    recipe = Recipe.from_dict(_apply_variants(values, architecture))
    recipe.check(architecture)
    return recipe


def _apply_variants(values: dict[str, Any], architecture: Architecture) -> dict[str, Any]:
    """Override the settings by the tables of this architecture and this loss."""
    tables = {name: values.pop(name) for name in list(values) if name in VARIANTS}
    chosen = {*architecture.to_dict().values(), str(values.get("loss", Recipe.loss))}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise RecipeError("training.not_table", name=name, value=table)
        _check_names(table, [setting.name for setting in fields(Recipe)])
        values |= table if name in chosen else {}
    return values


def parse_settings(text: str) -> dict[str, Any]:
    """Parse the tables of a TOML file.

    Raises:
        ValueError, RecursionError: not TOML, or a number with thousands of digits, or as many levels.
    """
    values = tomllib.loads(text)
    repr(values)  # otherwise an error message that shows such a value would fail itself
    return values


def _check_names(values: dict[str, Any], known: list[str]) -> None:
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise RecipeError("training.unknown", name=name, names=", ".join(near or known))
