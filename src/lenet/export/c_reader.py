"""A C file that reads pictures: network, judge, calibration, and the clean-up of `src/kernels`."""

from __future__ import annotations

import re
from pathlib import Path

from lenet.codes import DIGITS
from lenet.doubt import JUDGE_FILE
from lenet.export.c_parts import render_parts
from lenet.export.template import fill_template
from lenet.network import Network

TEMPLATE = "reader.c.template"
ROOM = "room_bytes.hpp"  # declares the macro with the bytes of the work buffer
# of src/kernels, in the order in which they build on each other
HEADERS = (
    "room-inl.hpp",
    "filters-inl.hpp",
    "blur-inl.hpp",
    "regions-inl.hpp",
    "marks-inl.hpp",
    "page-inl.hpp",
    "light-inl.hpp",
    "paper-inl.hpp",
    "rules-inl.hpp",
    "resample-inl.hpp",
    "geometry-inl.hpp",
    "strokes-inl.hpp",
    "normalize-inl.hpp",
)
# The kernels call the compiler's own functions and need no header; a file for any compiler calls C's.
BUILT_IN = re.compile(r"__builtin_(memcpy|memset|sqrt|sqrtf|fabs|fma)\b")


def render_reader(network: Network) -> str:
    """The content of the C file that reads pictures.

    Args:
        network: what to write; with a calibration in its card its answers have a confidence, and the judge is
            in the file where its classes are the ten digits.
    """
    values = render_parts(network, function="LENET_APART int lenet_recognize")
    calibration = network.calibration
    conditions = {"calibrated": "no", "judge": "no"}
    if calibration:
        conditions["calibrated"] = "yes"
        values |= {"temperature": calibration.temperature, "sure": calibration.sure}
        if calibration.judge is not None and network.labels == DIGITS:
            conditions["judge"] = "yes"
            judge = render_parts(Network.load(JUDGE_FILE), "judge_", "LENET_APART static int judge_recognize")
            values |= {"judge_temperature": calibration.judge, "rubbish": calibration.rubbish}
            values |= {"judge": judge["network"], "judge_weights": judge["weights"]}
    values |= {"room": read_header(ROOM).rstrip("\n"), "clean_up": render_clean_up()}
    return fill_template(TEMPLATE, network.architecture, values, conditions)


def render_clean_up() -> str:
    """The clean-up in C99, from the headers that the kernels are compiled from."""
    text = "\n".join(read_header(name) for name in HEADERS)
    return BUILT_IN.sub(r"\1", text).rstrip("\n")


def read_header(name: str) -> str:
    """A header of the kernels: beside the modules in an installed package, in src/kernels of a checkout."""
    package = Path(__file__).parents[1]
    folders = package / "kernels", package.parent / "kernels"
    return next(folder / name for folder in folders if (folder / name).exists()).read_text("utf-8")
