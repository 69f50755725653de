"""Training and resuming from Python: what comes back, what lies in the folder, what is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.architecture import MODERN, ORIGINAL
from lenet.data.examples import Dataset, Examples
from lenet.engines.reference.engine import ReferenceEngine, ReferenceRun
from lenet.errors import (
    Diverged,
    EngineError,
    LenetError,
    RecipeError,
    RunError,
    UsageError,
)
from lenet.training import folder as folders
from lenet.training.events import Advanced, EpochEnded
from lenet.training.recipe import Recipe
from lenet.training.run import Result, resume, train
from lenet.training.settings import Settings
from lenet.training.trainer import Trainer

RECIPE = Recipe("tiny", 2, 8, 0.05, momentum=0.9, initialization="variance")
CORE = {"recipe.toml", "history.jsonl", "checkpoint.safetensors", "network.safetensors"}
ENDS = {"curve.svg", "curve.png", "history.csv", "report.html"}


def make_arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60, 28, 28), np.uint8)
    labels = np.arange(60) % 10
    return {"x_train": images[:48], "y_train": labels[:48], "x_test": images[48:], "y_test": labels[48:]}


ARRAYS = make_arrays()
TRAIN = Examples(ARRAYS["x_train"], ARRAYS["y_train"])
TEST = Examples(ARRAYS["x_test"], ARRAYS["y_test"])
DATASET = Dataset("by hand", "made by hand", tuple("0123456789"), TRAIN, TEST)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "noise.npz"
    np.savez(path, **ARRAYS)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "run"


def stop_after(count: int) -> Callable[[], bool]:
    asked = iter(range(1, 1_000))
    return lambda: next(asked) >= count


def list_files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def read_core(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in CORE}


def test_a_training_comes_back_with_all_that_it_came_to() -> None:
    result = train(DATASET, RECIPE, engine="reference", seed=5)
    assert isinstance(result, Result)
    assert len(result.history.losses) == 2 * 6  # 44 images in batches of 8
    assert [record.number for record in result.history.epochs] == [1, 2]
    assert [len(part) for part in result.splits] == [44, 4, 12]
    assert result.evaluation is not None
    assert len(result.evaluation) == 12
    assert result.folder is None
    card = result.network.card
    assert (card["data"], card["recipe"], card["recipe_hash"]) == ("by hand", "tiny", RECIPE.hash)
    assert (card["engine"], card["seed"], card["epochs"]) == ("reference", 5, 2)
    assert card["test_error"] == result.evaluation.error
    start = lenet.initialize_parameters(ORIGINAL, 5, scheme="variance")
    assert all((result.start[name] == array).all() for name, array in start.items())


def test_a_finished_run_leaves_its_files_and_nothing_half_written(data: Path, out: Path) -> None:
    result = train(data, RECIPE, engine="reference", out=out)
    assert list_files(out) == CORE | ENDS
    loaded = lenet.load(out / "network.safetensors")
    assert loaded.card == result.network.card
    assert all((loaded.parameters[n] == a).all() for n, a in result.network.parameters.items())
    assert result.folder == out


def test_equal_trainings_leave_equal_bytes(data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        train(data, RECIPE, engine="reference", out=tmp_path / name)
    assert read_core(tmp_path / "a") == read_core(tmp_path / "b")


def test_another_seed_is_another_training(data: Path) -> None:
    one, other = (train(data, RECIPE, engine="reference", seed=seed) for seed in (0, 1))
    assert one.history.losses != other.history.losses


@pytest.mark.parametrize("count", [1, 3, 4])
def test_a_stopped_run_that_is_resumed_ends_in_the_same_bytes(data: Path, tmp_path: Path, count: int) -> None:
    train(data, RECIPE, engine="reference", out=tmp_path / "unbroken")
    stopped = train(data, RECIPE, engine="reference", out=tmp_path / "run", stop=stop_after(count))
    assert stopped.evaluation is None
    assert "test_error" not in stopped.network.card
    assert "network.safetensors" in list_files(tmp_path / "run")
    finished = resume(tmp_path / "run")
    assert finished.evaluation is not None
    assert len(finished.history.losses) == 12
    assert read_core(tmp_path / "run") == read_core(tmp_path / "unbroken")


def test_a_finished_run_that_is_resumed_stays_as_it_is(data: Path, out: Path) -> None:
    first = train(data, RECIPE, engine="reference", out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    again = resume(out)
    assert again.history == first.history
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_run_is_resumed_from_another_working_folder(
    data: Path, out: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(data.parent)
    train(data.name, RECIPE, engine="reference", out=out, stop=stop_after(1))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume(out).evaluation is not None


def test_a_loaded_data_set_is_found_again_at_resumption(data: Path, out: Path) -> None:
    train(lenet.load_dataset(data), RECIPE, engine="reference", out=out, limit=30, stop=stop_after(1))
    result = resume(out)
    assert len(result.splits.train) + len(result.splits.validation) == 30


def test_data_made_by_hand_are_given_again_at_resumption(out: Path) -> None:
    train(DATASET, RECIPE, engine="reference", out=out, limit=30, stop=stop_after(1))
    with pytest.raises(UsageError, match="by hand"):
        resume(out)
    assert resume(out, data=DATASET).evaluation is not None


def test_a_limit_holds_for_a_data_set_made_by_hand() -> None:
    result = train(DATASET, RECIPE, engine="reference", limit=24)
    assert [len(part) for part in result.splits] == [22, 2, 12]
    with pytest.raises(UsageError, match="limit 0"):
        train(DATASET, RECIPE, engine="reference", limit=0)


def test_other_data_than_a_run_began_with_are_refused(data: Path, out: Path) -> None:
    train(data, RECIPE, engine="reference", out=out, stop=stop_after(1))
    np.savez(data, **(ARRAYS | {"y_train": ARRAYS["y_train"][::-1]}))
    with pytest.raises(RunError, match="other data"):
        resume(out)


def test_data_that_are_gone_are_named(data: Path, out: Path) -> None:
    train(data, RECIPE, engine="reference", out=out, stop=stop_after(1))
    data.unlink()
    with pytest.raises(LenetError, match=r"noise\.npz"):
        resume(out)


def test_a_folder_that_holds_a_run_is_refused(data: Path, out: Path) -> None:
    train(data, RECIPE, engine="reference", out=out, stop=stop_after(1))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(RunError, match="already contains a run"):
        train(data, RECIPE, engine="reference", out=out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_folder_without_a_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run here"):
        resume(tmp_path)


def test_what_cannot_be_trained_leaves_no_folder_behind(out: Path) -> None:
    one = Dataset("one", "", tuple("0123456789"), TRAIN.first(1), TEST)
    mistakes: list[Callable[[], Result]] = [
        lambda: train(DATASET, Recipe("m", 1, 8, 0.1, loss="mse"), architecture=MODERN, out=out),
        lambda: train(DATASET, RECIPE, engine="abacus", out=out),
        lambda: train(DATASET, RECIPE, seed=-1, out=out),
        lambda: train(DATASET, "no-such-recipe", out=out),
        lambda: train("no-such-data", RECIPE, out=out),
        lambda: train(one, RECIPE, limit=0, out=out),
    ]
    for mistake in mistakes:
        with pytest.raises(UsageError):
            mistake()
        assert not out.exists()


def test_an_engine_may_refuse(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lenet.engines import Refusal

    monkeypatch.setattr(ReferenceEngine, "refuses", lambda *_: Refusal("recipe.mse_linear", {}))
    with pytest.raises(EngineError, match="logits"):
        train(DATASET, RECIPE, engine="reference", out=out)
    assert not out.exists()


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(UsageError, match=f"seed {seed}"):
        train(DATASET, RECIPE, seed=seed)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"data": 3}, "data 3: expected the name"),
        ({"data": None}, "data None: expected the name"),
        ({"data": np.zeros(3)}, "data array"),
        ({"recipe": 3}, "recipe '3'"),
        ({"architecture": 5}, "architecture 5: expected one of original, modern"),
        ({"architecture": ["original"]}, "architecture"),
        ({"engine": 3}, "engine 3"),
        ({"seed": "a"}, "seed 'a': expected a whole number"),
        ({"seed": 1.5}, r"seed 1\.5"),
        ({"limit": "a"}, "limit 'a': expected a whole number"),
        ({"limit": 1.5}, r"limit 1\.5"),
        ({"limit": True}, "limit True"),
        ({"data": "digits", "limit": "a"}, "limit 'a'"),
        ({"out": 3}, "out 3: expected the path of a folder"),
        ({"out": b"run"}, "out b'run'"),
    ],
)
def test_a_setting_of_the_wrong_type_is_the_callers_mistake(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        train(**{"data": DATASET, "recipe": RECIPE, **settings})


def test_a_second_training_in_one_folder_is_refused_while_the_first_goes_on(data: Path, out: Path) -> None:
    refusals = []

    def meddle(*_: object) -> None:
        for begin in (lambda: resume(out), lambda: train(data, RECIPE, engine="reference", out=out)):
            with pytest.raises(RunError) as caught:
                begin()
            refusals.append(caught.value.key)

    train(data, RECIPE, engine="reference", out=out, watch=meddle)
    assert set(refusals) == {"run.held", "run.exists"}
    assert list_files(out) == CORE | ENDS
    assert resume(out).evaluation is not None


def test_of_two_trainings_that_begin_in_one_folder_the_second_is_refused(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_slowly(*_: object, **__: object) -> Dataset:
        train(DATASET, RECIPE, engine="reference", out=out)
        return DATASET

    monkeypatch.setattr("lenet.training.run.load_dataset", load_slowly)
    with pytest.raises(RunError, match="already contains a run"):
        train("digits", RECIPE, engine="reference", out=out)


def test_seed_and_limit_may_be_numpys(out: Path) -> None:
    train(DATASET, RECIPE, engine="reference", seed=np.int64(3), limit=np.int32(20), out=out)  # type: ignore[arg-type]
    settings = Settings.read(out / "recipe.toml")
    assert (settings.seed, settings.limit) == (3, 20)


def test_the_network_gets_as_many_classes_as_the_data_have() -> None:
    labels = ("a", "b", "c")
    few = [Examples(part.images[part.labels < 3], part.labels[part.labels < 3]) for part in (TRAIN, TEST)]
    result = train(Dataset("abc", "", labels, *few), RECIPE, engine="reference")
    assert result.network.labels == labels
    assert result.network.architecture.classes == 3


def test_a_recipe_without_validation_trains_on_everything() -> None:
    result = train(DATASET, RECIPE.changed(validation=False), engine="reference")
    assert [len(part) for part in result.splits] == [48, 0, 12]
    assert result.history.epochs[-1].validation_error is None


def test_the_watcher_is_told_every_event_and_may_look_at_the_weights() -> None:
    seen: list[tuple[int, bool, bytes]] = []

    def watch(trainer: Trainer, event: Advanced | EpochEnded) -> None:
        weights = trainer.parameters()["c1.weight"].tobytes()
        seen.append((trainer.steps, isinstance(event, EpochEnded), weights))

    result = train(DATASET, RECIPE, engine="reference", watch=watch)
    assert [steps for steps, ended, _ in seen if ended] == [6, 12]
    assert len({weights for _, ended, weights in seen if not ended}) == len(seen) - 2
    assert seen[-1][2] == result.network.parameters["c1.weight"].tobytes()


WILD = Recipe("wild", 2, 8, 1e30, scale=1.0)


def test_a_run_that_diverges_keeps_the_last_good_weights_and_says_where(data: Path, out: Path) -> None:
    with pytest.raises(Diverged) as caught:
        train(data, WILD, architecture=MODERN, engine="reference", out=out)
    assert "1e+30" in str(caught.value)
    assert str(out / "network.safetensors") in str(caught.value)
    assert caught.value.exit_code == 1
    kept = lenet.load(out / "network.safetensors").parameters
    start = lenet.initialize_parameters(MODERN, 0, scheme=WILD.initialization)
    assert all((kept[name] == array).all() for name, array in start.items())


def test_a_diverged_run_that_is_resumed_diverges_to_the_same_bytes(data: Path, out: Path) -> None:
    with pytest.raises(Diverged):
        train(data, WILD, architecture=MODERN, engine="reference", out=out)
    before = read_core(out)
    with pytest.raises(Diverged):
        resume(out)
    assert read_core(out) == before


def test_without_a_folder_nothing_is_said_to_be_kept() -> None:
    with pytest.raises(Diverged) as caught:
        train(DATASET, WILD, architecture=MODERN, engine="reference")
    assert "network.safetensors" not in str(caught.value)


def test_an_interrupt_in_the_middle_of_a_step_leaves_a_run_that_ends_in_the_same_bytes(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(data, RECIPE, engine="reference", out=tmp_path / "unbroken")
    step = ReferenceRun._step
    for fatal in (1, 4, 9):
        steps = iter(range(1, 1_000))

        def interrupt(self: ReferenceRun, *arguments: object, fatal: int = fatal) -> None:
            step(self, *arguments)  # type: ignore[arg-type]
            if next(steps) == fatal:  # noqa: B023 - made anew for each interrupt on purpose
                raise KeyboardInterrupt

        out = tmp_path / str(fatal)
        with monkeypatch.context() as patch:
            patch.setattr(folders, "CHECKPOINT_EVERY", -1.0)
            patch.setattr(ReferenceRun, "_step", interrupt)
            with pytest.raises(KeyboardInterrupt):
                train(data, RECIPE, engine="reference", out=out)
        resume(out)
        assert read_core(out) == read_core(tmp_path / "unbroken")


def test_a_watcher_that_fails_leaves_a_run_that_ends_in_the_same_bytes(data: Path, tmp_path: Path) -> None:
    def fail(trainer: Trainer, event: Advanced | EpochEnded) -> None:
        if isinstance(event, EpochEnded):
            raise ZeroDivisionError

    train(data, RECIPE, engine="reference", out=tmp_path / "unbroken")
    with pytest.raises(ZeroDivisionError):
        train(data, RECIPE, engine="reference", out=tmp_path / "run", watch=fail)
    resume(tmp_path / "run")
    assert read_core(tmp_path / "run") == read_core(tmp_path / "unbroken")


def test_a_run_may_be_moved(data: Path, tmp_path: Path) -> None:
    train(data, RECIPE, engine="reference", out=tmp_path / "a", stop=stop_after(1))
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert resume(tmp_path / "b").evaluation is not None


def test_the_setting_that_a_file_gives_is_refused_like_any_other(
    data: Path, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text('name = "m"\nepochs = 0\nbatch = 1\nrate = 1\n')
    with pytest.raises(RecipeError, match="epochs 0"):
        train(data, tmp_path / "mine.toml", out=out)
