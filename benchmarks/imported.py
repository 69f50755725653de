"""What `lenet import` keeps of a tutorial's network: trained the tutorial's way, asked before and after.

    LENET_DATA=/path/to/mnist python -m benchmarks.imported

Two epochs of Adam over 55,000 digits of MNIST, normalized with 0.1307 and 0.3081; asked about the last 5,000
of the training set. Padded by its first convolution, after the normalization, or before it.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn
from torch.nn import functional

from lenet.data.dataset import load_dataset
from lenet.export.state_dict import import_network

MEAN, STD, KEPT, BATCH, EPOCHS = 0.1307, 0.3081, 55_000, 64, 2


class Net(nn.Module):
    """PyTorch's tutorial, with padding=2 for images of 28x28."""

    def __init__(self, padding: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=padding), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) or (N, 1, 32, 32) to (N, 10) logits."""
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = functional.relu(self.fc1(x.flatten(1)))
        return self.fc3(functional.relu(self.fc2(x)))


def compare(padding: int) -> str:
    """Train, import, and count wrong and changed answers."""
    data = load_dataset("mnist", download=False).train
    images, labels = torch.tensor(data.images), torch.tensor(data.labels).long()
    torch.manual_seed(0)
    network = Net(padding)

    def see(stored: Tensor) -> Tensor:
        field = (stored[:, None] / 255 - MEAN) / STD
        return field if padding else functional.pad(field, (2,) * 4, value=-MEAN / STD)

    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(EPOCHS):
        for batch in torch.randperm(KEPT).split(BATCH):
            loss = functional.cross_entropy(network(see(images[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.inference_mode():
        before = network(see(images[KEPT:])).argmax(1)
    with TemporaryDirectory() as folder:
        path = Path(folder, "net.pt")
        torch.save(network.state_dict(), path)
        imported = import_network(path, mean=MEAN, std=STD)
    after = torch.from_numpy(imported.penalties(data.images[KEPT:]).argmin(axis=1))
    wrong = [int((answers != labels[KEPT:]).sum()) for answers in (before, after)]
    changed = int((before != after).sum())
    return f"padding={padding}: {wrong[0]} wrong before, {wrong[1]} after, {changed} changed"


if __name__ == "__main__":
    torch.set_num_threads(1)
    for padded in (2, 0):
        print(compare(padded), flush=True)
