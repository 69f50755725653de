"""Pictures by people, read as files: how many are misread, and how many of those without a doubt.

    python -m benchmarks.people FOLDER [--network NAME] [--processes N] [--show] [--out FILE]

FOLDER holds `people/labels.tsv` (file, label, kind) with its pictures, and `cells/KIND_LABEL_NUMBER.png`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import lenet
from benchmarks.provenance import describe_run, name_network
from lenet.storage import write_text


class Picture(NamedTuple):
    """A picture with its group in the table and its label."""

    path: Path
    group: str
    label: str


class Outcome(NamedTuple):
    """What became of a picture: wrong is another label or the verdict none; undoubted, wrong as a digit."""

    picture: Picture
    answer: lenet.Answer

    @property
    def wrong(self) -> bool:
        """Whether a person would call it misread."""
        return self.answer.label != self.picture.label or self.answer.verdict == "none"

    @property
    def undoubted(self) -> bool:
        """Whether it is misread and no doubt was said."""
        return self.answer.label != self.picture.label and self.answer.verdict == "digit"


def list_people(folder: Path) -> Iterator[Picture]:
    """The pictures of the decision sets."""
    with (folder / "people" / "labels.tsv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield Picture(folder / "people" / row["file"], f"people, {row['kind']}", row["label"])
    for path in sorted((folder / "cells").glob("*.png")):
        kind, label, _ = path.stem.split("_")
        yield Picture(path, f"cells, {kind}", label)


def read_all(pictures: list[Picture], network: str, processes: int) -> list[Outcome]:
    """The answers to all pictures, in their order."""
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(_read, pictures, repeat(network), chunksize=16))


def _read(picture: Picture, network: str) -> Outcome:
    return Outcome(picture, _load(network).recognize(picture.path))


_load = cache(lenet.load)  # once in each process


def describe(outcome: Outcome) -> str:
    """One line on a misread picture."""
    picture, answer = outcome
    why = f"{answer.verdict} {answer.reason or ''}".strip()
    return f"{picture.path.name} is {picture.label}: read {answer.label}, {why}, {answer.confidence or 0:.3f}"


def count_outcomes(outcomes: list[Outcome]) -> dict[str, int]:
    """How many pictures there are, and how many of them are wrong, wrong without a doubt, or refused."""
    return {
        "pictures": len(outcomes),
        "wrong": sum(outcome.wrong for outcome in outcomes),
        "undoubted": sum(outcome.undoubted for outcome in outcomes),
        "refused": sum(outcome.answer.verdict != "digit" for outcome in outcomes),
    }


def main() -> None:
    """Print a table of all groups, and each misread picture where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", default="best")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="each misread picture")
    parser.add_argument("--out", type=Path, help="write the table as JSON, too")
    given = parser.parse_args()
    if not (given.folder / "people" / "labels.tsv").is_file():
        parser.error(f"{given.folder} has no people/labels.tsv")
    try:
        _load(given.network)
    except lenet.LenetError as error:
        parser.error(str(error))
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in read_all(list(list_people(given.folder)), given.network, given.processes):
        groups[outcome.picture.group].append(outcome)
    print(f"{'pictures':20} {'number':>6} {'wrong':>6} {'undoubted':>9} {'refused':>8}")
    for group, outcomes in groups.items():
        print(
            f"{group:20} "
            + "{pictures:6} {wrong:6} {undoubted:9} {refused:8}".format(**count_outcomes(outcomes))
        )
        for outcome in outcomes if given.show else []:
            if outcome.wrong:
                print(f"    {describe(outcome)}")
    if given.out:
        results = {group: count_outcomes(outcomes) for group, outcomes in groups.items()}
        report = describe_run(sys.argv) | {
            "network": given.network,
            "network_sha256": name_network(_load(given.network)),
            "results": results,
        }
        write_text(given.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
