"""What only the engine `keras` has to promise; the contract has the rest."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from lenet.architecture import ORIGINAL, PRESETS
from lenet.engines import Update, get_engine
from lenet.engines.loss import Loss
from lenet.errors import EngineError
from lenet.parameters import initialize_parameters

pytest.importorskip("tensorflow")


UPDATE = Update(Loss(), momentum=0.9, weight_decay=1e-4)


def draw_training(steps: int, batch: int) -> tuple[np.ndarray, ...]:
    chance = np.random.default_rng(0)
    images, labels = chance.integers(0, 256, (40, 28, 28), np.uint8), chance.integers(0, 10, 40)
    return images, labels, chance.integers(0, 40, (steps, batch)).astype(np.int32), np.full(steps, 0.02)


def test_a_rate_for_each_parameter_is_refused_before_and_in_the_training() -> None:
    engine, start = get_engine("keras"), initialize_parameters(ORIGINAL, 0)
    slow = replace(UPDATE, method="diagonal-lm")
    assert "--engine native" in str(engine.refuses(ORIGINAL, slow))
    with pytest.raises(EngineError, match="diagonal-lm"):
        engine.start(ORIGINAL, start, slow)
    run = engine.start(ORIGINAL, start, UPDATE)
    with pytest.raises(EngineError, match="diagonal-lm"):
        run.advance(*draw_training(1, 2), scales=start)


def test_two_runs_of_one_kind_do_not_meet() -> None:
    engine, settings, training = get_engine("keras"), UPDATE, draw_training(4, 8)
    one, other = (engine.start(ORIGINAL, initialize_parameters(ORIGINAL, seed), settings) for seed in (1, 2))
    alone = engine.start(ORIGINAL, initialize_parameters(ORIGINAL, 1), settings)
    images, labels, order, rates = training
    expected = [alone.advance(images, labels, order, rates) for _ in range(2)]
    for losses in expected:
        np.testing.assert_array_equal(one.advance(images, labels, order, rates), losses)
        other.advance(images, labels, order, rates)
    for name, array in alone.state().items():
        np.testing.assert_array_equal(one.state()[name], array)


def test_no_steps_move_nothing() -> None:
    start = initialize_parameters(ORIGINAL, 0)
    run = get_engine("keras").start(ORIGINAL, start, UPDATE)
    images, labels, order, rates = draw_training(4, 8)
    assert run.advance(images, labels, order[:0], rates[:0]).shape == (0,)
    np.testing.assert_array_equal(run.parameters()["c5.weight"], start["c5.weight"])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_checkpoint_of_the_reference_goes_on_in_keras(preset: str) -> None:
    architecture = PRESETS[preset]
    start, settings = initialize_parameters(architecture, 0), UPDATE
    training = draw_training(4, 2)
    slow, fast = (get_engine(name).start(architecture, start, settings) for name in ("reference", "keras"))
    slow.advance(*training)
    fast.restore(slow.state())
    expected, found = (run.advance(*training) for run in (slow, fast))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )


START = """
import os, sys
before = dict(os.environ)
from lenet.engines import Update, get_engine
from lenet.architecture import ORIGINAL
from lenet.parameters import initialize_parameters
get_engine("keras").load(ORIGINAL, initialize_parameters(ORIGINAL, 0))
assert dict(os.environ) == before
print("to standard error", file=sys.stderr)
"""


@pytest.mark.slow
def test_tensorflow_starts_in_silence_and_leaves_the_environment_as_it_was() -> None:
    answer = run_python(START)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == "to standard error\n"


@pytest.mark.slow
def test_a_real_error_of_the_start_is_shown() -> None:
    noise = "import os; os.write(2, b'I0000 a greeting\\nE0000 a fault\\n')"
    code = f"from lenet.engines.keras.setup import _drop_greetings\nwith _drop_greetings():\n    {noise}"
    answer = run_python(code)
    assert answer.returncode == 0
    assert answer.stderr == "E0000 a fault\n"


@pytest.mark.slow
def test_threads_are_those_that_were_asked_for() -> None:
    code = START + "from lenet.engines.keras.setup import tf\n"
    code += "print(tf.config.threading.get_intra_op_parallelism_threads(), end='')"
    assert run_python(code, LENET_THREADS="2").stdout == "2"
    # a program that has set TensorFlow to work before keeps its own number
    awake = "import tensorflow as tf\ntf.config.threading.set_intra_op_parallelism_threads(1)\ntf.zeros(1)\n"
    answer = run_python(awake + code, LENET_THREADS="2")
    assert answer.stdout == "1", answer.stderr


@pytest.mark.slow
def test_keras_on_another_backend_is_refused_in_words() -> None:
    pytest.importorskip("torch")
    code = "import keras\nfrom lenet.errors import EngineError\nfrom lenet.engines import get_engine\n"
    code += "try:\n    get_engine('keras')\nexcept EngineError as error:\n    print(error)"
    answer = run_python(code, KERAS_BACKEND="torch")
    assert "torch" in answer.stdout, answer.stderr
    assert "KERAS_BACKEND=tensorflow" in answer.stdout
