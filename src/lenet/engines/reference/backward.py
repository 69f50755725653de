"""The losses and the backward pass in NumPy: the gradient, and the curvature that 1998's method needs.

Source: LeCun et al. 1998, section II.C and appendix C.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lenet.architecture import KERNEL
from lenet.engines.loss import Loss
from lenet.engines.reference.forward import gather_windows, scatter_windows, squash_slope
from lenet.parameters import Parameters

PLACES = (0, 2, 3)  # samples, rows, columns: everything that shares one kernel


def share_belief(penalties: np.ndarray, loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """How strongly each class is believed, exp(-s y_i) over the sum of all, and rubbish for MAP.

    Args:
        penalties: (N, classes).
        loss: cross-entropy or MAP.
    Returns:
        (N, classes) of the classes and (N, 1) of rubbish, 0 but for MAP; together they add up to 1.
    """
    scaled = -loss.softness * penalties
    junk = -loss.j if loss.kind == "map" else -np.inf
    highest = np.maximum(scaled.max(axis=1, keepdims=True), junk)
    weights, rubbish = np.exp(scaled - highest), np.exp(junk - highest)
    total = weights.sum(axis=1, keepdims=True) + rubbish
    return weights / total, rubbish / total


def measure_loss(penalties: np.ndarray, shares: np.ndarray, loss: Loss) -> np.ndarray:
    """The loss of each sample.

    Args:
        penalties: (N, classes).
        shares: (N, classes) targets, rows adding up to 1.
        loss: which.
    Returns:
        (N,).
    Source:
        LeCun et al. 1998, equations 8 and 9.
    """
    cost: np.ndarray = loss.softness * (shares * penalties).sum(axis=1)
    if loss.kind == "mse":
        return cost
    scaled = -loss.softness * penalties
    junk = -loss.j if loss.kind == "map" else -np.inf
    highest = np.maximum(scaled.max(axis=1), junk)
    total = np.exp(scaled - highest[:, None]).sum(axis=1) + np.exp(junk - highest)
    return cost + highest + np.log(total)


def differentiate_loss(penalties: np.ndarray, shares: np.ndarray, loss: Loss) -> np.ndarray:
    """The derivative of each sample's loss by its penalties, (N, classes)."""
    if loss.kind == "mse":
        return shares
    belief, _ = share_belief(penalties, loss)
    return loss.softness * (shares - belief)


def bend_loss(penalties: np.ndarray, f6: np.ndarray, loss: Loss, codes: np.ndarray) -> np.ndarray:
    """The second derivative of each sample's loss by each unit of F6, under an RBF output.

    With d_ij = 2 (x_j - w_ij): the sum of dE/dy_i times 2, plus the variance of s d_ij under the belief.
    As the targets' shares add up to 1, that sum is s times the belief in rubbish, whatever the targets.
    It is exact, and never negative for any of the three losses: 2 for MSE.

    Returns:
        (N, 84).
    Assumption:
        The paper does not say where its recursion starts; the authors' later code starts it with 1.
    """
    if loss.kind == "mse":
        return np.full_like(f6, 2)
    belief, rubbish = share_belief(penalties, loss)
    pull = 2 * loss.softness * (f6[:, None, :] - codes)  # (N, classes, 84)
    mean = np.einsum("ni,nij->nj", belief, pull)
    # rubbish pulls nowhere, so its gap to the mean is the mean
    spread = np.einsum("ni,nij->nj", belief, (pull - mean[:, None]) ** 2) + rubbish * mean * mean
    return 2 * loss.softness * rubbish + spread


def enter_output(
    parameters: Parameters, trace: Mapping[str, np.ndarray], shares: np.ndarray, loss: Loss, second: bool
) -> np.ndarray:
    """Where the backward pass starts: the derivatives by F6's states (RBF) or by the logits (linear).

    Args:
        parameters: those of the forward pass.
        trace: what `run_forward` gave, on 32x32 fields.
        shares: (N, classes) targets.
        loss: which.
        second: second derivatives instead of first ones.
    Returns:
        (N, 84), or (N, classes) for a linear output.
    """
    network = parameters.architecture
    penalties, f6 = trace["output"][:, 0, 0], trace["f6"][:, 0, 0]
    if network.output == "rbf":
        codes = network.codes.astype(f6.dtype)
        if second:
            return bend_loss(penalties, f6, loss, codes)
        slopes = differentiate_loss(penalties, shares, loss)
        return 2 * (slopes.sum(axis=1, keepdims=True) * f6 - slopes @ codes)
    if second:
        belief, _ = share_belief(penalties, loss)
        return loss.softness**2 * belief * (1 - belief)
    return -differentiate_loss(penalties, shares, loss)


def run_backward(
    parameters: Parameters,
    trace: Mapping[str, np.ndarray],
    shares: np.ndarray,
    loss: Loss,
    second: bool = False,
) -> Parameters:
    """The gradient of the summed loss; or its curvature, which is the same with every factor squared.

    Args:
        parameters: those of the forward pass.
        trace: what `run_forward` gave, on 32x32 fields.
        shares: (N, classes) targets.
        loss: which.
        second: the diagonal Gauss-Newton second derivatives instead of the first ones.
    Returns:
        Sums over the samples, in the parameters' type.
    Source:
        LeCun et al. 1998, appendix C, equations 21 to 27.
    """
    network, p = parameters.architecture, parameters
    result: dict[str, np.ndarray] = {}

    def power(factor: np.ndarray) -> np.ndarray:
        return factor * factor if second else factor

    def unsquash(name: str, flow: np.ndarray) -> np.ndarray:
        """From a layer's states to its sums, which are the same where it does not squash."""
        if f"{name}.sum" not in trace:
            return flow
        return flow * power(squash_slope(trace[name], network.activation))

    def pass_full(name: str, flow: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        result[f"{name}.weight"] = flow.T @ power(inputs)
        result[f"{name}.bias"] = flow.sum(axis=0)
        return flow @ power(p[f"{name}.weight"])

    def meet_kernels(name: str, flow: np.ndarray, inputs: np.ndarray) -> None:
        windows = sliding_window_view(power(inputs), (KERNEL, KERNEL), axis=(2, 3))
        kernels = np.tensordot(flow, windows, axes=(PLACES, PLACES))
        result[f"{name}.weight"] = kernels[tuple(network.pairs.T)] if name == "c3" else kernels
        result[f"{name}.bias"] = flow.sum(axis=PLACES)

    def pass_convolution(name: str, flow: np.ndarray) -> np.ndarray:
        reached = np.tensordot(flow, power(p.dense(name)), axes=(1, 0))  # (N, h, w, D, 5, 5)
        n, height, width, maps = reached.shape[:4]
        inputs = np.zeros((n, maps, height + KERNEL - 1, width + KERNEL - 1), flow.dtype)
        for y, x in product(range(KERNEL), repeat=2):
            inputs[:, :, y : y + height, x : x + width] += np.moveaxis(reached[..., y, x], 3, 1)
        return inputs

    def pass_subsampling(name: str, flow: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        windows = gather_windows(inputs)
        if network.pooling == "max":
            # among equals the first wins, as in PyTorch and TensorFlow
            winners = np.arange(len(windows))[:, None, None, None, None] == windows.argmax(axis=0)
            return scatter_windows(flow * winners)
        if network.pooling == "average":
            factor = power(np.asarray(1 / len(windows), flow.dtype))
        else:
            result[f"{name}.coefficient"] = (flow * power(windows.sum(axis=0))).sum(axis=PLACES)
            result[f"{name}.bias"] = flow.sum(axis=PLACES)
            factor = power(p[f"{name}.coefficient"])[:, None, None]
        return scatter_windows(np.broadcast_to(flow * factor, windows.shape))

    flow = enter_output(parameters, trace, shares, loss, second)
    if network.output == "linear":
        flow = pass_full("output", flow, trace["f6"][:, 0, 0])
    flow = unsquash("f6", flow[:, None, None])[:, 0, 0]
    flow = pass_full("f6", flow, trace["c5"][:, :, 0, 0])
    flow = unsquash("c5", flow[:, :, None, None])
    meet_kernels("c5", flow, trace["s4"])
    flow = unsquash("s4", pass_convolution("c5", flow))
    flow = unsquash("c3", pass_subsampling("s4", flow, trace["c3"]))
    meet_kernels("c3", flow, trace["s2"])
    flow = unsquash("s2", pass_convolution("c3", flow))
    flow = unsquash("c1", pass_subsampling("s2", flow, trace["c1"]))
    meet_kernels("c1", flow, trace["input"])
    return Parameters(network, result)
