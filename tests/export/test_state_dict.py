"""Other people's LeNet-5: networks as tutorials write them, whose answers ours must give after the import."""

from collections import OrderedDict

import numpy as np
import pytest
from safetensors.numpy import save_file

from lenet.architecture import MODERN, ORIGINAL
from lenet.errors import FileError, NetworkFileError, ShapeError, UsageError
from lenet.export.pytorch_file import export_pytorch, rename_for_torch
from lenet.export.state_dict import import_network, match_tensors

from .conftest import draw_images, make_network

torch = pytest.importorskip("torch")
nn = torch.nn
functional = torch.nn.functional


class Tutorial(nn.Module):
    """PyTorch's own tutorial: 32x32, ReLU, max pooling, flat names."""

    def __init__(self, padding=0, activate=functional.relu, pool=functional.max_pool2d, bias=True):
        super().__init__()
        self.activate, self.pool = activate, pool
        self.conv1, self.conv2 = (
            nn.Conv2d(1, 6, 5, padding=padding, bias=bias),
            nn.Conv2d(6, 16, 5, bias=bias),
        )
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(self.activate(self.conv1(x)), 2)
        x = self.pool(self.activate(self.conv2(x)), 2)
        x = self.activate(self.fc1(x.flatten(1)))
        return self.fc3(self.activate(self.fc2(x)))


class Parted(nn.Module):
    """Features and classifier, sigmoid, average pooling, as in Dive into Deep Learning; C5 a convolution."""

    def __init__(self):
        super().__init__()
        convolution, pool = nn.Conv2d(1, 6, 5, padding=2), nn.AvgPool2d(2, 2)
        self.features = nn.Sequential(
            OrderedDict(
                c1=convolution, a=nn.Sigmoid(), s2=pool, c3=nn.Conv2d(6, 16, 5), b=nn.Sigmoid(), s4=pool
            )
        )
        self.features.append(nn.Conv2d(16, 120, 5))
        self.features.append(nn.Sigmoid())
        self.classifier = nn.Sequential(nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class Layered(nn.Module):
    """layer1.0, layer2.0, as in many blogs; tanh and log_softmax."""

    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2))
        self.layer2 = nn.Sequential(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2))
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh())
        self.out = nn.Linear(84, 26)

    def forward(self, x):
        return functional.log_softmax(self.out(self.fc(self.layer2(self.layer1(x)))), 1)


def make(kind, *arguments, **settings):
    torch.manual_seed(3)
    return kind(*arguments, **settings).eval()


def ask(model, images, padded, mean=0.0, std=1.0):
    """What their program computes for stored bytes: ToTensor, perhaps Pad(2) before, Normalize."""
    given = np.pad(images, ((0, 0), (2, 2), (2, 2))) if padded else images
    with torch.inference_mode():
        return model((torch.from_numpy(given)[:, None] / 255 - mean) / std).numpy()


def agree(logits, network, images):
    """Whether the penalties are the logits, negated, but for a constant in each row."""
    ours = -network.penalties(images)
    ours, logits = (a - a.mean(axis=1, keepdims=True) for a in (ours, logits))
    np.testing.assert_allclose(ours, logits, atol=2e-5 * np.abs(logits).max())


CASES = {
    "32x32": (lambda: make(Tutorial), True, {}),
    "padding": (lambda: make(Tutorial, 2), False, {}),
    "no biases": (lambda: make(Tutorial, 2, bias=False), False, {}),
    "normalized 32x32": (lambda: make(Tutorial), True, {"mean": 0.1307, "std": 0.3081}),
    "half": (lambda: make(Tutorial), True, {"mean": 0.5, "std": 0.5}),
    "sigmoid": (lambda: make(Parted), False, {"activation": "sigmoid", "pooling": "average"}),
    "tanh": (lambda: make(Layered), False, {"activation": "tanh", "pooling": "average"}),
    "tanh, max": (
        lambda: make(Tutorial, activate=torch.tanh),
        True,
        {"activation": "tanh", "mean": 0.1307, "std": 0.3081},
    ),
    "scaled tanh": (
        lambda: make(Tutorial, activate=lambda a: 1.7159 * torch.tanh(2 / 3 * a)),
        True,
        {"activation": "scaled-tanh"},
    ),
    "wrapped": (lambda: make(nn.DataParallel, make(Tutorial)), True, {}),
    "compiled": (lambda: torch.compile(make(Tutorial), backend="eager"), True, {}),
}


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
@pytest.mark.parametrize("name", CASES)
def test_tutorial_networks_give_the_same_answers_after_the_import(name, ending, tmp_path):
    build, padded, told = CASES[name]
    model, images = build(), draw_images(30)
    path = tmp_path / f"net{ending}"
    if ending == ".pt":
        torch.save(model.state_dict(), path)
    else:
        save_file({n: t.numpy() for n, t in model.state_dict().items()}, path)
    network = import_network(path, **told)
    shown = {key: told[key] for key in ("mean", "std") if key in told}
    agree(ask(model, images, padded, **shown), network, images)
    network.save(tmp_path / "ours.safetensors")
    assert network.labels == tuple(map(str, range(26 if name == "tanh" else 10)))


def test_padding_after_the_normalization_differs_only_at_the_border_of_c1(tmp_path):
    model, images = make(Tutorial, 2), draw_images()
    torch.save(model.state_dict(), tmp_path / "net.pt")
    network = import_network(tmp_path / "net.pt", mean=0.1307, std=0.3081)
    shown = (torch.from_numpy(images)[:, None] / 255 - 0.1307) / 0.3081
    with torch.inference_mode():
        theirs = functional.relu(model.conv1(shown)).numpy()
    ours = network.model.trace(images)["c1"]
    inner = slice(2, -2)
    np.testing.assert_allclose(ours[..., inner, inner], theirs[..., inner, inner], atol=1e-5)
    assert np.abs(ours - theirs).max() > 0.01


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_read(dtype, tmp_path):
    from safetensors.torch import save_file as save_torch

    model = make(Tutorial).to(dtype)
    save_torch(model.state_dict(), tmp_path / "net.safetensors")
    torch.save(model.state_dict(), tmp_path / "net.pt")
    expected = model.conv2.weight.detach().float().numpy()
    for name in ("net.safetensors", "net.pt"):
        np.testing.assert_array_equal(import_network(tmp_path / name).parameters.dense("c3"), expected)


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "anything"])
def test_a_state_dict_is_found_in_a_checkpoint(key, tmp_path):
    model = make(Tutorial)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.zeros(1, 1, 32, 32)).sum().backward()
    optimizer.step()
    checkpoint = {"epoch": 3, key: model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(checkpoint, tmp_path / "net.pt")
    agree(ask(model, draw_images(), True), import_network(tmp_path / "net.pt"), draw_images())


@pytest.mark.parametrize("architecture", [ORIGINAL, MODERN], ids=["original", "modern"])
def test_what_was_exported_comes_back_to_the_bit(architecture, tmp_path):
    network = make_network(architecture)
    export_pytorch(network, tmp_path / "net.py")
    back = import_network(tmp_path / "net.safetensors")
    assert back.architecture == architecture
    assert back.labels == network.labels
    for name, array in network.parameters.items():
        np.testing.assert_array_equal(back.parameters[name], array)
    with pytest.raises(UsageError, match="Leave the other options out"):
        import_network(tmp_path / "net.safetensors", activation="relu")


def test_a_network_of_ours_is_no_import(tmp_path):
    make_network(ORIGINAL).save(tmp_path / "net.safetensors")
    with pytest.raises(UsageError, match="already a network of lenet"):
        import_network(tmp_path / "net.safetensors")


def tutorial_arrays(**changes):
    arrays = {name: tensor.numpy() for name, tensor in make(Tutorial).state_dict().items()}
    arrays |= changes
    return {name: array for name, array in arrays.items() if array is not None}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"conv1.weight": np.zeros((32, 1, 3, 3))}, r"conv1\.weight of shape \(32, 1, 3, 3\) fits no layer"),
        ({"conv1.weight": np.zeros((6, 3, 5, 5))}, r"conv1\.weight .* three colour channels"),
        ({"fc1.weight": np.zeros((120, 256))}, r"fc1\.weight .* without padding"),
        ({"fc1.weight": np.zeros((500, 800))}, r"fc1\.weight of shape \(500, 800\)"),
        ({"bn1.weight": np.zeros(6)}, r"bn1\.weight .* batch normalization"),
        ({"bn1.num": np.zeros(())}, r"bn1\.num"),
        ({"more.bias": np.zeros(6)}, r"more\.bias"),
        ({"conv1.bias": np.zeros(5)}, r"conv1\.bias of shape \(5,\)"),
        ({"fc4.weight": np.zeros((10, 84))}, r"fc4\.weight .* second OUTPUT"),
        ({"fc2.weight": None, "fc2.bias": None}, r"no tensor for F6, expected \(84, 120\)"),
        ({"fc3.weight": np.zeros((1, 84))}, r"fc3\.weight of shape \(1, 84\)"),
    ],
)
def test_the_tensor_that_does_not_fit_is_named(changes, said, tmp_path):
    with pytest.raises(NetworkFileError, match=said):
        match_tensors(tmp_path, tutorial_arrays(**changes))


def test_numbers_that_are_not_finite_are_named(tmp_path):
    arrays = tutorial_arrays()
    arrays["fc2.bias"] = np.full(84, np.nan, np.float32)
    save_file(arrays, tmp_path / "net.safetensors")
    with pytest.raises(NetworkFileError, match=r"fc2\.bias holds 84"):
        import_network(tmp_path / "net.safetensors")


@pytest.mark.parametrize(
    ("name", "value", "std", "said"),
    [
        ("fc2.bias", -1e39, 1.0, r"fc2\.bias .* -1e\+39.* 3\.4e\+38"),
        ("conv1.weight", 1e38, 1e-6, r"c1\.weight"),
    ],
)
def test_numbers_that_float32_cannot_hold_are_named(name, value, std, said, tmp_path):
    arrays = {key: array.astype(np.float64) for key, array in tutorial_arrays().items()}
    arrays[name][0] = value
    save_file(arrays, tmp_path / "net.safetensors")
    with pytest.raises(NetworkFileError, match=said):
        import_network(tmp_path / "net.safetensors", std=std)


def test_a_whole_model_is_not_run(tmp_path):
    torch.save(make(nn.Sequential, nn.Linear(2, 2)), tmp_path / "net.pt")
    with pytest.raises(NetworkFileError, match=r"state_dict\(\)"):
        import_network(tmp_path / "net.pt")


@pytest.mark.parametrize("content", [b"", b"\x80\x04", b"PK\x03\x04" + bytes(40), b"\x89HDF\r\n", bytes(64)])
def test_a_file_that_is_none_of_these_is_refused(content, tmp_path):
    (tmp_path / "net.pt").write_bytes(content)
    with pytest.raises(FileError, match=r"torch\.save"):
        import_network(tmp_path / "net.pt")


def test_a_file_without_tensors_is_refused(tmp_path):
    torch.save({"epoch": 3, "notes": [1, 2]}, tmp_path / "net.pt")
    with pytest.raises(NetworkFileError, match="no tensors"):
        import_network(tmp_path / "net.pt")


@pytest.mark.parametrize(
    "told", [{"activation": "elu"}, {"pooling": "sum"}, {"std": 0.0}, {"mean": float("nan")}]
)
def test_a_value_that_is_not_one_of_these_is_refused(told, tmp_path):
    save_file(tutorial_arrays(), tmp_path / "net.safetensors")
    with pytest.raises(UsageError):
        import_network(tmp_path / "net.safetensors", **told)


def test_labels_are_those_that_were_told(tmp_path):
    save_file(tutorial_arrays(), tmp_path / "net.safetensors")
    assert import_network(tmp_path / "net.safetensors", labels="abcdefghij").labels == tuple("abcdefghij")
    with pytest.raises(ShapeError):
        import_network(tmp_path / "net.safetensors", labels="abc")


def test_the_exported_names_are_those_of_tutorials():
    assert set(rename_for_torch(make_network(MODERN))) == set(tutorial_arrays())
