"""Thousands of damaged recipes, runs, checkpoints, histories and networks, read within 1 GiB of memory."""

import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL
from lenet.errors import LenetError
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.training.checkpoint import Checkpoint
from lenet.training.history import EpochRecord, History, HistoryFile
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.settings import Settings

COUNT = 3_000
MEMORY = 1 << 30
LONGEST = 2_000  # characters of a refusal
SHARED = Path("/dev/shm")  # in memory, where there is one

# what a mutation may put anywhere: pieces that mean something to a reader, and pieces that never do
PIECES = [
    *(b"[", b"]", b"{", b"}", b'"', b"'", b"=", b":", b",", b".", b"#", b"\\", b"\n", b"\0", b"\x7f"),
    *(b"nan", b"inf", b"-", b"NaN", b"Infinity", b"true", b"null", b"1e999", b"-1", b"0", b"9" * 400),
    *(b"9" * 5_000, b"0x" + b"f" * 5_000, b"[" * 3_000, b'{"a":' * 3_000, b"\xff\xfe", "中文".encode()),
    *(b"1979-05-27T07:32:00Z", b'"""', b"[[run]]\n", b"linear = 1\n", b"[linear]\n", b"F64", b"BF16"),
    *(b"18446744073709551615", b"9223372036854775808", b"1" + b"0" * 30),
]


def mutate(content: bytes, random_: random.Random, reach: int) -> bytes:
    """A few changes among the first `reach` bytes, where the structure lies."""
    damaged = bytearray(content)
    for _ in range(random_.randrange(1, 4)):
        at = random_.randrange(min(len(damaged), reach) + 1)
        end = at + random_.randrange(1, 12)
        match random_.randrange(7):
            case 0 if at < len(damaged):
                damaged[at] ^= 1 << random_.randrange(8)
            case 1:
                damaged[at:end] = random_.randbytes(end - at)
            case 2 if random_.random() < 0.3:
                del damaged[at:]
            case 3:
                del damaged[at:end]
            case 4:
                damaged[at:at] = damaged[at:end]
            case 5:
                damaged[at:end] = random_.choice(PIECES)
            case _:
                damaged[at:at] = random_.choice(PIECES)
    return bytes(damaged)


def make_recipe(_: Path) -> bytes:
    return files("lenet.training.recipes").joinpath("demo.toml").read_bytes()


SETTINGS = Settings("mnist", "ab" * 32, 100, ORIGINAL, Recipe("tiny", 2, 8, 0.1), "reference", 0)


def make_settings(_: Path) -> bytes:
    return SETTINGS.to_toml().encode()


def make_checkpoint(path: Path) -> bytes:
    state = {
        "weight.a": np.ones((4, 5), np.float32),
        "velocity.a": np.zeros(3),
        "steps": np.zeros(1, np.int64),
    }
    Checkpoint("key", 12, 2, state).save(path)
    return path.read_bytes()


def make_history(path: Path) -> bytes:
    records = [EpochRecord(1, 2.0, 50.0, 60.5), EpochRecord(2, 1.0, 10.0, None)]
    HistoryFile(path, History([1.5, 1.25, 1.0, 0.5], records), 2).close()
    return path.read_bytes()


def make_network(path: Path) -> bytes:
    labels = tuple("0123456789")
    Network(ORIGINAL, initialize_parameters(ORIGINAL, 0), labels, {"data": "noise"}).save(path)
    return path.read_bytes()


def read_network(path: Path) -> None:
    network = Network.load(path)
    network.penalties(np.zeros((1, 28, 28), np.uint8))
    network._repr_html_()


def read_settings(path: Path) -> None:
    settings = Settings.read(path)
    again = settings.to_toml()
    path.write_text(again, "utf-8", newline="")
    if Settings.read(path) != settings:
        sys.exit(f"settings that do not come back: {again}")


def read_history(path: Path) -> None:
    history = History.read(path)
    HistoryFile(path, history, 2).close()


def read_recipe(path: Path) -> None:
    for architecture in (ORIGINAL, MODERN):
        recipe = load_recipe(path, architecture)
        dataclasses.replace(recipe, name="again").hash.encode()


# for each kind: what makes a sound file, what reads it, the file's name, how far its structure reaches
KINDS: dict[str, tuple[Callable[[Path], bytes], Callable[[Path], object], str, int]] = {
    "recipe": (make_recipe, read_recipe, "mine.toml", 10_000),
    "settings": (make_settings, read_settings, "recipe.toml", 10_000),
    "checkpoint": (make_checkpoint, Checkpoint.load, "checkpoint.safetensors", 10_000),
    "history": (make_history, read_history, "history.jsonl", 10_000),
    "network": (make_network, read_network, "network.safetensors", 2_200),
}


def throw_mutations(kind: str) -> tuple[int, int]:
    """Read `COUNT` damaged files; return how many were refused, and how many were still sound."""
    make, read, name, reach = KINDS[kind]
    random_, refused = random.Random(kind), 0
    with tempfile.TemporaryDirectory(dir=SHARED if SHARED.is_dir() else None) as folder:
        path = Path(folder) / name
        whole = make(path)
        path.write_bytes(whole)
        read(path)
        for number in range(COUNT):
            content = mutate(whole, random_, reach)
            path.write_bytes(content)
            try:
                read(path)
            except LenetError as error:
                refused += 1
                if "\n" in str(error) or len(str(error)) > LONGEST:
                    sys.exit(f"not one clear line: {error}")
            except BaseException:
                print(f"mutation {number}: {content[:3000]!r}", file=sys.stderr)
                raise
    return refused, COUNT - refused


@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_mutations_end_in_one_clear_line_or_in_something_sound(kind: str) -> None:
    pytest.importorskip("resource")
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "error"}
    child = subprocess.run(
        [sys.executable, __file__, kind],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr
    refused, sound = map(int, child.stdout.split())
    assert refused + sound == COUNT
    assert refused > COUNT // 4
    assert child.stderr == ""


def test_a_network_whose_header_claims_terabytes_is_refused_before_anything_is_allocated(
    tmp_path: Path,
) -> None:
    claims = {"c1.weight": {"dtype": "F32", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 42]}}
    header = json.dumps({"__metadata__": {"lenet": "{}"}, **claims}).encode()
    path = tmp_path / "huge.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(100))
    with pytest.raises(LenetError, match="not a readable safetensors file"):
        Network.load(path)


if __name__ == "__main__":
    import resource

    os.fsync = lambda _: None  # nothing here is worth the disk's time
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(*throw_mutations(sys.argv[1]))
