"""LeNet-5, the network of 1998: exact, explained, trained and recognizing.

import lenet

network = lenet.load()                     # a trained network comes with the package
network.recognize("three.png").label       # "3"
lenet.train("digits").network              # train another
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lenet.answer import Answer
    from lenet.architecture import MODERN, ORIGINAL, Architecture
    from lenet.calibration import calibrate
    from lenet.data.dataset import Dataset, load_dataset
    from lenet.errors import LenetError
    from lenet.estimator import LeNet5Classifier as LeNet5Classifier
    from lenet.evaluation import Evaluation, evaluate
    from lenet.export.c_file import export_c
    from lenet.export.keras_file import export_keras
    from lenet.export.onnx import export_onnx
    from lenet.export.pytorch_file import export_pytorch
    from lenet.export.state_dict import import_network
    from lenet.network import Network, load
    from lenet.parameters import Parameters, initialize_parameters
    from lenet.trace import Trace
    from lenet.training.recipe import Recipe, load_recipe
    from lenet.training.result import Result
    from lenet.training.run import resume, train

# where each public name lives; imported when it is first asked for, so that `import lenet` costs nothing
_PLACES = {
    "lenet.architecture": ("MODERN", "ORIGINAL", "Architecture"),
    "lenet.calibration": ("calibrate",),
    "lenet.data.dataset": ("Dataset", "load_dataset"),
    "lenet.errors": ("LenetError",),
    "lenet.estimator": ("LeNet5Classifier",),  # not in __all__: it needs scikit-learn
    "lenet.evaluation": ("Evaluation", "evaluate"),
    "lenet.training.result": ("Result",),
    "lenet.training.run": ("resume", "train"),
    "lenet.export.c_file": ("export_c",),
    "lenet.export.keras_file": ("export_keras",),
    "lenet.export.onnx": ("export_onnx",),
    "lenet.export.pytorch_file": ("export_pytorch",),
    "lenet.export.state_dict": ("import_network",),
    "lenet.answer": ("Answer",),
    "lenet.network": ("Network", "load"),
    "lenet.parameters": ("Parameters", "initialize_parameters"),
    "lenet.trace": ("Trace",),
    "lenet.training.recipe": ("Recipe", "load_recipe"),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "MODERN",
    "ORIGINAL",
    "Answer",
    "Architecture",
    "Dataset",
    "Evaluation",
    "LenetError",
    "Network",
    "Parameters",
    "Recipe",
    "Result",
    "Trace",
    "calibrate",
    "evaluate",
    "export_c",
    "export_keras",
    "export_onnx",
    "export_pytorch",
    "import_network",
    "initialize_parameters",
    "load",
    "load_dataset",
    "load_recipe",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("lenet")
    if name not in _MODULES:
        raise AttributeError(f"module 'lenet' has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
