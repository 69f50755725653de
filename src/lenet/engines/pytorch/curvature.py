"""The losses in PyTorch, and the curvature that the method of 1998 needs.

Source: LeCun et al. 1998, section II.C and appendix C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional

from lenet.architecture import TANH_AMPLITUDE, TANH_SLOPE, WINDOW
from lenet.engines.loss import Loss
from lenet.engines.pytorch.layers import (
    ActivatedLayer,
    AverageSubsampling,
    EuclideanRBF,
    LinearOutput,
    Subsampling,
    sum_windows,
)
from lenet.engines.pytorch.network import LeNet5


def measure_loss(penalties: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """Compute the loss of each sample.

    Args:
        penalties: (N, classes).
        targets: (N,) int64 labels, or (N, classes) class probabilities.
        loss: which.
    Returns:
        (N,).
    Source:
        LeCun et al. 1998, equations 8 and 9.
    """
    if loss.kind == "cross-entropy":
        return functional.cross_entropy(-loss.scale * penalties, targets, reduction="none")
    labels = targets.ndim == 1
    cost = penalties.gather(1, targets[:, None])[:, 0] if labels else (targets * penalties).sum(1)
    if loss.kind == "mse":
        return cost
    rubbish = penalties.new_full((1,), -loss.j)
    return cost + torch.logaddexp(torch.logsumexp(-penalties, 1), rubbish)


def measure_curvature(network: LeNet5, image: Tensor, loss: Loss) -> list[Tensor]:
    """Compute the summed diagonal Gauss-Newton second derivatives.

    The recursion is that of the gradient with every factor squared: each layer is differentiated with squared
    inputs and squared parameters.

    Args:
        network: has the parameters.
        image: (N, 1, 32, 32).
        loss: which; its second derivatives do not depend on the targets, because these add up to 1.
    Returns:
        One array for each parameter, in the order of `network.parameters()`; never negative.
    Source:
        LeCun et al. 1998, appendix C, equations 21 to 27.
    """
    with torch.no_grad():
        states = network.trace(image)
        squared = deepcopy(network)
        for parameter in squared.parameters():
            parameter.square_()
        delta = differentiate_output_twice(network, states, loss)
    layers = list(squared.named_children())
    below = ["input", *(name for name, _ in layers)]
    found: list[Tensor] = []
    for (name, layer), name_below in reversed(list(zip(layers, below, strict=False))):
        if isinstance(layer, EuclideanRBF):
            continue  # the recursion starts below it
        if isinstance(layer, ActivatedLayer):
            delta = delta * activation_slope(states[name], layer.activation).square()
        delta, parts = _pull_back(layer, states[name_below], delta)
        found = [*parts, *found]
    return found


def differentiate_output_twice(network: LeNet5, states: dict[str, Tensor], loss: Loss) -> Tensor:
    """Compute the second derivatives of each sample's loss by the states of F6 (RBF) or by the logits.

    Args:
        network: has the output layer.
        states: what `network.trace` returned.
        loss: which.
    Returns:
        (N, 84, 1, 1) or (N, classes, 1, 1), never negative.
    Assumption:
        The paper does not say where its recursion starts; this is the exact diagonal for an RBF output,
        as in the engine `reference`.
    """
    penalties, f6 = states["output"][..., 0, 0], states["f6"][..., 0, 0]
    if loss.kind == "mse":
        return torch.full_like(f6, 2)[..., None, None]
    logits = functional.pad(
        -loss.softness * penalties, (0, 1), value=-loss.j if loss.kind == "map" else -torch.inf
    )
    probabilities, rubbish = torch.softmax(logits, 1).tensor_split([penalties.shape[1]], 1)
    if isinstance(network.output, LinearOutput):
        return (loss.softness**2 * probabilities * (1 - probabilities))[..., None, None]
    slopes = 2 * loss.softness * (f6[:, None, :] - network.output.codes)  # (N, classes, 84)
    mean = torch.einsum("ni,nij->nj", probabilities, slopes)
    # the rubbish class has a slope of 0, whose distance from the mean is the mean
    squares = (slopes - mean[:, None]).square()
    variance = torch.einsum("ni,nij->nj", probabilities, squares) + rubbish * mean.square()
    return (2 * loss.softness * rubbish + variance)[..., None, None]


def activation_slope(states: Tensor, activation: str) -> Tensor:
    """Compute the derivative of the activation function from its value."""
    if activation == "tanh":
        return TANH_SLOPE * (TANH_AMPLITUDE - states.square() / TANH_AMPLITUDE)
    return states * (1 - states) if activation == "logistic" else (states > 0).to(states.dtype)


def _pull_back(layer: nn.Module, inputs: Tensor, delta: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
    """From a layer's sums to its inputs and its (already squared) parameters."""
    if isinstance(layer, Subsampling):
        totals = sum_windows(inputs)
        delta, parts = _differentiate(layer, layer.weigh, totals.square(), delta)
        return _upsample(delta), parts
    if isinstance(layer, AverageSubsampling):
        return _upsample(delta / WINDOW**4), ()  # each unit is 1/4 of its window's mean
    if isinstance(layer, ActivatedLayer):
        return _differentiate(layer, layer.sums, inputs.square(), delta)
    if isinstance(layer, LinearOutput):
        return _differentiate(layer, layer.logits, inputs.square(), delta)
    return _differentiate(layer, layer, inputs, delta)  # the delta of a maximum goes to the unit that has it


def _differentiate(
    layer: nn.Module, function: Callable[[Tensor], Tensor], inputs: Tensor, delta: Tensor
) -> tuple[Tensor, Sequence[Tensor]]:
    inputs = inputs.detach().requires_grad_()
    first, *parts = torch.autograd.grad(function(inputs), [inputs, *layer.parameters()], delta)
    return first, parts


def _upsample(delta: Tensor) -> Tensor:
    """Repeat each pixel for its 2x2 window."""
    return delta.repeat_interleave(WINDOW, 2).repeat_interleave(WINDOW, 3)
