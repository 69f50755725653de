"""The experiment of 1998: its plan, its shelf, and that NumPy and the kernels make the same updates."""

from pathlib import Path

import numpy as np
import pytest

from lenet.architecture import ORIGINAL
from lenet.data.dataset import load_dataset
from lenet.data.examples import Dataset, Examples
from lenet.engines import get_engine
from lenet.engines.inputs import scale_images
from lenet.errors import MissingExtra
from lenet.parameters import Parameters, initialize_parameters
from lenet.reproduction import published
from lenet.reproduction.results import change_images, find_student, summarize
from lenet.reproduction.trainings import (
    NOISE,
    Shelf,
    Trained,
    Training,
    invert_pixels,
    plan_trainings,
)
from lenet.training.events import Advanced
from lenet.training.recipe import load_recipe
from lenet.training.schedule import RATES_1998
from lenet.training.trainer import Trainer

RECIPE = load_recipe("1998", ORIGINAL)


def draw_examples(count: int, seed: int = 0) -> Examples:
    """A bright square somewhere else for each class, in noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    images = rng.integers(0, 60, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 5)
        image[4 + 10 * row : 14 + 10 * row, 5 * column : 5 * column + 8] = 255
    return Examples(images, labels)


DATA = Dataset("by hand", "made by hand", tuple("0123456789"), draw_examples(60), draw_examples(40, 1))
TINY = (Training("1998", 0, epochs=1), Training("1998", 1, part=2, epochs=1))


def make(shelf: Shelf, training: Training = TINY[0], stop: bool = False) -> Trained | None:
    return shelf.make(training, lambda _trainer, _event: None, lambda: stop)


def test_the_plan_has_five_seeds_of_each_kind_and_the_first_seed_first() -> None:
    plan = plan_trainings()
    kinds = [training.kind for training in plan]
    for kind in ("1998", "1998-distorted", "1998-1/4", "1998-1/2"):
        assert kinds.count(kind) == 5
    assert kinds.count("1998-noise") == 1
    assert [training.seed for training in plan] == sorted(training.seed for training in plan)
    assert len({training.name for training in plan}) == len(plan) == 21


def test_the_whole_plan_shows_20_epochs_of_60_000_patterns() -> None:
    whole = Training("1998", 0)
    assert whole.recipe.epochs == published.EPOCHS
    assert whole.recipe.validation is False
    big = Dataset("big", "", tuple("0123456789"), draw_examples(6_000), draw_examples(1))
    assert whole.count_patterns(big) == 20 * 6_000
    assert Training("1998", 0, part=4).count_patterns(big) == 20 * 1_500


def test_the_recipe_has_what_the_paper_states_at_a_fifth_of_its_rate() -> None:
    assert (RECIPE.batch, RECIPE.epochs, RECIPE.mu) == (1, 20, 0.02)
    assert RECIPE.rate == pytest.approx(RATES_1998[0] / 5)
    assert (RECIPE.method, RECIPE.curvature_samples, RECIPE.order) == ("diagonal-lm", 500, "constant")
    distorted = load_recipe("1998-distorted", ORIGINAL)
    same = distorted.changed(name="1998", copies=1, distortion=RECIPE.distortion)
    assert same == RECIPE
    assert distorted.copies == 10


def test_a_subset_is_drawn_at_random_and_another_one_for_each_seed() -> None:
    parts = [Training("1998", seed, part=2).prepare(DATA).train for seed in (0, 0, 1)]
    assert [len(part) for part in parts] == [30, 30, 30]
    assert (parts[0].images == parts[1].images).all()
    assert not (parts[0].images == parts[2].images).all()
    # every image of the subset is one of the whole, none twice
    whole = {image.tobytes() for image in DATA.train.images}
    chosen = [image.tobytes() for image in parts[2].images]
    assert set(chosen) <= whole
    assert len(set(chosen)) == 30
    assert parts[0].labels.tolist() != DATA.train.labels[:30].tolist()


def test_noise_inverts_a_tenth_of_the_pixels_and_leaves_the_test_digits_alone() -> None:
    noisy = Training("1998", 0, noise=NOISE).prepare(DATA)
    changed = noisy.train.images != DATA.train.images
    assert changed.mean() == pytest.approx(0.1, abs=0.01)
    assert (noisy.train.images[changed] == 255 - DATA.train.images[changed]).all()
    assert noisy.test is DATA.test
    assert (invert_pixels(DATA.train.images, 0.0, 0) == DATA.train.images).all()


def test_a_finished_training_is_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, DATA, "reference")
    for training in TINY:
        assert shelf.find(training) is None
        one, other = make(shelf, training), shelf.find(training)
        assert one
        assert other
        assert len(one.test) == len(one.learned) == 1
        assert (one.test, one.learned, one.seconds) == (other.test, other.learned, other.seconds)
        for name, array in one.network.parameters.items():
            assert (array == other.network.parameters[name]).all()


def test_the_last_test_error_is_that_of_the_network(tmp_path: Path) -> None:
    one = make(Shelf(tmp_path, DATA, "reference"))
    answers = one.network.penalties(DATA.test.images).argmin(axis=1)
    assert one.test[-1] == pytest.approx(100 * np.mean(answers != DATA.test.labels))
    assert one.network.card["test_error"] == pytest.approx(one.test[-1])


@pytest.mark.parametrize("damage", ["settings", "data", "file", "network"])
def test_what_was_made_otherwise_or_is_damaged_is_not_found(tmp_path: Path, damage: str) -> None:
    training, data = TINY[0], DATA
    make(Shelf(tmp_path, data, "reference"))
    files = sorted((tmp_path / "trainings").iterdir())
    assert [path.suffix for path in files] == [".json", ".safetensors"]
    if damage == "settings":
        training = Training("1998", 0, epochs=2)
    elif damage == "data":
        data = Dataset("by hand", "", DATA.labels, draw_examples(60, 5), DATA.test)
    elif damage == "file":
        files[0].write_text("{")
    else:
        files[1].write_bytes(b"")
    assert Shelf(tmp_path, data, "reference").find(training) is None


def test_a_network_is_never_taken_for_that_of_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path, DATA, "reference")
    make(shelf)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lenet.reproduction.trainings.write_text", fail)
    with pytest.raises(KeyboardInterrupt):
        make(shelf, Training("1998", 0, epochs=2))
    assert shelf.find(TINY[0]) is None


def test_a_stopped_training_is_not_kept(tmp_path: Path) -> None:
    assert make(Shelf(tmp_path, DATA, "reference"), stop=True) is None
    assert not (tmp_path / "trainings").exists()


def test_the_spread_of_three_seeds_by_hand() -> None:
    found = summarize([1.0, 2.0, 3.0])
    assert (found["mean"], found["sd"]) == (2, 1)
    assert found["interval"] == pytest.approx([2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5])
    assert summarize([0.5])["sd"] is summarize([0.5])["interval"] is None


@pytest.mark.parametrize(
    ("count", "expected"), [(5, 2.776), (11, 2.228), (12, 2.201), (21, 2.086), (31, 2.042), (101, 1.984)]
)
def test_student_is_that_of_the_printed_tables(count: int, expected: float) -> None:
    assert find_student(count) == pytest.approx(expected, abs=0.001)


def test_figure_8_has_82_digits_that_were_misread() -> None:
    table = published.read_figure_8()
    assert len(np.unique(table[:, 0])) == 82
    assert (table[:, 1] != table[:, 2]).all()
    assert published.TEST_CURVE[:2] == (2.65, 2.24)
    assert published.TRAINING_CURVE[-1] == 0.36
    assert len(published.WRONG_LABELS + published.UNDECIDED) == 15


def test_changed_digits_are_scaled_turned_and_moved_as_said() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 13:15, 20:22] = 255  # right of the middle

    def find(kind: str, amount: float) -> tuple[float, float]:
        ink = change_images(image, kind, amount)[0, 0] + 0.1
        rows, columns = np.mgrid[:32, :32] - 15.5
        return float((ink * columns).sum() / ink.sum()), float((ink * rows).sum() / ink.sum())

    assert find("shift", 0) == pytest.approx((7, 0), abs=0.01)
    assert find("shift", 4) == pytest.approx((7, 4), abs=0.01)
    assert find("scale", 0.5) == pytest.approx((3.5, 0), abs=0.15)
    assert find("rotation", 90) == pytest.approx((0, 7), abs=0.05)  # clockwise, as y runs down


def assert_close(one: Parameters, other: Parameters) -> None:
    for name, array in other.items():
        assert abs(one[name] - array).max() <= 1e-4 * abs(array).max(), name


@pytest.fixture(scope="module")
def trainers() -> list[Trainer]:
    """The first hundred updates of `1998`, by the definition and by the kernels."""
    try:
        engines = [get_engine(name) for name in ("reference", "native")]
    except MissingExtra as missing:
        pytest.skip(str(missing))
    pytest.importorskip("sklearn")
    recipe, examples = RECIPE.changed(epochs=1), load_dataset("digits").train.first(100)
    start = initialize_parameters(ORIGINAL, 0, scheme=recipe.initialization)
    return [Trainer(engine, start, recipe, examples, examples.first(0), 0) for engine in engines]


def test_the_curvature_of_500_patterns_is_that_of_the_reference(trainers: list[Trainer]) -> None:
    examples = load_dataset("digits").train.first(500)
    start, loss = trainers[0].parameters(), RECIPE.curvature_loss
    expected = get_engine("reference").load(ORIGINAL, start, "float64")
    wanted = expected.curvature(scale_images(examples.images, np.float64), examples.labels, loss)
    assert_close(
        get_engine("native").load(ORIGINAL, start).curvature(examples.images, examples.labels, loss), wanted
    )


def test_a_hundred_updates_are_those_of_the_reference(trainers: list[Trainer]) -> None:
    expected, found = (
        np.concatenate([event.losses for event in trainer.events() if isinstance(event, Advanced)])
        for trainer in trainers
    )
    assert len(expected) == 100
    assert found == pytest.approx(expected, rel=1e-4)
    assert_close(trainers[1].parameters(), trainers[0].parameters())
