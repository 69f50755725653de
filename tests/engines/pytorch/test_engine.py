"""What only the engine `pytorch` has to promise; the contract has the rest."""

from collections.abc import Iterator

import numpy as np
import pytest

from lenet.architecture import ORIGINAL, PRESETS
from lenet.engines import Update, get_engine
from lenet.engines.loss import Loss
from lenet.parameters import initialize_parameters

torch = pytest.importorskip("torch")


UPDATE = Update(Loss(), momentum=0.9, weight_decay=1e-4)


@pytest.fixture
def several_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow  # threads wait for each other, for long where other tests have the processors
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.usefixtures("several_threads")
def test_a_resumed_run_has_the_same_bits_on_several_threads(preset: str) -> None:
    chance = np.random.default_rng(0)
    images, labels = chance.integers(0, 256, (200, 28, 28), np.uint8), chance.integers(0, 10, 200)
    order, rates = chance.integers(0, 200, (6, 64)).astype(np.int32), np.full(6, 0.02)
    architecture, settings = PRESETS[preset], UPDATE
    engine, start = get_engine("pytorch"), initialize_parameters(PRESETS[preset], 0)
    unbroken, broken = (engine.start(architecture, start, settings) for _ in range(2))
    unbroken.advance(images, labels, order, rates)
    broken.advance(images, labels, order[:3], rates[:3])
    resumed = engine.start(architecture, start, settings)
    resumed.restore(broken.state())
    resumed.advance(images.copy(), labels, order[3:], rates[3:])
    for name, array in unbroken.state().items():
        np.testing.assert_array_equal(resumed.state()[name], array)


def test_a_checkpoint_of_the_reference_goes_on_in_pytorch() -> None:
    start, settings = initialize_parameters(ORIGINAL, 0), UPDATE
    images, labels = np.random.default_rng(0).integers(0, 256, (8, 28, 28), np.uint8), np.arange(8)
    order, rates = np.arange(8, dtype=np.int32).reshape(4, 2), np.full(4, 0.02)
    slow, fast = (get_engine(name).start(ORIGINAL, start, settings) for name in ("reference", "pytorch"))
    slow.advance(images, labels, order, rates)
    fast.restore(slow.state())
    expected, found = (run.advance(images, labels, order, rates) for run in (slow, fast))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_training_set_is_sent_once() -> None:
    images, labels = np.zeros((4, 28, 28), np.uint8), np.arange(4)
    run = get_engine("pytorch").start(ORIGINAL, initialize_parameters(ORIGINAL, 0), UPDATE)
    step = np.zeros((1, 2), np.int32), np.full(1, 0.01)
    run.advance(images, labels, *step)
    sent = run._images, run._targets
    run.advance(images, labels, *step)
    assert (run._images, run._targets) == sent
    run.advance(images, labels.copy(), *step)
    assert run._targets is not sent[1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_what_the_processor_gives() -> None:
    from lenet.engines.pytorch.engine import PytorchEngine

    parameters, images = initialize_parameters(ORIGINAL, 0), np.zeros((3, 28, 28), np.uint8)
    cuda, cpu = (PytorchEngine(name).load(ORIGINAL, parameters).penalties(images) for name in ("cuda", "cpu"))
    np.testing.assert_allclose(cuda, cpu, rtol=1e-5)
