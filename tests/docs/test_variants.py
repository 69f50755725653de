"""The tables and the picture of the variants are those that benchmarks/results/variants.json gives."""

import pytest

from benchmarks.pages import fill_page
from benchmarks.variants import SEEDS, VARIANTS
from benchmarks.variants_tables import FIGURES, PAGES, draw_variants, format_tables, read_results
from lenet.architecture import CHOICES, ORIGINAL
from lenet.drawing.drawing import render_svg
from lenet.engines.loss import LOSSES

AGAIN = "write them: python -m benchmarks.variants_tables"
RESULTS = read_results()


@pytest.mark.parametrize("language", PAGES)
def test_the_tables_are_those_of_the_results(language):
    text = PAGES[language].read_text("utf-8")
    assert text == fill_page(text, format_tables(RESULTS, language)), AGAIN


@pytest.mark.parametrize("language", PAGES)
def test_the_picture_is_that_of_the_results(language):
    drawn = render_svg(draw_variants(RESULTS, language))
    assert FIGURES[language].read_text("utf-8") == drawn, AGAIN


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
        assert RESULTS["errors"][name].keys() == set(map(str, SEEDS))
    assert RESULTS["timing"]["seconds"].keys() == VARIANTS.keys() == RESULTS["errors"].keys()
    assert len(set(map(len, RESULTS["timing"]["seconds"].values()))) == 1
