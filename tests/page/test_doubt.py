"""page/static/doubt.mjs: the same confidences and verdicts as doubt.py."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import lenet
from lenet.doubt import JUDGE_FILE, Calibration, decide, weigh
from lenet.images.normalize import find_digit
from lenet.page.digits import reduce_levels
from lenet.samples import read_sample

BODY = """
const { weigh, decide } = await import("/page/static/doubt.mjs");
return penalties.map((row, k) => {
  const label = row.indexOf(Math.min(...row));
  const probabilities = weigh(row, judged && judged[k], calibration);
  return { probabilities, ...decide(probabilities, label, calibration.sure) };
});
"""


@pytest.mark.parametrize("name", ["1998", "best", "alone"])
def test_it_weighs_and_decides_as_python_does(script: Any, name: str) -> None:
    random = np.random.default_rng(5)
    calibration = lenet.load("best" if name == "best" else "1998").calibration
    assert calibration is not None
    if name == "alone":
        calibration = Calibration(calibration.temperature, None, 0.0, calibration.sure)
    penalties = random.uniform(0, 3 * calibration.temperature, (300, 10))
    judged = None if name == "alone" else random.uniform(0, 14, (300, 11))
    probabilities = weigh(penalties, judged, calibration)
    expected = [
        decide(row, int(each.argmin()), calibration.sure)
        for row, each in zip(probabilities, penalties, strict=True)
    ]
    fields = {key: getattr(calibration, key) for key in ("temperature", "judge", "rubbish", "sure")}
    given = None if judged is None else judged.tolist()
    found = script(BODY, penalties=penalties.tolist(), judged=given, calibration=fields)
    np.testing.assert_allclose([one["probabilities"] for one in found], probabilities, atol=1e-12)
    assert [(one["verdict"], one["reason"]) for one in found] == [one[1:] for one in expected]
    if name != "alone":
        assert len(Counter(one.verdict for one in expected)) == 3  # each verdict was among them


def test_the_judge_of_the_page_is_python_s(script: Any, given: Any) -> None:
    (given / "judge.bin").write_bytes(JUDGE_FILE.read_bytes())
    images = np.stack([reduce_levels(find_digit(read_sample(digit)).digit) for digit in range(10)])
    found = script(
        """const { readNetwork } = await import("/page/static/network_file.mjs");
        const { architecture, parameters } = readNetwork(await load("/given/judge.bin"), 11);
        return Array.from(kernels.network(architecture, parameters).penalties(Uint8Array.from(images)));""",
        images=images.ravel().tolist(),
    )
    expected = lenet.load("1998").judge(images)
    assert expected is not None
    np.testing.assert_allclose(np.reshape(found, (10, 11)), expected, atol=1e-3)
