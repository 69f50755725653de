"""Errors that can be shown, sent to another process, and caught by what they are."""

import copy
import inspect
import pickle

import pytest

from lenet import errors
from lenet.errors import FileError, LenetError, MissingExtra, ShapeError, UsageError
from lenet.texts import LANGUAGES, set_language

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LenetError)]
FIELD = {"height": 27, "width": 30, "side": 27, "fit": 32}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_back_from_a_pickle_with_its_words(kind: type[LenetError]) -> None:
    error = kind("shape.field", **FIELD)
    for other in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(other) is kind
        assert (other.key, other.values, str(other)) == (error.key, error.values, str(error))


def test_an_error_speaks_the_readers_language() -> None:
    error = ShapeError("shape.field", **FIELD)
    said = {}
    try:
        for language in LANGUAGES:
            set_language(language)
            said[language] = str(error)
    finally:
        set_language(None)
    assert all("27" in text and "32" in text for text in said.values())
    assert "pad the side to 32" in said["en"]
    assert any("\u4e00" <= sign <= "\u9fff" for sign in said["zh"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_exit_code_is_2_for_a_callers_mistake_and_1_for_the_rest(kind: type[LenetError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_tree_in_the_docstring_has_every_error(kind: type[LenetError]) -> None:
    assert f" {kind.__name__} " in errors.__doc__


def test_errors_are_also_what_python_calls_them() -> None:
    with pytest.raises(ValueError, match="27x30"):
        raise ShapeError("shape.field", **FIELD)
    with pytest.raises(ImportError, match=r"lenet\[pytorch\]"):
        raise MissingExtra("extra.missing", package="torch", extra="pytorch")


def test_a_value_may_be_called_anything() -> None:
    assert "x.png" in str(FileError("file.absent", path="x.png"))
    assert LenetError("file.absent", path="a", key="b").values["key"] == "b"
