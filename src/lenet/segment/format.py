"""The form that a number is known to have, as an automaton: `dddd`, `d+`, `d{4,6}`, `dd.dd.dddd`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lenet.codes import DIGITS
from lenet.errors import UsageError

ANY_DIGIT = "d"
SEPARATORS = (".", ",", "-", "/")
MOST_REPEATED = 100  # the largest number in braces
MOST_SYMBOLS = 200  # of a form, repetitions counted
ITEM = re.compile(r"(?P<symbol>[d0-9.,/-])(?P<count>[+*?]|\{\d+(?:,\d*)?\})?", re.ASCII)


@dataclass(frozen=True)
class Format:
    """A deterministic automaton over digits and separators; its states are numbered from 0, the start.

    Args:
        text: as it was given.
        steps: for each state, the state after each symbol that may follow.
        accepting: the states in which a number may end.
    """

    text: str
    steps: tuple[Mapping[str, int], ...]
    accepting: frozenset[int]

    @property
    def separators(self) -> frozenset[str]:
        """The separators that may stand in such a number."""
        return frozenset(symbol for step in self.steps for symbol in step if symbol in SEPARATORS)

    def accepts(self, number: str) -> bool:
        """Whether a number, with its separators, has this form."""
        state = 0
        for symbol in number:
            if symbol not in self.steps[state]:
                return False
            state = self.steps[state][symbol]
        return state in self.accepting


class _Item(NamedTuple):
    symbols: tuple[str, ...]
    optional: bool
    repeated: bool


def parse_format(text: str) -> Format:
    """Make the automaton of a form.

    Args:
        text: `d` is any digit, `0` to `9` that digit, `.`, `,`, `-` and `/` that separator; each may be
            followed by `+` (once or more), `*` (any number of times), `?` (at most once), `{4}`, `{4,6}` or
            `{4,}`.
    Raises:
        UsageError: anything else, no symbol at all, or a form that is too long.
    """
    items = list[_Item]()
    at = 0
    while at < len(text):
        found = ITEM.match(text, at)
        if found is None:
            raise UsageError("read.format", format=text, place=at + 1, symbol=text[at])
        symbol = found["symbol"]
        symbols = tuple(DIGITS) if symbol == ANY_DIGIT else (symbol,)
        least, most = _read_count(text, found["count"])
        items += [_Item(symbols, False, False)] * least
        if most is None:
            items += [_Item(symbols, True, True)]
        else:
            items += [_Item(symbols, True, False)] * (most - least)
        at = found.end()
    if not items:
        raise UsageError("read.format_empty")
    if len(items) > MOST_SYMBOLS:
        raise UsageError("read.format_long", format=text, symbols=len(items), limit=MOST_SYMBOLS)
    return _determine(text, items)


def _read_count(text: str, count: str | None) -> tuple[int, int | None]:
    """How often an item stands: the least, and the most; None for any number of times."""
    simple: dict[str | None, tuple[int, int | None]]
    simple = {None: (1, 1), "+": (1, None), "*": (0, None), "?": (0, 1)}
    if count in simple:
        return simple[count]
    assert count is not None
    low, comma, high = count[1:-1].partition(",")
    least, most = int(low), int(high) if high else None if comma else int(low)
    largest = max(least, most or 0)
    if largest > MOST_REPEATED or (most is not None and most < least):
        raise UsageError("read.format_count", format=text, count=count, limit=MOST_REPEATED)
    return least, most


def _determine(text: str, items: list[_Item]) -> Format:
    """The subset construction: a state is the set of places that may come next."""

    def close(places: set[int]) -> frozenset[int]:
        closed = set[int]()
        for start in places:
            place = start
            while place not in closed:
                closed.add(place)
                if place == len(items) or not items[place].optional:
                    break
                place += 1
        return frozenset(closed)

    first = close({0})
    numbers, steps, queue = {first: 0}, list[dict[str, int]](), [first]
    for places in queue:  # grows meanwhile
        targets: dict[str, set[int]] = {}
        for place in sorted(places - {len(items)}):
            for symbol in items[place].symbols:
                targets.setdefault(symbol, set()).add(place if items[place].repeated else place + 1)
        step = {}
        for symbol, target in targets.items():
            closed = close(target)
            if closed not in numbers:
                numbers[closed] = len(numbers)
                queue.append(closed)
            step[symbol] = numbers[closed]
        steps.append(step)
    accepting = frozenset(number for places, number in numbers.items() if len(items) in places)
    return Format(text, tuple(steps), accepting)


ANY = parse_format("d*")  # every number of digits, and none at all
