"""Every reader with a sound file of its own, and how to damage that file."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tools.hostile.mutate import damage_bytes, damage_png, damage_text, damage_zip

Damage = Callable[[bytes, random.Random], bytes]


@dataclass
class Reader:
    """One reader.

    Args:
        files: the sound files by name; each input has one of them damaged.
        read: is given the folder with the files.
        damage: how a file is damaged.
        needs: packages without which it is left out.
        fixed: names of files that are never damaged.
    """

    files: dict[str, bytes]
    read: Callable[[Path], Any]
    damage: Damage = damage_bytes
    needs: tuple[str, ...] = ()
    fixed: tuple[str, ...] = field(default=())

    @property
    def here(self) -> bool:
        """Whether its packages are installed."""
        return all(find_spec(name) for name in self.needs)


def make_arrays() -> dict[str, np.ndarray]:
    """Twelve training and six test images with their labels."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 255, (18, 28, 28), np.uint8)
    labels = (np.arange(18) % 10).astype(np.uint8)
    return {"x_train": images[:12], "y_train": labels[:12], "x_test": images[12:], "y_test": labels[12:]}


def list_readers(work: Path) -> dict[str, Callable[[], Reader]]:
    """The readers by name; each is made when it is asked for, with the sound files that it needs.

    Args:
        work: an empty folder for what has to be written on the way.
    """
    from tools.hostile.networks import list_network_readers
    from tools.hostile.runs import list_run_readers

    pictures = {kind.lower(): partial(_make_picture, kind) for kind in PICTURES}
    data = {
        "idx": _make_idx,
        "idx-gz": _make_gzip,
        "npz": _make_npz,
        "csv": _make_csv,
        "kaggle": _make_kaggle,
    }
    data |= {"parquet-data": _make_parquet_data, "by-class": _make_folder}
    bulk = {f"bulk-{name}": partial(_make_bulk, name) for name in BULK}
    return {**pictures, **data, **bulk, **list_network_readers(work), **list_run_readers(work)}


def find_reader(name: str, work: Path) -> Callable[[], Reader]:
    """How to make one reader: of `list_readers`, or one with a planted fault.

    Args:
        name: of the reader.
        work: as for `list_readers`.
    """
    from tools.hostile.planted import PLANTED

    return (list_readers(work) | PLANTED)[name]


PICTURES = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PGM", "PPM", "AVIF")
BULK = ("tar", "tar.gz", "zip", "txt", "parquet")


def draw_picture(kind: str) -> bytes:
    """A small picture with ink on paper, as a file of this kind."""
    from PIL import Image

    page = np.full((40, 36, 3), 230, np.uint8)
    page[8:32, 16:20] = 20
    image = Image.fromarray(page)
    file = io.BytesIO()
    if kind == "PGM":
        image = image.convert("L")
    image.save(file, "PPM" if kind in ("PGM", "PPM") else kind)
    return file.getvalue()


def _make_picture(kind: str) -> Reader:
    from lenet import load

    network = load()
    name = f"picture.{kind.lower()}"
    damage = damage_png if kind == "PNG" else damage_bytes
    return Reader({name: draw_picture(kind)}, lambda folder: network.recognize(folder / name), damage)


def _load(folder: Path, name: str = "") -> None:
    from lenet.data.dataset import load_dataset

    load_dataset(str(folder / name), download=False)


def _make_idx() -> Reader:
    from lenet.data.idx import format_idx
    from lenet.data.sources import MNIST

    names = [file.name.removesuffix(".gz") for file in MNIST.files]
    arrays = make_arrays().values()
    return Reader({name: format_idx(array) for name, array in zip(names, arrays, strict=True)}, _load)


def _make_gzip() -> Reader:
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in _make_idx().files.items()}

    def damage(whole: bytes, chance: random.Random) -> bytes:
        if chance.random() < 0.5:
            return damage_bytes(whole, chance)
        return gzip.compress(damage_bytes(gzip.decompress(whole), chance), mtime=0)

    return Reader(files, _load, damage)


def _make_npz() -> Reader:
    stream = io.BytesIO()
    np.savez_compressed(stream, **make_arrays())  # type: ignore[arg-type]
    return Reader({"mnist.npz": stream.getvalue()}, _load, damage_zip)


def _write_csv(images: np.ndarray, labels: np.ndarray | None, headed: bool) -> bytes:
    columns = [] if labels is None else ["label"]
    lines = [",".join([*columns, *(f"pixel{i}" for i in range(784))])] if headed else []
    for at, image in enumerate(images):
        front = [] if labels is None else [labels[at]]
        lines.append(",".join(map(str, [*front, *image.ravel()])))
    return "\n".join(lines).encode()


def _make_csv() -> Reader:
    arrays = make_arrays()
    train = _write_csv(arrays["x_train"], arrays["y_train"], False)
    return Reader({"mnist_train.csv": train}, partial(_load, name="mnist_train.csv"), damage_text)


def _make_kaggle() -> Reader:
    arrays = make_arrays()
    train = _write_csv(arrays["x_train"], arrays["y_train"], True)
    return Reader(
        {"train.csv": train, "test.csv": _write_csv(arrays["x_test"], None, True)}, _load, damage_text
    )


def _write_parquet(labelled: bool) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"bytes": draw_picture("PNG"), "path": f"{at}.png"} for at in range(6)]
    columns: dict[str, list] = {"image": rows} | ({"label": list(range(6))} if labelled else {})
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression="none")
    return stream.getvalue()


def _make_parquet_data() -> Reader:
    content = _write_parquet(True)
    files = {f"{part}-00000-of-00001.parquet": content for part in ("train", "test")}
    return Reader(files, _load, needs=("pyarrow",))


def _make_folder() -> Reader:
    names = [f"{label}/{number}.png" for label in range(3) for number in range(2)]
    return Reader(dict.fromkeys(names, draw_picture("PNG")), _load, damage_png)


def _make_bulk(name: str) -> Reader:
    file, damage, picture = f"pictures.{name}", damage_bytes, draw_picture("PNG")
    stream = io.BytesIO()
    if name == "zip":
        damage = damage_zip
        with zipfile.ZipFile(stream, "w") as archive:
            for at in range(3):
                archive.writestr(f"{at}.png", picture)
    elif name == "txt":
        # relative to the current folder, where `place_files` makes "input"
        names = ["1.png", "2.png", "b/3.png"]
        content = "".join(f"input/{each}\n" for each in names).encode()
        files = {file: content, **dict.fromkeys(names, picture)}
        return Reader(files, partial(_read_source, file), damage_text, fixed=tuple(names))
    elif name == "parquet":
        stream.write(_write_parquet(False) if find_spec("pyarrow") else b"")
    else:
        with tarfile.open(fileobj=stream, mode="w:gz" if name.endswith("gz") else "w") as archive:
            for at in range(3):
                info = tarfile.TarInfo(f"{at}.png")
                info.size = len(picture)
                archive.addfile(info, io.BytesIO(picture))
    needs = ("pyarrow",) if name == "parquet" else ()
    return Reader({file: stream.getvalue()}, partial(_read_source, file), damage, needs)


def _read_source(file: str, folder: Path) -> None:
    from lenet.errors import LenetError
    from lenet.reading.sources import open_source

    source = open_source(str(folder / file))
    first = None
    for _, content in source.read(source.list()):
        first = first or (content if isinstance(content, LenetError) else None)
    if first:
        raise first


def place_files(folder: Path, files: dict[str, bytes]) -> None:
    """Empty a folder and write files into it."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def damage_one(reader: Reader, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """The files of one input: all sound but one."""
    spoilt = chance.choice([name for name in sorted(reader.files) if name not in reader.fixed])
    for name, whole in reader.files.items():
        yield name, reader.damage(whole, chance) if name == spoilt else whole
