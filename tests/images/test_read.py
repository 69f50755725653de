from __future__ import annotations

import io
import logging
import os
import signal
import struct
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import PIL
import pytest
from PIL import Image

from lenet.errors import PictureError
from lenet.images import read
from lenet.images.read import MAX_FILE_BYTES, read_picture, read_sized

# light paper with dark ink in the upper left corner: a picture that every turn changes
PAGE = np.full((60, 80), 250, np.uint8)
PAGE[5:20, 5:15] = 20


def save(image: Image.Image | np.ndarray, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_lossless_picture_comes_back_to_the_bit(kind):
    np.testing.assert_array_equal(read_picture(save(PAGE, kind)), PAGE)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_a_lossy_picture_comes_back_nearly(kind):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95}
    np.testing.assert_allclose(read_picture(save(PAGE, kind, **options)).astype(int), PAGE, atol=12)


def test_a_path_and_its_text_read_like_its_content(tmp_path):
    (tmp_path / "7.png").write_bytes(save(PAGE))
    np.testing.assert_array_equal(read_picture(tmp_path / "7.png"), PAGE)
    np.testing.assert_array_equal(read_picture(str(tmp_path / "7.png")), PAGE)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_rotation_stands_the_picture_upright(kind, orientation):
    stored = {
        1: PAGE, 2: PAGE[:, ::-1], 3: PAGE[::-1, ::-1], 4: PAGE[::-1],
        5: PAGE.T, 6: np.rot90(PAGE), 7: PAGE[::-1, ::-1].T, 8: np.rot90(PAGE, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_picture(save(np.ascontiguousarray(stored), kind, exif=exif))
    assert picture.shape == PAGE.shape
    np.testing.assert_allclose(picture.astype(int), PAGE, atol=40)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_size_is_that_of_the_upright_file_before_it_was_reduced(orientation):
    large = np.full((2200, 4400), 200, np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture, size = read_sized(save(large, "PNG", exif=exif))
    assert size == (large.shape if orientation == 1 else large.shape[::-1])
    assert picture.shape == tuple(side // 2 for side in size)


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I;16", "I", "F", "LAB"])
def test_every_colour_mode_becomes_luminance(mode):
    if mode == "YCbCr" and int(PIL.__version__.partition(".")[0]) < 13:
        pytest.skip("before 13 Pillow cannot read the YCbCr TIFF that it writes")
    grey = Image.fromarray(PAGE)
    if mode == "I;16":
        image = Image.fromarray(PAGE.astype(np.uint16) * 257)
    elif mode == "LAB":
        image = Image.merge("LAB", [grey, *[Image.new("L", grey.size, 128)] * 2])
    else:
        image = (
            grey.convert(mode, dither=Image.Dither.NONE)
            if mode != "YCbCr"
            else grey.convert("RGB").convert(mode)
        )
    kind = "PNG" if mode in ("1", "P", "RGB", "RGBA", "LA", "I;16") else "TIFF"
    black, white = PAGE < 128, PAGE >= 128
    picture = read_picture(save(image, kind))
    assert picture.dtype == np.uint8
    assert picture[black].max() < 40
    assert picture[white].min() > 225


@pytest.mark.parametrize("top", [255, 1023, 4095, 65535])
def test_any_depth_in_sixteen_bits_reaches_white(top):
    page = np.rint(PAGE / 250 * top).astype(np.uint16)
    picture = read_picture(save(page))
    assert picture.max() == 255
    np.testing.assert_allclose(picture.astype(int), np.rint(PAGE / 250 * 255), atol=1)


def test_a_float_picture_from_zero_to_one_keeps_its_greys():
    picture = read_picture(save((PAGE / 255).astype(np.float32), "TIFF"))
    np.testing.assert_array_equal(picture, PAGE)


def test_values_that_are_no_numbers_read_as_black():
    page = (PAGE / 255).astype(np.float32)
    page[0, :3] = np.nan, np.inf, -np.inf
    assert read_picture(save(page, "TIFF"))[0, :3].tolist() == [0, 0, 0]


def test_transparency_lies_on_white_paper():
    ink = np.zeros((40, 40, 4), np.uint8)
    ink[10:20, 10:20, 3] = 255
    picture = read_picture(save(ink))
    assert picture[15, 15] == 0
    assert picture[0, 0] == 255


def test_white_ink_on_a_transparent_ground_does_not_vanish():
    ink = np.full((40, 40, 4), 255, np.uint8)
    ink[..., 3] = 0
    ink[10:20, 10:20, 3] = 255
    picture = read_picture(save(ink))
    assert picture[15, 15] == 255
    assert picture[0, 0] == 0


def test_a_transparent_palette_colour_is_paper():
    image = Image.fromarray(255 - PAGE).convert("P")
    picture = read_picture(save(image, transparency=int(np.asarray(image)[0, 0])))
    assert picture[0, 0] == 255
    assert picture[10, 10] == 235


def test_the_first_frame_of_a_gif_is_read():
    frames = [Image.fromarray(PAGE), Image.fromarray(PAGE[::-1].copy())]
    content = save(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_picture(content), PAGE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_comes_back_reduced_by_a_whole_factor(kind):
    page = np.full((2400, 3200), 250, np.uint8)
    page[:1200, :1600] = 10
    picture = read_picture(save(page, kind))
    assert picture.shape == (1200, 1600)
    assert picture[100, 100] < 15
    assert picture[-100, -100] > 245


def test_a_jpeg_of_200_megapixels_is_read_at_an_eighth():
    content = save(Image.new("L", (16320, 12240), 200), "JPEG", quality=20)
    assert read_picture(content).shape == (1530, 2040)


def test_what_is_above_64_megapixels_is_refused_before_decoding():
    with pytest.raises(PictureError, match=r"9000 x 8000 pixels, but the limit is 64 megapixels"):
        read_picture(claim_size(9000, 8000))


def test_a_picture_that_claims_terabytes_is_refused():
    with pytest.raises(PictureError, match="more than 64 megapixels"):
        read_picture(claim_size(2_000_000_000, 2_000_000_000))


def claim_size(width: int, height: int) -> bytes:
    """A PNG of one row, whose header claims another size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    row = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"hello", "not a picture"),
        (save(PAGE)[:-40], "the picture is damaged"),
        (save(PAGE, "JPEG")[:400], "the picture is damaged"),
        (b"\xff\xd8\xff" + b"x" * 50, "the picture is damaged|not a picture"),
        (b"%PDF-1.7 ...", "not a picture"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC|damaged|not a picture"),
    ],
    ids=["empty", "text", "cut PNG", "cut JPEG", "no JPEG", "PDF", "HEIC"],
)
def test_what_is_no_picture_is_refused_in_one_sentence(content, message):
    with pytest.raises(PictureError, match=message) as caught:
        read_picture(content)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("the picture: ")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PictureError, match=r"nothing\.png: no such file"):
        read_picture(tmp_path / "nothing.png")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(PictureError, match="cannot be read"):
        read_picture(tmp_path)


def test_a_path_with_a_zero_byte_is_refused():
    with pytest.raises(PictureError, match="cannot be read"):
        read_picture("a\0b")


def test_a_file_without_end_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("lenet.images.read.MAX_FILE_BYTES", 1000)
    (tmp_path / "long.png").write_bytes(b"\0" * 1001)
    with pytest.raises(PictureError, match="too large for a picture of a digit"):
        read_picture(tmp_path / "long.png")
    assert MAX_FILE_BYTES > 64_000_000 * 3


def test_formats_that_nobody_photographs_in_are_not_even_tried():
    with pytest.raises(PictureError, match="not one of PNG, JPEG"):
        read_picture(save(PAGE, "PCX"))


def test_reading_leaves_logging_and_warnings_as_they_were(caplog):
    with caplog.at_level(logging.WARNING):
        read_picture(save(PAGE, "TIFF"))
    assert not caplog.records


def test_reading_in_threads_leaves_warnings_and_standard_error_as_they_were(capfd):
    filters = list(warnings.filters)
    content = save(PAGE, "TIFF", compression="tiff_lzw")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read_picture, [content] * 100))
    assert warnings.filters == filters
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def test_a_warning_of_pillow_is_not_shown():
    # one entry: a text of 1000 bytes that are not there
    exif = b"Exif\0\0II" + struct.pack("<HIHHHIII", 42, 8, 1, 0x010E, 2, 1000, 26, 0)
    content = save(PAGE, "JPEG", exif=exif)
    with pytest.warns(UserWarning, match="Tag data|Truncated File Read"):
        dict(Image.open(io.BytesIO(content)).getexif())
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        read_picture(content)
    assert not seen


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_forked_while_another_thread_reads_can_read():
    content = save(np.kron(PAGE, np.ones((8, 8), np.uint8)), "JPEG")
    reading = threading.Event()

    def read_on():
        while not reading.is_set():
            read_picture(content)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(read_on)
        try:
            ends = [fork_and_read(content) for _ in range(10)]
        finally:
            reading.set()
    assert ends == [0] * 10


def fork_and_read(content):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python's own: there are threads
        child = os.fork()
    if not child:
        signal.alarm(10)
        read_picture(content)
        os._exit(0 if not read._QUIET._readers else 3)
    return os.waitpid(child, 0)[1]


def test_other_threads_keep_their_standard_error(capfd):
    content, lines = save(PAGE, "TIFF", compression="tiff_lzw"), 0
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(lambda: [read_picture(content) for _ in range(200)])
        while not reading.done():
            os.write(2, b"line\n")
            lines += 1
    assert capfd.readouterr().err.count("line\n") == lines > 0


@pytest.mark.parametrize("kind", ["PGM", "PPM", "PBM"])
def test_the_formats_of_image_processing_courses_are_read(kind):
    mode = {"PGM": "L", "PPM": "RGB", "PBM": "1"}[kind]
    image = Image.fromarray(PAGE).convert(mode, dither=Image.Dither.NONE)
    picture = read_picture(save(image, "PPM"))
    np.testing.assert_array_equal(picture > 128, PAGE > 128)


def test_a_picture_that_is_all_transparent_shows_its_colours():
    colours = np.dstack([PAGE, PAGE, PAGE, np.zeros_like(PAGE)])
    np.testing.assert_array_equal(read_picture(save(Image.fromarray(colours))), PAGE)
