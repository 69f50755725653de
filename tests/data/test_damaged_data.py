"""Thousands of damaged files of each kind, read within 1 GiB of memory: one clear line, or an array."""

import gzip
import io
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lenet.data.idx import format_idx, read_idx
from lenet.data.npz import NAMES, read_npz
from lenet.errors import DataError, FileError
from tools.hostile.mutate import damage_member

COUNT = 3_000
MEMORY = 1 << 30
ROOT = Path(__file__).parents[2]


def make_idx(random_: random.Random) -> bytes:
    dtype = random_.choice(["u1", "i1", "i2", "i4", "f4", "f8"])
    shape = [random_.randrange(5) for _ in range(random_.randrange(5))]
    return format_idx(np.full(shape, 7, dtype))


def make_gzip(random_: random.Random) -> bytes:
    return gzip.compress(make_idx(random_), random_.randrange(10), mtime=0)


def make_npz(random_: random.Random) -> bytes:
    stream = io.BytesIO()
    save = random_.choice([np.savez, np.savez_compressed])
    save(stream, **{name: np.full((3, 5, 5), 7, random_.choice(["u1", "<i4", ">f8"])) for name in NAMES})
    return stream.getvalue()


def make_inner_npz(random_: random.Random) -> bytes:
    """A sound zip around a damaged array: the checksums are right, the header is not."""
    return damage_member(make_npz(random_), random_, mutate)


def make_inner_gzip(random_: random.Random) -> bytes:
    return gzip.compress(mutate(make_idx(random_), random_), mtime=0)


def mutate(content: bytes, random_: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(random_.randrange(1, 5)):
        at = random_.randrange(len(damaged) + 1)
        end = at + random_.randrange(1, 9)
        match random_.randrange(7):
            case 0 if at < len(damaged):
                damaged[at] ^= 1 << random_.randrange(8)
            case 1:
                damaged[at:end] = random_.randbytes(end - at)
            case 2:
                del damaged[at:]
            case 3:
                del damaged[at:end]
            case 4:
                damaged[at:at] = damaged[at:end]
            case 5:
                damaged[at : at + 4] = random_.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)])
            case _:
                head = min(at, 24) & ~3  # sizes lie at multiples of four behind the magic number
                damaged[head : head + 4] = random_.choice([b"\xff\xff\xff\xff", b"\x00\x10\x00\x00"])
    return bytes(damaged)


MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "idx": make_idx,
    "gzip": make_gzip,
    "inner-gzip": make_inner_gzip,
    "npz": make_npz,
    "inner-npz": make_inner_npz,
}


def read_content(kind: str, content: bytes, path: Path) -> None:
    path.write_bytes(content)
    if "npz" in kind:
        read_npz(path)
    else:
        read_idx(path)


def throw_mutations(kind: str) -> tuple[int, int]:
    """Read `COUNT` damaged files; return how many were refused, and how many were still sound."""
    random_ = random.Random(kind)
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(COUNT):
            content = mutate(MAKERS[kind](random_), random_) if "inner" not in kind else MAKERS[kind](random_)
            try:
                read_content(kind, content, Path(folder) / "file")
            except (DataError, FileError) as error:
                refused += 1
                if "\n" in str(error) or len(str(error)) > 300:
                    sys.exit(f"not one clear line: {error}")
    return refused, COUNT - refused


@pytest.mark.parametrize("kind", MAKERS)
def test_thousands_of_mutations_end_in_one_clear_line_or_in_an_array(kind: str) -> None:
    pytest.importorskip("resource")
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONPATH": str(ROOT),
    }
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
    assert refused > COUNT // 4
    assert sound > 0
    assert child.stderr == ""


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(*throw_mutations(sys.argv[1]))
