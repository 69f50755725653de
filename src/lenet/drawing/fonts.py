"""A font with Chinese characters, found among those that are installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

# one for each system's usual ones, the most pleasant first; Pillow knows where each system keeps its fonts
CHINESE_FONTS = (
    *(
        "NotoSansCJK-Regular.ttc",
        "NotoSansCJKsc-Regular.otf",
        "NotoSansSC-Regular.otf",
        "NotoSansSC-Regular.ttf",
    ),
    *("SourceHanSansSC-Regular.otf", "SourceHanSansCN-Regular.otf", "SourceHanSans.ttc"),
    *("PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Medium.ttc", "Songti.ttc", "Arial Unicode.ttf"),
    *("msyh.ttc", "msyh.ttf", "Deng.ttf", "simhei.ttf", "simsun.ttc"),
    *(
        "wqy-microhei.ttc",
        "wqy-zenhei.ttc",
        "DroidSansFallbackFull.ttf",
        "DroidSansFallback.ttf",
        "uming.ttc",
    ),
)

# for SVG, whose reader picks the first that there is
FAMILIES = (
    "'Helvetica Neue', 'Segoe UI', Arial, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', "
    "'Source Han Sans SC', 'WenQuanYi Micro Hei', sans-serif"
)


def needs_chinese(text: str) -> bool:
    """Whether a text has characters that a Latin font lacks."""
    return any(character >= "\u2e80" for character in text)


def estimate_width(text: str, size: float) -> float:
    """About how wide a text is in the widest of the usual fonts; in an SVG only its reader knows."""
    return size * sum(1.0 if needs_chinese(character) else 0.56 for character in text)


@cache
def find_chinese_font() -> Path | None:
    """The file of an installed font that has Chinese characters, or None."""
    from PIL import ImageFont

    for name in CHINESE_FONTS:
        try:
            font = ImageFont.truetype(name)
        except OSError:
            continue
        return Path(str(font.path))
    return None
