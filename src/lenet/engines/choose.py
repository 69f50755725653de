"""Which engine runs or trains a network."""

from __future__ import annotations

from importlib.util import find_spec

from lenet.architecture import Architecture
from lenet.engines.engine import Engine
from lenet.engines.threads import count_processes
from lenet.errors import EngineError, MissingExtra
from lenet.wheels import choose_torch_index

ENGINES = ("native", "reference", "pytorch", "keras")
ALIASES = {"tensorflow": "keras"}  # other names that people use


def _choose_engine(name: str, training: bool) -> str:
    """Resolve "auto"; under torchrun there is only one choice."""
    if training and count_processes() > 1:
        if name not in ("auto", "pytorch"):
            raise EngineError("engine.group", name=name)
        return "pytorch"
    if name != "auto":
        return name
    if find_spec("lenet._native"):
        return "native"
    return "pytorch" if training and find_spec("torch") else "reference"


def get_engine_for(architecture: Architecture, name: str = "auto", training: bool = False) -> Engine:
    """Get an engine that can run a network; "auto" is the fastest one that does not refuse it.

    Args:
        architecture: the network.
        name: as for `get_engine`; a named engine is given even if it refuses, and says so when asked.
        training: what for.
    Raises:
        EngineError, MissingExtra: as `get_engine`.
    """
    engine = get_engine(name, training)
    if name != "auto" or not engine.refuses(architecture):
        return engine
    return get_engine("pytorch" if training and find_spec("torch") else "reference")


def get_engine(name: str = "auto", training: bool = False) -> Engine:
    """Get an engine by its name; "auto" is the fastest that is available.

    Args:
        name: "auto", one of `ENGINES`, or one of `ALIASES`.
        training: what for: "auto" is `native` if its kernels could be built. Otherwise it is `pytorch` for
            training, if that is installed, and `reference` for recognition, which takes less time than
            importing PyTorch.
    Raises:
        EngineError: no engine of this name, or one that cannot train under torchrun.
        MissingExtra: the engine's package is not installed, or the kernels of `native` could not be built.
    """
    name = _choose_engine(ALIASES.get(name, name), training)
    if name == "native":
        if not find_spec("lenet._native"):
            raise MissingExtra("native.absent")
        from lenet.engines.native.engine import NativeEngine

        return NativeEngine()
    if name == "reference":
        from lenet.engines.reference.engine import ReferenceEngine

        return ReferenceEngine()
    if name == "pytorch":
        if not find_spec("torch"):
            index = choose_torch_index()
            if index:
                raise MissingExtra("extra.torch", index=index)
            raise MissingExtra("extra.missing", package="torch", extra="pytorch")
        from lenet.engines.pytorch.engine import PytorchEngine

        return PytorchEngine()
    if name == "keras":
        if not find_spec("tensorflow"):
            raise MissingExtra("extra.missing", package="tensorflow", extra="keras")
        from lenet.engines.keras.engine import KerasEngine

        return KerasEngine()
    raise EngineError("engine.unknown", name=name, names=", ".join(("auto", *ENGINES)))
