"""Networks: saved, loaded and refused; asked with paths, arrays and pictures; the bundled one."""

import base64
import copy
import json
import pickle
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lenet
from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.errors import FileError, LenetError, NetworkFileError, PictureError, ShapeError, UsageError
from lenet.network import BUNDLED, Answer, Network
from lenet.parameters import Parameters, initialize_parameters
from lenet.samples import read_sample, sample_path
from lenet.storage import load_arrays, save_arrays

DIGITS = tuple("0123456789")
CARD = {"data": "noise", "recipe": "none", "test_error": 90.0}
WEIGHTS = Path(lenet.__file__).parent / "weights"
bundled = pytest.mark.skipif(not (WEIGHTS / "1998.safetensors").exists(), reason="no bundled network yet")


def make_network(architecture: Architecture = ORIGINAL, seed: int = 0, dtype: Any = np.float32) -> Network:
    labels = tuple(map(str, range(architecture.classes)))
    parameters = initialize_parameters(architecture, seed, dtype, scheme="variance")
    return Network(architecture, parameters, labels, CARD, "reference")


NETWORK = make_network()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.safetensors"


VARIANTS = [
    ORIGINAL,
    MODERN,
    Architecture("logistic", "average", "full", "rbf", 95),
    Architecture("relu", "max", "table", "linear", 2),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("architecture", VARIANTS)
def test_a_network_comes_back_from_its_file_as_it_was(
    path: Path, architecture: Architecture, dtype: Any
) -> None:
    network = make_network(architecture, dtype=dtype)
    network.save(path)
    loaded = Network.load(path)
    assert loaded.architecture == architecture
    assert (loaded.labels, loaded.card) == (network.labels, CARD)
    assert loaded.parameters.dtype == dtype
    assert all(loaded.parameters[name].tobytes() == a.tobytes() for name, a in network.parameters.items())


def test_equal_networks_have_equal_bytes_also_after_loading(path: Path, tmp_path: Path) -> None:
    NETWORK.save(path)
    make_network().save(tmp_path / "same")
    Network.load(path).save(tmp_path / "again")
    assert path.read_bytes() == (tmp_path / "same").read_bytes() == (tmp_path / "again").read_bytes()
    make_network(seed=1).save(tmp_path / "other")
    assert path.read_bytes() != (tmp_path / "other").read_bytes()


def test_a_file_holds_no_date_and_no_name_of_a_place(path: Path) -> None:
    NETWORK.save(path)
    _, metadata = load_arrays(path)
    assert metadata == {"architecture": ORIGINAL.to_dict(), "labels": list(DIGITS), "card": CARD}


def write(path: Path, change: Callable[[dict[str, np.ndarray], dict[str, Any]], None]) -> Path:
    """A network's file with something changed."""
    arrays = {name: array.copy() for name, array in NETWORK.parameters.items()}
    metadata = copy.deepcopy(NETWORK.metadata)
    change(arrays, metadata)
    save_arrays(path, arrays, metadata)
    return path


def set_value(name: str, value: float) -> Callable[[dict[str, np.ndarray], dict[str, Any]], None]:
    return lambda arrays, _: arrays[name].__setitem__((0,) * arrays[name].ndim, value)


REFUSALS: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], Any], str]] = {
    "missing array": (lambda a, _: a.pop("c3.bias"), r"expected .*c3\.bias"),
    "extra array": (lambda a, _: a.update(extra=np.zeros(1, np.float32)), "extra"),
    "wrong shape": (
        lambda a, _: a.update({"c1.bias": np.zeros(7, np.float32)}),
        r"c1\.bias has shape \(7,\)",
    ),
    "transposed": (lambda a, _: a.update({"f6.weight": a["f6.weight"].T.copy()}), r"f6\.weight has shape"),
    "mixed types": (
        lambda a, _: a.update({"c1.bias": np.zeros(6)}),
        r"c1\.bias is float64, expected .* the same",
    ),
    "whole numbers": (lambda a, _: a.update({"c1.bias": np.zeros(6, np.int32)}), r"c1\.bias is int32"),
    "NaN": (set_value("c5.weight", np.nan), r"c5\.weight holds 1 values that are not finite"),
    "infinity": (set_value("s2.bias", -np.inf), r"s2\.bias holds 1 values"),
    "labels not unique": (lambda _, m: m.update(labels=["0"] * 10), "expected 10 different ones"),
    "too few labels": (lambda _, m: m.update(labels=list("012")), "expected 10 different ones"),
    "labels of numbers": (lambda _, m: m.update(labels=list(range(10))), "not a network"),
    "labels of lists": (lambda _, m: m.update(labels=[[n] for n in range(10)]), "not a network"),
    "no labels": (lambda _, m: m.pop("labels"), "not a network"),
    "labels null": (lambda _, m: m.update(labels=None), "not a network"),
    "no card": (lambda _, m: m.pop("card"), "not a network"),
    "card of text": (lambda _, m: m.update(card="good"), "not a network"),
    "no architecture": (lambda _, m: m.pop("architecture"), "not a network"),
    "architecture of text": (lambda _, m: m.update(architecture="original"), "not a network"),
    "unknown activation": (lambda _, m: m["architecture"].update(activation="sine"), "'sine'"),
    "missing field": (lambda _, m: m["architecture"].pop("pooling"), "has the fields"),
    "unknown field": (lambda _, m: m["architecture"].update(depth=5), "depth"),
    "mixed field names": (lambda _, m: m.update(architecture={"a": 1, "b": [1]}), "has the fields"),
    "another architecture": (lambda _, m: m.update(architecture=MODERN.to_dict()), "parameters"),
    "fractional classes": (lambda _, m: m["architecture"].update(classes=10.0), "classes 10.0"),
    "true classes": (lambda _, m: m["architecture"].update(classes=True), "classes True"),
    "foreign metadata": (lambda _, m: m.clear(), "not a network"),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_file_that_is_no_network_is_refused_in_one_line(path: Path, kind: str) -> None:
    change, words = REFUSALS[kind]
    with pytest.raises(NetworkFileError, match=words) as caught:
        Network.load(write(path, change))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1


def test_the_file_that_the_refusals_change_is_sound(path: Path) -> None:
    assert Network.load(write(path, lambda *_: None)).parameters.count == 60_000


def test_a_safetensors_file_of_another_program_is_refused(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(dict(NETWORK.parameters), path)
    with pytest.raises(NetworkFileError, match="not one of lenet"):
        Network.load(path)
    save_file(dict(NETWORK.parameters), path, {"lenet": "[1, 2]"})
    with pytest.raises(NetworkFileError, match="not one of lenet"):
        Network.load(path)


def test_half_precision_is_refused_with_what_is_expected(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(3, np.float16)}, path, {"lenet": json.dumps(NETWORK.metadata)})
    with pytest.raises(NetworkFileError, match="F16, expected one of F32"):
        Network.load(path)


def test_a_pickle_is_refused_and_not_opened(path: Path) -> None:
    path.write_bytes(pickle.dumps(NETWORK.parameters))
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        Network.load(path)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 8, b"\xff" * 100, (2**62).to_bytes(8, "little")])
def test_what_is_no_safetensors_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(NetworkFileError, match="not a readable safetensors file"):
        Network.load(path)


def test_a_file_that_is_absent_or_a_folder_or_too_large_is_refused(tmp_path: Path, path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        Network.load(path)
    with pytest.raises(FileError, match="cannot be read"):
        Network.load(tmp_path)
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(FileError, match="at most"):
        Network.load(path)


@pytest.mark.parametrize("ending", ["", ".safetensors"])
def test_a_name_that_is_too_long_is_an_unreadable_file(ending: str) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        Network.load("a" * 300 + ending)


def test_a_name_that_is_no_network_shows_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"'2098'.*1998.*\.safetensors"):
        lenet.load("2098")


def test_a_network_needs_one_label_for_each_class() -> None:
    for labels in (DIGITS[:9], (*DIGITS, "a"), ("0", *DIGITS[:9])):
        with pytest.raises(ShapeError, match="expected 10 different ones"):
            Network(ORIGINAL, NETWORK.parameters, labels)


def test_a_network_needs_the_parameters_of_its_architecture() -> None:
    with pytest.raises(ShapeError, match="another architecture"):
        Network(Architecture(connections="full"), NETWORK.parameters, DIGITS)


def test_a_network_is_equal_to_itself_and_can_be_a_key() -> None:
    assert NETWORK in [make_network(), NETWORK]
    assert NETWORK not in [make_network()]
    assert len({NETWORK, make_network()}) == 2


def test_what_an_engine_holds_does_not_travel_with_a_network() -> None:
    network = lenet.load()
    network.penalties(np.zeros((1, 28, 28), np.uint8))
    assert "model" in vars(network)
    assert "model" not in vars(pickle.loads(pickle.dumps(network)))


def test_a_network_can_be_copied_and_pickled(path: Path) -> None:
    NETWORK.save(path)
    for twin in (copy.deepcopy(NETWORK), pickle.loads(pickle.dumps(NETWORK))):
        twin.save(path.with_name("twin"))
        assert path.with_name("twin").read_bytes() == path.read_bytes()


def give_penalties(network: Network, monkeypatch: pytest.MonkeyPatch, penalties: list[list[float]]) -> None:
    class Model:
        def penalties(self, images: np.ndarray) -> np.ndarray:
            return np.array(penalties, np.float32)

    monkeypatch.setitem(network.__dict__, "model", Model())


def test_an_answer_is_the_class_with_the_smallest_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_network(Architecture(classes=3))
    give_penalties(network, monkeypatch, [[5.0, 1.5, 4.0], [0.5, 0.25, 0.0], [2.0, 2.0, 9.0]])
    images = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
    first, second, tie = network.answer(images)
    assert (first.label, first.penalty, first.second, first.margin) == ("1", 1.5, "2", 2.5)
    assert first.penalties == {"0": 5.0, "1": 1.5, "2": 4.0}
    assert list(first.penalties) == ["0", "1", "2"]
    assert (second.label, second.second, second.margin) == ("2", "1", 0.25)
    assert (tie.label, tie.second, tie.margin) == ("0", "1", 0.0)
    np.testing.assert_array_equal(second.image, images[1])


def test_an_answer_holds_pythons_numbers_that_json_can_write() -> None:
    [answer] = NETWORK.answer(np.zeros((1, 28, 28), np.uint8))
    assert {type(number) for number in (answer.penalty, answer.margin, *answer.penalties.values())} == {float}
    json.dumps([answer.label, answer.penalty, answer.second, answer.margin, answer.penalties])
    assert "np." not in repr(answer)


def test_answers_agree_with_the_penalties() -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
    penalties = NETWORK.penalties(images)
    for answer, row in zip(NETWORK.answer(images), penalties, strict=True):
        assert answer.label == DIGITS[row.argmin()]
        assert answer.margin == pytest.approx(np.diff(np.sort(row)[:2])[0])
        assert answer.margin >= 0
        np.testing.assert_allclose(list(answer.penalties.values()), row)


def test_no_images_have_no_answers() -> None:
    assert NETWORK.answer(np.zeros((0, 28, 28), np.uint8)) == []
    assert NETWORK.recognize([]) == []


@pytest.mark.parametrize(
    "images",
    [np.zeros((1, 32, 32), np.uint8), np.zeros((28, 28), np.uint8), np.zeros((1, 28, 28), np.int64)],
    ids=["larger", "single", "integers"],
)
def test_images_of_another_form_get_no_answer(images: np.ndarray) -> None:
    with pytest.raises(ShapeError):
        NETWORK.answer(images)


THREE = read_sample(3)
RGB = np.stack([THREE] * 3, axis=-1)
FORMS: dict[str, Callable[[], Any]] = {
    "path": lambda: sample_path(3),
    "text": lambda: str(sample_path(3)),
    "array": lambda: THREE,
    "channel": lambda: THREE[:, :, None],
    "colour": lambda: RGB,
    "transparent": lambda: np.concatenate([RGB, np.full_like(RGB[:, :, :1], 255)], axis=2),
    "PIL": lambda: Image.open(sample_path(3)),
    "PIL L": lambda: Image.fromarray(THREE),
    "PIL RGB": lambda: Image.fromarray(RGB),
    "PIL 1": lambda: Image.fromarray(THREE).convert("1"),
    "PIL P": lambda: Image.fromarray(RGB).quantize(64),
    "PIL LA": lambda: Image.fromarray(THREE).convert("LA"),
    "PIL I": lambda: Image.fromarray(THREE.astype(np.int32) * 257),
    "PIL CMYK": lambda: Image.fromarray(RGB).convert("CMYK"),
    "PIL YCbCr": lambda: Image.fromarray(RGB).convert("YCbCr"),
    "PIL HSV": lambda: Image.fromarray(RGB).convert("HSV"),
    "PIL F": lambda: Image.fromarray(THREE).convert("F"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_is_recognized_in_every_form_that_it_has(form: str) -> None:
    expected, answer = NETWORK.recognize(sample_path(3)), NETWORK.recognize(FORMS[form]())
    assert isinstance(expected, Answer)
    assert isinstance(answer, Answer)
    assert answer.image.shape == (28, 28)
    # colour spaces round, and a bilevel picture is dithered
    assert np.abs(answer.image.astype(int) - expected.image).mean() < (25 if form == "PIL 1" else 4)


def test_a_photograph_that_lies_on_its_side_is_turned_upright() -> None:
    content = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(THREE)).save(content, "PNG", exif=exif)
    answer, expected = NETWORK.recognize([Image.open(content), sample_path(3)])  # type: ignore[misc]
    np.testing.assert_array_equal(answer.image, expected.image)


def test_several_pictures_have_several_answers_in_order() -> None:
    several = NETWORK.recognize([sample_path(3), THREE, Image.open(sample_path(5))])
    assert isinstance(several, list)
    assert len(several) == 3
    assert several[0].penalties == several[1].penalties
    one = NETWORK.recognize(sample_path(5))
    assert isinstance(one, Answer)
    assert several[2].label == one.label
    np.testing.assert_allclose([*several[2].penalties.values()], [*one.penalties.values()], rtol=1e-4)


@pytest.mark.parametrize("shape", [(2, 112, 112), (2, 112, 112, 1), (2, 112, 112, 3)])
def test_an_array_of_many_pictures_is_many_pictures(shape: tuple[int, ...]) -> None:
    pictures = np.broadcast_to(THREE.reshape(1, 112, 112, *[1] * (len(shape) - 3)), shape)
    answers = NETWORK.recognize(pictures)
    assert isinstance(answers, list)
    assert [answer.label for answer in answers] == [NETWORK.recognize(THREE).label] * 2  # type: ignore[union-attr]


def test_pictures_may_come_one_by_one() -> None:
    assert len(NETWORK.recognize(sample_path(digit) for digit in (1, 2))) == 2  # type: ignore[arg-type]


def test_a_digit_in_mnists_form_is_taken_as_it_is() -> None:
    [answer] = NETWORK.recognize([THREE])  # type: ignore[misc]
    again = NETWORK.recognize(answer.image)
    assert isinstance(again, Answer)
    np.testing.assert_array_equal(again.image, answer.image)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((28, 28)),
        np.zeros((28, 28), np.int64),
        np.zeros((0, 28), np.uint8),
        np.zeros(28, np.uint8),
        np.array(5, np.uint8),
        np.zeros((28, 28, 3), np.float32),
        np.zeros((2, 1, 28, 28), np.uint8),
        [1, 2, 3],
        [None],
        [[THREE]],
    ],
    ids=[
        "float",
        "integers",
        "empty",
        "row",
        "number",
        "float colour",
        "channels first",
        "list",
        "none",
        "nest",
    ],
)
def test_what_is_no_picture_is_refused(picture: Any) -> None:
    with pytest.raises(ShapeError, match="expected a picture"):
        NETWORK.recognize(picture)


def test_a_blank_picture_has_no_mark() -> None:
    with pytest.raises(PictureError, match="no mark"):
        NETWORK.recognize(np.full((100, 100), 255, np.uint8))


def test_a_picture_that_is_damaged_behind_its_header_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with Image.open(path) as picture, pytest.raises(PictureError, match="damaged"):
        NETWORK.recognize(picture)
    with pytest.raises(PictureError, match="damaged"):
        NETWORK.recognize(path)


def test_an_absent_picture_is_refused() -> None:
    with pytest.raises(LenetError, match="no such file"):
        NETWORK.recognize("no-such-picture.png")


def test_a_notebook_shows_the_layers_and_what_was_measured() -> None:
    page = NETWORK._repr_html_()
    assert "60,000 parameters, 90.00% test error on noise" in page
    for name in ("c1", "s2", "c3", "s4", "c5", "f6", "output", "340,908"):
        assert name in page


@pytest.mark.parametrize("card", [{}, {"test_error": "bad"}, {"test_error": None}, {"data": "<script>"}])
def test_a_notebook_shows_a_network_whatever_its_card_says(card: dict[str, Any]) -> None:
    page = Network(ORIGINAL, NETWORK.parameters, DIGITS, card)._repr_html_()
    assert "60,000 parameters" in page
    assert "<script>" not in page


def test_a_card_cannot_put_anything_into_a_notebook() -> None:
    card = {"data": "<script>alert(1)</script>", "test_error": 1.0}
    assert "<script>" not in Network(ORIGINAL, NETWORK.parameters, DIGITS, card)._repr_html_()


@bundled
@pytest.mark.parametrize("digit", range(10))
def test_the_bundled_network_reads_our_ten_samples(digit: int) -> None:
    answer = lenet.load().recognize(sample_path(digit))
    assert isinstance(answer, Answer)
    assert answer.label == str(digit)
    assert answer.margin > 0


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_network_is_whole_and_its_card_complete(name: str) -> None:
    network = lenet.load(name)
    assert network.architecture == ORIGINAL
    assert network.parameters.count == 60_000
    assert network.parameters.dtype == np.float32
    assert network.labels == DIGITS
    assert set(network.card) >= {
        *("data", "recipe", "recipe_hash", "engine", "seed", "passes", "test_error", "test_count"),
    }
    assert network.card["data"] == "mnist"
    assert network.card["test_count"] == 10_000
    assert 0 < network.card["test_error"] <= 1.3


@bundled
@pytest.mark.parametrize("name", BUNDLED)
def test_the_card_of_a_bundled_network_says_what_its_file_says(name: str) -> None:
    card = (WEIGHTS / f"{name}.md").read_text("utf-8")
    network = lenet.load(name)
    assert f"{network.card['test_error']:.2f}%" in card
    assert network.card["recipe_hash"] in card
    assert "Not for" in card


@bundled
def test_the_recipe_of_the_bundled_network_is_the_one_that_comes_with_the_package() -> None:
    assert lenet.load().card["recipe_hash"] == lenet.load_recipe("fast", ORIGINAL).hash


@bundled
@pytest.mark.mnist
def test_the_bundled_network_has_the_error_that_its_card_says() -> None:
    import os

    if not os.environ.get("LENET_DATA"):
        pytest.skip("LENET_DATA is not set")
    network = lenet.load("1998", engine="reference")
    test = lenet.load_dataset("mnist", download=False).test
    # another engine may decide a tie's neighbour otherwise
    found = lenet.evaluate(network, test.images, test.labels)
    assert found.error == pytest.approx(network.card["test_error"], abs=0.02)


def test_parameters_of_a_network_are_those_that_it_was_given() -> None:
    parameters = Parameters(ORIGINAL, {name: array + 1 for name, array in NETWORK.parameters.items()})
    assert Network(ORIGINAL, parameters, DIGITS).parameters is parameters


def test_the_pictures_in_a_notebook_are_pictures() -> None:
    page = NETWORK.trace(np.zeros((28, 28), np.uint8))._repr_html_()
    for part in page.split('src="data:image/png;base64,')[1:]:
        Image.open(BytesIO(base64.b64decode(part.split('"')[0]))).verify()
