"""Processes that work on parts of a bulk job, and what to do when one of them is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, TypeAlias

from lenet.errors import LenetError

PATIENCE = 0.2  # seconds between two looks at `stop`
TELL_EVERY = 32  # pictures between two messages of a worker


@dataclass
class Job:
    """One part that is to be done.

    Args:
        number: of the part.
        careful: whether the worker says before each picture which one it is, because one worker died on it.
        suspect: the picture that was being read when a careful worker died; None at first.
        deadly: pictures that ended two workers in a row.
    """

    number: int
    careful: bool = False
    suspect: int | None = None
    deadly: tuple[int, ...] = ()


@dataclass
class Worker:
    """A process and the job that it has."""

    process: Any
    pipe: Connection
    job: Job | None = None
    done: int = 0  # pictures of the job, as far as is known


class Tell(Protocol):
    """What a worker's work calls before each picture."""

    def __call__(self, done: int, *, now: bool = False) -> None:
        """Say how many pictures of the job were read; `now`: at once, which fails if the parent has gone."""
        ...


Work: TypeAlias = Callable[[Job, Tell], None]


def run_jobs(
    make_work: Callable[..., Work],
    arguments: tuple[Any, ...],
    numbers: list[int],
    processes: int,
    watch: Callable[[int], None],
    stop: Callable[[], bool],
) -> bool:
    """Do all parts with several processes.

    A part whose worker is killed (by the system, for want of memory) is done again alone, at last without the
    picture that killed two workers in a row.

    Args:
        make_work: called in each process with the arguments; gives the function that does one job.
        arguments: picklable.
        numbers: of the parts.
        processes: how many work at once, at least 1.
        watch: told how many pictures were finished since it was told last.
        stop: asked a few times a second whether to stop.
    Returns:
        Whether all parts are done; False after a stop.
    Raises:
        LenetError: what ended a part, such as a full disk.
    """
    waiting, alone = deque(Job(number) for number in numbers), deque[Job]()
    with _keep_workers() as workers:
        while waiting or alone or any(worker.job for worker in workers):
            if stop():
                return False
            ready = waiting if waiting else alone
            limit = processes if waiting else 1
            busy = [worker for worker in workers if worker.job]
            while ready and len(busy) < limit:
                idle = next((worker for worker in workers if not worker.job), None)
                worker = idle or _start_worker(make_work, arguments)
                if not idle:
                    workers.append(worker)
                _give(worker, ready.popleft())
                busy.append(worker)
            ready_pipes = wait([worker.pipe for worker in busy], PATIENCE)
            for worker in busy:
                again = _listen(worker, watch) if worker.pipe in ready_pipes else None
                if again:
                    workers.remove(worker)
                    alone.append(again)
    return True


def _give(worker: Worker, job: Job) -> None:
    worker.job, worker.done = job, 0
    with suppress(OSError):  # it has died: `_listen` finds out
        worker.pipe.send(job)


def _listen(worker: Worker, watch: Callable[[int], None]) -> Job | None:
    """Take one message of a worker; if it has died, the job as it is to be tried again."""
    try:
        message = worker.pipe.recv()
    except (EOFError, OSError):
        worker.pipe.close()
        worker.process.join()
        watch(-worker.done)
        return _try_again(worker)
    if isinstance(message, LenetError):
        raise message
    done, finished = message
    watch(done - worker.done)
    worker.done = done
    if finished:
        worker.job, worker.done = None, 0
    return None


def _try_again(worker: Worker) -> Job:
    job = worker.job
    assert job, "only a worker with a job is listened to"
    if not job.careful:
        return Job(job.number, careful=True)
    if job.suspect == worker.done:
        return Job(job.number, True, None, (*job.deadly, worker.done))
    return Job(job.number, True, worker.done, job.deadly)


@contextmanager
def _keep_workers() -> Iterator[list[Worker]]:
    workers = list[Worker]()
    try:
        yield workers
    finally:
        for worker in workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in workers:
            worker.process.join()


def _start_worker(make_work: Callable[..., Work], arguments: tuple[Any, ...]) -> Worker:
    # spawn: a fork would take locks and threads of this process along
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, make_work, arguments), daemon=True)
    process.start()
    there.close()
    return Worker(process, here)


def _serve(pipe: Connection, make_work: Callable[..., Work], arguments: tuple[Any, ...]) -> None:
    """The life of a worker: do the jobs that come, until there is nobody left to give one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    for name in ("LENET_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    try:
        work = make_work(*arguments)
        while True:
            job: Job = pipe.recv()
            work(job, partial(_tell, pipe, job))
            pipe.send((0, True))
    except LenetError as error:
        with suppress(OSError):
            pipe.send(error)
    except (EOFError, OSError):  # the parent has gone
        return


def _tell(pipe: Connection, job: Job, done: int, *, now: bool = False) -> None:
    if now or job.careful or done % TELL_EVERY == 0:
        pipe.send((done, False))


def choose_processes(wanted: int | None, parts: int) -> int:
    """How many processes to use: those asked for, or one per core; never more than there are parts."""
    from lenet.cores import count_cores

    return max(1, min(wanted or max(1, int(count_cores())), parts))
