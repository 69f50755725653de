"""photo.mjs, photo_view.mjs, pick.mjs: pictures from outside, read on the page as `lenet recognize` does."""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lenet.images.normalize import find_digits
from lenet.images.read import read_picture
from lenet.samples import read_sample

from .board import draw
from .conftest import Script

if find_spec("playwright"):  # without it the fixture `browser` skips every test
    from playwright.sync_api import expect
Open = Callable[..., Any]

READ = """
const { openPhoto } = await import("/page/static/photo.mjs");
const { loadPictures } = await import("/page/static/pictures.mjs");
const pictures = await loadPictures(await load("/page/static/pictures.wasm"));
const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
const file = new File([bytes], "given.png");
"""


def encode(picture: np.ndarray, kind: str = "PNG", **settings: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **settings)
    return file.getvalue()


def send(script: Script, body: str, content: bytes) -> Any:
    return script(READ + body, content=base64.b64encode(content).decode())


def light(picture: np.ndarray, seed: int) -> np.ndarray:
    """A picture in colour, with uneven light and noise on it."""
    random = np.random.default_rng(seed)
    height, width = picture.shape
    lit = picture * np.linspace(random.uniform(0.5, 1), 1, width) + random.normal(0, 4, (height, width))
    tint = random.uniform(0.85, 1, 3)
    return np.clip(lit[..., None] * tint, 0, 255).astype(np.uint8)


def make_pictures() -> dict[str, bytes]:
    seven, three = read_sample(7), read_sample(3)
    ink = np.zeros((*seven.shape, 4), np.uint8)
    ink[..., 3] = 255 - seven
    white = ink.copy()
    white[..., :3] = 255
    large = np.asarray(Image.fromarray(three).resize((2100, 3311)))
    many = {f"lit {seed}": encode(light(read_sample(seed), seed)) for seed in range(10)}
    return many | {
        "grey": encode(seven),
        "palette": encode(np.asarray(Image.fromarray(three).quantize(16).convert("RGB"))),
        "black ink on nothing": encode(ink),
        "white ink on nothing": encode(white),
        "large": encode(light(large, 10)),
        "bmp": encode(seven, "BMP"),
        "gif": encode(seven, "GIF"),
        "webp": encode(light(three, 11), "WEBP", lossless=True),
    }


PICTURES = make_pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_gives_the_digit_that_python_finds_in_it(script: Script, name: str) -> None:
    body = """
        const { luminance, height, width } = await openPhoto(file);
        const finds = pictures.findDigits(luminance, height, width);
        const digits = finds.map((find) => Array.from(find.digit));
        return { height, width, sum: luminance.reduce((a, b) => a + b, 0), digits };
    """
    found = send(script, body, PICTURES[name])
    picture = read_picture(PICTURES[name])
    assert (found["height"], found["width"]) == picture.shape
    assert found["sum"] == picture.sum(dtype=int)
    assert found["digits"] == [find.digit.ravel().tolist() for find in find_digits(picture)]


@pytest.mark.parametrize("seed", range(6))
def test_a_jpeg_gives_nearly_the_digit_that_python_finds_in_it(script: Script, seed: int) -> None:
    content = encode(light(read_sample(seed), seed), "JPEG", quality=80, progressive=bool(seed % 2))
    body = """
        const { luminance, height, width } = await openPhoto(file);
        return Array.from(pictures.findDigits(luminance, height, width)[0].digit);
    """
    found = np.array(send(script, body, content))
    expected = find_digits(read_picture(content))[0].digit.ravel().astype(int)
    assert np.abs(found - expected).mean() < 2  # decoders differ by a level here and there


def test_a_picture_is_turned_upright_as_its_camera_says(script: Script) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encode(read_sample(7)[:, :80], "JPEG", exif=exif)
    found = send(script, "const { height, width } = await openPhoto(file); return [height, width];", content)
    assert tuple(found) == read_picture(content).shape == (80, read_sample(7).shape[0])


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("PNG", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 50}),
        ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}),  # the extended form
    ],
)
def test_the_header_says_the_size(script: Script, kind: str, settings: dict[str, Any]) -> None:
    content = encode(np.full((37, 301, 3), 90, np.uint8), kind, **settings)
    body = 'const { readSize } = await import("/page/static/photo.mjs"); return readSize(bytes.buffer);'
    assert send(script, body, content) == [301, 37]
    for length in range(0, 24, 3):
        assert send(script, body, content[:length]) in (None, [301, 37])


def test_what_a_camera_writes_before_the_size_is_passed_over(script: Script) -> None:
    # a phone's depth map: segments of up to 64 kB each, before the frame header
    content = encode(read_sample(7), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 65535) + bytes(65533)
    body = "const { height, width } = await openPhoto(file); return [height, width];"
    found = send(script, body, content[:2] + 10 * segment + content[2:])
    assert tuple(found) == read_sample(7).shape


def claim(width: int, height: int) -> bytes:
    """A PNG whose header claims a size that its data do not have."""
    content = bytearray(encode(np.zeros((5, 5), np.uint8)))
    content[16:24] = struct.pack(">II", width, height)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "unknown"),
        (b"A seven, in words.", "unknown"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown"),
        (claim(100_000, 100_000), "large"),
        (claim(0, 40), "damaged"),
        (claim(60, 60), "damaged"),
        (encode(read_sample(7))[:20], "unknown"),
        (encode(read_sample(7))[:200], "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x00" * 9, "unknown"),
    ],
    ids=["empty", "words", "svg", "bomb", "no pixels", "too little", "header cut", "data cut", "loop"],
)
def test_what_is_no_picture_is_refused_in_a_sentence(script: Script, content: bytes, key: str) -> None:
    found = send(script, "return refusal(() => openPhoto(file));", content)
    assert found["key"] == f"page_photo.{key}"
    assert found["values"]["name"] == "given.png"


# --- on the page


def choose(page: Any, content: bytes, name: str = "seven.png") -> None:
    page.set_input_files("#photo-file", {"name": name, "mimeType": "image/png", "buffer": content})


def test_a_chosen_picture_is_read_and_its_steps_are_shown(open_page: Open) -> None:
    page = open_page()
    page.wait_for_selector(".wires")
    page.wait_for_load_state("networkidle")
    asked = len(page.asked)
    choose(page, PICTURES["lit 7"])
    expect(page.locator(".answer")).to_have_text("Read as 7")
    expect(page.locator(".photo-said")).to_have_text("From your picture; the steps are shown below.")
    captions = page.locator(".steps li p:first-of-type").all_text_contents()
    assert captions[0] == "the picture as read from the file"
    assert captions[-1] == "20x20, centred by mass in 28x28"
    assert len(captions) >= 4
    assert len(page.asked) == asked  # the picture is sent nowhere, and nothing is fetched for it
    draw(page)
    expect(page.locator(".photo-said")).to_have_text("")
    expect(page.locator(".steps")).to_be_hidden()


def test_several_marks_and_a_blank_page_are_said(open_page: Open) -> None:
    page = open_page()
    both = np.hstack([read_sample(1), read_sample(0)])
    choose(page, encode(both))
    expect(page.locator(".answer")).to_have_text(re.compile("^Not certain, perhaps"))
    expect(page.locator(".doubt")).to_have_text(re.compile("^several marks in the picture"))
    page.locator(".samples button").nth(5).click()
    expect(page.locator(".answer")).to_have_text("Read as 5")
    choose(page, encode(np.full((90, 120), 230, np.uint8)))
    expect(page.locator(".answer")).to_have_text("The board is blank.")
    expect(page.locator(".photo-said")).to_have_text("No digit found: the picture is blank.")


def test_what_is_no_picture_is_said_and_the_board_stays(open_page: Open) -> None:
    page = open_page()
    choose(page, b"a letter", "letter.png")
    expect(page.locator(".photo-said")).to_have_text(re.compile(r"^letter\.png: not a picture\."))
    expect(page.locator(".answer")).to_have_text("Read as 3")
    page.click("button:has-text('中文')")
    expect(page.locator(".photo-said")).to_have_text(re.compile(r"^letter\.png：不是图片。"))


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_picture_is_pasted_or_dropped(open_page: Open, way: str) -> None:
    page = open_page()
    page.evaluate(
        """([way, content]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], "seven.png", { type: "image/png" }));
            const given = { bubbles: true, cancelable: true };
            const event = way === "drop"
              ? new DragEvent("drop", { ...given, dataTransfer: carried })
              : new ClipboardEvent("paste", { ...given, clipboardData: carried });
            document.body.dispatchEvent(event);
            if (!event.defaultPrevented) throw new Error("the browser would leave the page");
        }""",
        [way, base64.b64encode(PICTURES["grey"]).decode()],
    )
    expect(page.locator(".answer")).to_have_text("Read as 7")


def test_the_button_is_reached_by_keyboard(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "photo-file"
    label = page.locator("label[for=photo-file]")
    assert label.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid"


def test_a_missing_module_is_said_when_a_picture_is_chosen(browser: Any, server: Any, tmp_path: Path) -> None:
    page = browser.new_page(locale="en")
    page.route("**/pictures.wasm", lambda route: route.fulfill(status=404))
    page.goto(server.address)
    expect(page.locator("[role=alert]").first).to_have_text(re.compile(r"pictures\.wasm"))
    choose(page, PICTURES["grey"])
    expect(page.locator(".photo-said")).to_have_text("The picture could not be opened (pictures.wasm: 404).")
    page.close()
