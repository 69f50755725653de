"""page/site.py: all files of the page, their sizes and their texts."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lenet
from lenet.architecture import MODERN, ORIGINAL
from lenet.data.examples import Examples
from lenet.doubt import JUDGE_FILE
from lenet.errors import LenetError, UsageError
from lenet.page.digits import PageDigits
from lenet.page.modules import read_modules
from lenet.page.server import POLICY
from lenet.page.site import TABLES, Asset, build_site, list_texts, write_site
from lenet.parameters import initialize_parameters
from lenet.texts import load_texts


@pytest.fixture(scope="module")
def site() -> dict[str, Asset]:
    examples = Examples(np.zeros((20, 28, 28), np.uint8), np.arange(20) % 10)
    return build_site(digits=PageDigits("digits", examples, examples.first(5)))


def list_imports(site: dict[str, Asset], name: str) -> set[str]:
    """A module with all that it imports at once."""
    found, new = set[str](), {name}
    while new:
        found |= new
        texts = [site[each].content.decode() for each in new]
        new = {wanted for text in texts for wanted in re.findall(r'from "\./([a-z_.]+)"', text)} - found
    return found


def is_text(name: str) -> bool:
    return name.endswith((".html", ".css", ".js", ".json"))


def test_every_module_that_is_imported_is_there(site: dict[str, Asset]) -> None:
    for name, asset in site.items():
        if name.endswith((".js", ".html")):
            text = asset.content.decode()
            assert ".mjs" not in re.sub(r"//.*|/\*(?s:.*?)\*/", "", text), name
            for wanted in re.findall(r'(?:from |src=|href=|new URL\()"(?:\./)?([a-z_.]+\.(?:js|css))"', text):
                assert wanted in site, (name, wanted)


def test_nothing_of_the_page_is_markup_made_from_text_or_leads_elsewhere(site: dict[str, Asset]) -> None:
    for name, asset in site.items():
        if not is_text(name) or name.startswith("texts."):
            continue
        text = asset.content.decode()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|style=", text
        ), name
        assert not re.search(r"https?://", text), name
        assert not re.search(r"localStorage|sessionStorage|document\.cookie|indexedDB", text), name


def test_no_module_has_more_than_300_lines() -> None:
    longest = {name: source.count("\n") for name, source in read_modules().items()}
    assert max(longest.values()) <= 300, longest


def test_the_first_answer_takes_at_most_300_kb(site: dict[str, Asset]) -> None:
    first = {"index.html", "style.css", "train.css", "facts.json", "texts.zh.json", "samples.bin"}
    first |= {"lenet.wasm", "network.bin"} | list_imports(site, "main.js")
    assert first >= {"main.js", "shared.js"}
    assert "train.js" not in first
    assert sum(len(gzip.compress(site[name].content, 9)) for name in first) <= 300_000


def test_our_own_code_and_both_languages_take_at_most_80_kb(site: dict[str, Asset]) -> None:
    own = sum(len(gzip.compress(asset.content, 9)) for name, asset in site.items() if is_text(name))
    assert own <= 80_000


def test_both_languages_say_the_same_keys() -> None:
    for part in TABLES:
        assert list_texts(part, "en").keys() == list_texts(part, "zh").keys()
    assert {"page.headline", "page_see.change", "doubt.between"} <= list_texts("texts", "en").keys()
    assert {"page_train.start", "page_tour.next", "verdict.smooth"} <= list_texts("rest", "en").keys()


def test_every_sentence_that_a_script_names_is_delivered(site: dict[str, Asset]) -> None:
    first = list_imports(site, "main.js") | list_imports(site, "see.js")
    assert first == {"main.js", "see.js", "shared.js"}
    tables = "|".join(table for part in TABLES.values() for table in part)
    for name in [name for name in site if name.endswith(".js")]:
        # what is shown before the rest has come must not wait for it
        there = set(list_texts("texts", "zh")) | (set() if name in first else set(list_texts("rest", "zh")))
        for key in re.findall(rf'"((?:{tables})\.(?!js")[a-z_0-9]+)"', site[name].content.decode()):
            assert key in load_texts("en"), (name, key)
            assert key in there, (name, key)


def test_the_policy_of_the_file_is_that_of_the_server(site: dict[str, Asset]) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', site["index.html"].content.decode())
    assert policy == POLICY.replace("frame-ancestors 'self'; ", "")


def test_facts_come_from_python(site: dict[str, Asset]) -> None:
    facts = json.loads(site["facts.json"].content)
    assert facts["digits"] == {"name": "digits", "train": 20, "fresh": 5, "size": "0.1", "sizeNew": "0.1"}
    assert np.array(facts["codes"]).shape == (10, 84)
    assert b"E. Alpaydin" in site["digits.txt"].content


def test_without_digits_nothing_else_is_missing(site: dict[str, Asset]) -> None:
    bare = build_site()
    assert set(site) - set(bare) == {"digits-train.bin", "digits-new.bin", "digits.txt"}
    assert "digits" not in json.loads(bare["facts.json"].content)


def test_a_folder_gets_all_files_and_is_never_mixed_with_others(
    site: dict[str, Asset], tmp_path: Path
) -> None:
    write_site(tmp_path / "page", site)
    write_site(tmp_path / "page", site)  # again: it is replaced
    assert {path.name for path in (tmp_path / "page").iterdir()} == set(site)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(UsageError, match="empty folder"):
        write_site(tmp_path / "mine", site)
    with pytest.raises(UsageError, match="empty folder"):
        write_site(tmp_path / "mine" / "thesis.txt", site)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_her_own_network_is_shown(tmp_path: Path) -> None:
    architecture = replace(ORIGINAL, activation="relu")
    parameters = initialize_parameters(architecture, 1, scheme="variance")
    path = tmp_path / "mine.safetensors"
    lenet.Network(architecture, parameters, tuple("0123456789")).save(path)
    site = build_site(path)
    assert site["network.bin"].content == path.read_bytes()
    assert set(np.unique(json.loads(site["facts.json"].content)["targets"])) == {0, 1}  # relu cannot reach -1


def test_a_network_with_a_linear_output_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    lenet.Network(MODERN, initialize_parameters(MODERN, 1), tuple("0123456789")).save(path)
    assert build_site(path)["network.bin"].content == path.read_bytes()


def test_a_network_of_letters_is_refused(tmp_path: Path) -> None:
    parameters = initialize_parameters(ORIGINAL, 1)
    path = tmp_path / "letters.safetensors"
    lenet.Network(ORIGINAL, parameters, tuple("ABCDEFGHIJ")).save(path)
    with pytest.raises(LenetError, match="ten digits"):
        build_site(path)


def test_the_judge_comes_along_where_the_calibration_asks_for_it(tmp_path: Path) -> None:
    folder = Path(lenet.__file__).parent / "weights"
    assert build_site(folder / "best.safetensors")["judge.bin"].content == JUDGE_FILE.read_bytes()
    path = tmp_path / "own.safetensors"
    network = lenet.load("1998")
    lenet.Network(network.architecture, network.parameters, network.labels).save(path)
    own = build_site(path)
    assert "judge.bin" not in own
    assert "calibration" not in json.loads(own["facts.json"].content)
