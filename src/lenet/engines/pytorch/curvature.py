"""The losses in PyTorch, and the curvature that 1998's method needs.

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
from lenet.engines.pytorch.network import (
    AverageSubsampling,
    EuclideanRBF,
    LeNet5,
    LinearOutput,
    Squashed,
    Subsampling,
    sum_windows,
)


def measure_loss(penalties: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """The loss of each sample.

    Args:
        penalties: (N, classes).
        targets: (N,) int64 labels, or (N, classes) shares.
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
    junk = penalties.new_full((1,), -loss.j)
    return cost + torch.logaddexp(torch.logsumexp(-penalties, 1), junk)


def measure_curvature(network: LeNet5, image: Tensor, loss: Loss) -> list[Tensor]:
    """The summed diagonal Gauss-Newton second derivatives.

    The recursion is that of the gradient with every factor squared: each layer is differentiated
    where its inputs and its parameters are squared.

    Args:
        network: the parameters to look from.
        image: (N, 1, 32, 32).
        loss: which; its second derivatives do not depend on the targets, whose shares add up to 1.
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
        flow = bend_loss(network, states, loss)
    layers = list(squared.named_children())
    below = ["input", *(name for name, _ in layers)]
    found: list[Tensor] = []
    for (name, layer), name_below in reversed(list(zip(layers, below, strict=False))):
        if isinstance(layer, EuclideanRBF):
            continue  # the flow starts below it
        if isinstance(layer, Squashed):
            flow = flow * squash_slope(states[name], layer.activation).square()
        flow, parts = _pull_back(layer, states[name_below], flow)
        found = [*parts, *found]
    return found


def bend_loss(network: LeNet5, states: dict[str, Tensor], loss: Loss) -> Tensor:
    """The second derivative of each sample's loss by F6's states (RBF) or by the logits (linear).

    Args:
        network: has the output layer.
        states: what `network.trace` gave.
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
    junk = -loss.j if loss.kind == "map" else -torch.inf
    scaled = functional.pad(-loss.softness * penalties, (0, 1), value=junk)
    belief, rubbish = torch.softmax(scaled, 1).tensor_split([penalties.shape[1]], 1)
    if isinstance(network.output, LinearOutput):
        return (loss.softness**2 * belief * (1 - belief))[..., None, None]
    pull = 2 * loss.softness * (f6[:, None, :] - network.output.codes)  # (N, classes, 84)
    mean = torch.einsum("ni,nij->nj", belief, pull)
    # rubbish pulls nowhere, so its gap to the mean is the mean
    spread = torch.einsum("ni,nij->nj", belief, (pull - mean[:, None]).square()) + rubbish * mean.square()
    return (2 * loss.softness * rubbish + spread)[..., None, None]


def squash_slope(states: Tensor, activation: str) -> Tensor:
    """The derivative of the squashing function, from its value."""
    if activation == "tanh":
        return TANH_SLOPE * (TANH_AMPLITUDE - states.square() / TANH_AMPLITUDE)
    return states * (1 - states) if activation == "logistic" else (states > 0).to(states.dtype)


def _pull_back(layer: nn.Module, inputs: Tensor, flow: Tensor) -> tuple[Tensor, Sequence[Tensor]]:
    """From a layer's sums to its inputs and its (already squared) parameters."""
    if isinstance(layer, Subsampling):
        totals = sum_windows(inputs)
        flow, parts = _differentiate(layer, layer.weigh, totals.square(), flow)
        return _spread(flow), parts
    if isinstance(layer, AverageSubsampling):
        return _spread(flow / WINDOW**4), ()  # each unit has 1/4 of its window's mean
    if isinstance(layer, Squashed):
        return _differentiate(layer, layer.sums, inputs.square(), flow)
    if isinstance(layer, LinearOutput):
        return _differentiate(layer, layer.logits, inputs.square(), flow)
    return _differentiate(layer, layer, inputs, flow)  # the maximum passes on what its winner gets


def _differentiate(
    layer: nn.Module, function: Callable[[Tensor], Tensor], inputs: Tensor, flow: Tensor
) -> tuple[Tensor, Sequence[Tensor]]:
    inputs = inputs.detach().requires_grad_()
    first, *parts = torch.autograd.grad(function(inputs), [inputs, *layer.parameters()], flow)
    return first, parts


def _spread(flow: Tensor) -> Tensor:
    return flow.repeat_interleave(WINDOW, 2).repeat_interleave(WINDOW, 3)
