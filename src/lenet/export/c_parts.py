"""The parts of an exported C file that a network gives: its layers, its functions, its weights."""

from __future__ import annotations

import re
from importlib.metadata import version

import numpy as np

from lenet.architecture import C1_MAPS
from lenet.codes import CODE_WIDTH
from lenet.export.template import fill_template
from lenet.network import Network

LINE = 10  # numbers a line


def render_parts(network: Network, own: str = "", function: str = "int lenet_recognize") -> dict[str, object]:
    """What the templates of C files are filled with for a network.

    Args:
        network: what to write.
        own: in front of the name of everything that is this network's own, where a file has several.
        function: the beginning of its function's declaration.
    """
    architecture, parameters = network.architecture, network.parameters.astype(np.float32)
    rbf, zero = architecture.output == "rbf", architecture.activation != "tanh"
    values: dict[str, object] = {
        "own": own,
        "function": function,
        "classes": f"{own.upper() or 'LENET_'}CLASSES",
        "kernels": len(architecture.pairs),
        "table": ",\n".join(f'    "{_draw_row(inputs)}"' for inputs in architecture.table),
        "paper": "0" if zero else "-1",
        "codes": ",\n".join(map(_draw_code, architecture.codes, network.labels)) if rbf else "",
        "count": f"{parameters.count:,}",
        "arrays": "\n".join(_render_array(own + name, array) for name, array in parameters.items()),
    }
    parts = {
        name: fill_template(f"{name}.c.template", architecture, values).rstrip("\n")
        for name in ("layers", "network", "weights")
    }
    return {
        "described": ", ".join(f"{field} {value}" for field, value in architecture.to_dict().items()),
        "version": version("lenet"),
        "classes": architecture.classes,
        "penalty": "the squared distance of F6's state to the class's code" if rbf else "a logit, negated",
        "labels": ", ".join(map(quote, network.labels)),
        **parts,
    }


def quote(text: str) -> str:
    """A C string: whatever could end it or begin something else is written as three octal digits."""
    plain = re.compile(rb"[0-9A-Za-z _.,:;+-]")
    content = (bytes([byte]) for byte in text.encode("utf-8", "replace"))
    return '"' + "".join(b.decode() if plain.fullmatch(b) else f"\\{b[0]:03o}" for b in content) + '"'


def _draw_row(inputs: tuple[int, ...]) -> str:
    return "".join("X" if i in inputs else "." for i in range(C1_MAPS))


def _draw_code(code: np.ndarray, label: str) -> str:
    rows = code.reshape(-1, CODE_WIDTH)
    drawn = "\n".join('    "' + "".join("#" if pixel == 1 else "." for pixel in row) + '"' for row in rows)
    return f"    /* {quote(label)} */\n{drawn}"


def _render_array(name: str, array: np.ndarray) -> str:
    # NumPy writes the shortest decimal that is this very float32
    numbers = [f"{number}f" for number in array.ravel()]
    lines = [", ".join(numbers[start : start + LINE]) for start in range(0, len(numbers), LINE)]
    inner = ",\n    ".join(lines)
    return f"LENET_DEFINE float {name.replace('.', '_')}[{array.size}] = {{\n    {inner},\n}};"
