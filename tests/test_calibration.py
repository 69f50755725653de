"""Calibration: confidences that are true, on networks whose truth is known."""

from typing import Any

import numpy as np
import pytest

import lenet
from lenet.architecture import Architecture
from lenet.calibration import calibrate, find_temperature, measure_calibration, measure_surprise
from lenet.doubt import take_logs
from lenet.errors import ShapeError
from lenet.network import Network
from lenet.parameters import initialize_parameters

RANDOM = np.random.default_rng(0)
TRUE = 7.0  # the temperature of the penalties below
PENALTIES = RANDOM.uniform(0, 60, (4000, 3))
DRAWN = RANDOM.uniform(size=4000)
LABELS = (np.exp(take_logs(-PENALTIES / TRUE)).cumsum(axis=1) < DRAWN[:, None]).sum(axis=1)
IMAGES = RANDOM.integers(0, 256, (4000, 28, 28), np.uint8)


def make_network(monkeypatch: pytest.MonkeyPatch, penalties: np.ndarray = PENALTIES) -> Network:
    """A network of three classes that gives these penalties, whatever it is shown."""

    class Model:
        def penalties(self, images: np.ndarray) -> np.ndarray:
            return penalties[: len(images)]

    architecture = Architecture(classes=3)
    parameters = initialize_parameters(architecture, 0)
    network = Network(architecture, parameters, ("a", "b", "c"), {"data": "none"}, "reference")
    monkeypatch.setattr(Network, "model", property(lambda _: Model()))
    return network


def test_the_calibration_error_of_one_bin_is_computed_by_hand() -> None:
    # 0.8 said, 3 of 4 right
    assert measure_calibration(np.full(4, 0.8), np.array([1, 1, 1, 0], bool)) == pytest.approx(5)
    # two bins, 0.2 too high and 0.1 too low: a mean of 15 points, nothing cancels
    confidences = np.array([0.2, 0.2, 0.9, 0.9])
    assert measure_calibration(confidences, np.array([0, 0, 1, 1], bool)) == pytest.approx(15)


def test_certainty_that_is_right_has_no_error() -> None:
    assert measure_calibration(np.ones(9), np.ones(9, bool)) == 0


def test_the_temperature_that_made_the_labels_is_found() -> None:
    assert find_temperature(PENALTIES, LABELS) == pytest.approx(TRUE, rel=0.06)


def test_surprise_is_smallest_for_what_is_true() -> None:
    true = np.exp(take_logs(-PENALTIES / TRUE))
    other = [np.exp(take_logs(-PENALTIES / temperature)) for temperature in (TRUE / 2, TRUE * 2)]
    assert measure_surprise(true, LABELS) < min(measure_surprise(each, LABELS) for each in other)


def test_a_calibrated_network_says_how_often_it_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    network = calibrate(make_network(monkeypatch), IMAGES, LABELS)
    answers = network.answer(IMAGES)
    right = np.array([answer.label == "abc"[label] for answer, label in zip(answers, LABELS, strict=True)])
    confidences = np.array([answer.confidence for answer in answers], float)
    assert measure_calibration(confidences, right) < 3
    assert right.mean() < 0.95  # else it would be no test


def test_harder_images_decide_on_the_temperature_but_not_on_what_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = make_network(monkeypatch)
    plain = calibrate(network, IMAGES, LABELS, 0.01)
    wrong = (LABELS + 1) % 3
    harder = calibrate(network, IMAGES, LABELS, 0.01, harder=(IMAGES[:1000], wrong[:1000]))
    assert harder.card["calibration"]["temperature"] > 1.3 * plain.card["calibration"]["temperature"]
    assert harder.card["calibration"]["images"] == 5000
    verdicts = [answer.verdict for answer in harder.answer(IMAGES)]
    assert verdicts.count("unsure") / len(verdicts) == pytest.approx(0.01, abs=0.002)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3])
def test_so_many_answers_do_not_stand_as_were_asked_for(
    monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    network = calibrate(make_network(monkeypatch), IMAGES, LABELS, share)
    verdicts = [answer.verdict for answer in network.answer(IMAGES)]
    assert verdicts.count("unsure") / len(verdicts) == pytest.approx(share, abs=0.002)
    assert {answer.reason for answer in network.answer(IMAGES)} <= {None, "between"}


def test_a_calibration_travels_in_the_networks_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    network = calibrate(make_network(monkeypatch), IMAGES, LABELS)
    network.save(tmp_path / "network.safetensors")
    loaded = lenet.load(tmp_path / "network.safetensors")
    assert loaded.calibration == network.calibration
    assert loaded.card == {"data": "none", "calibration": network.card["calibration"]}
    assert loaded.card["calibration"]["images"] == len(IMAGES)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES[:0], LABELS[:0]),
        (IMAGES[:3], LABELS[:2]),
        (IMAGES[:3], LABELS[:3] + 0.5),
        (IMAGES[:3], np.array([0, 1, 3])),
        (IMAGES[:3], np.array([0, 1, -1])),
    ],
    ids=["none", "fewer", "halves", "beyond", "below"],
)
def test_images_need_a_label_each(
    monkeypatch: pytest.MonkeyPatch, images: np.ndarray, labels: np.ndarray
) -> None:
    with pytest.raises(ShapeError):
        calibrate(make_network(monkeypatch), images, labels)
