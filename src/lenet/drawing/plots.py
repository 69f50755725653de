"""Matplotlib set to our ways: the palette, real words in SVG, the same bytes every time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lenet.drawing.fonts import FAMILIES, find_chinese_font
from lenet.drawing.palette import DARK, LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@contextmanager
def prepare_drawing() -> Iterator[None]:
    """Set matplotlib to our ways as long as this lasts, whatever its user's settings are."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # in an SVG the reader's own fonts draw the text: that ours lack a character matters to nobody
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        matplotlib.rcdefaults()
        settings: dict[Any, Any] = {
            "font.family": _name_fonts(),
            "font.size": 10,
            "svg.fonttype": "none",
            "axes.unicode_minus": False,
            "axes.edgecolor": LIGHT["line"],
            "axes.labelcolor": LIGHT["ink"],
            "text.color": LIGHT["ink"],
            "grid.color": LIGHT["line"],
            "grid.alpha": 0.4,
            "grid.linewidth": 0.8,
            "lines.markeredgewidth": 0,
            "axes.axisbelow": True,
        }
        settings |= {f"axes.spines.{side}": False for side in ("top", "left", "right")}
        for axis in ("xtick", "ytick"):
            settings |= {f"{axis}.color": LIGHT["soft"], f"{axis}.major.size": 0, f"{axis}.minor.size": 0}
        matplotlib.rcParams.update(settings)
        yield


def _name_fonts() -> list[str]:
    """DejaVu Sans, which matplotlib brings, and a font with Chinese characters where one is installed."""
    from matplotlib.font_manager import FontProperties, fontManager

    path = find_chinese_font()
    if path is None:
        return ["DejaVu Sans"]
    fontManager.addfont(path)  # those of this process; its list on disk may be older than the font
    # for bold titles, too: matplotlib would search for a bold one, find none and tell the reader
    fontManager.ttflist.append(replace(fontManager.ttflist[-1], weight=700))
    return ["DejaVu Sans", FontProperties(fname=path).get_name()]


def render_svg(figure: Figure, name: str) -> str:
    """A figure as SVG with real text, for light and dark, the same bytes every time.

    Args:
        figure: drawn inside `prepare_drawing`.
        name: makes the picture's identifiers its own, for pages that hold several.
    """
    import matplotlib

    content = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    text = content.getvalue().decode("utf-8")
    # nothing refers to the names of groups, and two pictures in a page would share them
    text = re.sub(r' id="[A-Za-z][\w.]*_\d+"', "", text)
    style = f"<style>svg text{{font-family:{FAMILIES}!important}}{_write_night_rules()}</style>"
    return re.sub(r"(<svg [^>]*>)", lambda match: match[1] + style, text, count=1)


def _write_night_rules() -> str:
    """CSS that turns the light colours of an SVG's inline styles into the dark ones.

    The picture itself keeps plain colours, so that programs without style sheets show it by day.
    """
    rules = "".join(
        f'[style*="{part}: {LIGHT[name]}"]{{{part}:{DARK[name]}!important}}'
        for name in LIGHT
        for part in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"
