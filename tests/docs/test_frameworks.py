"""The code of docs/frameworks.md runs as it stands, in both languages the same."""

import ast
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks import frameworks
from lenet.drawing.drawing import Words, render_svg
from lenet.drawing.polyline import Polyline

DOCS = Path(__file__).parents[2] / "docs"
NEEDS = ("torch", "keras", "tensorflow", "torch", "tensorflow")  # what each block of the page needs


def read_blocks(end):
    text = (DOCS / f"frameworks{end}").read_text("utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "package"), enumerate(NEEDS))
def test_a_block_gives_the_answers_of_lenet(number, package, tmp_path):
    if not find_spec(package):
        pytest.skip(f"{package} is not installed")
    code = read_blocks(".md")[number]
    assert "assert" in code
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_both_languages_have_the_same_code():
    english, chinese = ([ast.dump(ast.parse(b)) for b in read_blocks(end)] for end in (".md", ".zh.md"))
    assert len(english) == len(NEEDS)
    assert english == chinese


@pytest.mark.parametrize("name", ["frameworks.md", "frameworks.zh.md"])
def test_the_differences_that_the_page_names_are_those_measured(name):
    found = json.loads((DOCS.parent / "benchmarks" / "results" / "frameworks.json").read_text("utf-8"))
    differences = found["largest_relative_difference"].values()
    page = (DOCS / name).read_text("utf-8")
    said = [float(number) for number in re.findall(r"\b(\de-[67])\b", page)]
    assert len(said) == 2
    for limit, part in zip(said, ("first 20", "all"), strict=True):
        assert 0.5 * limit < max(each[part] for each in differences) <= limit


@pytest.mark.parametrize("language", frameworks.FIGURES)
def test_the_picture_is_that_of_the_results(language):
    losses = json.loads(frameworks.RESULTS.read_text("utf-8"))["losses"]
    path = frameworks.FIGURES[language]
    drawn = render_svg(frameworks.draw(losses, language))
    assert path.read_text("utf-8") == drawn, "python -m benchmarks.frameworks --draw"
    page = DOCS / {"en": "frameworks.md", "zh": "frameworks.zh.md"}[language]
    assert f"figures/{path.name}" in page.read_text("utf-8")


def test_the_picture_has_every_loss_at_its_update_and_every_difference_at_its_height():
    losses = {"reference": [4.0, 2.0, 1.0] * 5, "native": [4.0, 2.0 * (1 + 1e-6), 1.0 + 1e-7] * 5}
    drawing = frameworks.draw(losses, "en")
    curves = [part for part in drawing.parts if isinstance(part, Polyline) and len(part.points) > 2]
    under, above, gap = (part.points for part in curves)
    np.testing.assert_allclose(under, above, atol=1e-3)
    assert len(under) == 15 - 9 + 1
    assert len(gap) == 15
    # the mean of nine batches stands over the fifth of them
    np.testing.assert_allclose(under[:, 0], gap[4:-4, 0])
    # a tick stands for ten times, and what is no difference at all lies on the edge
    ticks = {part.text: part.y for part in drawing.parts if isinstance(part, Words) and "e-" in part.text}
    decade = ticks["1e-7"] - ticks["1e-6"]
    assert gap[2, 1] - gap[1, 1] == pytest.approx(decade, rel=1e-3)
    assert gap[0, 1] == pytest.approx(gap[2, 1] + 2 * decade, rel=1e-3)


def test_every_error_in_the_table_is_one_that_the_doctor_knows():
    from lenet.cli.trouble import recognize_troubles

    for end in (".md", ".zh.md"):
        rows = re.findall(r"^\| `([^`]+)`.*\|$", (DOCS / f"frameworks{end}").read_text("utf-8"), re.MULTILINE)
        errors = [row for row in rows if " " in row or row[0].isupper() or row.startswith("externally")]
        known = [row for row in errors if list(recognize_troubles(_complete(row)))]
        assert known == errors
        assert len(errors) == 11


def _complete(row):
    """What the tables shorten."""
    return {
        "is not a supported wheel on this platform": f"x.whl {row}",
        "requires urllib3<3, but you have urllib3 1.20": f"requests 2.31.0 {row} which is incompatible.",
    }.get(row, row)
