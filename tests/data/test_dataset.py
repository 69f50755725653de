import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet.data.dataset import has_mnist_test_part, load_dataset
from lenet.data.examples import Examples
from lenet.data.idx import format_idx
from lenet.data.sources import MNIST
from lenet.data.split import split_dataset
from lenet.errors import DataError, DownloadError, FileError, UsageError

REAL = os.environ.get("LENET_DATA", "")
Arrays = list[np.ndarray]
WriteSet = Callable[..., Path]


@pytest.mark.parametrize("zipped", [True, False])
def test_four_idx_files_are_read_and_called_what_they_are(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet, zipped: bool
) -> None:
    dataset = load_dataset(write_set(tmp_path / "mine", arrays, zipped))
    assert dataset.name == "mine"
    assert dataset.seen == f"four IDX files, but not the released MNIST or Fashion-MNIST: {tmp_path / 'mine'}"
    assert dataset.labels == tuple("0123456789")
    np.testing.assert_array_equal(dataset.train.images, arrays[0])
    np.testing.assert_array_equal(dataset.test.labels, arrays[3])


def test_names_with_a_dot_as_browsers_write_them_are_understood(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet
) -> None:
    for path in write_set(tmp_path, arrays, zipped=False).iterdir():
        path.rename(tmp_path / path.name.replace("-idx", ".idx"))
    assert len(load_dataset(tmp_path).train) == 24


@pytest.mark.parametrize("given", ["root", "root/MNIST", "root/MNIST/raw"])
def test_torchvision_may_be_given_by_its_root_or_by_its_raw_folder(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet, given: str
) -> None:
    write_set(tmp_path / "root" / "MNIST" / "raw", arrays, zipped=False)
    dataset = load_dataset(tmp_path / given)
    assert "in torchvision's layout" in dataset.seen
    assert len(dataset.test) == 6


@pytest.mark.parametrize("given", ["mnist.npz", "."])
def test_an_archive_of_keras_may_be_given_by_its_file_or_by_its_folder(
    tmp_path: Path, arrays: Arrays, given: str
) -> None:
    np.savez(
        tmp_path / "mnist.npz", **dict(zip(["x_train", "y_train", "x_test", "y_test"], arrays, strict=True))
    )
    dataset = load_dataset(tmp_path / given)
    assert dataset.seen.startswith("an .npz archive in Keras's layout, but not the released MNIST")
    np.testing.assert_array_equal(dataset.test.images, arrays[2])


def test_equal_data_has_one_fingerprint_whatever_its_form(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet
) -> None:
    np.savez(tmp_path / "m.npz", **dict(zip(["x_train", "y_train", "x_test", "y_test"], arrays, strict=True)))
    idx = load_dataset(write_set(tmp_path / "idx", arrays))
    assert load_dataset(tmp_path / "m.npz").fingerprint == idx.fingerprint


def test_a_folder_of_pictures_says_how_it_was_parted(tmp_path: Path, arrays: Arrays) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(6):
            Image.fromarray(arrays[0][i]).save(tmp_path / "pets" / name / f"{i}.png")
    dataset = load_dataset(str(tmp_path / "pets"))
    assert (dataset.name, dataset.labels) == ("pets", ("cat", "dog"))
    assert "last sixth of each class (2 pictures) is the test set, and 10 pictures are left" in dataset.seen
    (tmp_path / "pets" / "test").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).rename(tmp_path / "pets" / "test" / name)
    (tmp_path / "pets" / "train").symlink_to("test")
    assert "12 pictures in train, 12 in test" in load_dataset(tmp_path / "pets").seen


def test_letters_get_as_many_names_as_they_have_labels(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet
) -> None:
    arrays[1] = arrays[1] + 12
    assert load_dataset(write_set(tmp_path, arrays)).labels == tuple(map(str, range(22)))


def test_a_limit_keeps_the_first_training_examples_and_the_whole_test_part(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet
) -> None:
    dataset = load_dataset(write_set(tmp_path, arrays), limit=7)
    assert (len(dataset.train), len(dataset.test)) == (7, 6)
    np.testing.assert_array_equal(dataset.train.images, arrays[0][:7])
    with pytest.raises(UsageError, match="limit 0"):
        load_dataset(tmp_path, limit=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.__setitem__(1, a[1][:-1]), "train part: 24 images but 23 labels"),
        (lambda a: a.__setitem__(2, a[2][:, :20]), r"test part: expected images \(N, 28, 28\) uint8"),
        (lambda a: a.__setitem__(0, a[0].astype(np.float32) + 0.5), "train part: expected"),
        (lambda a: a.__setitem__(3, a[3].astype(np.float32) + 0.5), "test part: expected"),
        (lambda a: a.__setitem__(1, a[1].astype(np.int32) - 1), "label -1 at position 0"),
        (lambda a: a.__setitem__(1, a[1].astype(np.int32) + 10**6), "expected 0 to 255"),
        (lambda a: (a.__setitem__(2, a[2][:0]), a.__setitem__(3, a[3][:0])), "the test part has no examples"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet, change: Callable[[Arrays], None], message: str
) -> None:
    change(arrays)
    with pytest.raises(DataError, match=message):
        load_dataset(write_set(tmp_path, arrays))


def test_an_incomplete_folder_says_what_is_missing(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet
) -> None:
    (write_set(tmp_path, arrays) / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"incomplete: t10k-images-idx3-ubyte\.gz missing"):
        load_dataset(tmp_path)


def test_what_is_no_data_is_refused_with_what_would_be(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data found"):
        load_dataset(tmp_path)
    with pytest.raises(
        UsageError, match=r"neither a known data set \(mnist, fashion, kmnist, qmnist, emnist, digits\)"
    ):
        load_dataset("mnits")
    (tmp_path / "lone").write_bytes(b"anything")
    with pytest.raises(DataError, match=r"not an \.npz file"):
        load_dataset(tmp_path / "lone")


def test_a_folder_that_may_not_be_read_is_a_file_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(FileError, match="Permission denied"):
        load_dataset(tmp_path)


def test_without_mirrors_mnist_is_not_here_or_three_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="lenet data fetch fashion"):
        load_dataset("fashion", download=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match=r"\(3\) continue without a download"):
        load_dataset("mnist")


def test_the_digits_are_named_as_what_they_are() -> None:
    pytest.importorskip("sklearn")
    dataset = load_dataset("digits")
    assert "not MNIST" in dataset.seen
    assert len(split_dataset(dataset).validation) == 119


def test_idx_files_of_another_make_are_never_taken_for_mnist(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LENET_DATA", str(write_set(tmp_path / "data", arrays)))
    for name in ("mnist", "fashion"):
        with pytest.raises(DataError, match="not the released file of"):
            load_dataset(name, download=False)


def test_ten_thousand_images_in_a_folder_named_mnist_are_not_mnists(
    tmp_path: Path, arrays: Arrays, write_set: WriteSet
) -> None:
    many = np.arange(10_000) % 6
    arrays[2:] = [arrays[2][many], arrays[3][many]]
    dataset = load_dataset(write_set(tmp_path / "mnist", arrays, zipped=False))
    assert (dataset.name, len(dataset.test)) == ("mnist", 10_000)
    assert not has_mnist_test_part(dataset)


@pytest.mark.mnist
@pytest.mark.skipif(not REAL, reason="LENET_DATA is not set")
class TestTheReleasedFiles:
    def test_mnist_has_60000_and_10000_examples_and_known_counts(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LENET_DATA", REAL)
        dataset = load_dataset("mnist", download=False)
        assert dataset.seen.startswith("MNIST as released: four IDX files")
        assert (len(dataset.train), len(dataset.test)) == (60_000, 10_000)
        assert dataset.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
        assert np.bincount(dataset.test.labels).tolist() == [
            980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
        ]  # fmt: skip
        assert len(split_dataset(dataset).validation) == 5_000
        # over the 32x32 field with x = 0.005 v - 0.1: mean 0.0275, variance 0.1231 (docs/1998.md, "Input")
        field = np.pad(dataset.train.images, ((0, 0), (2, 2), (2, 2))) * np.float32(0.005) - np.float32(0.1)
        assert abs(float(field.mean(dtype=np.float64)) - 0.0275) < 1e-4
        assert abs(float(field.var(dtype=np.float64)) - 0.1231) < 1e-4

    def test_the_same_content_is_known_in_every_form(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LENET_DATA", REAL)
        released = load_dataset("mnist", download=False)
        arrays = [released.train.images, released.train.labels, released.test.images, released.test.labels]
        arrays = [array.astype(np.uint8) for array in arrays]
        np.savez(
            tmp_path / "mnist.npz",
            **dict(zip(["x_train", "y_train", "x_test", "y_test"], arrays, strict=True)),
        )
        raw = tmp_path / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for file, array in zip(MNIST.files, arrays, strict=True):
            (raw / file.name.removesuffix(".gz")).write_bytes(format_idx(array))
        for path in (raw, tmp_path / "mnist.npz", Path(REAL)):
            dataset = load_dataset(path)
            assert dataset.name == "mnist"
            assert dataset.seen.startswith("MNIST as released")
            assert dataset.fingerprint == released.fingerprint

    def test_its_test_part_is_known_by_its_content_not_by_a_name(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LENET_DATA", REAL)
        released = load_dataset("mnist", limit=10, download=False)
        test = released.test
        turned = test.take(np.arange(10_000)[::-1])
        other_label, large_label = test.labels.copy(), test.labels.copy()
        other_label[4] = 9
        large_label[4] += 256  # the same byte
        other_pixel = test.images.copy()
        other_pixel[-1, 14, 14] ^= 1
        foreign = [turned, Examples(test.images, other_label), Examples(other_pixel, test.labels)]
        assert has_mnist_test_part(replace(released, name="mine"))
        assert not any(has_mnist_test_part(replace(released, test=part)) for part in foreign)
        many = replace(released, labels=tuple(map(str, range(300))), test=Examples(test.images, large_label))
        assert not has_mnist_test_part(many)

    def test_mnist_is_not_taken_for_fashion(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LENET_DATA", REAL)
        with pytest.raises(DataError, match="Fashion-MNIST is neither in"):
            load_dataset("fashion", download=False)
        (tmp_path / "fashion").mkdir()
        for file in MNIST.files:
            content = gzip.decompress((Path(REAL) / file.name).read_bytes())
            (tmp_path / "fashion" / file.name).write_bytes(gzip.compress(content, 1, mtime=0))
        monkeypatch.setenv("LENET_DATA", str(tmp_path))
        with pytest.raises(DataError, match="Fashion-MNIST is neither in"):
            load_dataset("fashion", download=False)
        assert load_dataset(tmp_path / "fashion").name == "mnist"
