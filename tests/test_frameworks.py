"""`lenet.torch` and `lenet.keras`: the network for programs of these frameworks."""

import importlib
import sys
from importlib.util import find_spec

import pytest

from lenet.architecture import MODERN
from lenet.errors import MissingExtra

PACKAGES = {"torch": "torch", "keras": "tensorflow"}


@pytest.mark.parametrize("name", PACKAGES)
def test_without_its_framework_a_module_names_the_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lenet.engines.choose.find_spec", lambda package: None)
    monkeypatch.delitem(sys.modules, f"lenet.{name}", raising=False)
    with pytest.raises(MissingExtra, match=PACKAGES[name]):
        importlib.import_module(f"lenet.{name}")


def test_the_default_start_of_the_modern_module_learns_in_an_ordinary_loop() -> None:
    torch = pytest.importorskip("torch")
    from lenet.torch import LeNet5

    network, labels = LeNet5(MODERN), torch.arange(8)
    images = torch.rand((8, 1, 32, 32), generator=torch.Generator().manual_seed(1)) * 1.275 - 0.1
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(-network(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.skipif(not find_spec("tensorflow"), reason="needs TensorFlow")
def test_a_network_built_for_keras_has_the_61706_numbers_of_the_modern_one() -> None:
    from lenet.keras import build_network

    assert build_network(MODERN).count_params() == 61_706
