"""page/one_file.py: the page in one file, opened from a disk without a network."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lenet.data.examples import Examples
from lenet.page.digits import SMALL_NEW, SMALL_TRAIN, PageDigits, find_page_digits
from lenet.page.one_file import join_site
from lenet.page.site import build_site
from lenet.samples import read_sample
from lenet.texts import load_texts

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect


@pytest.fixture(scope="module")
def content(digits: Examples) -> bytes:
    return join_site(build_site(digits=PageDigits("digits", digits, digits.first(60))))


@pytest.fixture
def page(browser: Any, content: bytes, tmp_path: Path) -> Iterator[Any]:
    """The file in a browser that has no network; no mistake and no request is allowed."""
    path = tmp_path / "lenet.html"
    path.write_bytes(content)
    yield from open_offline(browser, path)


def open_offline(browser: Any, path: Path) -> Iterator[Any]:
    context = browser.new_context(offline=True, locale="en")
    page = context.new_page()
    mistakes, asked = [], []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    context.close()
    assert mistakes == []
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert [url for url in asked if url.startswith("file:")] == [path.as_uri()]


def test_its_policy_allows_its_own_script_and_style_and_nothing_else(content: bytes) -> None:
    text = content.decode()
    policy = re.findall(r'Security-Policy" content="([^"]+)"', text)[0]
    for kind, whole in (
        ("script", '<script type="module">(.*?)</script>'),
        ("style", "<style>(.*?)</style>"),
    ):
        (inner,) = re.findall(whole, text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe-inline" not in policy


def test_it_answers_without_a_network(page: Any) -> None:
    expect(page.locator(".answer")).to_have_text("Read as 3")
    page.keyboard.press("7")
    expect(page.locator(".answer")).to_have_text("Read as 7")
    page.click("text=中文")
    expect(page.locator("h1")).to_have_text(load_texts("zh")["page.headline"])


def test_it_reads_a_picture_without_a_network(page: Any) -> None:
    file = io.BytesIO()
    Image.fromarray(read_sample(7)).save(file, "PNG")
    page.set_input_files(
        "#photo-file", {"name": "seven.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    expect(page.locator(".answer")).to_have_text("Read as 7")
    expect(page.locator(".steps li")).to_have_count(8)


def test_it_trains_without_a_network(page: Any) -> None:
    page.click("nav >> text=Train")
    page.click(".start")
    expect(page.locator(".train-result")).to_have_text(re.compile("After epoch 3"))
    page.click("text=Act 2 from 8 starts")
    expect(page.locator(".train-said")).to_have_text(re.compile("Of 8 starts"), timeout=60_000)


@pytest.mark.mnist
@pytest.mark.slow
def test_two_epochs_leave_less_than_8_percent_errors(browser: Any, tmp_path: Path) -> None:
    found = find_page_digits()
    if found is None or found.name != "mnist":
        pytest.skip("MNIST is not at hand")
    path = tmp_path / "lenet.html"
    path.write_bytes(join_site(build_site(digits=found.limit(SMALL_TRAIN, SMALL_NEW))))
    assert path.stat().st_size <= 1_800_000
    for page in open_offline(browser, path):
        page.click("nav >> text=Train")
        page.click(".start")
        expect(page.locator(".train-result")).to_have_text(re.compile("After epoch 3"), timeout=60_000)
        rows = page.locator(".train-tables tbody tr td:nth-child(4)").all_text_contents()
        errors = [int(row.split()[0]) for row in rows]
        assert errors[1] < 0.08 * SMALL_NEW
