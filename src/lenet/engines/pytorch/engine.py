"""The engine `pytorch`: PyTorch on the processor, or on a CUDA device if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from lenet.architecture import FIELD, LAYER_NAMES, Architecture
from lenet.engines.engine import Engine
from lenet.engines.inputs import check_examples, check_images
from lenet.engines.loss import Loss
from lenet.engines.pytorch.curvature import measure_curvature, measure_loss
from lenet.engines.pytorch.group import choose_device, help_out, join_group
from lenet.engines.pytorch.network import LeNet5, drop_single_pixel
from lenet.engines.pytorch.run import PytorchRun
from lenet.engines.pytorch.tensors import compute_exactly, scale_images, send
from lenet.engines.update import Update
from lenet.parameters import Parameters

CHUNK = 256  # 32x32 fields at a time


class PytorchModel:
    """One network, ready to run in PyTorch; see `Model`."""

    def __init__(self, parameters: Parameters, device: torch.device) -> None:
        self.architecture = parameters.architecture
        self._network = LeNet5(parameters=parameters).to(device)

    @compute_exactly()
    def penalties(self, images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            parts = [self._network(chunk) for chunk in self._cut_chunks(images)]
            return torch.cat(parts).numpy(force=True)

    @compute_exactly()
    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        names = ["input", *LAYER_NAMES]
        if sums:
            names += [f"{name}.sum" for name in self.architecture.activated_layers]
        with torch.inference_mode():
            traces = [self._network.trace(chunk) for chunk in self._cut_chunks(images)]
            return {name: _join_states(name, [trace[name] for trace in traces]) for name in names}

    def gradient(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        def differentiate(image: Tensor, wanted: Tensor) -> Sequence[Tensor]:
            total = measure_loss(self._network(image), wanted, loss).sum()
            return torch.autograd.grad(total, tuple(self._network.parameters()))

        return self._average(differentiate, images, targets, loss)

    def curvature(self, images: np.ndarray, targets: np.ndarray, loss: Loss) -> Parameters:
        def differentiate(image: Tensor, _: Tensor) -> Sequence[Tensor]:
            return measure_curvature(self._network, image, loss)

        return self._average(differentiate, images, targets, loss)

    def _cut_chunks(self, images: np.ndarray) -> Iterator[Tensor]:
        check_images(self.architecture, images)
        like = self._network.c1.weight
        fields = CHUNK * FIELD**2 // (images.shape[-1] * images.shape[-2])
        # an empty batch goes through the network, too, which gives the shapes
        for chunk in torch.split(send(images, like), max(fields, 1)):
            yield scale_images(chunk, like.dtype)

    @compute_exactly()
    def _average(
        self,
        differentiate: Callable[[Tensor, Tensor], Sequence[Tensor]],
        images: np.ndarray,
        targets: np.ndarray,
        loss: Loss,
    ) -> Parameters:
        check_examples(self.architecture, images, targets, loss)
        totals = [torch.zeros_like(parameter) for parameter in self._network.parameters()]
        wanted = send(targets, self._network.c1.weight)
        start = 0
        for image in self._cut_chunks(images):
            parts = differentiate(image, wanted[start : start + len(image)])
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            start += len(image)
        return _name_arrays(self.architecture, [total / max(len(images), 1) for total in totals])


def _join_states(name: str, parts: Sequence[Tensor]) -> np.ndarray:
    """F6 and the output as vectors for a 32x32 field, as maps for larger ones."""
    states = torch.cat(list(parts))
    if name.partition(".")[0] in {"f6", "output"}:
        states = drop_single_pixel(states)
    return states.numpy(force=True)


def _name_arrays(architecture: Architecture, tensors: Sequence[Tensor]) -> Parameters:
    arrays = (tensor.numpy(force=True) for tensor in tensors)
    return Parameters(architecture, dict(zip(architecture.parameter_shapes, arrays, strict=True)))


class PytorchEngine(Engine):
    """PyTorch; see `Engine`.

    Args:
        device: "cpu", "cuda", "cuda:1" and so on; by default CUDA if it is available. Do not give it under
            torchrun, where every process takes a card of its own.
    """

    name = "pytorch"

    def __init__(self, device: str | None = None) -> None:
        self.device = torch.device(device) if device else choose_device()

    def load(
        self, architecture: Architecture, parameters: Parameters, dtype: str = "float32"
    ) -> PytorchModel:
        return PytorchModel(parameters.astype(np.dtype(dtype)), self.device)

    def start(self, architecture: Architecture, parameters: Parameters, update: Update) -> PytorchRun:
        update.loss.check(architecture)
        return PytorchRun(parameters, update, self.device, join_group())

    def help_out(self) -> None:
        """Compute for the first of the processes that torchrun started, until that one ends."""

        def start(parameters: Parameters, update: Update) -> PytorchRun:
            return PytorchRun(parameters, update, self.device, join_group())

        help_out(start)
