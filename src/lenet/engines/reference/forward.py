"""The forward pass in NumPy, layer by layer as in the paper. Feature maps are (N, maps, H, W).

Source: LeCun et al. 1998, section II.B and appendix A.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lenet.architecture import TANH_AMPLITUDE, TANH_SLOPE, WINDOW
from lenet.parameters import Parameters


def activate(sums: np.ndarray, activation: str) -> np.ndarray:
    """Apply the activation function: 1.7159 tanh(2a/3), 1 / (1 + exp(-a)), or max(a, 0).

    Source:
        LeCun et al. 1998, appendix A.
    """
    if activation == "tanh":
        return TANH_AMPLITUDE * np.tanh(TANH_SLOPE * sums)
    if activation == "logistic":
        return 0.5 * (1 + np.tanh(0.5 * sums))  # the same function, without overflow
    return np.maximum(sums, 0)


def activation_slope(states: np.ndarray, activation: str) -> np.ndarray:
    """Compute the derivative of the activation function from its value."""
    if activation == "tanh":
        return TANH_SLOPE * (TANH_AMPLITUDE - states * states / TANH_AMPLITUDE)
    if activation == "logistic":
        return states * (1 - states)
    return (states > 0).astype(states.dtype)


def convolve(maps: np.ndarray, kernels: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Cross-correlate maps with kernels, at all positions inside the maps (layers C1, C3, C5).

    Args:
        maps: (N, D, H, W).
        kernels: (K, D, 5, 5).
        bias: (K,).
    Returns:
        (N, K, H - 4, W - 4) sums.
    """
    windows = sliding_window_view(maps, kernels.shape[2:], axis=(2, 3))
    sums = np.tensordot(windows, kernels, axes=((1, 4, 5), (1, 2, 3)))
    return np.moveaxis(sums, 3, 1) + bias[:, None, None]


def gather_windows(maps: np.ndarray) -> np.ndarray:
    """Cut maps into windows of 2x2 that do not overlap.

    Args:
        maps: (N, maps, H, W), H and W even.
    Returns:
        (4, N, maps, H/2, W/2): the upper left unit of each window, the upper right one, and so on.
    """
    return np.stack([maps[:, :, y::WINDOW, x::WINDOW] for y in range(WINDOW) for x in range(WINDOW)])


def scatter_windows(windows: np.ndarray) -> np.ndarray:
    """Put windows back where they were: the inverse of `gather_windows`."""
    _, n, count, height, width = windows.shape
    maps = np.empty((n, count, height * WINDOW, width * WINDOW), windows.dtype)
    for unit, states in enumerate(windows):
        maps[:, :, unit // WINDOW :: WINDOW, unit % WINDOW :: WINDOW] = states
    return maps


def measure_penalties(states: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Compute the squared Euclidean distance of F6's states to every code (the RBF output).

    Args:
        states: (..., 84).
        codes: (classes, 84).
    Returns:
        (..., classes), never negative.
    Source:
        LeCun et al. 1998, equation 7.
    """
    gaps = states[..., None, :] - codes
    return np.einsum("...j,...j->...", gaps, gaps)


def run_forward(parameters: Parameters, images: np.ndarray) -> dict[str, np.ndarray]:
    """Compute all sums and states, from C1 to the penalties.

    Args:
        parameters: of any architecture.
        images: (N, 1, H, W) as the network sees them, of the parameters' type.
    Returns:
        "input", "c1.sum", "c1", ..., "output"; f6 and output have their units last: (N, h, w, units).
    """
    network, p = parameters.architecture, parameters
    trace = {"input": images}

    def convolution(name: str, maps: np.ndarray) -> np.ndarray:
        trace[f"{name}.sum"] = convolve(maps, p.dense(name), p[f"{name}.bias"])
        trace[name] = activate(trace[f"{name}.sum"], network.activation)
        return trace[name]

    def subsampling(name: str, maps: np.ndarray) -> np.ndarray:
        windows = gather_windows(maps)
        if network.pooling == "max":
            trace[name] = windows.max(axis=0)
        elif network.pooling == "average":
            trace[name] = windows.mean(axis=0)
        else:
            total = windows.sum(axis=0)
            coefficient, bias = p[f"{name}.coefficient"], p[f"{name}.bias"]
            trace[f"{name}.sum"] = total * coefficient[:, None, None] + bias[:, None, None]
            trace[name] = activate(trace[f"{name}.sum"], network.activation)
        return trace[name]

    c1 = convolution("c1", images)
    s2 = subsampling("s2", c1)
    c3 = convolution("c3", s2)
    s4 = subsampling("s4", c3)
    c5 = convolution("c5", s4)
    trace["f6.sum"] = np.moveaxis(c5, 1, 3) @ p["f6.weight"].T + p["f6.bias"]
    f6 = trace["f6"] = activate(trace["f6.sum"], network.activation)
    if network.output == "rbf":
        trace["output"] = measure_penalties(f6, network.codes.astype(f6.dtype))
    else:
        trace["output"] = -(f6 @ p["output.weight"].T + p["output.bias"])
    return trace
