"""Networks that are asked: with arrays, paths and pictures, one and many."""

import base64
import json
import pickle
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lenet.answer import Answer
from lenet.architecture import ORIGINAL, Architecture
from lenet.codes import DIGITS
from lenet.errors import LenetError, PictureError, ShapeError
from lenet.network import Network
from lenet.parameters import initialize_parameters
from lenet.samples import read_sample, sample_path

CARD = {"data": "noise", "recipe": "none", "test_error": 90.0}


def make_network(architecture: Architecture = ORIGINAL, seed: int = 0, dtype: Any = np.float32) -> Network:
    labels = tuple(map(str, range(architecture.classes)))
    parameters = initialize_parameters(architecture, seed, dtype, scheme="variance")
    return Network(architecture, parameters, labels, CARD, "reference")


NETWORK = make_network()


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
        np.full((28, 28), 256.0),
        np.full((28, 28), -1),
        np.zeros(28, np.uint8),
        np.array(5, np.uint8),
        np.full((28, 28, 3), np.nan, np.float32),
        np.zeros((2, 1, 28, 29, 3), np.uint8),
        [1, 2, 3],
        [None],
    ],
    ids=["beyond 255", "below 0", "row", "number", "no numbers", "five axes", "list", "none"],
)
def test_what_is_no_picture_is_refused(picture: Any) -> None:
    with pytest.raises(ShapeError, match="expected a picture"):
        NETWORK.recognize(picture)


def test_a_blank_picture_is_answered_with_no_digit() -> None:
    blank, three = NETWORK.recognize([np.full((100, 100), 255, np.uint8), THREE])  # type: ignore[misc]
    assert (blank.verdict, blank.reason, blank.image.any()) == ("none", "blank", False)
    assert blank.why == "the picture is blank"
    assert (three.verdict, three.reason, three.why) == ("digit", None, "")


def test_several_marks_are_not_sure() -> None:
    pair = np.pad(np.concatenate([THREE, read_sample(5)], axis=1), 30, constant_values=236)
    answer = NETWORK.recognize(pair)
    assert (answer.verdict, answer.reason) == ("unsure", "marks")


def test_a_network_without_a_calibration_knows_no_confidence() -> None:
    assert NETWORK.recognize(THREE).confidence is None
    assert NETWORK.calibration is None


def test_only_networks_of_the_ten_digits_are_judged() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    judged = NETWORK.judge(images)
    assert judged is not None
    assert judged.shape == (2, 11)
    assert make_network(Architecture(classes=3)).judge(images) is None


def test_a_judged_network_travels_between_processes() -> None:
    NETWORK.judge(np.zeros((1, 28, 28), np.uint8))
    again = pickle.loads(pickle.dumps(NETWORK))
    assert "_judge" not in vars(again)
    assert again.recognize(THREE).label == NETWORK.recognize(THREE).label


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


def test_an_answer_prints_in_one_line_and_shows_its_picture_in_a_notebook() -> None:
    sample = read_sample(3)
    answer = Answer("<3>", 12.5, "5", 40.0, {"<3>": 12.5, "5": 52.5}, sample, 0.98765, "unsure", "between")
    assert repr(answer) == "Answer(label='<3>', confidence=98.8%, second='5', verdict='unsure')"
    page = answer._repr_html_()
    assert "<td>&lt;3&gt;</td>" in page
    assert "<td>98.8%</td>" in page
    assert "<3>" not in page
    content = base64.b64decode(page.split("base64,")[1].split('"')[0])
    shown = np.asarray(Image.open(BytesIO(content)))[::4, ::4]
    np.testing.assert_array_equal(shown, 255 - sample)


def test_an_answer_without_calibration_shows_no_confidence() -> None:
    answer = Answer("3", 12.5, "5", 40.0, {"3": 12.5, "5": 52.5}, read_sample(3))
    assert "confidence=None" in repr(answer)
    assert "confidence" not in answer._repr_html_()
