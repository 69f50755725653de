"""The code of docs/from-scratch.md computes what `reference` computes, and prints what the page says."""

import ast
import gzip
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.data.idx import format_idx
from lenet.engines import get_engine
from lenet.engines.inputs import scale_images
from lenet.engines.loss import Loss
from lenet.parameters import Parameters, initialize_parameters

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = get_engine("reference")
MSE = Loss("mse")
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
STEPS, BATCH = 3, 8


def read_blocks(end, kind="python"):
    text = (DOCS / f"from-scratch{end}").read_text("utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def is_pytorch(block):
    return "import torch" in block


NUMPY = "\n".join(block for block in read_blocks(".md") if not is_pytorch(block))


def run_page(code):
    """What the code defines, without the trainings that run only in a script."""
    names = {"__name__": "from_scratch"}
    exec(compile(code, "docs/from-scratch.md", "exec"), names)
    return names


def need_torch():
    """Skip a test without PyTorch, unless LENET_REQUIRE_ENGINES asks for it."""
    if find_spec("torch"):
        return
    if "pytorch" in os.environ.get("LENET_REQUIRE_ENGINES", "").split(","):
        pytest.fail("LENET_REQUIRE_ENGINES asks for pytorch, and torch is not installed")
    pytest.skip("torch is not installed")


@dataclass(frozen=True)
class Settings:
    """What `reference` needs to know of the update on the page."""

    momentum: float
    loss: Loss = MSE
    weight_decay: float = 0.0
    method: str = "sgd"


def draw_task(dtype):
    """Parameters none of which is 0, images of the network's field, and labels."""
    chance = np.random.default_rng(3)
    start = initialize_parameters(ORIGINAL, 1, scheme="variance")
    start = start.map(lambda array: (array + chance.uniform(-0.1, 0.1, array.shape)).astype(dtype))
    images = chance.integers(0, 256, (STEPS * BATCH, 28, 28), np.uint8)
    return start, scale_images(images, np.dtype(dtype).type), chance.integers(0, 10, STEPS * BATCH)


def spread(parameters):
    """Parameters as the page has them: all 96 kernels of C3, those without a connection 0."""
    return {name: parameters.dense("c3") if name == "c3.weight" else parameters[name] for name in parameters}


def assert_close(found, expected, tolerance, name=""):
    found = np.asarray(found)
    assert found.shape == expected.shape, name
    assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max(), name


def assert_all_close(found, parameters, tolerance):
    expected = spread(parameters)
    assert found.keys() == expected.keys()
    for name in expected:
        assert_close(found[name], expected[name], tolerance, name)


def advance_reference(start, images, labels, rate, momentum):
    """The parameters after a step for each batch, in the order of the images."""
    run = REFERENCE.start(ORIGINAL, start, Settings(momentum))
    order = np.arange(STEPS * BATCH, dtype=np.int32).reshape(STEPS, BATCH)
    losses = run.advance(images, labels, order, np.full(STEPS, rate))
    return run.parameters(), losses


def test_both_languages_have_the_same_code():
    english, chinese = (
        [ast.dump(ast.parse(block)) for block in read_blocks(end)] for end in (".md", ".zh.md")
    )
    assert len(english) == 7
    assert english == chinese
    assert read_blocks(".md", "text") == read_blocks(".zh.md", "text")


def test_the_table_and_the_codes_are_the_papers():
    page = run_page(NUMPY)
    pairs = np.argwhere(page["MASK"][:, :, 0, 0])
    assert pairs.tolist() == ORIGINAL.pairs.tolist()
    assert page["CODES"].tolist() == ORIGINAL.codes.tolist()


def test_the_first_weights_are_60000_and_within_their_limits():
    page = run_page(NUMPY)
    weights = page["draw_weights"](0)
    arrays = weights | {"c3.weight": weights["c3.weight"][tuple(ORIGINAL.pairs.T)]}
    drawn = Parameters(ORIGINAL, arrays)
    assert drawn.count == 60_000
    assert_all_close(weights, drawn, 0)  # the kernels that the table leaves out are 0
    expected = initialize_parameters(ORIGINAL, 0, scheme="eblearn")
    for name, array in expected.items():
        assert_close(np.abs(drawn[name]).max(), np.abs(array).max(), 0.05, name)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_penalties_and_gradients_are_those_of_reference(dtype):
    page, (start, images, labels) = run_page(NUMPY), draw_task(dtype)
    model = REFERENCE.load(ORIGINAL, start, dtype)
    weights = spread(start)
    states = page["forward"](weights, images)
    assert states["output"].dtype == dtype
    assert_close(states["output"], model.penalties(images), TOLERANCE[dtype])
    gradient = page["backward"](weights, states, labels)
    assert_all_close(gradient, model.gradient(images, labels, MSE), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_the_first_updates_are_those_of_reference(dtype):
    page, (start, images, labels) = run_page(NUMPY), draw_task(dtype)
    weights = spread(start)
    velocity = {name: np.zeros_like(array) for name, array in weights.items()}
    losses = []
    for batch in np.arange(STEPS * BATCH).reshape(STEPS, BATCH):
        states = page["forward"](weights, images[batch])
        losses.append(page["measure_loss"](states, labels[batch]))
        page["update"](weights, velocity, page["backward"](weights, states, labels[batch]))
    end, expected = advance_reference(start, images, labels, page["RATE"], page["MOMENTUM"])
    assert_close(losses, expected, TOLERANCE[dtype])
    assert_all_close(weights, end, TOLERANCE[dtype])
    moved = {name: weights[name] - array for name, array in spread(start).items()}
    limit = 100 * TOLERANCE[dtype]  # the step is a small difference of large numbers
    assert_all_close(moved, Parameters(ORIGINAL, {name: end[name] - start[name] for name in end}), limit)


def test_pytorch_gives_the_penalties_gradients_and_updates_of_reference():
    need_torch()
    import torch

    page, (start, images, labels) = run_page("\n".join(read_blocks(".md"))), draw_task("float32")
    network = page["LeNet5"]()
    network.load_state_dict({name: torch.from_numpy(array) for name, array in spread(start).items()})
    optimizer = torch.optim.SGD(network.parameters(), lr=page["RATE"], momentum=page["MOMENTUM"])
    model = REFERENCE.load(ORIGINAL, start)
    tolerance = TOLERANCE["float32"]
    with torch.inference_mode():
        assert_close(network(torch.from_numpy(images)), model.penalties(images), tolerance)
    for step, batch in enumerate(np.arange(STEPS * BATCH).reshape(STEPS, BATCH)):
        distances = network(torch.from_numpy(images[batch]))
        optimizer.zero_grad()
        distances[torch.arange(BATCH), torch.from_numpy(labels[batch])].mean().backward()
        if not step:
            found = {name: array.grad.numpy() for name, array in network.named_parameters()}
            assert_all_close(found, model.gradient(images[batch], labels[batch], MSE), tolerance)
        optimizer.step()
    end, _ = advance_reference(start, images, labels, page["RATE"], page["MOMENTUM"])
    assert_all_close({name: array.detach() for name, array in network.named_parameters()}, end, tolerance)


def test_any_idx_files_can_be_read(tmp_path):
    page = run_page(NUMPY)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    for name, array in (("images", pixels), ("labels", np.arange(5, dtype=np.uint8))):
        (tmp_path / name).write_bytes(gzip.compress(format_idx(array)))
    images, labels = page["load_idx"](tmp_path / "images", tmp_path / "labels")
    assert_close(images, scale_images(pixels, np.float32), 1e-6)
    assert labels.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["NumPy", "PyTorch"])
def test_the_page_prints_what_it_quotes_and_the_loss_falls(framework):
    pytest.importorskip("sklearn")
    blocks = read_blocks(".md")
    code = NUMPY
    if framework == "PyTorch":
        need_torch()
        trainings = [block.partition("if __name__")[0] for block in blocks if not is_pytorch(block)]
        code = "\n".join([*trainings, *filter(is_pytorch, blocks)])
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    quoted = next(text for text in read_blocks(".md", "text") if text.startswith(framework))
    found, expected = (read_numbers(text) for text in (done.stdout, quoted))
    epochs, losses, errors = zip(*found, strict=True)
    assert list(epochs) == [1, 2, 3, 4, 5]
    assert sorted(losses, reverse=True) == list(losses)
    # sums are added in another order on other machines
    assert losses == pytest.approx([loss for _, loss, _ in expected], rel=0.05)
    assert errors == pytest.approx([error for *_, error in expected], abs=1.5)


def read_numbers(text):
    """(epoch, loss, error in percent) of each line."""
    lines = re.findall(r"epoch (\d+): loss ([\d.]+), test error ([\d.]+)%", text)
    return [(int(epoch), float(loss), float(error)) for epoch, loss, error in lines]
