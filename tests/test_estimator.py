import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sklearn")  # before the imports that need it

from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import lenet
from lenet.data.digits import read_digits
from lenet.errors import ArchitectureError, EngineError, ShapeError
from lenet.estimator import LeNet5Classifier, _find_range
from lenet.training.recipe import load_recipe

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def make_classifier(**settings):
    return LeNet5Classifier(**{"engine": "reference", "random_state": 0, **settings})


def lay_out(rows):
    rows = np.asarray(rows)
    classifier = make_classifier()
    classifier.range_ = _find_range(rows)
    return classifier._lay_out(rows)


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def fitted(digits):
    """400 digits seen six times, the labels being words."""
    X, y = digits
    return make_classifier(epochs=6).fit(X[:400], np.array(WORDS)[y[:400]])


# a repeated row is in another place of the order that the seed gives than a weighted one
ORDERED = {
    f"check_sample_weight_equivalence_on_{kind}_data": "the order of the rows decides, too"
    for kind in ("dense", "sparse")
}


@parametrize_with_checks(
    [make_classifier(epochs=6, random_state=None)], expected_failed_checks=lambda _: ORDERED
)
def test_scikit_learns_checks_pass(estimator, check):
    check(estimator)


def test_digits_are_learnt_from_a_table_of_64_numbers(digits, fitted):
    X, y = digits
    words = fitted.predict(X[400:700])
    assert set(words) <= set(WORDS)
    assert np.mean([WORDS.index(word) for word in words] == y[400:700]) > 0.85


@pytest.mark.slow
def test_digits_are_learnt_to_four_percent(digits):
    X, y = digits
    for seed in range(3):
        assert (
            make_classifier(random_state=seed).fit(X[:1077], y[:1077]).score(X[1077:1437], y[1077:1437])
            > 0.96
        )


def test_images_of_bytes_train_to_the_very_weights_of_lenet_train():
    train, test = read_digits()
    recipe = load_recipe("fast", lenet.ORIGINAL).changed(epochs=1, validation=False)
    dataset = lenet.Dataset("digits", "", tuple("0123456789"), train, test)
    network = lenet.train(dataset, recipe, engine="reference", seed=3).network
    classifier = make_classifier(epochs=1, random_state=3).fit(train.images, train.labels)
    for name, array in network.parameters.items():
        np.testing.assert_array_equal(classifier.network_.parameters[name], array)
    assert classifier.recipe_ == recipe
    np.testing.assert_array_equal(classifier.predict(test.images), network.penalties(test.images).argmin(1))


def test_four_numbers_become_four_corners():
    image = lay_out([[0.0, 1.0, 2.0, 3.0]])[0]
    assert image.shape == (28, 28)
    assert (image[:4] == 0).all()  # the border of MNIST's digits
    assert (image[:, -4:] == 0).all()
    assert [image[4, 4], image[4, 23], image[23, 4], image[23, 23]] == [0, 85, 170, 255]


def test_a_row_that_fills_no_square_ends_in_background():
    image = lay_out([[5.0, 5.0, 5.0, 5.0, 5.0, 1.0]])[0]  # 3x3, the last three places empty
    assert image[4, 4] == 255
    assert image[23].max() == 0


@pytest.mark.parametrize("scale", [1, 1 / 255, 0.5])
def test_bytes_go_through_unchanged_whatever_unit_they_are_written_in(scale):
    images = np.arange(3 * 784).reshape(3, 784) % 256
    expected = images.reshape(3, 28, 28)
    np.testing.assert_array_equal(lay_out(images * scale), expected)
    np.testing.assert_array_equal(lay_out(images.astype(np.uint8)), expected)
    np.testing.assert_array_equal(lay_out((images * scale).astype(np.float32)), expected)


def test_images_of_24x24_lie_in_the_middle():
    images = np.arange(576)[None]
    np.testing.assert_array_equal(lay_out(images)[0, 2:26, 2:26].ravel(), np.rint(images[0] * 255 / 575))


def test_large_images_are_averaged():
    images = np.kron(np.arange(784).reshape(28, 28) % 256, [[0, 2], [2, 0]])[None]  # every 2x2 has its mean
    expected = np.rint((np.arange(784) % 256) / 2).astype(np.uint8).reshape(28, 28)
    np.testing.assert_array_equal(lay_out(images.reshape(1, -1))[0], expected)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=900), st.integers(1, 50), st.integers(-99, 99))
def test_layout_depends_on_no_unit(row, factor, shift):
    image = lay_out([row])
    assert image.shape == (1, 28, 28)
    assert image.dtype == np.uint8
    difference = image.astype(int) - lay_out(np.array([row]) * float(factor) + shift)
    assert np.abs(difference).max() <= 1  # a half may be rounded up or down


def test_numbers_outside_of_the_range_are_cut_off(fitted, digits):
    X = digits[0][:5]
    low, high = fitted.range_
    inside = fitted.decision_function(np.where(X > 8, high, low))
    with pytest.warns(UserWarning, match="another one"):
        outside = fitted.decision_function(np.where(X > 8, high + 1e6, low - 1e6))
    np.testing.assert_array_equal(outside, inside)


def test_outliers_do_not_set_the_range():
    rows = np.linspace(-1, 1, 4410).reshape(10, 441)  # 21x21: neither enlarged nor averaged
    assert _find_range(rows) == (-1, 1)
    rows[3, 7], rows[8, 2] = 40, -3
    low, high = _find_range(rows)
    assert -1 <= low < -0.98
    assert 0.98 < high <= 1
    assert lay_out(rows)[3].max() == 255


def test_images_with_hardly_any_ink_keep_their_bytes():
    images = np.zeros((10, 784), np.uint8)
    images[:, 300:303] = 100, 200, 255  # 0.4% of all pixels
    np.testing.assert_array_equal(lay_out(images).reshape(10, -1), images)
    assert _find_range(np.full((4, 9), 7.0)) == (7, 7)


def test_digits_are_learnt_after_a_standard_scaler(digits):
    X, y = digits
    pipeline = make_pipeline(StandardScaler(), make_classifier(recipe="demo", epochs=4))
    assert pipeline.fit(X[:800], y[:800]).score(X[800:1100], y[800:1100]) > 0.5


def test_images_and_their_rows_are_the_same(fitted, digits):
    X = digits[0][:20]
    np.testing.assert_array_equal(fitted.predict_proba(X.reshape(-1, 8, 8)), fitted.predict_proba(X))


def test_images_that_are_no_squares_are_refused():
    with pytest.raises(ShapeError, match="8x6"):
        make_classifier().fit(np.zeros((4, 8, 6)), [0, 1, 0, 1])


def test_shares_are_the_softmax_of_cross_entropy(fitted, digits):
    penalties = -fitted.decision_function(digits[0][:50]).astype(float)
    expected = np.exp(-0.1 * penalties) / np.exp(-0.1 * penalties).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fitted.predict_proba(digits[0][:50]), expected, rtol=1e-4, atol=1e-6)


def test_network_knows_the_names_of_the_classes(fitted, digits):
    network = fitted.network_
    assert network.labels == tuple(sorted(network.labels)) == tuple(fitted.classes_)
    answers = [answer.label for answer in network.answer(fitted._lay_out(digits[0][:30]))]
    assert answers == fitted.predict(digits[0][:30]).tolist()


def test_history_has_every_step_and_every_epoch(fitted):
    assert len(fitted.history_.losses) == 6 * 20
    assert [record.number for record in fitted.history_.epochs] == [1, 2, 3, 4, 5, 6]
    assert fitted.history_.epochs[-1].training_error < 10


def test_few_rows_take_smaller_steps_at_a_lower_rate():
    X, y = load_iris(return_X_y=True)
    recipe = load_recipe("fast", lenet.ORIGINAL)
    small = make_classifier(epochs=1).fit(X, y).recipe_
    assert (small.batch, small.rate) == (8, recipe.rate * 8 / recipe.batch)
    chosen = make_classifier(epochs=1, batch=50).fit(X, y).recipe_
    assert (chosen.batch, chosen.rate) == (50, recipe.rate)
    chosen = make_classifier(epochs=1, rate=0.01).fit(X, y).recipe_
    assert (chosen.batch, chosen.rate) == (8, 0.01)


def test_equal_seeds_give_equal_weights():
    X, y = load_iris(return_X_y=True)

    def draw(random_state):
        network = make_classifier(epochs=1, random_state=random_state).fit(X, y).network_
        return network.parameters["c5.weight"].tobytes()

    assert draw(7) == draw(np.int64(7)) != draw(8)
    assert draw(np.random.RandomState(7)) == draw(np.random.RandomState(7))
    assert draw(None) != draw(None)
    assert draw(2**40) != draw(0)
    with pytest.raises(EngineError, match="-1"):
        draw(-1)


def test_it_works_in_a_pipeline_and_a_grid_search():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), make_classifier(epochs=4))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.8
    search = GridSearchCV(pipeline, {"lenet5classifier__architecture": ["original", lenet.MODERN]}, cv=2)
    assert search.fit(X, y).score(X, y) > 0.8
    assert search.best_estimator_[-1].network_.architecture.classes == 3


def test_grid_search_runs_in_several_processes():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(make_classifier(), {"epochs": [1, 4]}, cv=2, n_jobs=2)
    assert search.fit(X, y).best_params_ == {"epochs": 4}


def test_a_clone_has_the_settings_and_nothing_else(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "network_")


def test_a_fitted_classifier_survives_pickling(fitted, digits):
    fitted.predict(digits[0][:1])  # the engine's model is there now
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(digits[0][:9]), fitted.predict_proba(digits[0][:9]))


@pytest.mark.parametrize("count", [1, 96])
def test_too_few_and_too_many_classes_are_refused(count):
    X = np.arange(2 * 96 * 4).reshape(-1, 4)
    with pytest.raises(ArchitectureError, match=f"{count} classes"):
        make_classifier().fit(X, np.arange(192) % count)


def test_a_linear_output_takes_96_classes():
    X = np.arange(2 * 96 * 4).reshape(-1, 4)
    classifier = make_classifier(architecture="modern", epochs=1).fit(X, np.arange(192) % 96)
    assert classifier.predict_proba(X).shape == (192, 96)


def test_an_unknown_architecture_is_refused():
    with pytest.raises(ArchitectureError, match="original, modern"):
        make_classifier(architecture="alexnet").fit(np.eye(4), [0, 1, 0, 1])


def test_verbose_prints_a_line_an_epoch(capsys):
    X, y = load_iris(return_X_y=True)
    make_classifier(epochs=2, verbose=True).fit(X, y)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch 1/2: loss ")
    assert second.startswith("epoch 2/2: loss ")


@pytest.mark.slow
def test_pytorch_fits_as_reference_does(digits):
    pytest.importorskip("torch")
    X, y = digits
    settings = {"epochs": 2, "random_state": 1}
    slow = make_classifier(**settings).fit(X[:300], y[:300])
    fast = make_classifier(engine="pytorch", **settings).fit(X[:300], y[:300])
    np.testing.assert_allclose(fast.history_.losses[:20], slow.history_.losses[:20], rtol=1e-4)
    fast.predict(X[:1])
    assert (pickle.loads(pickle.dumps(fast)).predict(X[:300]) == slow.predict(X[:300])).mean() > 0.98


def test_without_scikit_learn_everything_else_works_and_the_extra_is_named():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from lenet import *\n"
        "import lenet\n"
        "assert load_recipe and 'LeNet5Classifier' not in globals()\n"
        "try: lenet.LeNet5Classifier\n"
        "except ImportError as error: print(type(error).__name__, error)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("MissingExtra ")
    assert 'pip install "lenet[sklearn]"' in answer.stdout


def test_images_with_a_channel_axis_and_truth_values_are_taken(digits):
    images = (digits[0][:100] / 16).reshape(100, 8, 8)
    y = digits[1][:100]
    flat = make_classifier(epochs=1).fit(images, y).predict(images)
    for channelled in (images[..., None], images[:, None]):
        predicted = make_classifier(epochs=1).fit(channelled, y).predict(channelled)
        np.testing.assert_array_equal(predicted, flat)
    truth = images > 0.5
    np.testing.assert_array_equal(
        make_classifier(epochs=1).fit(truth, y).predict(truth),
        make_classifier(epochs=1).fit(truth.astype(np.uint8), y).predict(truth.astype(np.uint8)),
    )


def test_numbers_on_another_scale_than_in_fit_are_warned_of(digits, fitted):
    X, _ = digits
    with pytest.warns(UserWarning, match="another one"):
        fitted.predict(X[:50] / 255)
    with pytest.warns(UserWarning, match="another one"):
        fitted.predict(X[:50] * 1000 + 500)
    fitted.predict(np.zeros_like(X[:3]))  # blank rows are on any scale


def test_a_training_that_diverged_is_warned_of(digits):
    X, y = digits
    with pytest.warns(ConvergenceWarning, match="diverged"):
        make_classifier(epochs=8, rate=10).fit(X[:400], y[:400])


def test_the_curve_has_a_loss_for_each_epoch(digits):
    fitted = make_classifier(epochs=3).fit(digits[0][:200], digits[1][:200])
    assert fitted.n_iter_ == len(fitted.loss_curve_) == 3
    assert fitted.loss_curve_[2] < fitted.loss_curve_[0]
    assert not hasattr(fitted, "coefs_")


def test_more_classes_than_the_kernels_take_are_left_to_another_engine():
    X = np.random.default_rng(0).random((300, 64))
    fitted = LeNet5Classifier("modern", epochs=1, random_state=0).fit(X, np.arange(300) % 150)
    assert fitted.predict(X[:5]).shape == (5,)
