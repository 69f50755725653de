"""Thousands of damaged files of weights, read within 1 GiB of memory: arrays, or one clear error."""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.errors import FileError, NetworkFileError, ShapeError, UsageError
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.storage import load_arrays, save_arrays

COUNT = 3_000
MEMORY = 1 << 30
SHARED = Path("/dev/shm")  # in memory, where there is one
LIES = [
    0,
    1,
    -1,
    3,
    2**31,
    2**32,
    2**62,
    2**63,
    2**64,
    10**30,
    0.5,
    None,
    "",
    [],
    {},
    "F64",
    "BF16",
    "F4",
    True,
]


def make_network(folder: Path) -> bytes:
    """A small file with every type that we write."""
    chance = np.random.default_rng(0)
    arrays = {
        "c1.weight": chance.normal(size=(6, 1, 5, 5)).astype(np.float32),
        "f6.bias": chance.normal(size=84),
        "steps": np.array(7),
        "order": np.arange(5, dtype=np.int32),
        "pixels": np.arange(9, dtype=np.uint8),
    }
    save_arrays(folder / "whole", arrays, {"labels": list("0123456789"), "classes": 10, "deep": {"a": [1.5]}})
    return (folder / "whole").read_bytes()


def damage_bytes(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 8])):
        reach = min(len(damaged), chance.choice([8, 64, 700, len(content)]))  # the header decides most
        place = chance.randrange(reach + 1)
        match chance.randrange(6):
            case 0 if place < len(damaged):
                damaged[place] ^= 1 << chance.randrange(8)
            case 1:
                damaged[place : place + 4] = chance.choice([b"\xff" * 4, bytes(4), b"\x00\x00\xc0\x7f"])
            case 2:
                del damaged[place : place + chance.randrange(1, 30)]
            case 3:
                damaged[place:place] = chance.choice(
                    [b"[" * 3000, b'"', b"{", b"9" * 400, chance.randbytes(9)]
                )
            case 4:
                del damaged[place:]
            case _:
                damaged[:8] = struct.pack(
                    "<Q", chance.choice([0, 1, 7, len(content), 10**8, 2**63, 2**64 - 1])
                )
    return bytes(damaged)


def damage_header(content: bytes, chance: random.Random) -> bytes:
    """A header that can be read and lies: else no reader looks any further."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    for _ in range(chance.choice([1, 1, 3])):
        name = chance.choice(sorted(header))
        entry, lie = header[name], chance.choice(LIES)
        match chance.randrange(5):
            case 0:
                header[name] = lie
            case 1:
                header[str(lie)] = header.pop(name)
            case 2 if isinstance(entry, dict) and entry:
                entry[chance.choice(sorted(entry))] = lie
            case 3 if isinstance(entry, dict) and isinstance(entry.get("shape"), list):
                entry["shape"] = [chance.choice(LIES), *entry["shape"]][: chance.randrange(1, 70)]
            case _ if isinstance(entry, dict) and isinstance(entry.get("data_offsets"), list):
                entry["data_offsets"] = [chance.choice(LIES), chance.choice(LIES)]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def main(seed: int) -> None:
    """Run in a process of its own, whose memory is limited."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    chance = random.Random(seed)
    read = refused = 0
    with tempfile.TemporaryDirectory(dir=SHARED if SHARED.is_dir() else None) as folder:
        whole, path = make_network(Path(folder)), Path(folder) / "damaged"
        for _ in range(COUNT):
            path.write_bytes(chance.choice([damage_bytes, damage_header])(whole, chance))
            try:
                arrays, metadata = load_arrays(path)
            except FileError as error:
                text = str(error)
                assert str(path) in text
                assert "\n" not in text, text
                refused += 1
            else:
                assert all(np.isfinite(array).all() for array in arrays.values())
                assert isinstance(metadata, dict)
                read += 1
    # else the damage is too light, or so heavy that only the first check is tried
    assert min(read, refused) > COUNT // 40, f"{read} read, {refused} refused"
    print(read, refused)


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_AS is POSIX's")
@pytest.mark.parametrize("seed", [0, 1])
def test_a_damaged_network_is_one_clear_error_within_a_gigabyte(seed: int) -> None:
    command = [sys.executable, "-W", "error", __file__, str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert sum(map(int, done.stdout.split())) == COUNT


if __name__ == "__main__":
    main(int(sys.argv[1]))


@pytest.mark.parametrize("name", ["net.pt", "net.h5", "net.onnx"])
def test_a_file_of_another_program_points_to_the_import(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(UsageError, match="lenet import"):
        Network.load(tmp_path / name)


@pytest.mark.parametrize("label", ["\ud800", 5, None])
def test_a_label_that_is_no_text_is_refused(label):
    labels = (*"012345678", label)
    with pytest.raises(ShapeError, match="label"):
        Network(ORIGINAL, initialize_parameters(ORIGINAL, 0), labels)


@pytest.mark.parametrize("architecture", [ORIGINAL, MODERN])
@pytest.mark.parametrize("name", ["c1.weight", "c5.weight", "f6.weight"])
def test_numbers_that_would_overflow_are_neither_saved_nor_loaded(tmp_path, architecture, name):
    network = Network(architecture, initialize_parameters(architecture, 0), tuple("0123456789"))
    huge = network.parameters.map(np.copy)
    huge[name].flat[0] = 3e38
    huge[name].flat[1] = 3e38
    with pytest.raises(ShapeError, match="exceed float32"):
        Network(architecture, huge, network.labels).save(tmp_path / "net.safetensors")
    save_arrays(tmp_path / "net.safetensors", huge, network.metadata)
    with pytest.raises(NetworkFileError, match="exceed float32"):
        Network.load(tmp_path / "net.safetensors")
