"""Read COUNT damaged pictures: python throw_damage.py KIND SEED COUNT; test_damaged_pictures.py runs it."""

from __future__ import annotations

import io
import random
import sys

import numpy as np
from PIL import Image

from lenet.errors import FileError
from lenet.images.read import read_picture
from tools.hostile.mutate import mend_png

KIND, SEED, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
PAGE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 48, 3), np.uint8))
EXIF = Image.Exif()
EXIF[0x0112], EXIF[0x010E] = 6, "a digit"
MODES = {
    "PNG": ["RGB", "RGBA", "P", "LA", "1", "I;16"],
    "JPEG": ["RGB", "L", "CMYK"],
    "GIF": ["P", "L"],
    "BMP": ["RGB", "P", "1", "L"],
    "TIFF": ["RGB", "L"],
    "WEBP": ["RGB", "RGBA"],
}
OPTIONS = {
    "PNG": [{"exif": EXIF}, {"optimize": True}],
    "JPEG": [{"exif": EXIF}, {"progressive": True}, {"quality": 20, "restart_marker_rows": 1}],
    "GIF": [{"save_all": True, "append_images": [PAGE.convert("P")]}, {"interlace": 1}],
    "BMP": [{}],
    "TIFF": [{"compression": name} for name in ("raw", "tiff_lzw", "jpeg", "packbits", "tiff_deflate")],
    "WEBP": [{"exif": EXIF}, {"lossless": True}, {"save_all": True, "append_images": [PAGE]}],
}
NUMBERS = [bytes.fromhex(text) for text in ("0000", "ffff", "ffffffff", "7fffffff", "00000000", "00010000")]
chance = random.Random(f"{KIND} {SEED}")


def save(mode: str, options: dict[str, object]) -> bytes:
    file = io.BytesIO()
    image = PAGE.convert("I").convert(mode) if mode == "I;16" else PAGE.convert(mode)
    image.save(file, KIND, **options)
    return file.getvalue()


def damage(whole: bytes) -> bytes:
    content = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        if not content:
            break
        reach = min(len(content), chance.choice([32, 128, len(content)]))  # the first bytes decide most
        place = chance.randrange(reach)
        what = chance.randrange(6)
        if what == 0:
            content[place] = chance.randrange(256)
        elif what == 1:
            content[place] ^= 1 << chance.randrange(8)
        elif what == 2:
            number = chance.choice(NUMBERS)
            content[place : place + len(number)] = number
        elif what == 3:
            del content[place : place + chance.randrange(1, 40)]
        elif what == 4:
            content[place:place] = chance.randbytes(chance.randrange(1, 20))
        else:
            del content[chance.randrange(len(content)) :]
    return mend_png(bytes(content)) if KIND == "PNG" and chance.random() < 0.8 else bytes(content)


def main() -> None:
    wholes = [save(mode, options) for options in OPTIONS[KIND] for mode in MODES[KIND]]
    for whole in wholes:
        read_picture(whole)
    read = refused = 0
    for _ in range(COUNT):
        try:
            picture = read_picture(damage(chance.choice(wholes)))
        except FileError as error:
            sentence = str(error)
            assert sentence, "no sentence"
            assert "\n" not in sentence, sentence
            assert len(sentence) < 400, sentence
            refused += 1
        else:
            assert picture.ndim == 2
            assert picture.dtype == np.uint8
            assert picture.size
            read += 1
    # else the damage is too light, or so heavy that only the first check is tried
    assert min(read, refused) > COUNT // 40, f"{read} read, {refused} refused"
    print(read, refused)


if __name__ == "__main__":
    main()
