"""`lenet codes`: the 7x12 codes of characters, and the squared distances between them."""

from __future__ import annotations

from typing import Annotated

import typer

from lenet.cli.glyphs import draw_glyphs, format_distances
from lenet.cli.options import json_option
from lenet.cli.output import make_console, print_json
from lenet.codes import glyph
from lenet.errors import UsageError
from lenet.explain.distances import measure_distances, rank_pairs
from lenet.texts import say


def codes(
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help=say("glyphs.text"))] = "0123456789",
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Draw the codes of a text side by side, with a table of their squared distances."""
    if not text:
        raise UsageError("glyphs.empty")
    distinct = "".join(dict.fromkeys(text))
    glyphs = {character: glyph(character) for character in distinct}
    if as_json:
        print_json({"characters": distinct, "glyphs": glyphs, "distances": measure_distances(distinct)})
        return
    width = make_console().width
    lines = list(draw_glyphs(text, width))
    if len(distinct) > 1:
        closest = rank_pairs(distinct)[0]
        pair = {"first": closest.first, "second": closest.second, "pixels": closest.pixels}
        lines += ["", say("glyphs.distances"), "", *format_distances(text, width)]
        lines += ["", say("glyphs.nearest", **pair, distance=closest.distance)]
    typer.echo("\n".join(lines))
