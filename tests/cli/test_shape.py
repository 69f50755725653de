import re

import pytest

from lenet.explain.arithmetic import Sliding
from lenet.explain.worked import Example

SEED_EXAMPLE = ["shape", "5", "5", "3", "--kernel", "3", "--padding", "1", "--stride", "2", "--kernels", "2"]


def test_the_formula_has_its_numbers_put_in(lenet):
    out = lenet(*SEED_EXAMPLE).out
    assert "5x5x3 -> 3x3x2" in out
    assert "Ho = (H - F + 2P)/S + 1 = (5 - 3 + 2 x 1)/2 + 1 = 3\n" in out
    assert "2 x (3 x 3 x 3 + 1) = 56" in out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_worked_prints_every_product_and_they_add_up(lenet, language):
    out = lenet(*SEED_EXAMPLE, "--worked", "--lang", language).out
    inner = re.findall(r"^  \S+ \d+  (\S.*·.*) = (-?\d+)$", out, re.M)
    assert len(inner) == 18 * 3
    assert sum(products.count("·") for products, _ in inner) == 486
    for products, total in inner:
        assert eval(products.replace("·", "*")) == int(total)
    sums = re.findall(r"^  \S+ +((?:\(?-?\d+\)? \+ ){3}\(?-?\d+\)?) \(\S+\) = (-?\d+)$", out, re.M)
    results = [int(result) for _, result in sums]
    assert [eval(line) for line, _ in sums] == results
    assert results == Example(Sliding(5, 5, 3, 3, 1, 2, 2)).output.ravel().tolist()


def test_a_pooling_is_worked_out_too(lenet):
    out = lenet("shape", 4, 4, 2, "--kernel", 2, "--pool", "max", "--worked").out
    windows = re.findall(r"max\((.*)\) = (\d+)", out)
    assert len(windows) == 8
    assert all(max(map(int, values.split(", "))) == int(result) for values, result in windows)
    averages = re.findall(
        r"  \((.*)\)/4 = (\S+)", lenet("shape", 4, 4, 1, "--kernel", 2, "--pool", "average", "--worked").out
    )
    assert len(averages) == 4
    assert all(eval(total) / 4 == float(result) for total, result in averages)


def test_json_has_sizes_and_formulas(lenet):
    answer = lenet(*SEED_EXAMPLE, "--json").json
    assert answer["output"] == [3, 3, 2]
    assert (answer["units"], answer["trainable"], answer["reads"]) == (18, 56, 486)
    assert answer["formulas"]["trainable"] == "2 x (3 x 3 x 3 + 1)"
    worked = lenet(*SEED_EXAMPLE, "--json", "--worked").json
    assert len(worked["result"]) == 2
    assert len(worked["padded"][0]) == 7


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("shape 32 32 1 --kernel 5 --stride 2", "14.5 is not a whole number"),
        ("shape 8 8 1 --kernel 20", "does not fit"),
        ("shape 0 8 1 --kernel 1", "height 0: expected 1 to"),
        ("shape 8 8 1 --kernel 3 --stride 0", "stride 0: expected 1 to"),
        ("shape 8 8 1 --kernel 3 --kernels 0", "kernels 0: expected 1 to"),
        ("shape 99999999999999999999 8 1 --kernel 3", "height 99999999999999999999"),
        ("shape 8 8 1 --kernel 2 --pool median", "median"),
        ("shape 8 8 1 --kernel 2 --pool max --kernels 3", "Leave --kernels out"),
        ("shape 100 100 3 --kernel 3 --worked", "--worked prints at most"),
    ],
)
def test_what_cannot_be_is_named(lenet, line, message):
    answer = lenet(*line.split())
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_a_pooling_does_not_overlap_unless_told(lenet):
    assert lenet("shape", 28, 28, 6, "--kernel", 2, "--pool", "max", "--json").json["output"] == [14, 14, 6]
    assert lenet("shape", 7, 7, 1, "--kernel", 3, "--stride", 2, "--pool", "max", "--json").json[
        "output"
    ] == [3, 3, 1]
