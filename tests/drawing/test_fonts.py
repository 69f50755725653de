from pathlib import Path

from lenet.drawing import fonts


def test_a_chinese_font_is_found_by_name(monkeypatch):
    from PIL import ImageFont

    class Font:
        path = "/fonts/msyh.ttc"

    def load(name):
        if name != "msyh.ttc":
            raise OSError(name)
        return Font

    monkeypatch.setattr(ImageFont, "truetype", load)
    assert fonts.find_chinese_font.__wrapped__() == Path("/fonts/msyh.ttc")
    monkeypatch.setattr(fonts, "CHINESE_FONTS", ())
    assert fonts.find_chinese_font.__wrapped__() is None


def test_a_chinese_character_is_wider_than_a_latin_one():
    assert fonts.estimate_width("", 10) == 0
    assert fonts.estimate_width("\u6570\u5b57", 10) == 20
    assert 10 < fonts.estimate_width("ab", 10) < 14
