"""One step of learning on one image: the gradients, the change of a kernel, the penalties after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lenet.architecture import LAYER_NAMES, Architecture
from lenet.engines import Update, get_engine
from lenet.engines.loss import Loss
from lenet.explain.recognition import Recognition, trace_recognition
from lenet.network import Network
from lenet.parameters import Parameters, initialize_parameters
from lenet.training.recipe import load_recipe

RECIPE = "fast"
KERNEL_LAYER = "c1"


@dataclass(frozen=True)
class LayerStep:
    """What one step does to one layer.

    Args:
        name: of the layer.
        count: how many numbers it trains.
        weight: their length before the step, sqrt(sum of squares).
        gradient: the length of their gradient.
        change: the length of what was added to them.
    """

    name: str
    count: int
    weight: float
    gradient: float
    change: float


@dataclass(frozen=True)
class LearningStep:
    """One step on one image.

    Args:
        target: the class that the image shows.
        loss: what is made smaller.
        rate: the learning rate.
        gradient: of the loss at the start.
        old, new: the parameters.
        losses: before and after.
        before, after: everything that the network does with the image.
    """

    target: int
    loss: Loss
    rate: float
    gradient: Parameters
    old: Parameters
    new: Parameters
    losses: tuple[float, float]
    before: Recognition
    after: Recognition

    @property
    def layers(self) -> list[LayerStep]:
        """What the step did to each layer that trains anything, C1 first."""
        steps = []
        for name in LAYER_NAMES:
            arrays = [array for array in self.old if array.startswith(f"{name}.")]
            if arrays:
                parts = [
                    np.concatenate([parameters[array].ravel() for array in arrays]).astype(np.float64)
                    for parameters in (self.old, self.gradient, self.new)
                ]
                old, gradient, new = parts
                lengths = [float(np.linalg.norm(part)) for part in (old, gradient, new - old)]
                steps.append(LayerStep(name, old.size, *lengths))
        return steps

    @property
    def kernel(self) -> int:
        """The kernel of C1 that the step changes most."""
        slopes = self.gradient[f"{KERNEL_LAYER}.weight"]
        return int(np.abs(slopes).sum(axis=(1, 2, 3)).argmax())

    def show_kernel(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """That kernel before the step, its gradient, and the kernel after it: (5, 5) each."""
        name = f"{KERNEL_LAYER}.weight"
        old, gradient, new = (p[name][self.kernel, 0] for p in (self.old, self.gradient, self.new))
        return old, gradient, new


def make_untrained(architecture: Architecture, seed: int = 0) -> Network:
    """A network before its first step, as the recipe `fast` begins with it.

    Args:
        architecture: which, with at most ten classes.
        seed: of its weights.
    """
    scheme = load_recipe(RECIPE, architecture).initialization
    labels = tuple(map(str, range(architecture.classes)))
    return Network(architecture, initialize_parameters(architecture, seed, scheme=scheme), labels)


def take_step(network: Network, image: np.ndarray, target: int, rate: float | None = None) -> LearningStep:
    """Teach a network one image by one plain step of gradient descent, as its engine does it.

    Args:
        network: which; it stays as it is.
        image: (28, 28) uint8 as MNIST stores it.
        target: the number of the class that the image shows.
        rate: the learning rate; None: that of the recipe `fast`, whose loss is taken, too.
    """
    recipe = load_recipe(RECIPE, network.architecture)
    loss, rate = recipe.update.loss, recipe.rate if rate is None else rate
    images, targets = image[None], np.array([target])
    run = get_engine(network.engine).start(network.architecture, network.parameters, Update(loss))
    order, rates = np.zeros((1, 1), np.int32), np.array([rate])
    first = float(run.advance(images, targets, order, rates)[0])
    new = run.parameters()
    # a second step tells the loss that it starts from
    second = float(run.advance(images, targets, order, rates)[0])
    after = Network(network.architecture, new, network.labels, {}, network.engine)
    return LearningStep(
        target,
        loss,
        rate,
        network.model.gradient(images, targets, loss),
        network.parameters,
        new,
        (first, second),
        trace_recognition(network, image),
        trace_recognition(after, image),
    )
