import pytest

from lenet.bench import memory, speed


@pytest.fixture
def small(monkeypatch):
    """A measurement of a second: few images, no framework."""
    for name, value in (("IMAGES", 256), ("SINGLES", 3)):
        monkeypatch.setattr(speed, name, value)
    for name in ("SAMPLES", "FAST_SAMPLES", "SLOW_SAMPLES"):
        monkeypatch.setattr(speed, name, {64: 64, 256: 256, 1: 4})
    for peers in (speed.peers, speed.keras):
        monkeypatch.setattr(peers, "find_spec", lambda _: None)
    monkeypatch.setattr(memory, "measure_memory", lambda threads: 123.4)


def test_json_has_the_peak_and_for_each_figure_every_contestant(lenet, small):
    found = lenet("bench", "--rounds", "2", "--json").json
    assert "fma_peak_gflops" in found
    for figure in ("train_64", "train_256", "train_1", "batch_recognition", "single_recognition"):
        for timing in found[figure].values():
            assert timing["low"] <= timing["median"] <= timing["high"]
            assert len(timing["values"]) == timing["rounds"] == 2
            assert timing["first_call_s"] > 0
        assert "reference" in found[figure]
        assert len(found["meeting_ns"][figure]) == (2 if "native" in found[figure] else 0)
    assert found["peak_memory_mb"] == 123.4


@pytest.mark.parametrize(("language", "words"), [("en", "recognizing one image"), ("zh", "识别一张图像")])
def test_the_table_and_the_picture_speak_the_readers_language(lenet, small, tmp_path, language, words):
    picture = tmp_path / "speed.svg"
    answer = lenet("--lang", language, "bench", "--rounds", "1", "--architecture", "modern", "-o", picture)
    assert answer.code == 0
    assert words in answer.out
    assert "123" in answer.out
    assert "e+" not in answer.out
    assert words in picture.read_text("utf-8")


@pytest.mark.parametrize(
    "words", [["--rounds", "0"], ["--rounds", "101"], ["--threads", "0"], ["-o", "speed.gif"]]
)
def test_a_mistake_is_one_line(lenet, words):
    answer = lenet("bench", *words)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
