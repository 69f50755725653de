"""The public names: what `import lenet` gives, and what it does not load."""

import importlib
import subprocess
import sys

import pytest

import lenet

HEAVY = {"torch", "tensorflow", "sklearn"}


def list_loaded(code: str) -> set[str]:
    """The packages that a fresh interpreter has loaded after this code."""
    code += "\nimport sys\nprint(*{name.partition('.')[0] for name in sys.modules})"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(child.stdout.split())


def test_the_public_names_are_sorted_and_each_is_there_once() -> None:
    constants = sorted(name for name in lenet.__all__ if name.isupper())
    classes = sorted(name for name in lenet.__all__ if not name.isupper() and name[0].isupper())
    functions = sorted(name for name in lenet.__all__ if name[0].islower())
    assert lenet.__all__ == [*constants, *classes, *functions]
    assert len(set(lenet.__all__)) == len(lenet.__all__)


@pytest.mark.parametrize("name", lenet.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(lenet, name)
    assert value.__doc__
    if not name.isupper():
        assert value.__name__ == name
        assert getattr(importlib.import_module(value.__module__), name) is value


def test_dir_shows_every_public_name_before_any_is_used() -> None:
    code = (
        "import lenet; assert set(lenet.__all__) <= set(dir(lenet)); assert dir(lenet) == sorted(dir(lenet))"
    )
    list_loaded(code)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'lenet' has no attribute 'LeNet6'"):
        _ = lenet.LeNet6
    assert not hasattr(lenet, "trian")
    with pytest.raises(ImportError):
        exec("from lenet import trian")


def test_importing_the_package_loads_not_even_numpy() -> None:
    assert not list_loaded("import lenet") & (HEAVY | {"numpy", "PIL", "typer", "safetensors"})


def test_importing_every_public_name_loads_no_framework() -> None:
    loaded = list_loaded("from lenet import *; assert train and Network and MODERN")
    assert not loaded & HEAVY
    assert "numpy" in loaded


def test_a_name_is_looked_up_once() -> None:
    code = (
        "import lenet; lenet.ORIGINAL; assert 'ORIGINAL' in vars(lenet); assert 'MODERN' not in vars(lenet)"
    )
    list_loaded(code)
