"""Every sentence exists in both languages, is used, and is given what its braces name."""

import ast
import ctypes
import re
import string
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import lenet.texts
from lenet.texts import LANGUAGES, get_language, load_texts, say, set_language

SOURCE = Path(lenet.__file__).parent
SCRIPTS = [path.read_text("utf-8") for path in SOURCE.rglob("*.mjs")]
TREES = {path: ast.parse(path.read_text("utf-8")) for path in SOURCE.rglob("*.py")}
KEYS = load_texts("en").keys()
TABLES = {key.partition(".")[0] for key in KEYS}
ROOT = Path(__file__).parents[1]
CHINESE_PAGES = [ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.zh.md"))]

CHARACTER = "[\u4e00-\u9fff]"
MARK = "[\u3000-\u303f\uff00-\uffef\u201c\u201d\u2026]"  # full-width
CHINESE = f"(?:{CHARACTER}|{MARK})"
# docs/glossary.zh.md has the words that stand for these
OTHER_WORDS = (
    "子采样|降采样|欠采样|特征映射|滤波器|接受域|视野|压缩函数|神经元|状态(?!码)|形变|训练方案|误识率|认错|读错|瞎猜|答案"
    "|距离的?平方|批大小|批次|罚值(?<!惩罚值)|惩罚(?!值)|重做|[幅个]图像|您|\\d 遍|[每两三四]遍|遍数"
)
SLIPS = {
    "half-width mark": rf"{CHINESE}[,;:!?()]|[,;:!?)]{CHARACTER}",
    "doubled space": "  ",
    "stray space": rf"{CHARACTER} {CHINESE}|{MARK} | {MARK}",
    "missing space": rf"{CHARACTER}[A-Za-z0-9{{`]|[A-Za-z0-9}}`%]{CHARACTER}",
    "word that has another here": OTHER_WORDS,
}


def list_braces(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def find_calls():
    """(place, first argument, names of the keywords) of every call of say(), of an error and of a refusal."""
    for path, tree in TREES.items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            ours = name == "say" or name.endswith("Error") or name in {"MissingExtra", "Diverged", "Refusal"}
            if ours and call.args:
                yield f"{path.relative_to(SOURCE)}:{call.lineno}", call.args[0], call.keywords


def make_pattern(text):
    """What an f-string may become: its fixed parts, anything in between."""
    parts = [
        re.escape(part.value) if isinstance(part, ast.Constant) else r"[a-z_0-9]+" for part in text.values
    ]
    return "".join(parts)


def is_key(node):
    return isinstance(node, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_0-9]+", str(node.value))


def find_slips(text):
    """What is not set as Chinese is set, each with the characters around it."""
    return [
        f"{kind}: {text[max(0, found.start() - 8) : found.end() + 8]!r}"
        for kind, pattern in SLIPS.items()
        for found in re.finditer(pattern, text)
    ]


def read_prose(path):
    """The paragraphs and cells of a page, without code, addresses and what it quotes."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`]*`", "`code`", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub("“[^”]*”|《[^》]*》", "“”", text)
    text = re.sub(r"^ *(\d+\.|[-*#]+) ", "", text, flags=re.MULTILINE)
    return [part.strip() for line in text.splitlines() for part in line.split("|") if part.strip()]


@pytest.fixture(autouse=True)
def forget_language(monkeypatch):
    monkeypatch.delenv("LENET_LANG", raising=False)
    yield
    set_language(None)


def test_both_languages_have_the_same_keys():
    assert load_texts("en").keys() == load_texts("zh").keys()


@pytest.mark.parametrize("key", KEYS)
def test_both_languages_have_the_same_braces(key):
    assert list_braces(load_texts("en")[key]) == list_braces(load_texts("zh")[key])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_the_source_has_a_sentence(language):
    texts = load_texts(language)
    missing = [
        (place, key.value)
        for place, key, _ in find_calls()
        if is_key(key) and key.value not in texts and not key.value.endswith((".py", ".toml"))
    ]
    assert missing == []


def test_every_computed_key_can_have_a_sentence():
    patterns = [
        (place, make_pattern(key)) for place, key, _ in find_calls() if isinstance(key, ast.JoinedStr)
    ]
    # a sentence that is no key ("{name}: ...") is for programmers, as in ValueError
    keyed = [(place, pattern) for place, pattern in patterns if re.match(r"[a-z_]+\\\.", pattern)]
    assert len(keyed) > 10
    for place, pattern in keyed:
        assert any(re.fullmatch(pattern, key) for key in KEYS), place


def test_every_sentence_is_given_what_its_braces_name():
    checked = 0
    for place, key, keywords in find_calls():
        names = {keyword.arg for keyword in keywords}
        if is_key(key) and key.value in KEYS and None not in names:
            assert list_braces(load_texts("en")[key.value]) <= names | {""}, place
            checked += 1
    assert checked > 100


def test_every_sentence_is_said_somewhere():
    nodes = [node for tree in TREES.values() for node in ast.walk(tree)]
    constants = {node.value for node in nodes if isinstance(node, ast.Constant)}
    constants |= {key for script in SCRIPTS for key in re.findall(r'"([a-z_]+\.[a-z_0-9]+)"', script)}
    patterns = {make_pattern(node) for node in nodes if isinstance(node, ast.JoinedStr)}
    patterns = [pattern for pattern in patterns if re.match(rf"(?:{'|'.join(TABLES)})\\\.", pattern)]
    unused = [
        key
        for key in KEYS
        if key not in constants and not any(re.fullmatch(pattern, key) for pattern in patterns)
    ]
    assert unused == []


def test_the_chinese_sentences_are_set_as_chinese():
    aligned = {key for key in KEYS if key.startswith("worked.")}  # these have columns or an indented command
    aligned |= {"glyphs.pair", "doctor.legend", "train.next", "train.stopped"} | {
        "import.better",
        "import.better_resized",
    }
    quoted = {key for key in KEYS if key.startswith("page_tour.note_")}  # what the notes say, as they set it
    wrong = {}
    for key, text in load_texts("zh").items():
        if key in quoted:
            continue
        slips = find_slips(re.sub(" {2,}", " ", text.strip()) if key in aligned else text.strip())
        wrong |= {key: slips} if slips else {}
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("错误: 没有", "half-width mark"),
        ("公式(map)", "half-width mark"),
        ("标签:图像", "half-width mark"),
        ("损失  0.5", "doubled space"),
        ("状 况", "stray space"),
        ("图像， 标签", "stray space"),
        ("共10 张", "missing space"),
        ("{count}张", "missing space"),
        ("子采样 2x2", "word that has another here"),
        ("两遍之后", "word that has another here"),
    ],
)
def test_a_slip_in_a_chinese_text_is_found(text, kind):
    assert find_slips(text)[0].startswith(kind)


@pytest.mark.parametrize("path", CHINESE_PAGES, ids=lambda path: path.name)
def test_a_chinese_page_is_set_as_chinese(path):
    words = ("滤波器", "神经元")  # what a glossary may say
    slips = [slip for part in read_prose(path) for slip in find_slips(part)]
    if path.name == "glossary.zh.md":
        slips = [slip for slip in slips if not any(word in slip for word in words)]
    assert slips == []


@pytest.mark.parametrize("path", CHINESE_PAGES, ids=lambda path: path.name)
def test_a_paragraph_of_a_chinese_page_is_one_line(path):
    """A line break between two Chinese characters is shown as a space."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(rf".*{CHINESE}\n(?=[^\s|*#<!-])(?!\d+\.).*", text) == []


def test_both_glossaries_have_the_same_words():
    english, chinese = (
        [row.split("|")[1:4] for row in path.read_text("utf-8").splitlines() if row.startswith("| ")]
        for path in (ROOT / "docs" / "glossary.md", ROOT / "docs" / "glossary.zh.md")
    )
    headings = {"1998", "论文（1998）"}
    english, chinese = (
        [row for row in rows if row[0].strip() not in headings] for rows in (english, chinese)
    )
    assert len(english) > 40
    assert english == chinese


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language):
    assert [key for key, text in load_texts(language).items() if not text.strip()] == []


@pytest.fixture
def set_environment(monkeypatch):
    """Set the variables that decide on the language, and clear the others of them."""

    def set_variables(**values):
        for name in ("LENET_LANG", *lenet.texts.LOCALE_VARIABLES):
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_variables


def test_the_chosen_language_wins(set_environment):
    set_environment(LENET_LANG="en", LC_ALL="en_US.UTF-8")
    assert get_language() == "en"
    set_language("zh")
    assert get_language() == "zh"
    assert say("file.absent", path="a") == load_texts("zh")["file.absent"].format(path="a")
    with pytest.raises(ValueError, match="expected one of en, zh"):
        set_language("fr")


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LENET_LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LENET_LANG": "ZH"}, "zh"),
        ({"LENET_LANG": "fr", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LENET_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"LENET_LANG": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.Big5"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_without_a_choice_the_environment_decides(set_environment, monkeypatch, variables, language):
    monkeypatch.setattr(sys, "platform", "linux")
    set_environment(**variables)
    assert get_language() == language


@pytest.mark.parametrize(
    ("code", "language"), [(0x0804, "zh"), (0x0404, "zh"), (0x0C04, "zh"), (0x0409, "en"), (0x0411, "en")]
)
def test_windows_is_asked_where_no_variable_is_set(set_environment, monkeypatch, code, language):
    """0x0804 is Chinese in China, 0x0404 in Taiwan, 0x0C04 in Hong Kong; the others are en-US and ja-JP."""
    kernel32 = SimpleNamespace(GetUserDefaultUILanguage=lambda: code)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel32), raising=False)
    lenet.texts._find_windows_language.cache_clear()
    set_environment()
    assert get_language() == language
    set_environment(LANG="C")
    assert get_language() == "en"
    lenet.texts._find_windows_language.cache_clear()
