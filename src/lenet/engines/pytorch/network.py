"""LeNet-5 as a PyTorch module, to be used in any PyTorch program."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from lenet.architecture import (
    C1_MAPS,
    C3_MAPS,
    C5_MAPS,
    F6_UNITS,
    KERNEL,
    ORIGINAL,
    TANH_AMPLITUDE,
    TANH_SLOPE,
    WINDOW,
    Architecture,
)
from lenet.parameters import Parameters, initialize_parameters


class Squashed(nn.Module):
    """A layer that forms sums and squashes them; subclasses say how the sums are formed.

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
        """The sums before squashing.

        Args:
            maps: (N, D, H, W).
        """
        raise NotImplementedError

    def squash(self, sums: Tensor) -> Tensor:
        """1.7159 tanh(2a/3), 1 / (1 + exp(-a)), or max(a, 0).

        Source:
            LeCun et al. 1998, appendix A.
        """
        if self.activation == "tanh":
            return TANH_AMPLITUDE * torch.tanh(TANH_SLOPE * sums)
        return torch.sigmoid(sums) if self.activation == "logistic" else torch.relu(sums)

    def forward(self, maps: Tensor) -> Tensor:
        """The states: the squashed sums."""
        return self.squash(self.sums(maps))


class Convolution(Squashed):
    """5x5 kernels over all maps below (C1, C5)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, activation: str, maps_in: int, maps: int) -> None:
        super().__init__(activation, weight=(maps, maps_in, KERNEL, KERNEL), bias=(maps,))

    def sums(self, maps: Tensor) -> Tensor:
        """(N, D, H, W) to (N, maps, H - 4, W - 4)."""
        if maps.shape[-2:] == (KERNEL, KERNEL):  # C5 on a 32x32 field: the same products at a single place
            return functional.linear(maps.flatten(1), self.weight.flatten(1), self.bias)[..., None, None]
        return functional.conv2d(maps, self.weight, self.bias)


class TableConvolution(Squashed):
    """5x5 kernels over the maps that a table names (C3): one kernel for each connection.

    Args:
        activation: as for `Squashed`.
        architecture: has the table.
    Source:
        LeCun et al. 1998, Table I.
    """

    weight: Tensor
    bias: Tensor
    places: Tensor

    def __init__(self, activation: str, architecture: Architecture) -> None:
        pairs = torch.from_numpy(architecture.pairs)
        super().__init__(activation, weight=(len(pairs), KERNEL, KERNEL), bias=(C3_MAPS,))
        # where each kernel lies among the 16 x 6 of a dense convolution
        self.register_buffer("places", pairs[:, 0] * C1_MAPS + pairs[:, 1], persistent=False)

    def sums(self, maps: Tensor) -> Tensor:
        """(N, 6, H, W) to (N, 16, H - 4, W - 4)."""
        absent = self.weight.new_zeros(C3_MAPS * C1_MAPS, KERNEL, KERNEL)
        kernels = absent.index_copy(0, self.places, self.weight)
        return functional.conv2d(maps, kernels.view(C3_MAPS, C1_MAPS, KERNEL, KERNEL), self.bias)


class Subsampling(Squashed):
    """The sum of each 2x2 window times a trainable coefficient, plus a bias (S2, S4 of 1998)."""

    coefficient: Tensor
    bias: Tensor

    def __init__(self, activation: str, maps: int) -> None:
        super().__init__(activation, coefficient=(maps,), bias=(maps,))

    def sums(self, maps: Tensor) -> Tensor:
        """(N, maps, H, W) to (N, maps, H/2, W/2)."""
        return self.weigh(sum_windows(maps))

    def weigh(self, totals: Tensor) -> Tensor:
        """From the sums of the windows to the sums before squashing, the same shape."""
        return torch.addcmul(self.bias[:, None, None], totals, self.coefficient[:, None, None])


class AverageSubsampling(nn.Module):
    """The mean of each 2x2 window, as later texts have it."""

    def forward(self, maps: Tensor) -> Tensor:
        """(N, maps, H, W) to (N, maps, H/2, W/2)."""
        return sum_windows(maps) / WINDOW**2


def sum_windows(maps: Tensor) -> Tensor:
    """The sum of each 2x2 window, first over its rows: twice as fast as `avg_pool2d` with its gradient.

    Args:
        maps: (N, maps, H, W), H and W even.
    Returns:
        (N, maps, H/2, W/2).
    """
    upper, lower = torch.unflatten(maps, 2, (-1, WINDOW)).unbind(3)
    left, right = torch.unflatten(upper + lower, 3, (-1, WINDOW)).unbind(4)
    return left + right


class Full(Squashed):
    """Every unit reads all units below, at every place of a field (F6)."""

    weight: Tensor
    bias: Tensor

    def __init__(self, activation: str, units_in: int, units: int) -> None:
        super().__init__(activation, weight=(units, units_in), bias=(units,))

    def sums(self, maps: Tensor) -> Tensor:
        """(N, units below, h, w) to (N, units, h, w)."""
        return functional.linear(maps.movedim(1, -1), self.weight, self.bias).movedim(-1, 1)


class EuclideanRBF(nn.Module):
    """The squared distance of F6's state to each fixed 7x12 code (the output of 1998).

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
        """(N, 84, h, w) to (N, classes, h, w), the largest of which wins."""
        return functional.linear(states.movedim(1, -1), self.weight, self.bias).movedim(-1, 1)


class LeNet5(nn.Module):
    """LeNet-5: a 32x32 image in, a penalty for every class out; the smallest one is the answer.

    `state_dict()` has exactly the names of `Parameters`: c1.weight, c1.bias, s2.coefficient, ...

    Args:
        architecture: which network of the family; by default that of the parameters, or of 1998.
        parameters: to start from; drawn from `seed` where there are none.
        seed: 0 to 2^64 - 1.
    Raises:
        ShapeError: parameters of another architecture.
    Source:
        LeCun et al. 1998, section II.B and figure 2.
    """

    def __init__(
        self,
        architecture: Architecture | None = None,
        parameters: Parameters | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if architecture is None:
            architecture = parameters.architecture if parameters else ORIGINAL
        parameters = Parameters(architecture, parameters or initialize_parameters(architecture, seed))
        self.architecture = architecture
        activation = architecture.activation
        self.c1 = Convolution(activation, 1, C1_MAPS)
        self.s2 = _make_pooling(architecture, C1_MAPS)
        self.c3 = TableConvolution(activation, architecture)
        self.s4 = _make_pooling(architecture, C3_MAPS)
        self.c5 = Convolution(activation, C3_MAPS, C5_MAPS)
        self.f6 = Full(activation, C5_MAPS, F6_UNITS)
        self.output = (
            EuclideanRBF(architecture) if architecture.output == "rbf" else LinearOutput(architecture.classes)
        )
        self.to(torch.float64 if parameters.dtype == "float64" else torch.float32)
        self.load_state_dict({name: torch.tensor(array) for name, array in parameters.items()})

    def forward(self, image: Tensor) -> Tensor:
        """Look at images.

        Args:
            image: (N, 1, 32, 32), background -0.1 and ink 1.175; or larger by multiples of 4.
        Returns:
            (N, classes) penalties; (N, classes, h, w) on fields larger than 32x32.
        """
        c1 = self.c1(image)
        s2 = self.s2(c1)
        c3 = self.c3(s2)
        s4 = self.s4(c3)
        c5 = self.c5(s4)
        f6 = self.f6(c5)
        return drop_place(self.output(f6))

    def trace(self, image: Tensor) -> dict[str, Tensor]:
        """The states of all layers, and the sums of those that squash, all as maps.

        Args:
            image: as for `forward`.
        Returns:
            "input", "c1.sum", "c1", ..., "output"; each (N, maps, h, w).
        """
        states = {"input": image}
        for name, layer in self.named_children():
            if isinstance(layer, Squashed):
                states[f"{name}.sum"] = layer.sums(image)
                image = layer.squash(states[f"{name}.sum"])
            else:
                image = layer(image)
            states[name] = image
        return states


def _make_pooling(architecture: Architecture, maps: int) -> nn.Module:
    if architecture.pooling == "trainable":
        return Subsampling(architecture.activation, maps)
    return AverageSubsampling() if architecture.pooling == "average" else nn.MaxPool2d(WINDOW)


def drop_place(maps: Tensor) -> Tensor:
    """(N, units, 1, 1) to (N, units); larger maps stay."""
    return maps[..., 0, 0] if maps.shape[-2:] == (1, 1) else maps
