"""The states of all layers for one image, which a notebook shows as pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape
from io import BytesIO

import numpy as np

from lenet.architecture import LAYER_NAMES
from lenet.codes import CODE_HEIGHT, CODE_WIDTH
from lenet.texts import say

C5_ROWS = 8


class Trace(Mapping[str, np.ndarray]):
    """The states of all layers for one image, by name: input, c1, s2, c3, s4, c5, f6, output.

    Args:
        states: (maps, h, w) for input to c5, (units,) for f6 and output; "c1.sum" and so on if asked for.
        labels: the name of each class.
    """

    def __init__(self, states: Mapping[str, np.ndarray], labels: tuple[str, ...]) -> None:
        self._states = dict(states)
        self.labels = labels

    def __getitem__(self, name: str) -> np.ndarray:
        return self._states[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)

    def __repr__(self) -> str:
        return "Trace(" + ", ".join(f"{name} {states.shape}" for name, states in self.items()) + ")"

    def _repr_html_(self) -> str:
        rows = [(name, _draw_states(name, self[name])) for name in ("input", *LAYER_NAMES[:-1])]
        penalties = self["output"]
        if penalties.ndim == 1:
            pairs = zip(self.labels, penalties, strict=True)
            words = [f"{escape(label)}: {penalty:.1f}" for label, penalty in pairs]
            best = int(penalties.argmin())
            words[best] = f"<b>{words[best]}</b>"
            rows.append(("output", ", ".join(words)))
        else:
            rows.append(("output", _draw_states("output", penalties)))
        return (
            f"<table><caption>{say('notebook.trace')}</caption>"
            + "".join(f"<tr><th>{name}</th><td>{cell}</td></tr>" for name, cell in rows)
            + "</table>"
        )


def _draw_states(name: str, states: np.ndarray) -> str:
    """The maps of a layer side by side, dark for high states; F6 as the 7x12 picture that it is.

    Assumption: C5 has no picture of its own; its 120 units are drawn as 8 rows of 15, to be seen at all.
    """
    if name == "f6" and states.ndim == 1:
        states = states.reshape(1, CODE_HEIGHT, CODE_WIDTH)
    if states.shape[1:] == (1, 1):
        states = states.reshape(1, C5_ROWS, -1)
    reach = np.abs(states).max() or 1.0
    grey = np.uint8(np.rint(127.5 - 127.5 * states / reach))
    framed = np.pad(grey, ((0, 0), (1, 1), (1, 1)), constant_values=255)
    return render_image(np.concatenate(list(framed), axis=1), name, 4 if states.shape[-1] < 28 else 2)


def render_image(pixels: np.ndarray, name: str = "", zoom: int = 4) -> str:
    """An image as HTML, enlarged without smoothing.

    Args:
        pixels: (H, W) uint8, 0 black.
        name: what a screen reader says.
        zoom: pixels on the screen for each pixel.
    """
    from PIL import Image

    content = BytesIO()
    image = Image.fromarray(pixels)
    image.resize((image.width * zoom, image.height * zoom), Image.Resampling.NEAREST).save(content, "PNG")
    return f'<img alt="{name}" src="data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}">'
