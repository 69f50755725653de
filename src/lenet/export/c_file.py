"""A network as one file of C99: no library, no allocation, weights inside."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import numpy as np

from lenet.architecture import C1_MAPS
from lenet.codes import CODE_WIDTH
from lenet.export.template import fill_template
from lenet.network import Network
from lenet.storage import write_text

TEMPLATE = "lenet5.c.template"
LINE = 10  # numbers a line


def export_c(network: Network, path: str | Path) -> None:
    """Write a network as one file of C99, which needs no library and allocates nothing.

    It offers `int lenet_recognize(const unsigned char image[28 * 28], float penalties[classes])`.

    Args:
        network: what to write.
        path: a `.c` file.
    Raises:
        FileError: the file cannot be written.
    """
    write_text(Path(path), render_c(network))


def render_c(network: Network) -> str:
    """The content of the file that `export_c` writes."""
    architecture, parameters = network.architecture, network.parameters.astype(np.float32)
    rbf, zero = architecture.output == "rbf", architecture.activation != "tanh"
    values: dict[str, object] = {
        "described": ", ".join(f"{field} {value}" for field, value in architecture.to_dict().items()),
        "version": version("lenet"),
        "classes": architecture.classes,
        "penalty": "the squared distance of F6's state to the class's code" if rbf else "a logit, negated",
        "kernels": len(architecture.pairs),
        "table": ",\n".join(f'    "{_draw_row(inputs)}"' for inputs in architecture.table),
        "paper": "0" if zero else "-1",
        "labels": ", ".join(map(_quote, network.labels)),
        "codes": ",\n".join(map(_draw_code, architecture.codes, network.labels)) if rbf else "",
        "count": f"{parameters.count:,}",
        "arrays": "\n".join(_render_array(name, array) for name, array in parameters.items()),
    }
    return fill_template(TEMPLATE, architecture, values)


def _draw_row(inputs: tuple[int, ...]) -> str:
    return "".join("X" if i in inputs else "." for i in range(C1_MAPS))


def _draw_code(code: np.ndarray, label: str) -> str:
    rows = code.reshape(-1, CODE_WIDTH)
    drawn = "\n".join('    "' + "".join("#" if pixel == 1 else "." for pixel in row) + '"' for row in rows)
    return f"    /* {_quote(label)} */\n{drawn}"


def _quote(text: str) -> str:
    """A C string: whatever could end it or begin something else is written as three octal digits."""
    plain = re.compile(rb"[0-9A-Za-z _.,:;+-]")
    content = (bytes([byte]) for byte in text.encode("utf-8", "replace"))
    return '"' + "".join(b.decode() if plain.fullmatch(b) else f"\\{b[0]:03o}" for b in content) + '"'


def _render_array(name: str, array: np.ndarray) -> str:
    # NumPy writes the shortest decimal that is this very float32
    numbers = [f"{number}f" for number in array.ravel()]
    lines = [", ".join(numbers[start : start + LINE]) for start in range(0, len(numbers), LINE)]
    inner = ",\n    ".join(lines)
    return f"LENET_DEFINE float {name.replace('.', '_')}[{array.size}] = {{\n    {inner},\n}};"
