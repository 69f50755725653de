"""The formats that a network can be exported to, by name, and where each one's file lies."""

from __future__ import annotations

from pathlib import Path

from lenet.errors import UsageError
from lenet.export.c_file import export_c
from lenet.export.keras_file import export_keras
from lenet.export.onnx import export_onnx
from lenet.export.pytorch_file import export_pytorch
from lenet.network import Network

FORM_SUFFIXES = {"onnx": ".onnx", "c": ".c", "pytorch": ".py", "keras": ".keras"}
STEM = "lenet5"  # of a file in a folder that the caller names


def place_files(form: str, path: Path) -> dict[str, Path]:
    """Where each format's file is going to lie.

    Args:
        form: one of `FORM_SUFFIXES`, or "all".
        path: a folder for "all"; otherwise a file, or a folder that is there.
    Raises:
        UsageError: no such format, a name with another ending, or a file where a folder belongs.
    """
    if form == "all":
        if path.is_file():
            raise UsageError("export.folder", path=path)
        return {name: path / f"{STEM}{suffix}" for name, suffix in FORM_SUFFIXES.items()}
    if form not in FORM_SUFFIXES:
        raise UsageError("export.format", value=form, choices=", ".join((*FORM_SUFFIXES, "all")))
    if path.is_dir():
        path /= f"{STEM}{FORM_SUFFIXES[form]}"
    if path.suffix != FORM_SUFFIXES[form]:
        raise UsageError("export.suffix", path=path, suffix=FORM_SUFFIXES[form], form=form)
    return {form: path}


def export_network(
    network: Network, form: str, path: Path, takes: str | None = None, reader: bool = False
) -> None:
    """Write one format's file.

    Args:
        network: what to write.
        form: one of `FORM_SUFFIXES`.
        path: the file.
        takes: what an ONNX or Keras model takes, see `export_onnx`; None for "grey" and "raw".
        reader: whether a C file reads pictures, see `export_c`.
    Raises:
        UsageError: a Keras model that takes grey levels from 0 to 1.
        MissingExtra: a package that the format needs is not installed.
        FileError: the file cannot be written.
    """
    if form == "onnx":
        export_onnx(network, path, takes or "grey")
    elif form == "pytorch":
        export_pytorch(network, path)
    elif form == "keras":
        if takes == "grey":
            raise UsageError("export.keras_input")
        export_keras(network, path, takes == "uint8")
    else:
        export_c(network, path, reader)
