import pytest
from PIL import Image, ImageDraw
from rich.cells import cell_len

from lenet.architecture import MODERN
from lenet.explain.learning import make_untrained
from lenet.samples import sample_path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sample_is_explained_in_the_terminal(lenet, language):
    answer = lenet("explain", "--sample", 3, "--lang", language)
    assert (answer.code, answer.err) == (0, "")
    for text in ("112 x 112", "28 x 28", "120 x 1 x 1", "115.6", "-o FILE.svg"):
        assert text in answer.out


def test_json_has_the_answer_and_the_states_of_f6(lenet):
    answer = lenet("explain", sample_path(3), "--json").json
    assert answer["label"] == min(answer["penalties"], key=answer["penalties"].get) == "3"
    assert [len(answer["f6"]), len(answer["f6"][0])] == [12, 7]
    assert answer["layers"]["c3"]["shape"] == [16, 10, 10]
    assert answer["steps"][-1] == {"name": "digit", "height": 28, "width": 28}


@pytest.mark.parametrize("network", ["1998", "best"])
def test_the_explanation_says_what_recognize_says(lenet, network):
    explained = lenet("explain", "--sample", 5, "--network", network, "--json").json
    recognized = lenet("recognize", sample_path(5), "--network", network, "--json").json["pictures"][0]
    assert explained["label"] == recognized["label"]
    for label, penalty in recognized["penalties"].items():
        assert explained["penalties"][label] == pytest.approx(penalty, abs=1e-3)


@pytest.fixture
def letter(tmp_path):
    """A capital A, drawn with three strokes."""
    picture = Image.new("L", (128, 128), 240)
    pen = ImageDraw.Draw(picture)
    for ends in [(64, 20, 30, 108), (64, 20, 98, 108), (44, 76, 84, 76)]:
        pen.line(ends, fill=20, width=9)
    picture.save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.mark.parametrize("network", ["1998", "best"])
def test_what_recognize_refuses_is_refused(lenet, letter, network):
    recognized = lenet("recognize", letter, "--network", network, "--json").json["pictures"][0]
    assert recognized["verdict"] == "none"
    explained = lenet("explain", letter, "--network", network, "--json").json
    for name in ("label", "verdict", "reason", "second"):
        assert explained[name] == recognized[name]
    assert explained["confidence"] == pytest.approx(recognized["confidence"], abs=1e-4)
    out = lenet("explain", letter, "--network", network).out
    assert "No digit found: does not look like a digit" in out
    assert f"Network: {network}; the nearest class is {recognized['label']}" in out
    assert "<- the nearest, but no digit was found" in out
    assert "answer" not in out


def test_the_picture_of_a_refusal_names_no_answer(lenet, letter, tmp_path):
    lenet("explain", letter, "-o", tmp_path / "a.svg")
    drawing = (tmp_path / "a.svg").read_text("utf-8")
    assert "No digit found: does not look like a digit" in drawing
    assert "answer" not in drawing
    lenet("explain", "--sample", 3, "-o", tmp_path / "three.svg")
    assert "Network: 1998, confidence 99." in (tmp_path / "three.svg").read_text("utf-8")


def test_both_say_which_network_they_ask(lenet):
    assert "\nNetwork: 1998, confidence 99." in lenet("explain", "--sample", 3).out
    assert "\nnetwork: best.\n" in lenet("recognize", sample_path(3)).out
    assert (
        "\n网络：best，置信度 99." in lenet("explain", "--sample", 3, "--network", "best", "--lang", "zh").out
    )
    assert "\nNetwork: untrained\n" in lenet("explain", "--sample", 3, "--network", "untrained").out


@pytest.mark.parametrize("words", [[], ["--unit", "c3:5:2,7"], ["--learn"]])
@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_picture_is_drawn_where_it_was_asked_for(lenet, tmp_path, words, suffix):
    path = tmp_path / "new" / f"three{suffix}"
    answer = lenet("explain", "--sample", 3, "-o", path, *words, "--json")
    assert answer.json["picture"] == str(path)
    assert "three" in answer.err
    assert path.stat().st_size > 10_000
    if suffix == ".png":
        with Image.open(path) as picture:
            assert picture.size[0] > 2000


def test_a_unit_is_printed_product_by_product(lenet):
    answer = lenet("explain", "--sample", 3, "--unit", "c3:5:2,7", "--json").json
    total = sum(sum(map(sum, term["products"])) for term in answer["reads"]) + answer["bias"]
    assert answer["sum"] == pytest.approx(total)
    assert answer["state"] == pytest.approx(answer["engine"], abs=1e-5)
    assert [term["map"] for term in answer["reads"]] == [0, 1, 5]
    out = lenet("explain", "--sample", 3, "--unit", "c3:5:2,7").out
    assert "maps 0, 1, 5; rows 2-6, columns 7-11" in out
    assert f"{answer['sum']:.4f}" in out


@pytest.mark.parametrize(
    "unit", ["c1:0:0,0", "s2:5:13,13", "c3:15:9,9", "s4:15:4,4", "c5:0", "f6:0", "output:9"]
)
@pytest.mark.parametrize("network", ["original", "modern"])
def test_every_kind_of_unit_can_be_printed(lenet, tmp_path, unit, network):
    path = "1998"
    if network == "modern":
        path = tmp_path / "modern.safetensors"
        make_untrained(MODERN).save(path)
    for language in ("en", "zh"):
        answer = lenet("explain", "--sample", 3, "--network", path, "--unit", unit, "--lang", language)
        assert (answer.code, answer.err) == (0, "")
    described = lenet("explain", "--sample", 3, "--network", path, "--unit", unit, "--json").json
    assert described["state"] == pytest.approx(described["engine"], abs=1e-4)


def test_a_step_of_learning_is_printed(lenet):
    out = lenet("explain", "--sample", 3, "--learn").out
    assert "112.18 ->     80.07 <- the target" in out
    answer = lenet("explain", "--sample", 3, "--learn", "--json").json
    assert answer["losses"]["after"] < answer["losses"]["before"]
    assert [layer["name"] for layer in answer["layers"]] == ["c1", "s2", "c3", "s4", "c5", "f6"]
    assert len(answer["kernel"]["after"]) == 5


def test_a_picture_needs_a_label_to_be_learned_from(lenet):
    assert "--label 3" in lenet("explain", sample_path(7), "--learn").err
    answer = lenet("explain", sample_path(7), "--learn", "--label", "7", "--rate", "0.01", "--json").json
    assert (answer["target"], answer["rate"]) == ("7", 0.01)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "expected either a picture or --sample"),
        (["a.png", "--sample", "3"], 2, "expected either"),
        (["absent.png"], 1, "no such file"),
        (["--sample", "11"], 2, "the samples are 0 to 9"),
        (["--sample", "3", "-o", "a.gif"], 2, "expected one of .svg, .png"),
        (["--sample", "3", "--unit", "c3:5"], 2, "rows and columns 0 to 9"),
        (["--sample", "3", "--unit", "c9:5"], 2, "LAYER:MAP:ROW,COLUMN"),
        (["--sample", "3", "--unit", "c5:1", "--learn"], 2, "use only one"),
        (["--sample", "3", "--rate", "1"], 2, "only be used with --learn"),
        (["--sample", "3", "--learn", "--rate", "0"], 2, "expected > 0"),
        (["--sample", "3", "--learn", "--label", "x"], 2, "expected one of 0, 1"),
        (["--sample", "3", "--network", "nothing"], 2, "expected one of 1998"),
    ],
)
def test_a_mistake_is_one_line(lenet, words, code, message):
    answer = lenet("explain", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert message in answer.err


def test_the_distortions_are_those_of_figure_7_beside_ours(lenet, tmp_path):
    answer = lenet("explain", "--distortions", "--json", "-o", tmp_path / "seven.svg")
    assert answer.code == 0, answer.err
    found = answer.json
    assert len(found["published"]) == len(found["ours"]) == 100
    assert found["ranges"]["scale"]["published"] == pytest.approx([0.72, 1.30], abs=0.005)
    assert (tmp_path / "seven.svg").read_text("utf-8").count("<g transform") == 200


def test_the_distortions_of_one_digit_are_drawn_in_words_of_the_readers_language(lenet, tmp_path):
    picture = tmp_path / "three.svg"
    answer = lenet("--lang", "zh", "explain", "--distortions", "--sample", "3", "-o", picture)
    assert "图 7" in answer.out
    assert "论文的图 7" in picture.read_text("utf-8")


@pytest.mark.parametrize("words", [("--learn",), ("--unit", "c3:5:2,7"), ("--network", "1998")])
def test_the_distortions_go_with_nothing_else(lenet, words):
    answer = lenet("explain", "--distortions", "--sample", "3", *words)
    assert answer.code == 2
    assert "--distortions" in answer.err


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "words",
    [("--learn",), *(("--unit", unit) for unit in ("c1:3:10,10", "s2:2:4,5", "c5:11", "output:3"))],
)
def test_what_is_explained_fits_a_terminal_of_80_columns(lenet, words, language):
    lines = lenet("explain", "--sample", 3, *words, "--lang", language).out.splitlines()
    assert [line for line in lines if cell_len(line) > 80] == []


def test_small_distances_and_products_are_not_written_as_zero(lenet):
    assert "3  0.0025 █" in lenet("explain", "--sample", 3).out
    products = lenet("explain", "--sample", 3, "--unit", "output:3").out
    assert "0.00023" in products
