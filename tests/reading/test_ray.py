"""The class for Ray Data gives the rows of `recognize`, called alone and by Ray."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from lenet.network import Network
from lenet.reading.ray import Reader
from lenet.reading.recognize import recognize_pictures
from lenet.reading.rows import COLUMNS, NUMBERS, describe_reading
from lenet.samples import sample_path


@pytest.fixture
def paths(tmp_path):
    for digit in range(4):
        shutil.copy(sample_path(digit), tmp_path)
    (tmp_path / "4.png").write_bytes(b"no picture")
    return [str(tmp_path / f"{digit}.png") for digit in range(5)]


def recognize(paths):
    """The rows of `recognize`, a missing value as None."""
    rows = [describe_reading(reading) for reading in recognize_pictures(Network.load("best"), paths)]
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def drop_nan(row):
    missing = {name for name in NUMBERS if row[name] is None or np.isnan(row[name])}
    return {name: None if name in missing else row[name] for name in COLUMNS}


def test_a_batch_has_the_rows_of_recognize(paths):
    contents = [Path(path).read_bytes() for path in paths]
    batch = {"bytes": np.array(contents, object), "path": np.array(paths)}
    columns = Reader()(batch)
    assert [columns[name].dtype for name in NUMBERS] == [np.float64] * len(NUMBERS)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    assert list(map(drop_nan, rows)) == recognize(paths)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own, of many kinds
def test_ray_data_has_the_rows_of_recognize(paths, monkeypatch):
    pytest.importorskip("pandas")
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        pictures = ray.data.read_binary_files(paths, include_paths=True)
        rows = pictures.map_batches(Reader, compute=ray.data.ActorPoolStrategy(size=1)).take_all()
    finally:
        ray.shutdown()
    rows = sorted(map(drop_nan, rows), key=lambda row: row["file"])
    assert rows == recognize(paths)
