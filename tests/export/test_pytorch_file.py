"""The PyTorch module: run where lenet cannot be imported, its state dict in a tutorial's own class."""

import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file

from lenet.architecture import MODERN, ORIGINAL
from lenet.errors import UsageError
from lenet.export.pytorch_file import export_pytorch

from .conftest import draw_images, make_network, need

ALONE = """
import sys
sys.modules["lenet"] = None  # to import it is an error now
import numpy as np
import torch
import net
images = torch.tensor(np.load("images.npy"))
network = net.load_network()
with torch.inference_mode():
    np.save("outputs.npy", network(net.scale(images)).numpy())
np.save("labels.npy", net.recognize(network, images))
print(sum(parameter.numel() for parameter in network.parameters()))
"""


def run_alone(folder, images, code=ALONE):
    np.save(folder / "images.npy", images)
    command = [sys.executable, "-W", "error", "-c", code]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_the_module_gives_the_penalties_of_the_reference_without_this_package(network, tmp_path):
    need("torch")
    images = draw_images(40)
    export_pytorch(network, tmp_path / "net.py")
    count = run_alone(tmp_path, images)
    assert int(count) == network.architecture.trainable
    outputs, expected = np.load(tmp_path / "outputs.npy"), network.penalties(images)
    penalties = outputs if network.architecture.output == "rbf" else -outputs
    assert np.abs(penalties - expected).max() <= 1e-5 * np.abs(expected).max()
    assert np.load(tmp_path / "labels.npy").tolist() == [network.labels[i] for i in expected.argmin(axis=1)]


@pytest.mark.slow
def test_a_module_without_weights_can_be_trained_from_the_start(tmp_path):
    need("torch")
    export_pytorch(make_network(ORIGINAL), tmp_path / "net.py")
    code = """
import torch, net
torch.manual_seed(0)
network, images = net.LeNet5(), torch.randint(0, 256, (8, 28, 28), dtype=torch.uint8)
optimizer = torch.optim.SGD(network.parameters(), 1e-3)
losses = []
for _ in range(20):
    loss = network(net.scale(images))[range(8), range(8)].mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
assert losses[-1] < 0.9 * losses[0], losses
"""
    run_alone(tmp_path, draw_images(), code)


def test_the_weights_of_a_modern_network_fit_a_tutorials_class(tmp_path):
    need("torch")
    import torch
    from torch import nn
    from torch.nn import functional

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
            self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

        def forward(self, x):
            x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
            x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
            x = functional.relu(self.fc1(torch.flatten(x, 1)))
            return self.fc3(functional.relu(self.fc2(x)))

    network, images = make_network(MODERN), draw_images()
    export_pytorch(network, tmp_path / "net.py")
    theirs = Net()
    arrays = load_file(tmp_path / "net.safetensors")
    theirs.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    fields = np.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None].astype(np.float32) * 0.005 - 0.1
    with torch.inference_mode():
        logits = theirs(torch.from_numpy(fields)).numpy()
    np.testing.assert_allclose(-logits, network.penalties(images), rtol=1e-4, atol=1e-4)


def test_labels_of_any_text_are_harmless(tmp_path):
    need("torch")
    from lenet.network import Network

    labels = ('"', "\\", '"""', "*/", "三", "'''", "%s", " ", "\n#", "$x")
    network = Network(ORIGINAL, make_network(ORIGINAL).parameters, labels, {}, "reference")
    export_pytorch(network, tmp_path / "net.py")
    run_alone(tmp_path, draw_images(3))
    expected = [labels[i] for i in network.penalties(draw_images(3)).argmin(axis=1)]
    assert np.load(tmp_path / "labels.npy").tolist() == expected


@pytest.mark.parametrize("name", ["my-net.py", "net.txt", "class.py", "5.py"])
def test_a_name_that_python_cannot_import_is_refused(name, tmp_path):
    with pytest.raises(UsageError, match=r"lenet5\.py"):
        export_pytorch(make_network(ORIGINAL), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_module_are_refused(tmp_path):
    """As a kill between the two files of an export leaves them: new weights beside the old module."""
    need("torch")
    first, second = make_network(ORIGINAL), make_network(ORIGINAL, tuple("abcdefghij"))
    export_pytorch(first, tmp_path / "net.py")
    module = (tmp_path / "net.py").read_text("utf-8")
    export_pytorch(second, tmp_path / "net.py")
    (tmp_path / "net.py").write_text(module, "utf-8")
    code = """
import net
try:
    net.load_network()
except ValueError as error:
    print(error)
"""
    assert "another module" in run_alone(tmp_path, draw_images(1), code)


def test_weights_that_a_program_saved_itself_are_taken(tmp_path):
    need("torch")
    export_pytorch(make_network(ORIGINAL), tmp_path / "net.py")
    code = """
import net
from safetensors.torch import save_file
network = net.load_network()
save_file(network.state_dict(), "net.safetensors")
net.load_network()
"""
    run_alone(tmp_path, draw_images(1), code)
