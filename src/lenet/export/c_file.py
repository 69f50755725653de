"""A network as one file of C99: no library, no allocation, weights inside."""

from __future__ import annotations

from pathlib import Path

from lenet.export.c_parts import render_parts
from lenet.export.c_reader import render_reader
from lenet.export.template import fill_template
from lenet.network import Network
from lenet.storage import write_text

TEMPLATE = "lenet5.c.template"


def export_c(network: Network, path: str | Path, reader: bool = False) -> None:
    """Write a network as one file of C99, which needs no library and allocates nothing.

    It offers `int lenet_recognize(const unsigned char image[28 * 28], float penalties[classes])`, which takes
    images in MNIST's form. With `reader` it has the clean-up, too, and offers `lenet_read`, which takes a
    grey picture of any size and gives a label, a confidence and a verdict, as `Network.recognize` does; it
    calls a few functions of string.h and math.h.

    Args:
        network: what to write.
        path: a `.c` file.
        reader: whether the file can read pictures.
    Raises:
        FileError: the file cannot be written.
    """
    write_text(Path(path), render_reader(network) if reader else render_c(network))


def render_c(network: Network) -> str:
    """The content of the file that `export_c` writes without a reader."""
    return fill_template(TEMPLATE, network.architecture, render_parts(network))
