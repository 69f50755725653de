"""digits.mjs and page/digits.py: what is packed in Python is unpacked in the browser."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from lenet.data.examples import Examples
from lenet.errors import DataError
from lenet.page.digits import find_page_digits, pack_digits, reduce_levels

from .conftest import Script

READ = """
const { readDigits } = await import("/page/static/digits.mjs");
const file = await load("/given/digits.bin");
"""


@pytest.mark.parametrize("count", [1, 33, 400])
def test_digits_arrive_as_they_were_packed(script: Script, given: Path, digits: Examples, count: int) -> None:
    some = digits.first(count)
    (given / "digits.bin").write_bytes(pack_digits(some))
    found = script(f"""{READ}
        const {{ count, images, labels }} = await readDigits(file);
        return {{ count, images: Array.from(images), labels: Array.from(labels) }};""")
    assert found["count"] == count
    assert found["labels"] == some.labels.tolist()
    assert found["images"] == reduce_levels(some.images).ravel().tolist()


def test_sixteen_levels_are_the_nearest() -> None:
    levels = reduce_levels(np.arange(256, dtype=np.uint8))
    nearest = np.abs(np.arange(256)[:, None] - np.arange(0, 256, 17)).argmin(axis=1) * 17
    np.testing.assert_array_equal(levels, nearest)


def test_equal_digits_give_equal_bytes(digits: Examples) -> None:
    assert pack_digits(digits) == pack_digits(digits)


def damage(content: bytes) -> dict[str, bytes]:
    plain = gzip.decompress(content)
    return {
        "empty": b"",
        "a text": b"no digits here, only words",
        "cut off": content[: len(content) // 2],
        "another magic": gzip.compress(b"LNDX" + plain[4:]),
        "too few": gzip.compress(plain[:-1]),
        "too many": gzip.compress(plain + b"0"),
        "none": gzip.compress(plain[:4] + bytes(4)),
        "a billion": gzip.compress(plain[:4] + b"\xff\xff\xff\x3f" + plain[8:]),
        "a label of 12": gzip.compress(plain[:8] + b"\xc0" + plain[9:]),
    }


@pytest.mark.parametrize("name", damage(gzip.compress(bytes(9))))
def test_a_damaged_file_is_refused(script: Script, given: Path, digits: Examples, name: str) -> None:
    (given / "digits.bin").write_bytes(damage(pack_digits(digits))[name])
    found = script(f"{READ} return refusal(() => readDigits(file));")
    assert found == {"key": "page_file.digits", "values": {}}


def test_without_mnist_the_digits_of_scikit_learn_are_taken(monkeypatch, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.delenv("LENET_DATA", raising=False)
    monkeypatch.setenv("LENET_CACHE", str(tmp_path))
    found = find_page_digits()
    assert found is not None
    assert (found.name, len(found.train), len(found.new)) == ("digits", 1437, 360)


def test_a_wrong_folder_of_data_is_said(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LENET_DATA", str(tmp_path / "absent"))
    with pytest.raises(DataError, match="absent"):
        find_page_digits()


@pytest.mark.mnist
def test_mnist_takes_94_bytes_a_digit() -> None:
    found = find_page_digits()
    if found is None or found.name != "mnist":
        pytest.skip("MNIST is not at hand")
    assert len(pack_digits(found.new)) < 96 * 2_000
    assert len(pack_digits(found.train)) < 96 * 10_000
