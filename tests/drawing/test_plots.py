import re
from pathlib import Path

import pytest

from lenet.drawing.palette import DARK, LIGHT
from lenet.drawing.plots import prepare_drawing, render_svg


def plot() -> str:
    from matplotlib.figure import Figure

    with prepare_drawing():
        axes = Figure(figsize=(3, 2), facecolor=LIGHT["paper"]).add_subplot()
        axes.plot([0, 1, 2], [1, 3, 2], color=LIGHT["accent"])
        axes.set_xlabel("epochs", color=LIGHT["soft"])
        return render_svg(axes.figure, "test")


def test_equal_plots_give_equal_bytes_without_a_date() -> None:
    assert plot() == plot()
    assert not re.search(r"20\d\d-\d\d-\d\d|matplotlib v", plot())


def test_a_users_matplotlib_settings_change_nothing() -> None:
    import matplotlib

    before = plot()
    with matplotlib.rc_context({"lines.linewidth": 7, "axes.facecolor": "green", "svg.fonttype": "path"}):
        assert plot() == before
        assert matplotlib.rcParams["lines.linewidth"] == 7


def test_every_colour_of_the_svg_has_its_dark_one() -> None:
    text = plot()
    night = text.partition("@media (prefers-color-scheme:dark)")[2].partition("</style>")[0]
    used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", text.partition("</style>")[2]))
    used &= set(LIGHT.values()) | {"#000000"}  # a colour of its own is no colour of ours
    assert {LIGHT[name] for name in ("paper", "soft", "accent")} <= used
    for colour in used - {"#ffffff"}:
        dark = DARK[next(name for name, light in LIGHT.items() if light == colour)]
        for part in ("fill", "stroke"):
            assert f'[style*="{part}: {colour}"]{{{part}:{dark}!important}}' in night


def test_a_bold_title_in_a_font_of_one_weight_complains_of_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    path = Path(matplotlib.get_data_path()) / "fonts/ttf/STIXSizFiveSymReg.ttf"
    monkeypatch.setattr("lenet.drawing.plots.find_chinese_font", lambda: path)
    with prepare_drawing():
        axes = Figure(figsize=(3, 2)).add_subplot()
        axes.set_title("epochs", fontweight="bold")
        axes.set_xlabel("epochs")
        render_svg(axes.figure, "test")
    assert [record.getMessage() for record in caplog.records] == []
