import numpy as np
import pytest

from lenet.images.read import read_picture
from lenet.samples import read_sample

pytest.importorskip("scipy", reason="benchmarks draw with SciPy, which comes with scikit-learn")
from benchmarks.corruptions import CORRUPTIONS, corrupt, cut_tight
from benchmarks.handwriting import DRAWN
from lenet.images.normalize import normalize_digit
from tools.write_handwriting import CHINESE

INK = normalize_digit(read_sample(4))
RANDOM = set(CORRUPTIONS) - {"clean", "inverted", "JPEG quality 40", "canny edges"}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_makes_a_picture_of_its_index(name):
    content = corrupt(name, INK, 5)
    assert np.ptp(read_picture(content)) > 40
    assert corrupt(name, INK, 5) == content


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_another_index_makes_another_picture(name):
    assert len({corrupt(name, INK, index) for index in range(6)}) > 1


def test_every_corruption_has_a_chinese_name():
    assert {*CORRUPTIONS, DRAWN} <= set(CHINESE)


def test_a_tight_crop_has_ink_at_every_edge_and_a_margin_has_none():
    class Dark:
        def random(self):
            return 0.0

    tight, loose = (cut_tight(INK, Dark(), margin) < 200 for margin in (0, 0.05))
    for edge in (0, -1):
        assert tight[edge].any()
        assert tight[:, edge].any()
        assert not loose[edge].any()
        assert not loose[:, edge].any()
