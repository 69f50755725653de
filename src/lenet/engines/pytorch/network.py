"""LeNet-5 as a PyTorch module, to be used in any PyTorch program."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lenet.architecture import C1_MAPS, C3_MAPS, C5_MAPS, F6_UNITS, ORIGINAL, WINDOW, Architecture
from lenet.engines.pytorch.layers import (
    ActivatedLayer,
    AverageSubsampling,
    Convolution,
    EuclideanRBF,
    Full,
    LinearOutput,
    Subsampling,
    TableConvolution,
)
from lenet.parameters import Parameters, initialize_parameters


class LeNet5(nn.Module):
    """LeNet-5: from 32x32 images to a penalty for every class; the smallest is the answer.

    `state_dict()` has exactly the names of `Parameters`: c1.weight, c1.bias, s2.coefficient, ...

    Args:
        architecture: which network of the family; by default that of the parameters, or of 1998.
        parameters: to start from; None to draw them from `seed`.
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
        """Compute the penalties of images.

        Args:
            image: (N, 1, 32, 32), background -0.1 and ink 1.175; or larger by multiples of 4.
        Returns:
            (N, classes) penalties; (N, classes, h, w) for fields larger than 32x32.
        """
        c1 = self.c1(image)
        s2 = self.s2(c1)
        c3 = self.c3(s2)
        s4 = self.s4(c3)
        c5 = self.c5(s4)
        f6 = self.f6(c5)
        return drop_single_pixel(self.output(f6))

    def trace(self, image: Tensor) -> dict[str, Tensor]:
        """Compute the states of all layers, and their sums before the activation function, all as maps.

        Args:
            image: as for `forward`.
        Returns:
            "input", "c1.sum", "c1", ..., "output"; each (N, maps, h, w).
        """
        states = {"input": image}
        for name, layer in self.named_children():
            if isinstance(layer, ActivatedLayer):
                states[f"{name}.sum"] = layer.sums(image)
                image = layer.activate(states[f"{name}.sum"])
            else:
                image = layer(image)
            states[name] = image
        return states


def _make_pooling(architecture: Architecture, maps: int) -> nn.Module:
    if architecture.pooling == "trainable":
        return Subsampling(architecture.activation, maps)
    return AverageSubsampling() if architecture.pooling == "average" else nn.MaxPool2d(WINDOW)


def drop_single_pixel(maps: Tensor) -> Tensor:
    """(N, units, 1, 1) to (N, units); larger maps stay as they are."""
    return maps[..., 0, 0] if maps.shape[-2:] == (1, 1) else maps
