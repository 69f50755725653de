"""TensorFlow and Keras, imported the way that this package needs them; the other modules take them from here.

Importing this takes seconds. TensorFlow's greetings are held back, its real messages are not; the environment
is afterwards what it was. TensorFlow is told how many threads to use (`LENET_THREADS`), and to take
a graphics card's memory as it needs it, unless the program has set it to work before.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lenet.errors import EngineError

# What TensorFlow says whenever it starts; the variable that silences the rest leaves these lines.
GREETINGS = (
    b"WARNING: All log messages before absl::InitializeLog()",
    b"I0000 ",
    b"To enable the following instructions:",
)


@contextmanager
def _set_meanwhile(**values: str) -> Iterator[None]:
    """Variables of the environment, where they are not set, until TensorFlow has read them."""
    added = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _drop_greetings() -> Iterator[None]:
    """Hold back what is written to standard error, and then let go all but the greetings."""
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
    """TensorFlow, awake, and Keras on top of it."""
    import tensorflow

    _prepare(tensorflow)
    tensorflow.constant(0.0)  # wakes it, and draws its last greeting
    import keras

    if keras.backend.backend() != "tensorflow":
        raise EngineError("keras.backend", backend=keras.backend.backend())
    return tensorflow, keras


def _prepare(tensorflow: Any) -> None:
    threads = os.environ.get("LENET_THREADS", "")
    try:
        if threads.isdecimal() and int(threads):
            tensorflow.config.threading.set_intra_op_parallelism_threads(int(threads))
            tensorflow.config.threading.set_inter_op_parallelism_threads(int(threads))
        for card in tensorflow.config.list_physical_devices("GPU"):
            tensorflow.config.experimental.set_memory_growth(card, True)
    except RuntimeError:
        pass  # TensorFlow is at work already: it stays as the program has set it


with _drop_greetings(), _set_meanwhile(TF_CPP_MIN_LOG_LEVEL="2", KERAS_BACKEND="tensorflow"):
    tf, keras = _import_both()
