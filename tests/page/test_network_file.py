"""network_file.mjs: what is no network is refused by a sentence; what is written is what Python writes."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

import lenet
from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.codes import DIGITS
from lenet.parameters import initialize_parameters
from lenet.texts import load_texts

from .conftest import PACKAGE, Script

READ = """
const { readNetwork, writeNetwork } = await import("/page/static/network_file.mjs");
const file = await load("/given/network.safetensors");
"""
FILE = (PACKAGE / "weights" / "1998.safetensors").read_bytes()
LENGTH = struct.unpack("<Q", FILE[:8])[0]
DATA = FILE[8 + LENGTH :]

Header = dict[str, Any]


def build(change: Callable[[Header], None], data: bytes = DATA) -> bytes:
    """The file of 1998 with another header."""
    header = json.loads(FILE[8 : 8 + LENGTH])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def change_metadata(**changes: Any) -> bytes:
    def change(header: Header) -> None:
        metadata = json.loads(header["__metadata__"]["lenet"])
        for name, value in changes.items():
            if name in metadata["architecture"]:
                metadata["architecture"][name] = value
            else:
                metadata[name] = value
        header["__metadata__"]["lenet"] = json.dumps(metadata)

    return build(change)


def change_entry(name: str, **changes: Any) -> bytes:
    return build(lambda header: header[name].update(changes))


def write_nan() -> bytes:
    data = bytearray(DATA)
    at = json.loads(FILE[8 : 8 + LENGTH])["f6.bias"]["data_offsets"][0]
    data[at : at + 8] = struct.pack("<ff", np.nan, np.inf)
    return build(lambda header: None, bytes(data))


def find(name: str) -> list[int]:
    offsets: list[int] = json.loads(FILE[8 : 8 + LENGTH])[name]["data_offsets"]
    return offsets


DAMAGED = {
    "empty": (b"", "header"),
    "a text": (b"no network here, only words and more words", "header"),
    "cut off in the header": (FILE[:200], "header"),
    "cut off in the arrays": (FILE[:-4], "offsets"),
    "more behind the arrays": (FILE + b"....", "header"),
    "over 1 MB": (FILE + bytes(1 << 20), "large"),
    "a header of 100 kB": (struct.pack("<Q", 100_000) + bytes(200_000), "header"),
    "a header of 2^63 bytes": (struct.pack("<Q", 2**63) + FILE[8:], "header"),
    "no JSON": (struct.pack("<Q", 8) + b"{no JSON" + DATA, "header"),
    "a list": (struct.pack("<Q", 8) + b"[1,2,3] " + DATA, "header"),
    "no metadata": (build(lambda header: header.pop("__metadata__")), "foreign"),
    "metadata of another program": (build(lambda header: header.update(__metadata__={"a": "b"})), "foreign"),
    "an unknown activation": (change_metadata(activation="gelu"), "architecture"),
    "eleven classes": (change_metadata(classes=11), "architecture"),
    "nine labels": (change_metadata(labels=list("012345678")), "labels"),
    "equal labels": (change_metadata(labels=list("0123456788")), "labels"),
    "a label of markup": (change_metadata(labels=[*"012345678", "<img src=x>"]), "labels"),
    "a number as a label": (change_metadata(labels=[*"012345678", 9]), "labels"),
    "a missing array": (build(lambda header: header.pop("s2.bias")), "missing"),
    "an unknown array": (build(lambda header: header.update({"c7.bias": header["s2.bias"]})), "unknown"),
    "an array named __proto__": (build(lambda header: header.update({"__proto__": {}})), "unknown"),
    "another shape": (change_entry("f6.weight", shape=[120, 84]), "shape"),
    "float64": (change_entry("f6.weight", dtype="F64"), "shape"),
    "offsets outside": (change_entry("f6.bias", data_offsets=[10**7, 10**7 + 336]), "offsets"),
    "offsets below 0": (change_entry("f6.bias", data_offsets=[-336, 0]), "offsets"),
    "offsets that are texts": (change_entry("f6.bias", data_offsets=["0", "336"]), "offsets"),
    "overlapping arrays": (change_entry("c1.bias", data_offsets=find("s2.bias")), "offsets"),
    "values that are not finite": (write_nan(), "not_finite"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_network_is_refused_by_a_sentence(script: Script, given: Path, name: str) -> None:
    content, key = DAMAGED[name]
    (given / "network.safetensors").write_bytes(content)
    found = script(f"{READ} return refusal(() => readNetwork(file));")
    assert found["key"] == f"page_file.{key}"
    for language in ("en", "zh"):
        assert load_texts(language)[found["key"]].format(**found["values"])


def test_the_values_of_a_refusal_name_what_is_wrong(script: Script, given: Path) -> None:
    (given / "network.safetensors").write_bytes(DAMAGED["values that are not finite"][0])
    found = script(f"{READ} return refusal(() => readNetwork(file));")
    assert found["values"] == {"name": "f6.bias", "count": 2}


def test_both_bundled_networks_are_read(script: Script, given: Path) -> None:
    for name in ("1998", "best"):
        network = lenet.load(name)
        (given / "network.safetensors").write_bytes(
            (PACKAGE / "weights" / f"{name}.safetensors").read_bytes()
        )
        found = script(
            f"""{READ} const found = readNetwork(file);
            return {{ ...found, parameters: list(found.parameters) }};"""
        )
        assert found["architecture"] == network.architecture.to_dict()
        assert found["labels"] == list(network.labels)
        assert found["card"] == dict(network.card)
        for key, array in network.parameters.items():
            np.testing.assert_array_equal(np.array(found["parameters"][key], np.float32), array.ravel())


@pytest.mark.parametrize(
    "architecture",
    [ORIGINAL, MODERN, replace(ORIGINAL, connections="full")],
    ids=["original", "modern", "full"],
)
def test_what_the_page_writes_is_what_python_writes(
    script: Script, given: Path, tmp_path: Path, architecture: Architecture
) -> None:
    parameters = initialize_parameters(architecture, 5, scheme="variance")
    card = {"seed": 5, "data": "mnist", "method": "动量", "a": {"z": 1, "b": [2, None]}}
    network = lenet.Network(architecture, parameters, DIGITS, card)
    path = given / "network.safetensors"
    network.save(path)
    found = script(f"{READ} return Array.from(writeNetwork(readNetwork(file)));")
    written = tmp_path / "written.safetensors"
    written.write_bytes(bytes(found))
    assert written.read_bytes() == path.read_bytes()
    assert set(load(written.read_bytes())) == set(parameters)
    np.testing.assert_array_equal(lenet.load(written).parameters["c3.weight"], parameters["c3.weight"])
