"""C3's wiring: which maps of S2 each of its maps reads, and the rule behind Table I.

Source: LeCun et al. 1998, section II.B and Table I.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from lenet.architecture import C1_MAPS, C3_MAPS, KERNEL, Architecture, describe_inputs
from lenet.counts import Count


@dataclass(frozen=True)
class Group:
    """Neighbouring maps of C3 that read equally many maps of S2 by the same rule.

    Args:
        maps: the maps of C3.
        inputs: how many maps of S2 each of them reads.
        neighbours: whether those are neighbours on the ring 0 1 2 3 4 5 0.
        trainable: how many numbers the group trains, computed as in docs/notes-corrected.md, 30.
    """

    maps: tuple[int, ...]
    inputs: int
    neighbours: bool
    trainable: Count


def group_maps(architecture: Architecture) -> list[Group]:
    """The groups of C3's maps: four with Table I, one where every map reads everything."""
    described = [(describe_inputs(inputs), number) for number, inputs in enumerate(architecture.table)]
    groups = []
    for (inputs, neighbours), members in groupby(described, key=lambda pair: pair[0]):
        maps = tuple(number for _, number in members)
        trainable = Count(f"{len(maps)} x ({inputs} x {KERNEL} x {KERNEL} + 1)")
        groups.append(Group(maps, inputs, neighbours, trainable))
    return groups


def draw_table(architecture: Architecture) -> list[str]:
    """Table I as lines of text: a row for each map of S2, a column for each map of C3, X where it is read."""
    starts = [group.maps[0] for group in group_maps(architecture)][1:]

    def join(cells: list[str]) -> str:
        return "".join((" |" if number in starts else "") + cell for number, cell in enumerate(cells))

    header = "S2 \\ C3" + join([f"{number:>3}" for number in range(C3_MAPS)])
    rows = [
        f"{source:>7}" + join([f"{'X' if source in inputs else '.':>3}" for inputs in architecture.table])
        for source in range(C1_MAPS)
    ]
    return [header, *rows]
