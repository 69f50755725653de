"""How many cores a process may use, by its affinity mask and by its container's quota."""

import os

import pytest

from lenet import cores
from lenet.cores import count_cores, read_quota


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "garbage"}, None),
        ({}, None),
    ],
)
def test_a_containers_quota_of_cores_is_read(tmp_path, files, quota):
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert read_quota(tmp_path) == quota


@pytest.mark.parametrize(("quota", "expected"), [(None, 4.0), (1.5, 1.5), (9.0, 4.0)])
def test_the_smaller_of_mask_and_quota_counts(monkeypatch, quota, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 5}, raising=False)
    monkeypatch.setattr(cores, "read_quota", lambda _: quota)
    assert count_cores() == expected
