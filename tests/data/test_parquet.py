import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lenet.data.dataset import load_dataset
from lenet.data.digits import read_digits
from lenet.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    train, _ = read_digits()
    return train.images[:60], train.labels[:60]


def encode(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def write(path: Path, images: np.ndarray, labels: np.ndarray, **more: list) -> Path:
    """Rows as Hugging Face writes MNIST's: a struct of the file's bytes and path, and the label."""
    rows = [{"bytes": encode(image), "path": f"{number}.png"} for number, image in enumerate(images)]
    pq.write_table(pa.table({"image": rows, "label": labels.tolist(), **more}), path, row_group_size=7)
    return path


def test_train_and_test_files_of_a_folder_are_the_two_parts(tmp_path, digits):
    images, labels = digits
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "train-00000-of-00002.parquet", images[:20], labels[:20])
    write(folder / "train-00001-of-00002.parquet", images[20:40], labels[20:40])
    write(folder / "test-00000-of-00001.parquet", images[40:], labels[40:])
    dataset = load_dataset(tmp_path)
    np.testing.assert_array_equal(dataset.train.images, images[:40])
    np.testing.assert_array_equal(dataset.train.labels, labels[:40])
    np.testing.assert_array_equal(dataset.test.images, images[40:])
    assert "parquet" in dataset.seen


def test_of_a_lone_file_the_last_sixth_is_the_test_part(tmp_path, digits):
    dataset = load_dataset(write(tmp_path / "digits.parquet", *digits))
    assert (len(dataset.train), len(dataset.test)) == (50, 10)
    np.testing.assert_array_equal(dataset.test.labels, digits[1][50:])


def test_dark_ink_becomes_bright_and_large_pictures_are_cleaned_up(tmp_path, digits):
    images, labels = digits
    large = np.stack([np.kron(255 - image, np.ones((4, 4), np.uint8)) for image in images[:6]])
    inverted = load_dataset(write(tmp_path / "a.parquet", 255 - images[:6], labels[:6]))
    np.testing.assert_array_equal(inverted.train.images, images[:5])
    cleaned = load_dataset(write(tmp_path / "b.parquet", large, labels[:6]))
    assert cleaned.train.images.shape == (5, 28, 28)
    assert cleaned.train.images[:, 0].max() < 128 < cleaned.train.images.max()


def test_the_column_named_label_is_chosen_among_several(tmp_path, digits):
    images, labels = digits
    path = write(tmp_path / "a.parquet", images, labels, writer=list(range(60)))
    np.testing.assert_array_equal(load_dataset(path).train.labels, labels[:50])


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"pixels": [1.5], "name": ["a"]}), path)
    with pytest.raises(DataError, match="found pixels, name"):
        load_dataset(path)


def test_a_row_that_cannot_be_read_is_named(tmp_path, digits):
    images, _ = digits
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"image": [encode(images[0]), b"no picture"], "label": [0, 1]}), path)
    with pytest.raises(DataError, match="parquet#1"):
        load_dataset(path)
    pq.write_table(pa.table({"image": [encode(images[0])], "label": pa.array([None], pa.int64())}), path)
    with pytest.raises(DataError, match="parquet#0: this row has no image or no label"):
        load_dataset(path)


def test_damaged_and_empty_files_are_data_errors(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + bytes(50))
    with pytest.raises(DataError, match="parquet"):
        load_dataset(path)
    table = pa.table({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int64())})
    pq.write_table(table, path)
    with pytest.raises(DataError, match="no rows"):
        load_dataset(path)
