"""The tables and the picture of the variants are those that benchmarks/results/variants.json gives."""

import runpy
from pathlib import Path

import pytest

from lenet.architecture import CHOICES, ORIGINAL
from lenet.drawing.drawing import write_svg
from lenet.engines.loss import LOSSES

TOOL = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "variants.py"))
AGAIN = "write them: python benchmarks/variants.py"
RESULTS = TOOL["read_results"]()
VARIANTS = TOOL["VARIANTS"]


@pytest.mark.parametrize("language", TOOL["PAGES"])
def test_the_tables_are_those_of_the_results(language):
    text = TOOL["PAGES"][language].read_text("utf-8")
    assert text == TOOL["fill"](text, TOOL["write_tables"](RESULTS, language)), AGAIN


@pytest.mark.parametrize("language", TOOL["PAGES"])
def test_the_picture_is_that_of_the_results(language):
    drawn = write_svg(TOOL["draw_variants"](RESULTS, language))
    assert TOOL["FIGURES"][language].read_text("utf-8") == drawn, AGAIN


def test_a_table_without_a_place_is_a_mistake():
    with pytest.raises(ValueError, match="no place for errors"):
        TOOL["fill"]("nothing", {"errors": ""})


def test_every_value_of_every_choice_is_among_the_variants():
    tried = [variant.architecture for variant in VARIANTS.values()]
    for field, values in CHOICES.items():
        assert {getattr(architecture, field) for architecture in tried} == set(values)
    assert {variant.loss for variant in VARIANTS.values()} == set(LOSSES)


def test_a_variant_differs_from_the_original_in_one_thing():
    for name, (architecture, loss, flags) in VARIANTS.items():
        settings = architecture.to_dict()
        changed = [field for field, value in ORIGINAL.to_dict().items() if settings[field] != value]
        changed += ["loss"] if loss != "cross-entropy" else []
        if name not in {"original", "modern"}:
            assert len(changed) == 1
            value = loss if changed == ["loss"] else settings[changed[0]]
            assert flags == f"--{changed[0]} {value}"


def test_every_variant_was_trained_from_every_seed_and_timed_in_every_round():
    for name in VARIANTS:
        assert RESULTS["errors"][name].keys() == set(map(str, TOOL["SEEDS"]))
    assert RESULTS["timing"]["seconds"].keys() == VARIANTS.keys() == RESULTS["errors"].keys()
    assert len(set(map(len, RESULTS["timing"]["seconds"].values()))) == 1
