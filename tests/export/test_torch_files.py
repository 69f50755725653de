"""Files of torch.save that are built to hurt, and those of real scripts that hold more than tensors."""

import argparse
import io
import warnings
import zipfile

import numpy as np
import pytest

from lenet.errors import NetworkFileError
from lenet.export.torch_files import read_torch

torch = pytest.importorskip("torch")
LIMIT = 16 * 1024**2
WEIGHT = torch.arange(12.0).reshape(3, 4)


def save(content):
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def read(content):
    return read_torch("net.pt", content if isinstance(content, bytes) else save(content), LIMIT)


def nest(depth):
    """A dictionary within a dictionary twice, and so on: 2^depth ways down."""
    inner = {"a": 1}
    for _ in range(depth):
        inner = {"left": inner, "right": inner}
    return inner


def make_ring():
    ring = {}
    ring["self"] = ring
    return ring


def test_dictionaries_that_are_shared_or_rings_are_walked_once():
    assert read(nest(60)) == {}
    assert read(make_ring()) == {}


def test_the_state_dict_of_a_checkpoint_is_found_beside_settings_and_numbers_of_numpy():
    checkpoint = {
        "args": argparse.Namespace(lr=0.1, name="lenet"),
        "best": np.float64(0.99),
        "epoch": np.int64(3),
        "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3, 4)}}},
        "model_state_dict": {"fc.weight": WEIGHT},
    }
    found = read(checkpoint)
    assert list(found) == ["fc.weight"]
    np.testing.assert_array_equal(found["fc.weight"], WEIGHT.numpy())


def test_pruned_weights_are_multiplied_by_their_masks():
    mask = (WEIGHT > 5).float()
    found = read({"fc.weight_orig": WEIGHT, "fc.weight_mask": mask, "fc.bias": torch.ones(3)})
    assert set(found) == {"fc.weight", "fc.bias"}
    np.testing.assert_array_equal(found["fc.weight"], (WEIGHT * mask).numpy())


def test_quantized_and_sparse_tensors_become_dense():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls them old
        quantized = torch.quantize_per_tensor(WEIGHT, 0.5, 0, torch.qint8)
        content = save({"a.weight": WEIGHT, "b.weight": quantized, "c.weight": WEIGHT.to_sparse()})
    found = read(content)
    for array in found.values():
        np.testing.assert_array_equal(array, WEIGHT.numpy())


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (WEIGHT.to(torch.complex64), "complex64"),
        (torch.empty(3, 4, device="meta"), "meta"),
        (torch.zeros(1).expand(10**8, 10**8), "100000000"),
    ],
)
def test_a_tensor_without_usable_numbers_is_named(tensor, said):
    with pytest.raises(NetworkFileError, match=said):
        read({"fc.weight": tensor})


def test_a_nested_tensor_is_named():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = torch.nested.nested_tensor([torch.zeros(2, 3), torch.zeros(3, 3)])
        content = save({"fc.weight": nested})
    with pytest.raises(NetworkFileError, match="nested"):
        read(content)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", bytes(LIMIT + 1))
    with pytest.raises(NetworkFileError, match="more than 16 MB"):
        read(content.getvalue())


def test_torchscript_is_named_with_the_way_to_its_numbers():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that TorchScript is old
        scripted = torch.jit.trace(torch.nn.Linear(4, 3), torch.zeros(1, 4))
        content = io.BytesIO()
        torch.jit.save(scripted, content)
    with pytest.raises(NetworkFileError, match=r"torch\.jit\.load"):
        read(content.getvalue())


def test_a_class_that_is_not_loaded_is_named():
    with pytest.raises(NetworkFileError, match="Linear"):
        read(torch.nn.Linear(4, 3))


@pytest.mark.parametrize("cut", [10, 100, 500])
def test_a_file_that_ends_early_is_refused(cut):
    with pytest.raises(NetworkFileError):
        read(save({"fc.weight": WEIGHT})[:-cut])
