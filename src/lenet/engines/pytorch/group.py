"""Several processes that train one network together, as torchrun starts them: one leads, the others help.

Only the first process runs the command line, the trainer and the files. The others wait in `help_out` for
what it announces. All hold the same training set and the same weights; of every batch each computes the
gradient of its own images, and all add up what they found. So the result is that of one process, but for the
order in which float32 numbers are added.
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

from lenet.engines import count_processes

PATIENCE = timedelta(hours=2)  # the others wait while the first reads data, measures errors and writes files


class Group:
    """This process among those that train together.

    Args:
        rank: its number, 0 for the one that leads.
        size: how many there are.
        device: what it computes on.
    """

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank, self.size, self.device = rank, size, device

    def share(self, batches: Tensor) -> Tensor:
        """The part of every batch that is this process's own.

        Args:
            batches: (steps, batch).
        Returns:
            (steps, about batch / size).
        """
        return batches[:, self.rank :: self.size]

    def add_up(self, vector: Tensor) -> None:
        """Replace a vector by the sum of those of all processes."""
        distributed.all_reduce(vector)

    def announce(self, task: str, *arguments: Any) -> None:
        """Tell the others what to do; only the first process may."""
        distributed.broadcast_object_list([task, arguments], src=0, device=self.device)

    def listen(self) -> tuple[str, Any]:
        """Wait for the next task."""
        heard: list[Any] = [None, None]
        distributed.broadcast_object_list(heard, src=0, device=self.device)
        return heard[0], heard[1]


def choose_device() -> torch.device:
    """CUDA where there is one: each process of a group its own card."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())


@cache
def join_group() -> Group | None:
    """The group that torchrun started; None where this process is alone."""
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
    """Let the others go when the first process ends, whether well or not; its exit code tells torchrun."""
    group.announce("end")
    distributed.destroy_process_group()


def help_out(start: Callable[..., Any]) -> None:
    """Do what the first process announces, until it ends.

    Args:
        start: makes a run of what `announce("start", ...)` gave; the other tasks are methods of that run.
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
