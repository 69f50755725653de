"""`LeNet5` in the hands of somebody who knows PyTorch and not us."""

import copy
import io

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL, PRESETS, Architecture
from lenet.errors import ShapeError
from lenet.parameters import initialize_parameters

torch = pytest.importorskip("torch")
from lenet.engines.pytorch.network import LeNet5  # noqa: E402 - it needs torch


def draw_images(count: int, height: int = 32, width: int = 32) -> "torch.Tensor":
    return torch.rand((count, 1, height, width), generator=torch.Generator().manual_seed(1)) * 1.275 - 0.1


def test_lenet_5_has_60000_parameters() -> None:
    assert sum(parameter.numel() for parameter in LeNet5().parameters()) == 60_000


def test_the_modern_network_has_61706_parameters() -> None:
    assert sum(parameter.numel() for parameter in LeNet5(MODERN).parameters()) == 61_706


@pytest.mark.parametrize("preset", PRESETS)
def test_its_state_has_our_names_and_shapes_and_no_codes(preset: str) -> None:
    state = LeNet5(PRESETS[preset]).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == PRESETS[preset].parameter_shapes
    assert list(state) == list(PRESETS[preset].parameter_shapes)


def test_it_starts_from_the_parameters_of_its_seed() -> None:
    state = LeNet5(seed=7).state_dict()
    for name, array in initialize_parameters(ORIGINAL, 7).items():
        np.testing.assert_array_equal(state[name].numpy(), array)
    assert not torch.equal(LeNet5(seed=8).c1.weight, state["c1.weight"])


def test_it_takes_given_parameters_in_their_own_precision_and_leaves_them_alone() -> None:
    parameters = initialize_parameters(MODERN, 3, np.float64)
    network = LeNet5(parameters=parameters)
    assert network.architecture == MODERN
    assert network.c5.weight.dtype == torch.float64
    with torch.no_grad():
        network.c1.weight.zero_()
    assert parameters["c1.weight"].any()


def test_parameters_of_another_architecture_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"s2\.coefficient"):
        LeNet5(ORIGINAL, initialize_parameters(MODERN, 0))


def test_it_gives_a_penalty_for_every_class_and_a_map_of_them_on_a_larger_field() -> None:
    network = LeNet5().eval()
    with torch.no_grad():
        assert network(draw_images(3)).shape == (3, 10)
        wide = draw_images(2, 32, 48)
        penalties = network(wide)
        assert penalties.shape == (2, 10, 1, 5)
        torch.testing.assert_close(penalties[..., 0, 3], network(wide[..., 12:44]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pooling", ["trainable", "average", "max"])
def test_the_trace_ends_in_what_forward_gives(pooling: str) -> None:
    network = LeNet5(Architecture(pooling=pooling))
    trace = network.trace(draw_images(2))
    torch.testing.assert_close(trace["output"][..., 0, 0], network(draw_images(2)), rtol=0, atol=0)
    assert ("s2.sum" in trace) == (pooling == "trainable")


def test_it_learns_in_an_ordinary_training_loop() -> None:
    network, images, labels = LeNet5(), draw_images(8), torch.arange(8)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(-0.1 * network(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_only_the_kernels_that_exist_are_trained() -> None:
    network = LeNet5()
    network(draw_images(1)).sum().backward()
    assert network.c3.weight.grad.shape == (60, 5, 5)
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert not network.output.codes.requires_grad


def test_it_can_be_saved_copied_and_loaded() -> None:
    network = LeNet5(seed=1)
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    other = LeNet5(seed=2)
    other.load_state_dict(torch.load(file, weights_only=True))
    image = draw_images(2)
    torch.testing.assert_close(other(image), network(image), rtol=0, atol=0)
    torch.testing.assert_close(copy.deepcopy(network).double()(image.double()).float(), network(image))


def test_images_in_any_memory_format_give_the_same() -> None:
    network, image = LeNet5(), draw_images(4)
    expected = network(image)
    nhwc = image.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    torch.testing.assert_close(network(nhwc), expected)
    torch.testing.assert_close(network(image.to(memory_format=torch.channels_last)), expected)


def test_printing_it_shows_its_layers() -> None:
    text = str(LeNet5())
    for part in ("c1", "Subsampling(tanh", "weight=(60, 5, 5)", "EuclideanRBF(codes=(10, 84))"):
        assert part in text
    assert "LinearOutput(weight=(10, 84))" in str(LeNet5(MODERN))
