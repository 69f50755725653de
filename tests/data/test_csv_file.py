import numpy as np
import pytest

from lenet.data.dataset import load_dataset
from lenet.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)
LABELS = np.arange(12) % 10
HEADER = "label," + ",".join(f"pixel{i}" for i in range(784)) + "\n"


def write(path, images, labels=None, header="", at=0):
    rows = images.reshape(-1, 784).astype(int)
    rows = rows if labels is None else np.insert(rows, at, labels, axis=1)
    path.write_text(header + "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()))


def test_kaggle_s_training_file_is_parted_and_its_test_file_without_labels_left_out(tmp_path):
    write(tmp_path / "train.csv", IMAGES, LABELS, HEADER)
    write(tmp_path / "test.csv", IMAGES, header=HEADER.partition(",")[2])
    for source in (tmp_path, tmp_path / "train.csv"):
        dataset = load_dataset(source)
        assert (len(dataset.train), len(dataset.test)) == (10, 2)
        np.testing.assert_array_equal(dataset.train.images, IMAGES[:10])
        np.testing.assert_array_equal(dataset.test.labels, LABELS[10:])


def test_two_files_with_labels_and_without_a_header_are_both_parts(tmp_path):
    write(tmp_path / "mnist_train.csv", IMAGES, LABELS)
    write(tmp_path / "mnist_test.csv", IMAGES[:4], LABELS[:4])
    dataset = load_dataset(tmp_path)
    assert (len(dataset.train), len(dataset.test)) == (12, 4)
    np.testing.assert_array_equal(dataset.test.images, IMAGES[:4])


def test_the_header_says_where_the_label_stands(tmp_path):
    header = ",".join(f"pixel{i}" for i in range(784)) + ',"label"\n'
    write(tmp_path / "train.csv", IMAGES, LABELS, header, at=784)
    np.testing.assert_array_equal(load_dataset(tmp_path).train.labels, LABELS[:10])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3\n", "784"),
        ("", "784"),
        ("label,a\nx,y\n", "784"),
        (",".join(["0"] * 784) + "\n", "without a label"),
        (",".join(["1"] + ["256"] * 784) + "\n", "0 to 255"),
        (",".join(["1"] + ["0.5"] * 784) + "\n", "0 to 255"),
        (",".join(["1"] + ["nan"] * 784) + "\n", "0 to 255"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_another_table_is_refused_with_what_was_expected(tmp_path, text, said):
    (tmp_path / "train.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        load_dataset(tmp_path / "train.csv")
