from itertools import pairwise

import pytest
from PIL import Image

from lenet.architecture import LAYER_NAMES, MODERN


def test_json_has_the_papers_counts(lenet):
    answer = lenet("summary", "--json").json
    assert answer["total"]["trainable"] == 60_000
    assert answer["total"]["connections"] == 340_908
    rows = {
        layer["name"]: (layer["units"], layer["trainable"], layer["connections"])
        for layer in answer["layers"]
    }
    assert rows == {
        "c1": (4704, 156, 122_304),
        "s2": (1176, 12, 5_880),
        "c3": (1600, 1_516, 151_600),
        "s4": (400, 32, 2_000),
        "c5": (120, 48_120, 48_120),
        "f6": (84, 10_164, 10_164),
        "output": (10, 0, 840),
    }


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("architecture", ["original", "modern"])
@pytest.mark.parametrize("width", [20, 30, 40, 50, 60, 70, 80])
def test_a_narrow_terminal_gets_whole_words_in_fewer_columns(
    lenet, monkeypatch, width, architecture, language
):
    monkeypatch.setenv("COLUMNS", str(width))
    out = lenet("summary", "--architecture", architecture, "--lang", language).out
    assert "…" not in out
    if width >= 40:
        line = next(line for line in out.splitlines() if line.lstrip().startswith("C5"))
        assert line.split()[0] == "C5"
        assert line.split().count("48,120") == 2  # trainable and connections, whole and side by side


def test_the_least_needed_columns_go_first(lenet, monkeypatch):
    heads = []
    for width in (80, 60, 50, 44, 36):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = lenet("summary").out.splitlines()
        heads.append(next(line.split() for line in lines if line.split()[:1] == ["layer"]))
    assert heads[0] == ["layer", "type", "output", "units", "parameters", "connections", "field"]
    assert heads[-1] == ["layer", "parameters", "connections"]
    assert all(set(after) <= set(before) for before, after in pairwise(heads))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_count_stands_after_its_computation(lenet, language):
    out = lenet("summary", "--lang", language).out
    for computation in (
        "32 - 5 + 1 = 28",
        "6 x (1 x 5 x 5 + 1) = 156",
        "156 x 28 x 28 = 122,304",
        "(2 x 2 + 1) x 6 x 14 x 14 = 5,880",
        "1,516 x 10 x 10 = 151,600",
        "84 x (120 + 1) = 10,164",
        "10 x 84 = 840",
    ):
        assert computation in out


def test_every_formula_gives_its_count(lenet):
    for words in ([], ["--architecture", "modern"], ["--pooling", "average"]):
        for layer in lenet("summary", *words, "--json").json["layers"]:
            for name, formula in layer["formulas"].items():
                count = layer["output"][1] if name == "side" else layer[name]
                assert eval(formula.replace("x", "*")) == count


def test_the_printed_papers_misprints_are_named_for_its_network_only(lenet):
    assert "156,000 for C3 and 345,308 in all" in lenet("summary").out
    modern = lenet("summary", "--architecture", "modern").out
    assert "misprint" not in modern
    assert f"{MODERN.trainable:,}" in modern


def test_a_variant_is_built_from_flags(lenet):
    answer = lenet("summary", "--activation", "logistic", "--pooling", "max", "--json").json
    assert answer["architecture"]["activation"] == "logistic"
    assert answer["total"]["trainable"] == 60_000 - 12 - 32


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("architecture", ["original", "modern"])
@pytest.mark.parametrize("name", LAYER_NAMES)
def test_every_layer_can_be_looked_at(lenet, name, architecture, language):
    answer = lenet("summary", "--layer", name, "--architecture", architecture, "--lang", language)
    assert (answer.code, answer.err) == (0, "")
    assert len(answer.out.splitlines()) >= 7


def test_c3_shows_table_i_and_its_four_groups(lenet):
    out = lenet("summary", "--layer", "C3").out
    for line in (
        "maps 0-5, 3 adjacent maps: 6 x (3 x 5 x 5 + 1) = 456",
        "maps 6-11, 4 adjacent maps: 6 x (4 x 5 x 5 + 1) = 606",
        "maps 12-14, 4 maps, not all adjacent: 3 x (4 x 5 x 5 + 1) = 303",
        "map 15, all 6 maps: 1 x (6 x 5 x 5 + 1) = 151",
        "456 + 606 + 303 + 151 = 1,516",
        "      0  X  .  .  .  X  X |  X  .  .  X  X  X |  X  .  X |  X",
    ):
        assert line in out
    assert "Table I" not in lenet("summary", "--layer", "c3", "--connections", "full").out


def test_the_output_shows_codes_and_distances(lenet):
    out = lenet("summary", "--layer", "output").out
    assert "Closest codes: 6 and 8, 12 pixels apart, squared distance 48" in out
    assert "14 of the 84 pixels" in out
    assert "8  104  200  136   84   80  112   48  160    -   72" in out


def test_f6_draws_a_code(lenet):
    out = lenet("summary", "--layer", "f6").out
    assert "84 = 7 x 12" in out
    assert "▀▀▀▀▀██" in out


def test_json_of_a_layer_has_what_is_particular_to_it(lenet):
    c3 = lenet("summary", "--layer", "c3", "--json").json
    assert [group["trainable"] for group in c3["groups"]] == [456, 606, 303, 151]
    assert c3["table"][5] == [0, 1, 5]
    output = lenet("summary", "--layer", "output", "--json").json
    assert output["closest"] == {"pair": ["6", "8"], "distance": 48}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--layer", "c9"], "no layer 'c9': the layers are c1, s2"),
        (["--architecture", "old"], "expected one of original, modern"),
        (["--pooling", "median"], "expected one of trainable, average, max"),
        (["--picture", "a.gif"], "expected one of .svg, .png"),
    ],
)
def test_what_does_not_exist_is_named(lenet, words, message):
    answer = lenet("summary", *words)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_a_picture_is_drawn_where_it_was_asked_for(lenet, tmp_path):
    answer = lenet("summary", "--picture", tmp_path / "new" / "net.png", "--json")
    assert answer.json["picture"].endswith("net.png")
    assert "net.png" in answer.err
    with Image.open(tmp_path / "new" / "net.png") as picture:
        assert picture.size[0] > 2000


def test_a_picture_that_cannot_be_written_is_one_line(lenet, tmp_path):
    (tmp_path / "file").write_text("")
    answer = lenet("summary", "--picture", tmp_path / "file" / "net.svg")
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(("language", "start"), [("en", "error: no layer"), ("zh", "错误：没有名为")])
def test_a_chinese_colon_is_followed_by_no_space(lenet, language, start):
    assert lenet("summary", "--layer", "c9", "--lang", language).err.startswith(start)
