"""What a run is: written to its folder and read back, whatever its names are."""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenet.architecture import MODERN, ORIGINAL, Architecture
from lenet.errors import RunError, UsageError
from lenet.images.distort import Distortion
from lenet.training.recipe import Recipe, load_recipe
from lenet.training.settings import Settings

RECIPE = Recipe("tiny", 3, 16, 0.05, distortion=Distortion(shift=1.5))
SETTINGS = Settings("mnist", "ab" * 32, None, ORIGINAL, RECIPE, "reference", 0)

ODD = [
    "/家/数据/手写 数字.npz",
    'a "quoted" name',
    "it's",
    "C:\\Users\\new\\table",
    "tab\tand\nline\r",
    "\x00\x01\x1f\x7f\x80\x9f",
    "# no comment = [no.table]",
    "'''",
    '"""',
    "\\u0041 \\",
    "\u2028\u2029\ufeff\ufffe",
    "😀 𝔐𝔫𝔦𝔰𝔱",
    "",
]


def read_back(settings: Settings, folder: Path) -> Settings:
    path = folder / "recipe.toml"
    path.write_bytes(settings.to_toml().encode("utf-8"))
    return Settings.read(path)


@pytest.mark.parametrize("name", ODD)
def test_odd_names_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    settings = dataclasses.replace(SETTINGS, data=name, recipe=RECIPE.changed(name=name))
    assert read_back(settings, tmp_path) == settings


@given(
    data=st.text(st.characters(codec="utf-8")),
    limit=st.none() | st.integers(1, 10**6),
    seed=st.integers(0, 2**63 - 1),
    rate=st.floats(1e-300, 1e300),
    architecture=st.sampled_from([ORIGINAL, MODERN, Architecture(classes=95), Architecture("logistic")]),
)
def test_settings_come_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory,
    data: str,
    limit: int | None,
    seed: int,
    rate: float,
    architecture: Architecture,
) -> None:
    settings = Settings(data, "f", limit, architecture, RECIPE.changed(rate=rate), "pytorch", seed)
    again = read_back(settings, tmp_path_factory.mktemp("run"))
    assert again == settings
    assert again.key == settings.key
    assert again.to_toml() == settings.to_toml()


def test_the_file_can_be_read_by_people() -> None:
    values = tomllib.loads(dataclasses.replace(SETTINGS, limit=100).to_toml())
    assert values["run"] == {
        "data": "mnist",
        "fingerprint": "ab" * 32,
        "limit": 100,
        "engine": "reference",
        "seed": 0,
    }
    assert values["architecture"]["output"] == "rbf"
    assert values["distortion"]["shift"] == 1.5
    assert (values["epochs"], values["loss"]) == (3, "cross-entropy")


def test_the_file_is_a_recipe_too(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(SETTINGS.to_toml(), "utf-8")
    assert load_recipe(path, ORIGINAL) == RECIPE


@pytest.mark.parametrize(
    "change",
    [
        {"data": "digits"},
        {"fingerprint": "cd" * 32},
        {"limit": 5},
        {"architecture": MODERN},
        {"recipe": RECIPE.changed(rate=0.06)},
        {"engine": "pytorch"},
        {"seed": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_counts_for_the_key(change: dict[str, Any]) -> None:
    assert dataclasses.replace(SETTINGS, **change).key != SETTINGS.key


def test_a_name_that_is_not_unicode_is_refused_in_a_line_that_can_be_printed() -> None:
    with pytest.raises(UsageError, match=r"udcff.*Rename") as caught:
        dataclasses.replace(SETTINGS, data="/data/\udcff").to_toml()
    assert str(caught.value).isascii()


def test_a_folder_without_settings_holds_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run here"):
        Settings.read(tmp_path / "recipe.toml")


LINES = SETTINGS.to_toml().splitlines()


@pytest.mark.parametrize(
    "missing", [line for line in LINES if line.startswith(("[run", "[arch", "data", "finger"))]
)
def test_settings_without_a_line_are_refused(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("\n".join(line for line in LINES if line != missing), "utf-8")
    with pytest.raises(RunError, match="cannot be read") as caught:
        Settings.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data", "5"),
        ("data", "[]"),
        ("fingerprint", "1.5"),
        ("engine", "{}"),
        ("seed", "-1"),
        ("seed", "9223372036854775808"),
        ("seed", "0x" + "f" * 5000),
        ("seed", "1.5"),
        ("seed", "inf"),
        ("seed", "true"),
        ("seed", '"1"'),
        ("limit", '"5"'),
        ("limit", "2.0"),
        ("activation", '"sine"'),
        ("classes", "1"),
        ("classes", "inf"),
        ("epochs", "0"),
        ("rate", "nan"),
        ("shift", "-1"),
        ("shift", '"far"'),
        ("loss", '"hinge"'),
        ("momentum", "[" * 2000),
    ],
)
def test_a_damaged_setting_is_refused_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    lines = dataclasses.replace(SETTINGS, limit=7).to_toml().splitlines()
    assert sum(line.startswith(f"{name} = ") for line in lines) == 1
    path = tmp_path / "recipe.toml"
    path.write_text(
        "\n".join(f"{name} = {value}" if line.startswith(f"{name} = ") else line for line in lines)
    )
    with pytest.raises(RunError, match=r"recipe\.toml: the settings of this run cannot be read") as caught:
        Settings.read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[run]\n[architecture]\n", b"run = 5\narchitecture = 5", b"x" * 99_999]
)
def test_what_is_no_settings_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(RunError, match="cannot be read"):
        Settings.read(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("seed = = 3", "Invalid value (at line 1, column 8)"),
        ("a = 1", "缺少 run"),
        ("run = 5\narchitecture = 5", "不是 lenet 写出的内容"),
    ],
)
def test_a_reason_is_a_readers_and_not_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    monkeypatch.setenv("LENET_LANG", "zh")
    path = tmp_path / "recipe.toml"
    path.write_text(content)
    with pytest.raises(RunError) as caught:
        Settings.read(path)
    assert str(caught.value).endswith(f"（{reason}）。")


def test_what_it_started_from_comes_back(tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, start="/家/net.safetensors", start_hash="cd" * 32)
    assert read_back(settings, tmp_path) == settings
    assert settings.key != SETTINGS.key
