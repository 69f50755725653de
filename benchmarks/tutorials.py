"""Whether `lenet import` finds how a tutorial's network was trained, without being told.

    LENET_DATA=/path/to/mnist python -m benchmarks.tutorials [--epochs 2] [--save]

Each network is written and trained as public tutorials do, on the first 55,000 training digits of MNIST, and
saved as they save it. The command sees only the file. Its settings and the true ones are compared on the last
5,000 training digits (the command itself tries 2,000 of them).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.provenance import describe_run
from lenet.data.dataset import load_dataset
from lenet.export.state_dict import import_network
from lenet.export.trials import resize_digits

KEPT, BATCH = 55_000, 64
NORMALIZED, HALVED, PLAIN = (0.1307, 0.3081), (0.5, 0.5), (0.0, 1.0)
RESULT = Path(__file__).parent / "results" / "tutorials.json"
SETTINGS = ("activation", "pooling", "mean", "std")


class Net(nn.Module):
    """As in PyTorch's examples: functional, dropout, log_softmax."""

    def __init__(self, padding: int = 2, dropout: float = 0.25) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=padding), nn.Conv2d(6, 16, 5)
        self.dropout = nn.Dropout(dropout)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28), or 32x32 without padding, to (N, 10) logarithms of probabilities."""
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        x = self.dropout(functional.relu(self.fc1(torch.flatten(x, 1))))
        return functional.log_softmax(self.fc3(functional.relu(self.fc2(x))), dim=1)


class LeNet5(nn.Module):
    """As in many blogs: `feature_extractor` and `classifier`, C5 a convolution, tanh, average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.feature_extractor = nn.Sequential(
            *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2)),
            *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
            *(nn.Conv2d(16, 120, 5), nn.Tanh()),
        )
        self.classifier = nn.Sequential(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 32, 32) to (N, 10) logits."""
        return self.classifier(torch.flatten(self.feature_extractor(x), 1))


class Layered(nn.Module):
    """layer1, layer2 and fc, fc1, fc2 with their ReLU as attributes; padded by its first convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2, 2))
        self.layer2 = nn.Sequential(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2, 2))
        self.fc, self.fc1, self.fc2 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        self.relu, self.relu1 = nn.ReLU(), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to (N, 10) logits."""
        x = self.layer2(self.layer1(x))
        return self.fc2(self.relu1(self.fc1(self.relu(self.fc(x.reshape(x.size(0), -1))))))


def stack(activation: Callable[[], nn.Module], pooling: Callable[[int], nn.Module], bias: bool) -> nn.Module:
    """One nn.Sequential, whose tensors are called 0.weight, 3.weight and so on."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2, bias=bias), activation(), pooling(2)),
        *(nn.Conv2d(6, 16, 5, bias=bias), activation(), pooling(2), nn.Flatten()),
        *(nn.Linear(400, 120), activation(), nn.Dropout(0.2), nn.Linear(120, 84), activation()),
        nn.Linear(84, 10),
    )


def name_layers() -> nn.Module:
    """An OrderedDict of layers, and 32x32 images."""
    layers = OrderedDict[str, nn.Module](
        c1=nn.Conv2d(1, 6, 5), relu1=nn.ReLU(), s2=nn.MaxPool2d(2, 2), c3=nn.Conv2d(6, 16, 5)
    )
    layers |= OrderedDict[str, nn.Module](
        relu3=nn.ReLU(), s4=nn.MaxPool2d(2, 2), flat=nn.Flatten(), c5=nn.Linear(400, 120)
    )
    layers |= OrderedDict[str, nn.Module](
        relu5=nn.ReLU(), f6=nn.Linear(120, 84), relu6=nn.ReLU(), f7=nn.Linear(84, 10)
    )
    return nn.Sequential(layers)


@dataclass(frozen=True)
class Tutorial:
    """A network, and how its tutorial shows it digits.

    Args:
        make: gives the untrained network.
        settings: the right activation and pooling, and mean and std of Normalize after ToTensor.
        shown: "28" as they are, "pad" by Pad(2) before ToTensor, "resize" by Resize((32, 32)).
        saved: what torch.save is given: "state", "checkpoint" with optimizer and epoch, or "parallel": names
            begin with module.
    """

    make: Callable[[], nn.Module]
    settings: tuple[str, str, tuple[float, float]]
    shown: str = "28"
    saved: str = "state"

    def see(self, stored: np.ndarray) -> Tensor:
        """Digits as its transforms give them; (N, 28, 28) uint8 to (N, 1, H, W) float32."""
        mean, std = self.settings[2]
        grey = torch.tensor(stored)[:, None].float() / 255
        if self.shown == "pad":
            grey = functional.pad(grey, (2,) * 4)
        elif self.shown == "resize":
            grey = functional.interpolate(grey, (32, 32), mode="bilinear", antialias=True)
        return (grey - mean) / std

    def named(self) -> dict[str, Any]:
        """The true settings, as `import_network` takes them."""
        activation, pooling, (mean, std) = self.settings
        return dict(zip(SETTINGS, (activation, pooling, mean, std), strict=True))


TUTORIALS = {
    "average pooling": Tutorial(Layered, ("relu", "average", PLAIN), saved="checkpoint"),
    "max pooling, log_softmax": Tutorial(lambda: Net(2), ("relu", "max", PLAIN)),
    "tanh, C5 a convolution": Tutorial(LeNet5, ("tanh", "average", PLAIN), shown="pad"),
    "normalized 0.1307, 0.3081": Tutorial(lambda: Net(2, 0.5), ("relu", "max", NORMALIZED), saved="parallel"),
    "normalized 0.5, 0.5, no bias": Tutorial(
        lambda: stack(nn.ReLU, nn.MaxPool2d, False), ("relu", "max", HALVED), saved="checkpoint"
    ),
    "Resize(32), normalized": Tutorial(name_layers, ("relu", "max", NORMALIZED), shown="resize"),
    "tanh, max, normalized 0.5": Tutorial(
        lambda: stack(nn.Tanh, nn.MaxPool2d, True), ("tanh", "max", HALVED)
    ),
    "sigmoid, average pooling": Tutorial(
        lambda: stack(nn.Sigmoid, nn.AvgPool2d, True), ("sigmoid", "average", PLAIN)
    ),
    "Resize(32), tanh, average": Tutorial(LeNet5, ("tanh", "average", PLAIN), shown="resize"),
}


def train(tutorial: Tutorial, stored: np.ndarray, labels: Tensor, epochs: int) -> nn.Module:
    """Adam, cross-entropy (of log_softmax: the same), mini-batches of 64."""
    torch.manual_seed(0)
    network = tutorial.make()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    images = tutorial.see(stored)
    network.train()
    for _ in range(epochs):
        for batch in torch.randperm(KEPT).split(BATCH):
            loss = functional.cross_entropy(network(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.eval()


def save(network: nn.Module, kind: str, path: Path) -> None:
    """Save as tutorials do."""
    state: Any = network.state_dict()
    if kind == "parallel":
        state = {f"module.{name}": tensor for name, tensor in state.items()}
    if kind == "checkpoint":
        optimizer = torch.optim.Adam(network.parameters(), 1e-3).state_dict()
        state = {"epoch": 2, "model_state_dict": state, "optimizer_state_dict": optimizer, "loss": 0.05}
    torch.save(state, path)


def ask(path: Path) -> dict[str, Any]:
    """What the command says of a file, in JSON, and in `sentence` what it says of Resize."""
    words = [sys.executable, "-m", "lenet", "import", str(path), "-o", str(path.with_suffix(".safetensors"))]
    found = subprocess.run([*words, "--json"], capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(found.stdout)
    said = subprocess.run([*words, "--lang", "en"], capture_output=True, text=True, check=True)
    return report | {"sentence": "".join(line for line in said.stdout.splitlines() if "Resize(" in line)}


def compare(name: str, tutorial: Tutorial, epochs: int) -> dict[str, Any]:
    """Train, save, import without a hint, and count what found and true settings misread."""
    data = load_dataset("mnist", download=False).train
    network = train(tutorial, data.images[:KEPT], torch.tensor(data.labels[:KEPT]).long(), epochs)
    images, labels = data.images[KEPT:], data.labels[KEPT:]
    shown = resize_digits(images) if tutorial.shown == "resize" else images
    with torch.inference_mode():
        theirs = int((network(tutorial.see(images)).argmax(1).numpy() != labels).sum())
    with TemporaryDirectory() as folder:
        path = Path(folder, "net.pt")
        save(network, tutorial.saved, path)
        report = ask(path)
        found = {key: report.get("better", report)[key] for key in SETTINGS}

        def count(settings: dict[str, Any]) -> int:
            return int((import_network(path, **settings).penalties(shown).argmin(axis=1) != labels).sum())

        wrong = {"torch": theirs, "true": count(tutorial.named()), "found": count(found)}
    resized = tutorial.shown == "resize"
    ok = found == tutorial.named() and bool(report["sentence"]) == resized == ("resized" in report)
    return {
        "name": name,
        "expected": tutorial.named() | {"resized": resized},
        "found": found | {"resized": "resized" in report},
        "wrong": wrong,
        "sentence": report["sentence"],
        "ok": ok,
    }


def format_row(row: dict[str, Any]) -> str:
    """One line: expected settings, found ones, misread digits, ok."""
    settings = [" ".join(f"{value}" for value in row[side].values()) for side in ("expected", "found")]
    wrong = ", ".join(f"{count} {side}" for side, count in row["wrong"].items())
    return (
        f"{row['name']}: expected {settings[0]}; found {settings[1]}; wrong of 5,000: {wrong}; ok {row['ok']}"
    )


def main() -> int:
    """Every tutorial; 1 where one is read wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--only", default="", help="tutorials whose name contains this")
    parser.add_argument("--save", action="store_true", help=f"write {RESULT.name}")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name, tutorial in TUTORIALS.items():
        if options.only in name:
            rows.append(compare(name, tutorial, options.epochs))
            print(format_row(rows[-1]), flush=True)
            if rows[-1]["sentence"]:
                print(f"    {rows[-1]['sentence']}", flush=True)
    if options.save:
        result = describe_run(sys.argv) | {"epochs": options.epochs, "rows": rows}
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
