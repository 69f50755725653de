"""The tree of errors: exit codes, languages, and what the standard library expects of them."""

import pickle

import pytest

import lenet.errors
from lenet.errors import FileError, LenetError, MissingExtra, ShapeError, UsageError
from lenet.texts import set_language

KINDS = [
    kind for kind in vars(lenet.errors).values() if isinstance(kind, type) and issubclass(kind, LenetError)
]


def test_the_tree_in_the_docstring_names_every_error() -> None:
    named = {word for line in (lenet.errors.__doc__ or "").splitlines() for word in line.split()}
    assert {kind.__name__ for kind in KINDS} <= named


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_exits_with_2_and_a_fault_with_1(kind: type[LenetError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)


def test_a_message_is_in_the_language_of_the_moment() -> None:
    error = FileError("file.absent", path="three.png")
    assert str(error) == "three.png: no such file."
    set_language("zh")
    try:
        assert "没有这个文件" in str(error)
    finally:
        set_language(None)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_between_processes(kind: type[LenetError]) -> None:
    error = kind("file.absent", path="three.png")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.key, again.values, str(again)) == (
        *(kind, "file.absent", {"path": "three.png"}),
        str(error),
    )


def test_errors_are_also_those_of_the_standard_library() -> None:
    assert issubclass(ShapeError, ValueError)
    assert issubclass(MissingExtra, ImportError)
