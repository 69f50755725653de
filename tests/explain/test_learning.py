from xml.etree import ElementTree

import numpy as np
import pytest

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.drawing.drawing import Box, Words, render_svg
from lenet.explain.learning import make_untrained, take_step
from lenet.explain.learning_picture import choose_classes, compose_step
from lenet.images.normalize import normalize_digit
from lenet.network import Network
from lenet.samples import read_sample

DIGIT = normalize_digit(read_sample(3))
VARIANTS = [ORIGINAL, MODERN, Architecture(activation="logistic", pooling="average")]


@pytest.mark.parametrize("architecture", VARIANTS)
def test_a_step_takes_the_rate_times_the_gradient_from_every_number(architecture):
    network = make_untrained(architecture)
    step = take_step(network, DIGIT, 3, 0.01)
    for name, old in step.old.items():
        np.testing.assert_allclose(step.new[name], old - 0.01 * step.gradient[name], rtol=1e-5, atol=1e-7)
    assert step.old is network.parameters


@pytest.mark.parametrize("architecture", VARIANTS)
def test_a_small_step_lowers_the_loss_by_the_rate_times_the_squared_gradient(architecture):
    step = take_step(make_untrained(architecture), DIGIT, 3, 1e-5)
    expected = 1e-5 * sum(float((array.astype(float) ** 2).sum()) for array in step.gradient.values())
    assert step.losses[0] - step.losses[1] == pytest.approx(expected, rel=0.1)


def test_the_code_of_the_target_comes_nearer():
    step = take_step(make_untrained(ORIGINAL), DIGIT, 3)
    assert step.after.penalties[3] < step.before.penalties[3]
    assert step.after.answer == 3
    assert step.before.answer != 3


def test_the_penalties_after_the_step_are_those_of_the_new_parameters():
    step = take_step(make_untrained(ORIGINAL), DIGIT, 3)
    network = Network(ORIGINAL, step.new, tuple("0123456789"))
    # a trace and a recognition may add in another order
    np.testing.assert_allclose(network.penalties(DIGIT[None])[0], step.after.penalties, rtol=1e-5)


def test_the_layers_have_the_papers_counts_and_the_kernel_is_the_one_that_changes_most():
    step = take_step(make_untrained(ORIGINAL), DIGIT, 3)
    assert [layer.count for layer in step.layers] == [156, 12, 1516, 32, 48120, 10164]
    total = sum(layer.gradient**2 for layer in step.layers) ** 0.5
    flat = np.concatenate([array.ravel() for array in step.gradient.values()])
    assert total == pytest.approx(float(np.linalg.norm(flat)), rel=1e-5)
    before, gradient, after = step.show_kernel()
    np.testing.assert_allclose(after, before - step.rate * gradient, atol=1e-6)
    assert np.abs(gradient).sum() == pytest.approx(
        max(float(np.abs(kernel).sum()) for kernel in step.gradient["c1.weight"])
    )


def test_a_trained_network_has_almost_nothing_to_learn_from_a_digit_that_it_reads():
    trained, untrained = Network.load(), make_untrained(ORIGINAL)
    known, new = take_step(trained, DIGIT, 3), take_step(untrained, DIGIT, 3)
    assert max(layer.gradient for layer in known.layers) < 0.01 * max(layer.gradient for layer in new.layers)


@pytest.mark.parametrize("architecture", VARIANTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_picture_has_the_ten_penalties_before_and_after(architecture, language):
    step = take_step(make_untrained(architecture), DIGIT, 3)
    drawing = compose_step(step, language)
    words = [part.text for part in drawing.parts if isinstance(part, Words)]
    sign = 1 if architecture.output == "rbf" else -1
    for recognition in (step.before, step.after):
        for penalty in recognition.penalties:
            assert f"{sign * penalty:.2f}" in words
    for part in drawing.parts:
        if isinstance(part, Box):
            assert part.x + part.width <= drawing.width
            assert part.y + part.height <= drawing.height
    ElementTree.fromstring(render_svg(drawing))


def test_the_class_that_is_taught_is_shown_even_if_it_is_far():
    network = Network.load()
    for target in range(10):
        shown = choose_classes(take_step(network, DIGIT, target))
        assert shown == list(range(10))
