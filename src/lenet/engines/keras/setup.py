"""TensorFlow and Keras, imported as this package needs them; the other modules import them from here.

Importing this takes seconds. TensorFlow's start-up messages are suppressed, real messages are not; afterwards
the environment is what it was before. TensorFlow is told how many threads to use (`LENET_THREADS`), and to
allocate memory of a graphics card only when it needs it, unless the program has already initialized it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lenet.engines.threads import read_setting
from lenet.errors import EngineError

# What TensorFlow prints whenever it starts, even with TF_CPP_MIN_LOG_LEVEL.
GREETINGS = (
    b"WARNING: All log messages before absl::InitializeLog()",
    b"I0000 ",
    b"To enable the following instructions:",
)


@contextmanager
def _set_meanwhile(**values: str) -> Iterator[None]:
    """Set variables of the environment that are not set, until TensorFlow has read them."""
    added = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _drop_greetings() -> Iterator[None]:
    """Capture what is written to standard error, and print all of it but the greetings afterwards."""
    try:
        shown = os.dup(2)
    except OSError:  # a program without standard error
        yield
        return
    try:
        with tempfile.TemporaryFile() as held:
            if sys.stderr:
                sys.stderr.flush()
            os.dup2(held.fileno(), 2)
            try:
                yield
            finally:
                if sys.stderr:
                    sys.stderr.flush()
                os.dup2(shown, 2)
                held.seek(0)
                for line in held:
                    if not line.startswith(GREETINGS):
                        os.write(2, line)
    finally:
        os.close(shown)


def _import_both() -> tuple[Any, Any]:
    """Import TensorFlow, initialize it, and import Keras on top of it."""
    import tensorflow

    _prepare(tensorflow)
    tensorflow.constant(0.0)  # initializes it, which prints the last greeting
    import keras

    if keras.backend.backend() != "tensorflow":
        raise EngineError("keras.backend", backend=keras.backend.backend())
    return tensorflow, keras


def _prepare(tensorflow: Any) -> None:
    threads = read_setting()
    try:
        if threads:
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
            tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
        for card in tensorflow.config.list_physical_devices("GPU"):
            tensorflow.config.experimental.set_memory_growth(card, True)
    except RuntimeError:
        pass  # TensorFlow is already initialized: it stays as the program has set it


with _drop_greetings(), _set_meanwhile(TF_CPP_MIN_LOG_LEVEL="2", KERAS_BACKEND="tensorflow"):
    tf, keras = _import_both()


@contextmanager
def compute_exactly() -> Iterator[None]:
    """Switch TF32 off: on CUDA, TensorFlow's products round their inputs to 10 bits by default."""
    rounds = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(rounds)
