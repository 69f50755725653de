from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet.data.folder import read_folder
from lenet.errors import DataError, PictureError
from lenet.images.normalize import Find


def make_digit(shift: int) -> np.ndarray:
    """A stroke in MNIST's form: light ink on zeros, 28x28."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10 + shift : 13 + shift] = 255
    return image


def write_pictures(folder: Path, count: int, invert: bool = False) -> None:
    folder.mkdir(parents=True)
    for i in range(count):
        image = make_digit(i % 5)
        Image.fromarray(255 - image if invert else image).save(folder / f"{i:03}.png")


def test_the_classes_are_the_folders_and_the_last_sixth_of_each_is_the_test_part(tmp_path: Path) -> None:
    for name, count in (("one", 12), ("four", 6), ("two", 3)):
        write_pictures(tmp_path / name, count)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "one" / "Thumbs.db").write_bytes(b"not a picture")
    classes, train, test = read_folder(tmp_path)
    assert classes == ("four", "one", "two")
    assert np.bincount(train.labels).tolist() == [5, 10, 2]
    assert np.bincount(test.labels).tolist() == [1, 2, 1]
    np.testing.assert_array_equal(test.images[test.labels == 1][0], make_digit(10 % 5))
    np.testing.assert_array_equal(test.images[test.labels == 1][1], make_digit(11 % 5))


def test_every_stretch_of_the_training_part_holds_every_class(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 60)
    write_pictures(tmp_path / "b", 30)
    _, train, _ = read_folder(tmp_path)
    for start in range(0, len(train) - 9, 3):
        assert np.bincount(train.labels[start : start + 9]).tolist() == [6, 3]


@pytest.mark.parametrize("names", [("train", "test"), ("training", "testing")])
def test_train_and_test_folders_are_taken_as_they_are(tmp_path: Path, names: tuple[str, str]) -> None:
    for part, count in zip(names, (4, 2), strict=True):
        for name in "ab":
            write_pictures(tmp_path / part / name, count)
    classes, train, test = read_folder(tmp_path)
    assert (classes, len(train), len(test)) == (("a", "b"), 8, 4)
    write_pictures(tmp_path / names[1] / "c", 1)
    with pytest.raises(DataError, match="do not occur in train: c"):
        read_folder(tmp_path)


def test_a_picture_of_28x28_is_kept_and_only_its_polarity_is_settled(tmp_path: Path) -> None:
    write_pictures(tmp_path / "dark", 2)
    write_pictures(tmp_path / "light", 2, invert=True)
    _, train, test = read_folder(tmp_path)
    for image in train.images:
        np.testing.assert_array_equal(image, make_digit(0))
    for image in test.images:
        np.testing.assert_array_equal(image, make_digit(1))


def test_a_larger_picture_is_brought_into_the_form_of_mnist(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(2):
            page = np.full((90, 120), 240, np.uint8)
            page[10:70, 20:30] = 15
            Image.fromarray(page).save(tmp_path / name / f"{i}.png")
    _, train, _ = read_folder(tmp_path)
    rows = np.flatnonzero(train.images[0].any(axis=1))
    assert rows[-1] - rows[0] + 1 == 20
    assert train.images[0].max() == 255


def test_a_damaged_or_blank_picture_is_named(tmp_path: Path) -> None:
    for name in "ab":
        write_pictures(tmp_path / name, 2)
    Image.new("L", (90, 90), 255).save(tmp_path / "a" / "blank.png")
    with pytest.raises(DataError, match=r"blank\.png"):
        read_folder(tmp_path)
    (tmp_path / "a" / "blank.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with pytest.raises(PictureError, match=r"blank\.png"):
        read_folder(tmp_path)


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    write_pictures(tmp_path / "only", 5)
    with pytest.raises(DataError, match="at least two classes, found: only"):
        read_folder(tmp_path)


def test_one_picture_of_each_class_leaves_none_to_test_on(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", 1)
    write_pictures(tmp_path / "b", 1)
    with pytest.raises(DataError, match="only one picture of each class"):
        read_folder(tmp_path)
    write_pictures(tmp_path / "c", 2)
    _, train, test = read_folder(tmp_path)
    assert (len(train), len(test)) == (3, 1)


def test_a_network_chooses_how_a_picture_is_read_whatever_its_size(tmp_path: Path) -> None:
    for name, side in (("a", 28), ("b", 90)):
        folder = tmp_path / name
        folder.mkdir()
        for i in range(2):
            image = np.full((side, side), 240, np.uint8)
            image[side // 4 : -side // 4, side // 2 : side // 2 + side // 14] = 20
            Image.fromarray(image).save(folder / f"{i}.png")
    asked = []

    def pick(finds: Sequence[Find]) -> np.ndarray:
        asked.append(len(finds))
        return finds[-1].digit

    _, train, test = read_folder(tmp_path, pick)
    assert len(asked) == len(train) + len(test) == 4
    for image in train.images:
        rows, columns = np.nonzero(image)
        assert max(np.ptp(rows), np.ptp(columns)) == 19  # as MNIST's digits, 20 pixels
