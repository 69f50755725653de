"""Training in PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from lenet.engines.inputs import check_examples, check_order
from lenet.engines.pytorch.curvature import measure_loss
from lenet.engines.pytorch.distort import show_patterns
from lenet.engines.pytorch.group import Group
from lenet.engines.pytorch.network import LeNet5
from lenet.engines.pytorch.tensors import compute_exactly, scale_images, send
from lenet.engines.update import Update
from lenet.images.distort import DistortedEpoch
from lenet.parameters import Parameters


class PytorchRun:
    """A training in progress in PyTorch; see `Run`.

    The training set is copied to the device once and stays there while `advance` gets the same array objects:
    do not change their content between two calls.

    Args:
        parameters: where it starts.
        update: how a step is made.
        device: what computes.
        group: the processes that train together; None for this one alone.
    """

    def __init__(
        self, parameters: Parameters, update: Update, device: torch.device, group: Group | None = None
    ) -> None:
        self._architecture = parameters.architecture
        self._update = update
        self._network = LeNet5(parameters=parameters).to(device)
        # all parameters are views of one vector, so that a step is three operations
        self._weights = parameters_to_vector(self._network.parameters()).detach()
        vector_to_parameters(self._weights, self._network.parameters())
        self._velocity = torch.zeros_like(self._weights)
        self._held: tuple[np.ndarray, np.ndarray] | None = None
        self._group = group
        self._leads = group is not None and group.rank == 0
        if group and self._leads:
            group.announce("start", parameters, update)

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

    @compute_exactly()
    def advance(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        order: np.ndarray,
        rates: np.ndarray,
        scales: Parameters | None = None,
        distortion: DistortedEpoch | None = None,
    ) -> np.ndarray:
        check_examples(self._architecture, images, targets)
        check_order(order, rates, len(images), distortion)
        factors = None if scales is None else self._join_vector(scales.values())
        if self._held is None or self._held[0] is not images or self._held[1] is not targets:
            self._held = images, targets
            self.hold(images, targets)
        losses = self.step(order, rates, factors, distortion)
        return losses.numpy(force=True)

    def hold(self, images: np.ndarray, targets: np.ndarray) -> None:
        """Copy a training set to the device of every process."""
        if self._group and self._leads:
            self._group.announce("hold", images, targets)
        self._images, self._targets = send(images, self._weights), send(targets, self._weights)

    @compute_exactly()
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
        own = self._group.shard(batches) if self._group else batches
        for number, (batch, rate) in enumerate(zip(own, rates.tolist(), strict=True)):
            losses[number], gradient = self._differentiate(batch, count, distortion)
            self._move_weights(gradient, rate, factors)
        return losses

    def _differentiate(
        self, batch: Tensor, count: int, distortion: DistortedEpoch | None
    ) -> tuple[Tensor, Tensor]:
        """The mean loss of a batch of `count` images, of which `batch` is our shard, and its gradient."""
        chosen = batch % len(self._images) if distortion else batch
        images = self._images.index_select(0, chosen)
        seen = scale_images(images, self._weights.dtype)
        if distortion:
            seen = show_patterns(images, batch, distortion, seen)
        targets = self._targets.index_select(0, chosen)
        losses = measure_loss(self._network(seen), targets, self._update.loss)
        loss = losses.mean() if self._group is None else losses.sum() / count
        parts = torch.autograd.grad(loss, tuple(self._network.parameters()))
        gradient = torch.cat([part.flatten() for part in parts])
        if self._group is None:
            return loss.detach(), gradient
        summed = torch.cat([gradient, loss.detach()[None]])
        self._group.add_up(summed)
        return summed[-1], summed[:-1]

    def _move_weights(self, gradient: Tensor, rate: float, factors: Tensor | None) -> None:
        self._velocity.mul_(self._update.momentum).add_(gradient)
        if self._update.weight_decay:
            self._velocity.add_(self._weights, alpha=self._update.weight_decay)
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
