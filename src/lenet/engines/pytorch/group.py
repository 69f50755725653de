"""Data-parallel training: several processes, as torchrun starts them, train one network together.

Only the first process runs the command line and the trainer, and writes files. The others wait in `help_out`
for the tasks that it announces. All have the same training set and the same weights. Each computes the
gradient of its shard of every batch, and the gradients are added up (all-reduce). So the result is that of a
single process, except for the order in which float32 numbers are added.
"""

from __future__ import annotations

import atexit
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import torch
from torch import Tensor, distributed

from lenet.engines.threads import count_processes

PATIENCE = timedelta(hours=2)  # the others wait while the first reads data, measures errors and writes files


class Group:
    """The processes that train together, as one of them sees them.

    Args:
        rank: the number of this process, 0 for the first.
        size: how many processes there are.
        device: the device of this process.
    """

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank, self.size, self.device = rank, size, device

    def shard(self, batches: Tensor) -> Tensor:
        """Cut from every batch the part that this process computes.

        Args:
            batches: (steps, batch).
        Returns:
            (steps, about batch / size).
        """
        return batches[:, self.rank :: self.size]

    def add_up(self, vector: Tensor) -> None:
        """Replace a vector by its sum over all processes (all-reduce)."""
        distributed.all_reduce(vector)

    def announce(self, task: str, *arguments: Any) -> None:
        """Send a task to the others; only the first process may."""
        distributed.broadcast_object_list([task, arguments], src=0, device=self.device)

    def listen(self) -> tuple[str, Any]:
        """Wait for the next task."""
        heard: list[Any] = [None, None]
        distributed.broadcast_object_list(heard, src=0, device=self.device)
        return heard[0], heard[1]


def choose_device() -> torch.device:
    """CUDA if it is available, with a card for each process of a group; else the processor."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())


@cache
def join_group() -> Group | None:
    """Join the group that torchrun started; None if this process is alone."""
    if count_processes() == 1:
        return None
    device = choose_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    group = Group(distributed.get_rank(), distributed.get_world_size(), device)
    if group.rank == 0:
        atexit.register(_dismiss, group)
    return group


def _dismiss(group: Group) -> None:
    """End the others when the first process ends, for whatever reason; its exit code tells torchrun."""
    group.announce("end")
    distributed.destroy_process_group()


def help_out(start: Callable[..., Any]) -> None:
    """Run the tasks that the first process announces, until it ends.

    Args:
        start: makes a run from the arguments of `announce("start", ...)`; other tasks are methods of the run.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process decides when to stop
    group = join_group()
    assert group is not None
    run: Any = None
    while True:
        task, arguments = group.listen()
        if task == "end":
            distributed.destroy_process_group()
            return
        if task == "start":
            run = start(*arguments)
        else:
            getattr(run, task)(*arguments)
