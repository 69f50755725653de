"""page/modules.py: the page's modules in a few files, or in one script."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lenet.page.modules import SHARED, join_modules, join_script, read_modules, strip_comments

MODULES = {
    "main.js": 'import { A, twice } from "./a.js";\nimport { B } from "./b.js";\n'
    'result.push(twice(A), B.a);\nimport("./late.js").then(({ C }) => result.push(C));\n',
    "a.js": "export const A = 2;\nexport function twice(x) {\n  return 2 * x;\n}\n",
    "b.js": 'import { A } from "./a.js";\nclass B {}\nB.a = A;\nexport { B };\n',
    "late.js": 'import { twice } from "./a.js";\nimport { count } from "./count.js";\n'
    "export const C = twice(10) + count();\n",
    "count.js": "let calls = 0;\nexport function count() {\n  calls += 1;\n  return calls;\n}\n",
    "trainer.worker.js": 'import { twice } from "./a.js";\nimport { count } from "./count.js";\n'
    "result.push(twice(30) + count());\n",
}


def test_modules_become_one_script(script: Any) -> None:
    joined = join_script(MODULES)
    body = "const result = []; new Function('result', joined)(result); await 0; await 0; return result;"
    assert script(body, joined=joined) == [4, 2, 21]


def test_joined_modules_do_what_they_did_apart(script: Any) -> None:
    joined = join_modules(MODULES)
    assert set(joined) == {"main.js", "late.js", "trainer.worker.js", SHARED}
    body = """
        const address = (source) => URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
        const shared = address(joined["shared.js"]);
        const place = (source) => source.replaceAll('"./shared.js"', `"${shared}"`);
        globalThis.result = [];
        const late = address(place(joined["late.js"]));
        await import(address(place(joined["main.js"]).replaceAll('"./late.js"', `"${late}"`)));
        const { C } = await import(late);
        await import(address(place(joined["trainer.worker.js"])));
        return [...globalThis.result, C];
    """
    # a module that two of them import runs once: its calls are counted on
    assert script(body, joined=joined) == [4, 2, 21, 62, 21]


def test_a_module_lies_in_one_of_the_joined_files() -> None:
    modules, joined = read_modules(), join_modules(read_modules())
    defined = [
        name for source in joined.values() for name in re.findall(r'^modules\["([\w.]+)"\] =', source, re.M)
    ]
    assert sorted(defined) == sorted(modules)


def test_comments_do_not_travel() -> None:
    source = "/**\n * What f does.\n */\nfunction f(x) {\n  // why\n  return x; // 1 / x\n}\n"
    assert strip_comments(source) == "function f(x) {\nreturn x;\n}\n"
    for name, joined in join_modules(read_modules()).items():
        assert not re.search(r"^ *(?://|/\*\*)", joined, re.MULTILINE), name


def test_what_would_end_a_script_in_html_is_noticed() -> None:
    with pytest.raises(AssertionError):
        join_script({"main.js": 'const end = "</script>";\n'})
