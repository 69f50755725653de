"""Damage that a seed repeats: of bytes, of text, of the members of a zip file."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

NUMBERS = [bytes.fromhex(text) for text in ("0000", "ffff", "ffffffff", "7fffffff", "80000000", "00000000")]
WORDS = [
    "-1",
    "0",
    "1e999",
    "nan",
    "9" * 30,
    "null",
    "true",
    "[]",
    "{}",
    '""',
    "\\u0000",
    "\ud7ff",
    "[" * 900,
]


def damage_bytes(whole: bytes, chance: random.Random) -> bytes:
    """Change, remove, insert or cut; most of it near the beginning, where sizes and types stand."""
    content = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 4, 12])):
        if not content:
            break
        place = chance.randrange(min(len(content), chance.choice([16, 64, 256, len(whole) or 1])))
        match chance.randrange(7):
            case 0:
                content[place] = chance.randrange(256)
            case 1:
                content[place] ^= 1 << chance.randrange(8)
            case 2:
                number = chance.choice(NUMBERS)
                content[place : place + len(number)] = number
            case 3:
                del content[place : place + chance.randrange(1, 40)]
            case 4:
                content[place:place] = chance.randbytes(chance.randrange(1, 20))
            case 5:
                content[place:place] = content[place : place + chance.randrange(1, 60)]
            case _:
                del content[chance.randrange(len(content)) :]
    return bytes(content)


def damage_text(whole: bytes, chance: random.Random) -> bytes:
    """Put another word in the place of one, which a parser may still accept; or damage the bytes."""
    if chance.random() < 0.3:
        return damage_bytes(whole, chance)
    text = whole.decode("utf-8", "replace")
    for _ in range(chance.choice([1, 1, 3])):
        begin = chance.randrange(len(text) + 1)
        end = begin
        while end < len(text) and (text[end].isalnum() or text[end] in "-_."):
            end += 1
        text = text[:begin] + chance.choice(WORDS) + text[end:]
    return text.encode("utf-8", "replace")


def damage_zip(whole: bytes, chance: random.Random) -> bytes:
    """The zip's own bytes, or one of its members."""
    damage = damage_bytes if chance.random() < 0.4 else partial(damage_member, damage=damage_bytes)
    return damage(whole, chance)


def damage_member(
    whole: bytes, chance: random.Random, damage: Callable[[bytes, random.Random], bytes]
) -> bytes:
    """A sound zip around a damaged member: the checksums are right, what they cover is not."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(members))
    members[name] = damage(members[name], chance)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return stream.getvalue()


def damage_png(whole: bytes, chance: random.Random) -> bytes:
    """Damaged chunks, mostly with right checksums: else no reader looks any further."""
    content = damage_bytes(whole, chance)
    return content if chance.random() < 0.3 else mend_png(content)


def mend_png(content: bytes) -> bytes:
    """Right checksums over damaged chunks: else no reader looks any further."""
    mended, place = content[:8], 8
    while place + 12 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        chunk = content[place + 4 : place + 8 + length]
        mended += content[place : place + 4] + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        place += 12 + length
    return mended + content[place:]
