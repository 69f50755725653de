"""The engine `pytorch`: PyTorch on the processor, or on a CUDA device where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from lenet.architecture import BORDER, FIELD, LAYER_NAMES, PIXEL_OFFSET, PIXEL_SCALE, Architecture
from lenet.engines import Refusal, Update
from lenet.engines.inputs import check_images, check_targets
from lenet.engines.loss import Loss
from lenet.engines.pytorch.curvature import measure_curvature, measure_loss
from lenet.engines.pytorch.distort import show_patterns
from lenet.engines.pytorch.group import Group, choose_device, help_out, join_group
from lenet.engines.pytorch.network import LeNet5, drop_place
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters

CHUNK = 256  # 32x32 fields at a time
DTYPES = {torch.float32: np.float32, torch.float64: np.float64}


@contextmanager
def _compute_exactly() -> Iterator[None]:
    """On CUDA, PyTorch's convolutions round their inputs to 10 bits (TF32) unless they are told not to."""
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        yield


class PytorchModel:
    """One network, ready to run in PyTorch; see `Model`."""

    def __init__(self, parameters: Parameters, device: torch.device) -> None:
        self.architecture = parameters.architecture
        self._network = LeNet5(parameters=parameters).to(device)

    @_compute_exactly()
    def penalties(self, images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            parts = [self._network(chunk) for chunk in self._cut_chunks(images)]
            return torch.cat(parts).numpy(force=True)

    @_compute_exactly()
    def trace(self, images: np.ndarray, sums: bool = False) -> dict[str, np.ndarray]:
        names = ["input", *LAYER_NAMES]
        if sums:
            names += [f"{name}.sum" for name in self.architecture.squashed_layers]
        with torch.inference_mode():
            traces = [self._network.trace(chunk) for chunk in self._cut_chunks(images)]
            return {name: _join(name, [trace[name] for trace in traces]) for name in names}

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
        # an empty batch still goes through once, for the shapes
        for chunk in torch.split(_send(images, like), max(fields, 1)):
            yield scale_images(chunk, like.dtype)

    @_compute_exactly()
    def _average(
        self,
        differentiate: Callable[[Tensor, Tensor], Sequence[Tensor]],
        images: np.ndarray,
        targets: np.ndarray,
        loss: Loss,
    ) -> Parameters:
        check_images(self.architecture, images, training=True)
        check_targets(self.architecture, targets, len(images))
        loss.check(self.architecture)
        totals = [torch.zeros_like(parameter) for parameter in self._network.parameters()]
        wanted = _send(targets, self._network.c1.weight)
        start = 0
        for image in self._cut_chunks(images):
            parts = differentiate(image, wanted[start : start + len(image)])
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            start += len(image)
        return _name(self.architecture, [total / max(len(images), 1) for total in totals])


class PytorchRun:
    """A training under way in PyTorch; see `Run`.

    The training set is sent to the device once and kept there as long as `advance` gets the very same
    arrays: do not change their content between two calls.

    Args:
        parameters: to start from.
        recipe: how a step is made.
        device: what computes.
        group: of the processes that train together; None for this one alone.
    """

    def __init__(
        self, parameters: Parameters, recipe: Update, device: torch.device, group: Group | None = None
    ) -> None:
        self._architecture = parameters.architecture
        self._recipe = recipe
        self._network = LeNet5(parameters=parameters).to(device)
        # all parameters as pieces of one vector: a step is three operations, whatever their number
        self._weights = parameters_to_vector(self._network.parameters()).detach()
        vector_to_parameters(self._weights, self._network.parameters())
        self._velocity = torch.zeros_like(self._weights)
        self._held: tuple[np.ndarray, np.ndarray] | None = None
        self._group = group
        self._leads = group is not None and group.rank == 0
        if group and self._leads:
            group.announce("start", parameters, recipe)

    def parameters(self) -> Parameters:
        return Parameters(self._architecture, self._cut_vector(self._weights))

    def state(self) -> dict[str, np.ndarray]:
        weights = {f"weight.{name}": array for name, array in self._cut_vector(self._weights).items()}
        return weights | {
            f"velocity.{name}": array for name, array in self._cut_vector(self._velocity).items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        if self._group and self._leads:
            self._group.announce("restore", state)
        names = self._architecture.parameter_shapes
        for part, vector in (("weight", self._weights), ("velocity", self._velocity)):
            vector.copy_(self._join_vector(state[f"{part}.{name}"] for name in names))

    @_compute_exactly()
    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        check_images(self._architecture, images, training=True)
        check_targets(self._architecture, targets, len(images))
        factors = None if scales is None else self._join_vector(scales.values())
        if self._held is None or self._held[0] is not images or self._held[1] is not targets:
            self._held = images, targets
            self.hold(images, targets)
        losses = self.step(order, rates, factors, distortion)
        return losses.numpy(force=True)

    def hold(self, images: np.ndarray, targets: np.ndarray) -> None:
        """Send a training set to the device, of every process."""
        if self._group and self._leads:
            self._group.announce("hold", images, targets)
        self._images, self._targets = _send(images, self._weights), _send(targets, self._weights)

    @_compute_exactly()
    def step(
        self,
        order: np.ndarray,
        rates: np.ndarray,
        factors: Tensor | None,
        distortion: DistortedEpoch | None,
    ) -> Tensor:
        """Make some steps, in every process; see `advance`.

        Args:
            order: (steps, batch) patterns.
            rates: (steps,).
            factors: one for every parameter, or None.
            distortion: of the epoch, or None.
        Returns:
            (steps,) float64: the loss of each whole batch.
        """
        if self._group and self._leads:
            self._group.announce("step", order, rates, None if factors is None else factors.cpu(), distortion)
        if factors is not None:
            factors = factors.to(self._weights)
        count = order.shape[1]
        losses = torch.empty(len(order), dtype=torch.float64, device=self._weights.device)
        batches = torch.from_numpy(order.astype(np.int64)).to(self._weights.device)
        own = self._group.share(batches) if self._group else batches
        for number, (batch, rate) in enumerate(zip(own, rates.tolist(), strict=True)):
            losses[number], gradient = self._differentiate(batch, count, distortion)
            self._update(gradient, rate, factors)
        return losses

    def _differentiate(
        self, batch: Tensor, count: int, distortion: DistortedEpoch | None
    ) -> tuple[Tensor, Tensor]:
        """The mean loss of a batch of `count` images and its gradient, of which this process has `batch`."""
        chosen = batch % len(self._images) if distortion else batch
        images = self._images.index_select(0, chosen)
        seen = scale_images(images, self._weights.dtype)
        if distortion:
            seen = show_patterns(images, batch, distortion, seen)
        targets = self._targets.index_select(0, chosen)
        losses = measure_loss(self._network(seen), targets, self._recipe.loss)
        loss = losses.mean() if self._group is None else losses.sum() / count
        parts = torch.autograd.grad(loss, tuple(self._network.parameters()))
        gradient = torch.cat([part.flatten() for part in parts])
        if self._group is None:
            return loss.detach(), gradient
        both = torch.cat([gradient, loss.detach()[None]])
        self._group.add_up(both)
        return both[-1], both[:-1]

    def _update(self, gradient: Tensor, rate: float, factors: Tensor | None) -> None:
        self._velocity.mul_(self._recipe.momentum).add_(gradient)
        if self._recipe.weight_decay:
            self._velocity.add_(self._weights, alpha=self._recipe.weight_decay)
        if factors is None:
            self._weights.add_(self._velocity, alpha=-rate)
        else:
            self._weights.addcmul_(self._velocity, factors, value=-rate)

    def _cut_vector(self, vector: Tensor) -> dict[str, np.ndarray]:
        shapes = self._architecture.parameter_shapes
        values = vector.cpu().numpy().copy()
        ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes.values()])
        pieces = zip(shapes.items(), np.split(values, ends[:-1]), strict=True)
        return {name: piece.reshape(shape) for (name, shape), piece in pieces}

    def _join_vector(self, arrays: Iterable[np.ndarray]) -> Tensor:
        values = np.concatenate([array.ravel() for array in arrays])
        return torch.from_numpy(values).to(self._weights)


class PytorchEngine:
    """PyTorch; see `Engine`.

    Args:
        device: "cpu", "cuda", "cuda:1" and so on; by default CUDA where there is one. Under torchrun leave it
            out: every process takes a card of its own.
    """

    name = "pytorch"

    def __init__(self, device: str | None = None) -> None:
        self.device = torch.device(device) if device else choose_device()

    def refuses(self, architecture: Architecture, recipe: Update | None = None) -> Refusal | None:
        return None

    def load(
        self, architecture: Architecture, parameters: Parameters, dtype: str = "float32"
    ) -> PytorchModel:
        return PytorchModel(parameters.astype(np.dtype(dtype)), self.device)

    def start(self, architecture: Architecture, parameters: Parameters, recipe: Update) -> PytorchRun:
        recipe.loss.check(architecture)
        return PytorchRun(parameters, recipe, self.device, join_group())

    def help_out(self) -> None:
        """Compute for the first of the processes that torchrun started, until it ends."""

        def start(parameters: Parameters, recipe: Update) -> PytorchRun:
            return PytorchRun(parameters, recipe, self.device, join_group())

        help_out(start)


def scale_images(images: Tensor, dtype: torch.dtype) -> Tensor:
    """As `inputs.scale_images`, on the device: stored bytes get their border and the paper's grey levels."""
    if images.dtype != torch.uint8:
        return images
    grey = images[:, None].to(dtype).mul_(PIXEL_SCALE).add_(PIXEL_OFFSET)
    return functional.pad(grey, (BORDER,) * 4, value=PIXEL_OFFSET)


def _send(array: np.ndarray, like: Tensor) -> Tensor:
    """To the device: bytes of pictures as they are, labels as int64, the rest in the network's precision."""
    if array.ndim == 1:
        array = array.astype(np.int64, copy=False)
    elif array.dtype != np.uint8:
        array = array.astype(DTYPES[like.dtype], copy=False)
    if not (array.flags.writeable and array.flags.c_contiguous):
        array = array.copy()  # PyTorch has no tensors that cannot be written
    return torch.from_numpy(array).to(like.device)


def _join(name: str, parts: Sequence[Tensor]) -> np.ndarray:
    """F6 and the output as vectors on a 32x32 field, as maps on larger ones."""
    states = torch.cat(list(parts))
    if name.partition(".")[0] in {"f6", "output"}:
        states = drop_place(states)
    return states.numpy(force=True)


def _name(architecture: Architecture, tensors: Sequence[Tensor]) -> Parameters:
    arrays = (tensor.numpy(force=True) for tensor in tensors)
    return Parameters(architecture, dict(zip(architecture.parameter_shapes, arrays, strict=True)))
