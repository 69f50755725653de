"""The harness that damages inputs finds every kind of fault that is planted."""

import time

import pytest

from tools.hostile.__main__ import throw


def throw_at(name, count):
    return throw(f"planted-{name}", seed=0, count=count, until=time.monotonic() + 100)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("error", "KeyError: 'a fault'"),
        ("memory", "MemoryError"),
        ("part", "left behind"),
    ],
)
def test_every_fault_is_counted_and_named(name, words):
    counts, faults, _ = throw_at(name, 4)
    assert counts.total() == 4
    assert counts["fault"] == len(faults) > 0
    assert all(words in fault for fault in faults)
    assert all(fault.startswith(f"planted-{name}:") for fault in faults)


@pytest.mark.slow
def test_an_input_that_takes_too_long_ends_its_child_and_the_next_one_is_read():
    counts, faults, _ = throw_at("hang", 2)
    assert counts["fault"] == 2
    assert [fault.partition(": ")[0] for fault in faults] == ["planted-hang:0", "planted-hang:1"]
    assert all("over 5.0 s" in fault for fault in faults)


@pytest.mark.slow
def test_a_reader_that_refuses_the_sound_input_is_one_fault_and_no_input():
    counts, faults, _ = throw_at("preparation", 50)
    assert (counts.total(), len(faults)) == (1, 1)
    assert "before its first input" in faults[0]
    assert "not even what is sound" in faults[0]


@pytest.mark.slow
def test_a_reader_without_a_fault_has_none():
    counts, faults, longest = throw_at("nothing", 20)
    assert (counts["read"], faults) == (20, [])
    assert longest < 5
