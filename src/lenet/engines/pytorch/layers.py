"""The layers of LeNet-5 as PyTorch modules. Feature maps are (N, maps, H, W)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from lenet.architecture import (
    C1_MAPS,
    C3_MAPS,
    F6_UNITS,
    KERNEL,
    TANH_AMPLITUDE,
    TANH_SLOPE,
    WINDOW,
    Architecture,
)


class ActivatedLayer(nn.Module):
    """A layer whose sums go through the activation function; subclasses compute the sums.

    Args:
        activation: "tanh", "logistic" or "relu".
        shapes: of the layer's parameters, by name.
    """

    def __init__(self, activation: str, **shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.activation = activation
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))

    def extra_repr(self) -> str:
        """The activation and the shapes, for `print(network)`."""
        shapes = (f"{name}={tuple(p.shape)}" for name, p in self.named_parameters())
        return ", ".join((self.activation, *shapes))

    def sums(self, maps: Tensor) -> Tensor:
        """Compute the sums before the activation function.

        Args:
            maps: (N, D, H, W).
        """
        raise NotImplementedError

    def activate(self, sums: Tensor) -> Tensor:
        """Apply the activation function: 1.7159 tanh(2a/3), 1 / (1 + exp(-a)), or max(a, 0).

        Source:
            LeCun et al. 1998, appendix A.
        """
        if self.activation == "tanh":
            return TANH_AMPLITUDE * torch.tanh(TANH_SLOPE * sums)
        return torch.sigmoid(sums) if self.activation == "logistic" else torch.relu(sums)

    def forward(self, maps: Tensor) -> Tensor:
        """Compute the states: the activation function of the sums."""
        return self.activate(self.sums(maps))


class Convolution(ActivatedLayer):
    """5x5 kernels over all input maps (C1, C5)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, activation: str, maps_in: int, maps: int) -> None:
        super().__init__(activation, weight=(maps, maps_in, KERNEL, KERNEL), bias=(maps,))

    def sums(self, maps: Tensor) -> Tensor:
        """(N, D, H, W) to (N, maps, H - 4, W - 4)."""
        if maps.shape[-2:] == (KERNEL, KERNEL):  # C5 with a 32x32 field: a single position
            return functional.linear(maps.flatten(1), self.weight.flatten(1), self.bias)[..., None, None]
        return functional.conv2d(maps, self.weight, self.bias)


class TableConvolution(ActivatedLayer):
    """5x5 kernels over the maps that a table names (C3): one kernel for each connection.

    Args:
        activation: as for `ActivatedLayer`.
        architecture: has the table.
    Source:
        LeCun et al. 1998, Table I.
    """

    weight: Tensor
    bias: Tensor
    indices: Tensor

    def __init__(self, activation: str, architecture: Architecture) -> None:
        pairs = torch.from_numpy(architecture.pairs)
        super().__init__(activation, weight=(len(pairs), KERNEL, KERNEL), bias=(C3_MAPS,))
        # where each kernel is among the 16 x 6 of a dense convolution
        self.register_buffer("indices", pairs[:, 0] * C1_MAPS + pairs[:, 1], persistent=False)

    def sums(self, maps: Tensor) -> Tensor:
        """(N, 6, H, W) to (N, 16, H - 4, W - 4)."""
        absent = self.weight.new_zeros(C3_MAPS * C1_MAPS, KERNEL, KERNEL)
        kernels = absent.index_copy(0, self.indices, self.weight)
        return functional.conv2d(maps, kernels.view(C3_MAPS, C1_MAPS, KERNEL, KERNEL), self.bias)


class Subsampling(ActivatedLayer):
    """The sum of each 2x2 window times a trainable coefficient, plus a bias (S2, S4 of 1998)."""

    coefficient: Tensor
    bias: Tensor

    def __init__(self, activation: str, maps: int) -> None:
        super().__init__(activation, coefficient=(maps,), bias=(maps,))

    def sums(self, maps: Tensor) -> Tensor:
        """(N, maps, H, W) to (N, maps, H/2, W/2)."""
        return self.weigh(sum_windows(maps))

    def weigh(self, totals: Tensor) -> Tensor:
        """From the sums of the windows to the sums before the activation function, the same shape."""
        return torch.addcmul(self.bias[:, None, None], totals, self.coefficient[:, None, None])


class AverageSubsampling(nn.Module):
    """The mean of each 2x2 window, as in later texts."""

    def forward(self, maps: Tensor) -> Tensor:
        """(N, maps, H, W) to (N, maps, H/2, W/2)."""
        return sum_windows(maps) / WINDOW**2


def sum_windows(maps: Tensor) -> Tensor:
    """Sum each 2x2 window, its rows first; with its gradient twice as fast as `avg_pool2d`.

    Args:
        maps: (N, maps, H, W), H and W even.
    Returns:
        (N, maps, H/2, W/2).
    """
    upper, lower = torch.unflatten(maps, 2, (-1, WINDOW)).unbind(3)
    left, right = torch.unflatten(upper + lower, 3, (-1, WINDOW)).unbind(4)
    return left + right


class Full(ActivatedLayer):
    """Every unit reads all units below, at every position of a larger field (F6)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, activation: str, units_in: int, units: int) -> None:
        super().__init__(activation, weight=(units, units_in), bias=(units,))

    def sums(self, maps: Tensor) -> Tensor:
        """(N, units below, h, w) to (N, units, h, w)."""
        return functional.linear(maps.movedim(1, -1), self.weight, self.bias).movedim(-1, 1)


class EuclideanRBF(nn.Module):
    """The squared distance of F6's states to each fixed 7x12 code (the output of 1998).

    Args:
        architecture: has the codes.
    Source:
        LeCun et al. 1998, equation 7.
    """

    codes: Tensor

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.register_buffer("codes", torch.tensor(architecture.codes), persistent=False)

    def extra_repr(self) -> str:
        """The number and length of the codes, for `print(network)`."""
        return f"codes={tuple(self.codes.shape)}"

    def forward(self, states: Tensor) -> Tensor:
        """(N, 84, h, w) to (N, classes, h, w), never negative."""
        gaps = states.movedim(1, -1).unsqueeze(-2) - self.codes
        return gaps.square().sum(-1).movedim(-1, 1)


class LinearOutput(nn.Module):
    """The penalty of a class is its logit, negated (the output of later texts)."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, F6_UNITS))
        self.bias = nn.Parameter(torch.zeros(classes))

    def extra_repr(self) -> str:
        """The shape, for `print(network)`."""
        return f"weight={tuple(self.weight.shape)}"

    def forward(self, states: Tensor) -> Tensor:
        """(N, 84, h, w) to (N, classes, h, w) penalties."""
        return -self.logits(states)

    def logits(self, states: Tensor) -> Tensor:
        """(N, 84, h, w) to (N, classes, h, w); the largest is the answer."""
        return functional.linear(states.movedim(1, -1), self.weight, self.bias).movedim(-1, 1)
