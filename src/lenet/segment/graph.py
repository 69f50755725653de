"""The graph of every way to read a row: its cheapest paths, and how probable each of its edges is.

Nodes are places between pieces of ink, from 0 at the left to the last at the right. An edge takes the pieces
between two nodes as one symbol, or skips them. A form is composed with it: a path counts only if its symbols
lead the form's automaton from its start to where a number may end.

Source:
    LeCun et al. 1998, sections IV to VI: graph transformers, the Viterbi algorithm, the forward penalty.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lenet.segment.format import Format

SKIP = ""  # the symbol of an edge whose ink is nothing that is read


class Edge(NamedTuple):
    """One way to take the pieces between two nodes.

    Args:
        start, stop: the nodes, `start` below `stop`.
        symbol: a digit or a separator; `SKIP` for what is not read.
        cost: a negative logarithm of a probability: what it adds to a path.
    """

    start: int
    stop: int
    symbol: str
    cost: float


class Path(NamedTuple):
    """A way through a graph, from the first node to the last.

    Args:
        cost: the sum of its edges'.
        edges: their places in the list of edges.
    """

    cost: float
    edges: tuple[int, ...]


class Weights(NamedTuple):
    """How probable the edges and the paths of a graph are.

    Args:
        edges: (E,) the probability that the true path takes each edge, 0 to 1; of the edges over one piece
            the sum is 1. Zeros if no path has the form.
        total: the logarithm of the sum over all paths of the exponential of their negative cost.
        sharpness: by which costs were multiplied.
    """

    edges: np.ndarray
    total: float
    sharpness: float

    def weigh(self, path: Path) -> float:
        """How probable one path is among all, 0 to 1."""
        return math.exp(min(-self.sharpness * path.cost - self.total, 0.0))


class _Step(NamedTuple):
    """The end of a path so far: its cost, and the edge, state and rank that it came by."""

    cost: float
    edge: int
    state: int
    rank: int


def find_paths(edges: Sequence[Edge], nodes: int, form: Format, count: int = 1) -> list[Path]:
    """The cheapest paths from node 0 to the last one whose symbols have a form.

    Args:
        edges: of the graph.
        nodes: how many it has, at least 1.
        form: that the symbols must have.
        count: how many paths at most.
    Returns:
        The paths, the cheapest first; empty if the graph has none of this form.
    """
    arriving = [list[int]() for _ in range(nodes)]
    for place, edge in enumerate(edges):
        arriving[edge.stop].append(place)
    best: list[list[list[_Step]]] = [[[] for _ in form.steps] for _ in range(nodes)]
    best[0][0] = [_Step(0.0, -1, 0, 0)]
    for node in range(1, nodes):
        found: list[list[_Step]] = [[] for _ in form.steps]
        for place in arriving[node]:
            edge = edges[place]
            for state, steps in enumerate(best[edge.start]):
                target = _follow(form, state, edge.symbol)
                if target is not None:
                    found[target] += [
                        _Step(step.cost + edge.cost, place, state, rank) for rank, step in enumerate(steps)
                    ]
        best[node] = [heapq.nsmallest(count, steps) for steps in found]
    ends = [
        (step.cost, state, rank)
        for state in form.accepting
        for rank, step in enumerate(best[nodes - 1][state])
    ]
    return [
        Path(cost, _trace_back(edges, best, nodes - 1, state, rank))
        for cost, state, rank in heapq.nsmallest(count, ends)
    ]


def _trace_back(
    edges: Sequence[Edge], best: list[list[list[_Step]]], node: int, state: int, rank: int
) -> tuple[int, ...]:
    taken = list[int]()
    while node:
        step = best[node][state][rank]
        taken.append(step.edge)
        node, state, rank = edges[step.edge].start, step.state, step.rank
    return tuple(reversed(taken))


def weigh_edges(edges: Sequence[Edge], nodes: int, form: Format, sharpness: float = 1.0) -> Weights:
    """How probable it is that the true path takes each edge, by the forward and the backward sum.

    Args:
        edges: of the graph.
        nodes: how many it has.
        form: that the symbols must have.
        sharpness: costs are multiplied by it before they become probabilities, above 0.
    """
    moves = _list_moves(edges, form)
    size = nodes * len(form.steps)
    forward, backward = np.full(size, -np.inf), np.full(size, -np.inf)
    forward[0] = 0.0
    backward[[(nodes - 1) * len(form.steps) + state for state in form.accepting]] = 0.0
    logs = -sharpness * np.array([edge.cost for edge in edges])[moves.edges]
    for node in range(1, nodes):
        come = moves.stops == node
        np.logaddexp.at(forward, moves.targets[come], forward[moves.sources[come]] + logs[come])
    for node in range(nodes - 2, -1, -1):
        leave = moves.starts == node
        np.logaddexp.at(backward, moves.sources[leave], backward[moves.targets[leave]] + logs[leave])
    total = float(backward[0])
    weights = np.zeros(len(edges))
    if total > -math.inf:
        shares = np.exp(forward[moves.sources] + logs + backward[moves.targets] - total)
        np.add.at(weights, moves.edges, shares)
    return Weights(weights, total, sharpness)


class _Moves(NamedTuple):
    """Every edge from every state that it can follow, as arrays: nodes, and nodes with their states."""

    edges: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    sources: np.ndarray
    targets: np.ndarray


def _list_moves(edges: Sequence[Edge], form: Format) -> _Moves:
    states = len(form.steps)
    moves = [
        (place, edge.start, edge.stop, edge.start * states + state, edge.stop * states + target)
        for place, edge in enumerate(edges)
        for state in range(states)
        if (target := _follow(form, state, edge.symbol)) is not None
    ]
    return _Moves(*np.array(moves, int).reshape(-1, 5).T)


def _follow(form: Format, state: int, symbol: str) -> int | None:
    """The state after a symbol; what is skipped leaves it as it is."""
    return state if symbol == SKIP else form.steps[state].get(symbol)
