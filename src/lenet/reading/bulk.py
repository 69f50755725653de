"""A bulk job: any number of pictures into one table, in parts, so that a kill costs one part at most."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

from lenet.errors import FileError, PictureError, RunError, UsageError
from lenet.network import Network
from lenet.reading.join import check_table_suffix, join_parts
from lenet.reading.parts import list_missing, make_part, name_part
from lenet.reading.plan import (
    JOINED_FILE,
    LISTING_FILE,
    PLAN_FILE,
    Plan,
    digest_network,
    write_listing,
)
from lenet.reading.pool import Work, choose_processes, run_jobs
from lenet.reading.sources import open_source
from lenet.storage import read_bytes, write_text
from lenet.texts import get_language, set_language
from lenet.training.lock import LOCK_FILE, hold_folder

PART = 1000  # pictures
MOST_PER_PART, MOST_PROCESSES = 1_000_000, 1024

Watch: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True)
class Bulk:
    """What a bulk job came to.

    Args:
        pictures: how many there were.
        errors: how many of them could not be read.
        verdicts: how many answers have each verdict.
        labels: how many answers have each label, of those with the verdict "digit".
        before: pictures whose rows were there from an earlier call, after a resume.
        done: pictures recognized by this call.
        seconds: that this call took.
        finished: False if it was stopped: the parts that are done stay, for `resume`.
    """

    pictures: int
    errors: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    before: int = 0
    done: int = 0
    seconds: float = 0.0
    finished: bool = True


@dataclass(frozen=True)
class Request:
    """What a bulk job is asked to do.

    Args:
        source: what `open_source` takes.
        out: a .csv or .parquet file; beside it, until the job is done, a folder with the finished parts.
        network: what `Network.load` takes.
        column: of a .parquet source: the column with the pictures.
        processes: how many work at once, 1 to 1,024; None: one per core.
        part: pictures in a part, 1 to 1,000,000.
        resume: continue the job that was stopped or killed.
    Raises:
        UsageError: a number out of range, or an output that is neither .csv nor .parquet.
        MissingExtra: .parquet without pyarrow.
    """

    source: str
    out: Path
    network: str = "best"
    column: str | None = None
    processes: int | None = None
    part: int = PART
    resume: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.part <= MOST_PER_PART:
            raise UsageError("bulk.part_range", part=self.part, most=MOST_PER_PART)
        if self.processes is not None and not 1 <= self.processes <= MOST_PROCESSES:
            raise UsageError("bulk.processes_range", processes=self.processes, most=MOST_PROCESSES)
        check_table_suffix(self.out)

    @property
    def folder(self) -> Path:
        """Where the parts are until the job is done."""
        return self.out.with_name(f"{self.out.name}.parts")


def recognize_all(
    request: Request, watch: Watch | None = None, stop: Callable[[], bool] | None = None
) -> Bulk:
    """Recognize all pictures of a source into a table with one row each, in the source's order.

    The table has the same bytes for any number of processes, and after any number of kills and resumes.

    Args:
        request: what is asked.
        watch: told how many pictures are done, of how many.
        stop: asked a few times a second whether to stop.
    Raises:
        UsageError: a job that is there already, or that differs from the one to resume.
        LenetError: the source, the network or the output cannot be used.
    """
    begun = time.monotonic()
    try:
        with hold_folder(request.folder):
            bulk = _run(request, watch or (lambda *_: None), stop or (lambda: False))
    except RunError as error:
        raise (RunError("bulk.held", path=request.out) if error.key == "run.held" else error) from error
    finally:
        with suppress(OSError):  # there are parts, which wait for --resume
            request.folder.rmdir()
    return replace(bulk, seconds=time.monotonic() - begun)


def _run(request: Request, watch: Watch, stop: Callable[[], bool]) -> Bulk:
    folder = request.folder
    if request.resume and (folder / JOINED_FILE).exists():
        return _finish(folder, Bulk(**json.loads(read_bytes(folder / JOINED_FILE))))
    found = Plan.read(folder)
    if found and not request.resume:
        raise UsageError("bulk.plan_exists", out=request.out, folder=folder)
    if request.resume and not found and request.out.exists():
        raise UsageError("bulk.nothing_to_resume", out=request.out)
    plan = _make_plan(replace(request, part=found.part if found else request.part))
    if found and found.compare(plan):
        raise UsageError("bulk.plan_differs", folder=folder, names=", ".join(found.compare(plan)))
    missing = list_missing(folder, plan)
    before = plan.count - sum(map(plan.count_part, missing))
    counted = _Counted(before, plan.count, watch)
    processes = choose_processes(request.processes, len(missing))
    if not run_jobs(make_work, (folder, get_language()), missing, processes, counted, stop):
        missing = list_missing(folder, plan)
        kept = plan.count - sum(map(plan.count_part, missing))
        return Bulk(plan.count, before=before, done=kept - before, finished=False)
    counts = _write_table(request, plan)
    bulk = Bulk(plan.count, **_sum_up(counts), before=before, done=plan.count - before)
    write_text(folder / JOINED_FILE, json.dumps(bulk.__dict__))
    return _finish(folder, bulk)


class _Counted:
    """Adds up what the workers tell."""

    def __init__(self, done: int, total: int, watch: Watch) -> None:
        self.done, self.total, self._watch = done, total, watch

    def __call__(self, more: int) -> None:
        self.done += more
        self._watch(self.done, self.total)


def _write_table(request: Request, plan: Plan) -> Counter[tuple[str | None, str | None]]:
    """Join the parts among them, so that a kill leaves its pieces there, and move the table to its place."""
    folder, table = request.folder, request.folder / f"table{request.out.suffix}"
    counts = join_parts([name_part(folder, number) for number in range(plan.parts)], table)
    try:
        table.replace(request.out)
    except OSError as error:
        raise FileError("file.unwritable", path=request.out, reason=error.strerror or error) from error
    return counts


def _make_plan(request: Request) -> Plan:
    """List the source and write the plan; where there is one already, only make this one to compare."""
    folder, network = request.folder, Network.load(request.network)
    there = (folder / PLAN_FILE).exists()
    listing = folder / (f"{LISTING_FILE}-new" if there else LISTING_FILE)
    digest, count, offsets = write_listing(open_source(request.source, request.column), request.part, listing)
    if there or not count:
        listing.unlink()
    if not count:
        raise PictureError("bulk.empty", source=request.source)
    plan = Plan(
        source=request.source,
        column=request.column,
        listing=digest,
        count=count,
        part=request.part,
        network=request.network,
        digest=digest_network(network),
        version=version("lenet"),
        language=get_language(),
        offsets=offsets,
    )
    if not there:
        plan.write(folder)
    return plan


def _sum_up(rows: Counter[tuple[str | None, str | None]]) -> dict[str, Any]:
    verdicts, labels = Counter[str](), Counter[str]()
    for (verdict, label), count in rows.items():
        verdicts[verdict or "error"] += count
        if verdict == "digit" and label is not None:
            labels[label] += count
    errors = verdicts.pop("error", 0)
    return {
        "errors": errors,
        "verdicts": dict(sorted(verdicts.items())),
        "labels": dict(sorted(labels.items())),
    }


def _finish(folder: Path, bulk: Bulk) -> Bulk:
    """Remove the parts, last the mark that they are joined: a kill here leaves nothing for good."""
    last = (JOINED_FILE, LOCK_FILE)
    for path in folder.iterdir():
        if path.name not in last:
            path.unlink()
    (folder / JOINED_FILE).unlink(missing_ok=True)
    return bulk


def make_work(folder: Path, language: str) -> Work:
    """In a worker process: load the network and open the source of a plan.

    Args:
        folder: of the parts.
        language: of the rows' reasons and errors.
    Returns:
        The function that makes one part.
    """
    set_language(language)
    plan = Plan.read(folder)
    if plan is None:
        raise RunError("bulk.damaged_plan", path=folder / PLAN_FILE)
    network = Network.load(plan.network)
    source = open_source(plan.source, plan.column)
    return lambda job, tell: make_part(folder, plan, job, source, network, tell)
