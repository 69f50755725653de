"""kernels.mjs and network.mjs: the same numbers as in Python, and memory that comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lenet
from lenet.engines import Update, get_engine
from lenet.engines.inputs import one_hot, show_patterns
from lenet.engines.loss import LOSSES, Loss
from lenet.engines.reference.backward import measure_loss
from lenet.images.distort import DistortedEpoch, Distortion
from lenet.randomness import philox

from .conftest import Script

DISTORTION = "{ shift: 2, elastic: 3, elasticWidth: 5, rotation: 20, seed: 2n ** 63n + 1n, epoch: 1 }"
DISTORTED = DistortedEpoch(
    Distortion(shift=2, elastic=3, elastic_width=5, rotation=20), seed=2**63 + 1, epoch=1
)
IMAGES = (np.arange(3 * 784) * 37 % 251).astype(np.uint8).reshape(3, 28, 28)
LABELS = np.array([3, 0, 9])
SETTING = """
const { readNetwork } = await import("/page/static/network_file.mjs");
const { architecture, labels, parameters } = readNetwork(await load("/weights/1998.safetensors"));
const images = Uint8Array.from({ length: 3 * 784 }, (_, k) => (k * 37) % 251);
const targets = Int32Array.of(3, 0, 9);
const network = kernels.network(architecture, parameters);
"""


@pytest.fixture(scope="module")
def found(script: Script) -> dict[str, Any]:
    """All numbers in question, from one visit to the browser."""
    return script(f"""{SETTING}
        const mark = kernels.wasm.mark();
        const {{ loss, gradient }} = network.differentiate(images, targets);
        const [penalties, trace] = [network.penalties(images), network.trace(images, true)];
        const curvature = network.differentiate(images, targets, {{}}, true).gradient;
        const shown = kernels.show(images, [2, 0, 4], {DISTORTION});
        const order = Int32Array.of(0, 1, 2, 0);
        const rates = [1e-3, 1e-3];
        const settings = {{ targets, order, rates, momentum: 0.9, distortion: {DISTORTION} }};
        const losses = network.train({{ images, ...settings }});
        return {{
          labels, loss, leak: kernels.wasm.mark() - mark,
          gradient: list(gradient), curvature: list(curvature), penalties: Array.from(penalties),
          trace: list(trace), shown: Array.from(shown), losses: Array.from(losses),
          after: list(network.parameters()), words: Array.from(kernels.philox([1, 2, 3, 4], 2n ** 40n + 5n)),
        }};""")


def close(numbers: list[float], expected: np.ndarray, what: str) -> None:
    gap = np.abs(np.array(numbers) - expected.ravel()).max()
    assert gap <= 1e-4 * np.abs(expected).max(), what


def test_labels_come_with_the_file(found: dict[str, Any]) -> None:
    assert found["labels"] == [str(digit) for digit in range(10)]


def test_calls_leave_no_memory_behind(found: dict[str, Any]) -> None:
    assert found["leak"] == 0


def test_numbers_are_those_of_python(found: dict[str, Any]) -> None:
    network = lenet.load("1998")
    model = get_engine("reference").load(network.architecture, network.parameters)
    for name, array in model.trace(IMAGES, sums=True).items():
        close(found["trace"][name], array, name)
    close(found["penalties"], model.penalties(IMAGES), "penalties")
    for name, array in model.gradient(IMAGES, LABELS, Loss()).items():
        close(found["gradient"][name], array, f"gradient of {name}")
    for name, array in model.curvature(IMAGES, LABELS, Loss()).items():
        close(found["curvature"][name], array, f"curvature of {name}")


def test_training_is_that_of_python(found: dict[str, Any]) -> None:
    network = lenet.load("1998")
    run = get_engine("reference").start(
        network.architecture, network.parameters, Update(Loss(), momentum=0.9)
    )
    order = np.array([[0, 1], [2, 0]], np.int32)
    losses = run.advance(IMAGES, LABELS, order, np.full(2, 1e-3), distortion=DISTORTED)
    close(found["losses"], losses, "losses")
    for name, array in run.parameters().items():
        close(found["after"][name], array, f"trained {name}")


def test_random_words_are_those_of_python(found: dict[str, Any]) -> None:
    assert found["words"] == philox(np.array([1, 2, 3, 4], np.uint32), 2**40 + 5).tolist()


def test_distorted_images_are_those_of_python(found: dict[str, Any]) -> None:
    patterns = np.array([[2], [0], [4]], np.int32)
    expected, _, _ = show_patterns(IMAGES, LABELS, patterns, DISTORTED, np.float32)
    np.testing.assert_allclose(found["shown"], expected.ravel(), atol=1e-4)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("soft", [False, True], ids=["labels", "shares"])
def test_losses_are_those_of_python(script: Script, kind: str, soft: bool) -> None:
    network = lenet.load("1998")
    shares = one_hot(LABELS, 10, np.float64) * 0.9 + 0.01
    targets = shares if soft else one_hot(LABELS, 10, np.float64)
    penalties = network.penalties(IMAGES).astype(np.float64)
    expected = measure_loss(penalties, targets, Loss(kind))
    found = script(
        f"""{SETTING}
        const meant = soft ? Float32Array.from(shares) : targets;
        const kept = [kernels.keep(images), kernels.keep(meant)];
        return {{
          losses: Array.from(network.losses(images, meant, {{ kind }})),
          kept: network.loss(...kept, {{ kind }}),
          beside: network.differentiate(images, meant, {{ kind }}).loss,
        }};""",
        kind=kind,
        soft=soft,
        shares=shares.ravel().tolist(),
    )
    np.testing.assert_allclose(found["losses"], expected, rtol=1e-5)
    assert found["kept"] == pytest.approx(expected.mean(), rel=1e-5)
    assert found["beside"] == pytest.approx(expected.mean(), rel=1e-4)


def test_mistakes_are_said(script: Script) -> None:
    found = script(f"""{SETTING}
        const mistakes = [
          () => network.differentiate(images, Int32Array.of(3, 0, 10)),
          () => kernels.normalize(new Uint8Array(100), 10, 10),
          () => network.penalties(new Uint8Array(100)),
          () => kernels.network({{ ...architecture, pooling: "median" }}, parameters),
          () => kernels.network(architecture, {{ ...parameters, "c1.bias": new Float32Array(5) }}),
          () => network.losses(images, [3, 0, 9]),
          () => kernels.show(images, [3]),
        ];
        return Promise.all(mistakes.map(async (mistake) => (await refusal(mistake)).error));""")
    assert found == [
        "Error: a label is not a class",
        "Error: nothing is drawn",
        "RangeError: images: 100 numbers, expected a multiple of 784",
        "Error: a number is out of range",
        "RangeError: c1.bias: expected 6 numbers",
        "TypeError: targets: expected an Int32Array or a Float32Array",
        "Error: an index is not an image",
    ]


def test_kept_arrays_train_like_others(script: Script) -> None:
    found = script(f"""{SETTING}
        const other = kernels.network(architecture, parameters);
        const order = Int32Array.of(0, 0, 1, 2, 0, 2, 1);
        const kept = {{ images: kernels.keep(images), targets: kernels.keep(targets) }};
        const part = kernels.keep(order).subarray(1, 5);
        const rates = [1e-3, 1e-3];
        const mark = kernels.wasm.mark();
        const losses = other.train({{ ...kept, order: part, rates }});
        const plain = network.train({{ images, targets, order: order.subarray(1, 5), rates }});
        const leak = kernels.wasm.mark() - mark;
        return {{ losses: Array.from(losses), plain: Array.from(plain), leak }};""")
    assert found["losses"] == found["plain"]
    assert found["leak"] == 0


def test_a_restarted_network_forgets_its_velocity(script: Script) -> None:
    found = script(f"""{SETTING}
        const step = {{ images, targets, order: [0, 1, 2], rates: [1e-2], momentum: 0.9 }};
        const train = () => {{
          network.train(step);
          network.train(step);
          return list(network.parameters());
        }};
        const first = train();
        network.restart(parameters);
        const start = list(network.parameters());
        return {{ first, start, again: train(), given: list(parameters) }};""")
    assert found["start"] == found["given"]
    assert found["again"] == found["first"] != found["given"]


def test_200_networks_take_the_memory_of_one(script: Script) -> None:
    found = script(f"""{SETTING}
        network.free();
        const mark = kernels.wasm.mark();
        for (let k = 0; k < 200; k++) {{
          const next = kernels.network(architecture, parameters);
          next.train({{ images, targets, order: [0, 1, 2], rates: [1e-2] }});
          next.free();
          next.free();
        }}
        const two = [0, 1].map(() => kernels.network(architecture, parameters));
        const kind = new Set(two.map(({{ handle }}) => handle)).size;
        return {{ grown: kernels.wasm.mark() - mark, one: 4 * network.length, kind,
                  dead: (await refusal(() => network.penalties(images))).error }};""")
    assert found["kind"] == 2
    assert found["grown"] < 3 * found["one"]  # the second of the last two; each has weights and velocity
    assert found["dead"] == "Error: not a network"


def test_a_network_of_another_architecture_gets_other_memory(script: Script) -> None:
    found = script(f"""{SETTING}
        const {{ initializeParameters }} = await import("/page/static/random.mjs");
        network.free();
        const other = {{ ...architecture, connections: "full" }};
        const full = kernels.network(other, initializeParameters(kernels, other, 1));
        return full.parameters()["c3.weight"].length;""")
    assert found == 96 * 25
