import gzip

import numpy as np
import pytest

from lenet.data.dataset import load_dataset
from lenet.data.idx import format_idx
from lenet.data.idx_names import ROLES, find_idx
from lenet.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 100, (6, 28, 28), dtype=np.uint8)
LABELS = np.arange(6, dtype=np.uint8)
RELEASED = [
    *("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
]


def write(folder, names, images=IMAGES, labels=LABELS):
    for name, (_, kind) in zip(names, ROLES, strict=True):
        content = format_idx(images if kind == "images" else labels)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name,
        lambda name: f"{name}.gz",
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("-idx", " -idx"),
        lambda name: f"{name} (1).gz",
        lambda name: f"{name}/{name}",
        lambda name: name.upper(),
        lambda name: (
            f"qmnist-{name.replace('t10k', 'test').replace('labels-idx1-ubyte', 'labels-idx2-int')}.gz"
        ),
    ],
    ids=["plain", "gzipped", "dotted", "spaced", "second download", "folders", "capitals", "QMNIST"],
)
def test_the_files_are_found_under_every_usual_name(tmp_path, rename):
    write(tmp_path, [rename(name) for name in RELEASED])
    dataset = load_dataset(tmp_path)
    np.testing.assert_array_equal(dataset.train.images, IMAGES)
    np.testing.assert_array_equal(dataset.test.labels, LABELS)


def test_emnist_is_turned_upright(tmp_path):
    names = [f"emnist-digits-{name.replace('t10k', 'test')}.gz" for name in RELEASED]
    write(tmp_path, names, np.ascontiguousarray(IMAGES.transpose(0, 2, 1)))
    np.testing.assert_array_equal(load_dataset(tmp_path).train.images, IMAGES)


def test_files_of_several_sets_are_not_mixed(tmp_path):
    write(tmp_path, [f"emnist-digits-{name}" for name in RELEASED])
    write(tmp_path, [f"emnist-letters-{name}" for name in RELEASED])
    with pytest.raises(DataError, match="emnist-digits, emnist-letters"):
        find_idx(tmp_path)


def test_a_plain_file_comes_before_a_copy(tmp_path):
    write(tmp_path, RELEASED)
    (tmp_path / "train-images-idx3-ubyte (1).gz").write_bytes(b"damaged")
    assert find_idx(tmp_path)[0] == tmp_path / RELEASED[0]


def test_a_folder_of_other_things_is_listed(tmp_path):
    (tmp_path / "notes.doc").write_text("")
    with pytest.raises(DataError, match=r"notes\.doc"):
        load_dataset(tmp_path)
