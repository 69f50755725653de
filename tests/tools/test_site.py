"""The documents become pages whose links lead somewhere."""

import pytest

from tools.site.build import find_broken, write_sources
from tools.site.pages import list_documents, rewrite_links
from tools.site.reference import write_commands, write_python

PAGES = list_documents()
HOST = "https://forge.test/lenet"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("README.md", "[walk](docs/walk.md#s2)", "[walk](walk.md#s2)"),
        ("README.md", "![3](docs/figures/three.svg)", "![3](figures/three.svg)"),
        ("README.md", "[中文](README.zh-CN.md)", '<a href="../zh/index.html">中文</a>'),
        ("README.md", "[licence](LICENSE)", f"[licence]({HOST}/blob/main/LICENSE)"),
        ("docs/walk.zh.md", "[English](walk.md)", '<a href="../en/walk.html">English</a>'),
        ("docs/walk.zh.md", "[安装](../README.zh-CN.md#安装)", "[安装](index.md#安装)"),
        ("docs/walk.md", "[code](../src/lenet/answer.py)", f"[code]({HOST}/blob/main/src/lenet/answer.py)"),
        ("docs/walk.md", "[paper](https://a.test/b)", "[paper](https://a.test/b)"),
        ("docs/walk.md", "```sh\n[x](y.md)\n```", "```sh\n[x](y.md)\n```"),
    ],
)
def test_a_link_leads_to_the_page_or_to_the_repository(path, text, expected):
    assert rewrite_links(text, path, PAGES, HOST) == expected


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_in_the_contents(language, tmp_path):
    write_sources(language, tmp_path / "sources")
    names = {page.name for page in PAGES.values() if page.language == language}
    contents = (tmp_path / "sources" / "index.md").read_text("utf-8").splitlines()
    assert names - {"index"} <= {*contents}


def test_the_reference_has_every_verb_and_every_public_name():
    assert "\n## lenet recognize\n" in write_commands("en")
    assert "用法：lenet bulk" in write_commands("zh")
    assert "autofunction:: lenet.train\n" in write_python("en")
    assert "autoclass:: lenet.Network\n" in write_python("en")


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "a.html").write_text('<p id="x"></p><a href="b.html#y"></a><img src="c.svg">', "utf-8")
    (tmp_path / "en" / "b.html").write_text('<a href="a.html#x"></a><a href="https://d.test/"></a>', "utf-8")
    broken = sorted(find_broken(tmp_path))
    assert broken == ["en/a.html: b.html#y leads nowhere", "en/a.html: c.svg leads nowhere"]
