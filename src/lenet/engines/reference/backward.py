"""The losses and backpropagation in NumPy: the gradient, and the curvature that the method of 1998 needs.

Source: LeCun et al. 1998, section II.C and appendix C.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lenet.architecture import KERNEL
from lenet.engines.loss import Loss
from lenet.engines.reference.forward import activation_slope, gather_windows, scatter_windows
from lenet.parameters import Parameters

SAMPLES_AND_PIXELS = (0, 2, 3)  # the axes over which the gradient of a shared kernel is summed


def softmax(penalties: np.ndarray, loss: Loss) -> tuple[np.ndarray, np.ndarray]:
    """The softmax of -s y_i, with a rubbish class of logit -j for MAP.

    Args:
        penalties: (N, classes), y.
        loss: cross-entropy or MAP; it has s and j.
    Returns:
        The probabilities, (N, classes) of the classes and (N, 1) of the rubbish class, which is 0 except for
        MAP; together they add up to 1.
    """
    logits = -loss.softness * penalties
    rubbish = -loss.j if loss.kind == "map" else -np.inf
    highest = np.maximum(logits.max(axis=1, keepdims=True), rubbish)
    weights, rest = np.exp(logits - highest), np.exp(rubbish - highest)
    total = weights.sum(axis=1, keepdims=True) + rest
    return weights / total, rest / total


def measure_loss(penalties: np.ndarray, targets: np.ndarray, loss: Loss) -> np.ndarray:
    """Compute the loss of each sample.

    Args:
        penalties: (N, classes).
        targets: (N, classes), one-hot rows or class probabilities.
        loss: which.
    Returns:
        (N,).
    Source:
        LeCun et al. 1998, equations 8 and 9.
    """
    cost: np.ndarray = loss.softness * (targets * penalties).sum(axis=1)
    if loss.kind == "mse":
        return cost
    logits = -loss.softness * penalties
    rubbish = -loss.j if loss.kind == "map" else -np.inf
    highest = np.maximum(logits.max(axis=1), rubbish)
    total = np.exp(logits - highest[:, None]).sum(axis=1) + np.exp(rubbish - highest)
    return cost + highest + np.log(total)


def differentiate_loss(penalties: np.ndarray, targets: np.ndarray, loss: Loss) -> np.ndarray:
    """Compute the derivative of each sample's loss by its penalties, (N, classes)."""
    if loss.kind == "mse":
        return targets
    probabilities, _ = softmax(penalties, loss)
    return loss.softness * (targets - probabilities)


def differentiate_rbf_twice(
    penalties: np.ndarray, f6: np.ndarray, loss: Loss, codes: np.ndarray
) -> np.ndarray:
    """Compute the second derivative of each sample's loss by each unit of F6, for an RBF output.

    With d_ij = 2 (x_j - w_ij): the sum of dE/dy_i times 2, plus the variance of s d_ij under the softmax. As
    the targets of a sample add up to 1, that sum is s times the probability of the rubbish class, whatever
    the targets. It is exact, and never negative for any of the three losses; for MSE it is 2.

    Returns:
        (N, 84).
    Assumption:
        The paper does not say where its recursion starts; the authors' later code starts it with 1.
    """
    if loss.kind == "mse":
        return np.full_like(f6, 2)
    probabilities, rubbish = softmax(penalties, loss)
    slopes = 2 * loss.softness * (f6[:, None, :] - codes)  # (N, classes, 84)
    mean = np.einsum("ni,nij->nj", probabilities, slopes)
    # the rubbish class has a slope of 0, whose distance from the mean is the mean
    variance = np.einsum("ni,nij->nj", probabilities, (slopes - mean[:, None]) ** 2) + rubbish * mean * mean
    return 2 * loss.softness * rubbish + variance


def differentiate_output(
    parameters: Parameters, trace: Mapping[str, np.ndarray], targets: np.ndarray, loss: Loss, second: bool
) -> np.ndarray:
    """Start the backward pass: the derivatives by the states of F6 (RBF) or by the logits (linear).

    Args:
        parameters: those of the forward pass.
        trace: what `run_forward` returned, with 32x32 fields.
        targets: (N, classes), one-hot rows or class probabilities.
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
            return differentiate_rbf_twice(penalties, f6, loss, codes)
        slopes = differentiate_loss(penalties, targets, loss)
        return 2 * (slopes.sum(axis=1, keepdims=True) * f6 - slopes @ codes)
    if second:
        probabilities, _ = softmax(penalties, loss)
        return loss.softness**2 * probabilities * (1 - probabilities)
    return -differentiate_loss(penalties, targets, loss)


def run_backward(
    parameters: Parameters,
    trace: Mapping[str, np.ndarray],
    targets: np.ndarray,
    loss: Loss,
    second: bool = False,
) -> Parameters:
    """Backpropagate: the gradient of the summed loss; or its curvature, the same with every factor squared.

    Args:
        parameters: those of the forward pass.
        trace: what `run_forward` returned, with 32x32 fields.
        targets: (N, classes), one-hot rows or class probabilities.
        loss: which.
        second: the diagonal Gauss-Newton second derivatives instead of the first ones.
    Returns:
        Sums over the samples, of the parameters' type.
    Source:
        LeCun et al. 1998, appendix C, equations 21 to 27.
    """
    network, p = parameters.architecture, parameters
    result: dict[str, np.ndarray] = {}

    def power(factor: np.ndarray) -> np.ndarray:
        return factor * factor if second else factor

    def backward_activation(name: str, delta: np.ndarray) -> np.ndarray:
        """From a layer's states to its sums, which are the same without an activation function."""
        if f"{name}.sum" not in trace:
            return delta
        return delta * power(activation_slope(trace[name], network.activation))

    def backward_full(name: str, delta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        result[f"{name}.weight"] = delta.T @ power(inputs)
        result[f"{name}.bias"] = delta.sum(axis=0)
        return delta @ power(p[f"{name}.weight"])

    def differentiate_kernels(name: str, delta: np.ndarray, inputs: np.ndarray) -> None:
        windows = sliding_window_view(power(inputs), (KERNEL, KERNEL), axis=(2, 3))
        kernels = np.tensordot(delta, windows, axes=(SAMPLES_AND_PIXELS, SAMPLES_AND_PIXELS))
        result[f"{name}.weight"] = kernels[tuple(network.pairs.T)] if name == "c3" else kernels
        result[f"{name}.bias"] = delta.sum(axis=SAMPLES_AND_PIXELS)

    def backward_convolution(name: str, delta: np.ndarray) -> np.ndarray:
        reached = np.tensordot(delta, power(p.dense(name)), axes=(1, 0))  # (N, h, w, D, 5, 5)
        n, height, width, maps = reached.shape[:4]
        inputs = np.zeros((n, maps, height + KERNEL - 1, width + KERNEL - 1), delta.dtype)
        for y, x in product(range(KERNEL), repeat=2):
            inputs[:, :, y : y + height, x : x + width] += np.moveaxis(reached[..., y, x], 3, 1)
        return inputs

    def backward_subsampling(name: str, delta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        windows = gather_windows(inputs)
        if network.pooling == "max":
            # the first of several equal maxima gets it, as in PyTorch and TensorFlow
            winners = np.arange(len(windows))[:, None, None, None, None] == windows.argmax(axis=0)
            return scatter_windows(delta * winners)
        if network.pooling == "average":
            factor = power(np.asarray(1 / len(windows), delta.dtype))
        else:
            result[f"{name}.coefficient"] = (delta * power(windows.sum(axis=0))).sum(axis=SAMPLES_AND_PIXELS)
            result[f"{name}.bias"] = delta.sum(axis=SAMPLES_AND_PIXELS)
            factor = power(p[f"{name}.coefficient"])[:, None, None]
        return scatter_windows(np.broadcast_to(delta * factor, windows.shape))

    delta = differentiate_output(parameters, trace, targets, loss, second)
    if network.output == "linear":
        delta = backward_full("output", delta, trace["f6"][:, 0, 0])
    delta = backward_activation("f6", delta[:, None, None])[:, 0, 0]
    delta = backward_full("f6", delta, trace["c5"][:, :, 0, 0])
    delta = backward_activation("c5", delta[:, :, None, None])
    differentiate_kernels("c5", delta, trace["s4"])
    delta = backward_activation("s4", backward_convolution("c5", delta))
    delta = backward_activation("c3", backward_subsampling("s4", delta, trace["c3"]))
    differentiate_kernels("c3", delta, trace["s2"])
    delta = backward_activation("s2", backward_convolution("c3", delta))
    delta = backward_activation("c1", backward_subsampling("s2", delta, trace["c1"]))
    differentiate_kernels("c1", delta, trace["input"])
    return Parameters(network, result)
