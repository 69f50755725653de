"""h.mjs and say.mjs: elements, and sentences that follow the language."""

from __future__ import annotations

from .conftest import Script

SETTING = """
const { h } = await import("/page/static/h.mjs");
const { say, setTexts, t } = await import("/page/static/say.mjs");
setTexts({ "a.b": "{count} digits of {name}" });
"""


def test_braces_are_filled_and_only_once(script: Script) -> None:
    body = 'return say("a.b", { count: 3, name: "{count}" });'
    assert script(SETTING + body) == "3 digits of {count}"


def test_what_was_said_follows_the_language(script: Script) -> None:
    found = script(f"""{SETTING}
        const [kept, emptied] = [t(h("p"), "a.b", {{ count: 1, name: "x" }}), t(h("p"), "a.b", {{}})];
        t(emptied, null);
        setTexts({{ "a.b": "{{name}} 的 {{count}} 张" }});
        return [kept.textContent, emptied.textContent, say("a.c")];""")
    assert found == ["x 的 1 张", "", "a.c"]


def test_texts_and_attributes_are_never_markup(script: Script) -> None:
    found = script(f"""{SETTING}
        const node = h("p", {{ title: "<b>", hidden: true, lang: null, id: false }}, "<i>", [h("span"), "x"]);
        t(node.firstElementChild, "a.b", {{ name: "<img src=x>" }});
        const markup = node.querySelectorAll("img, i").length;
        return [markup, node.title, node.hidden, node.id, node.textContent];""")
    assert found == [0, "<b>", True, "", "<i>{count} digits of <img src=x>x"]
