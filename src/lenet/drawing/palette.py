"""One palette for all pictures: ink on paper, in light and in dark."""

from __future__ import annotations

# paper: the ground; sheet: a map or a cell on it; ink: lines and words; soft: lesser words; line: lesser
# lines; accent: the one thing to look at, told apart by its weight as well as by its colour
LIGHT = {
    "paper": "#fbf8f1",
    "sheet": "#ffffff",
    "ink": "#23201b",
    "soft": "#746b5e",
    "line": "#a69c8d",
    "accent": "#b23a24",
}
DARK = {
    "paper": "#17181b",
    "sheet": "#232529",
    "ink": "#ece6da",
    "soft": "#aaa294",
    "line": "#6b675f",
    "accent": "#f08367",
}
assert LIGHT.keys() == DARK.keys()


def mix_colours(over: str, under: str, strength: float) -> tuple[int, ...]:
    """Red, green and blue, 0 to 255, of a colour that covers another one in part.

    Args:
        over: as "#rrggbb".
        under: likewise.
        strength: 0 to 1, how much of `under` is covered.
    """
    pairs = zip(bytes.fromhex(over[1:]), bytes.fromhex(under[1:]), strict=True)
    return tuple(round(strength * above + (1 - strength) * below) for above, below in pairs)
