"""The forward pass by hand, and what must hold for any numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lenet.architecture import CHOICES, MODERN, ORIGINAL
from lenet.codes import DIGIT_CODES
from lenet.engines.reference.forward import (
    activate,
    activation_slope,
    convolve,
    gather_windows,
    measure_penalties,
    run_forward,
    scatter_windows,
)
from lenet.parameters import Parameters, initialize_parameters

NUMBERS = st.floats(-100, 100)


def draw_parameters(architecture=ORIGINAL, dtype=np.float64) -> Parameters:
    chance = np.random.default_rng(0)
    return initialize_parameters(architecture, 0, dtype).map(lambda a: a + chance.uniform(-0.1, 0.1, a.shape))


def test_the_activation_function_of_1998_fixes_1_and_minus_1() -> None:
    sums = np.array([-1e9, -1.0, 0.0, 1.0, 1e9])
    np.testing.assert_allclose(activate(sums, "tanh"), [-1.7159, -1, 0, 1, 1.7159], atol=2e-5)


def test_logistic_and_relu_by_hand() -> None:
    np.testing.assert_allclose(
        activate(np.array([0, np.log(3), -1e9]), "logistic"), [0.5, 0.75, 0], atol=1e-15
    )
    np.testing.assert_array_equal(activate(np.array([-2.0, 0.0, 2.0]), "relu"), [0, 0, 2])


@pytest.mark.parametrize("activation", CHOICES["activation"])
@given(sums=arrays(float, 5, elements=st.floats(-5, 5)))
def test_the_slope_of_the_activation_function_is_its_difference_quotient(
    activation: str, sums: np.ndarray
) -> None:
    sums = np.where(np.abs(sums) < 0.01, 0.5, sums)  # relu has no slope at 0
    difference = (activate(sums + 1e-6, activation) - activate(sums - 1e-6, activation)) / 2e-6
    np.testing.assert_allclose(
        activation_slope(activate(sums, activation), activation), difference, atol=1e-8
    )


def test_one_unit_of_c1_by_hand() -> None:
    maps = np.zeros((1, 1, 6, 6))
    maps[0, 0, 1, 2], maps[0, 0, 4, 4] = 2, 3  # rows, columns
    kernel = np.arange(25.0).reshape(1, 1, 5, 5)
    sums = convolve(maps, kernel, np.array([0.5]))
    assert sums.shape == (1, 1, 2, 2)
    # the unit in row y, column x sees pixel (r, c) through tap (r - y, c - x), number 5(r - y) + (c - x)
    assert sums[0, 0, 0, 0] == 2 * 7 + 3 * 24 + 0.5
    assert sums[0, 0, 0, 1] == 2 * 6 + 3 * 23 + 0.5
    assert sums[0, 0, 1, 0] == 2 * 2 + 3 * 19 + 0.5
    assert sums[0, 0, 1, 1] == 2 * 1 + 3 * 18 + 0.5


def test_one_unit_of_s2_by_hand() -> None:
    # a window of four ones in C1: 4 x 0.25 + 0.5 = 1.5, activated 1.7159 tanh(2/3 x 1.5)
    p = draw_parameters().map(np.zeros_like)
    p["c1.bias"][:] = 1.5 * np.arctanh(1 / 1.7159)  # all of C1 is 1
    p["s2.coefficient"][2], p["s2.bias"][2] = 0.25, 0.5
    trace = run_forward(p, np.zeros((1, 1, 32, 32)))
    np.testing.assert_allclose(trace["c1"], 1)
    np.testing.assert_allclose(trace["s2.sum"][0, 2], 4 * 0.25 + 0.5)
    np.testing.assert_allclose(trace["s2"][0, 2], 1.7159 * np.tanh(1))
    np.testing.assert_allclose(trace["s2"][0, 1], 0)


def test_windows_are_summed_and_maximized_by_hand() -> None:
    windows = gather_windows(np.array([[[[1.0, 2, 9, 0], [3, 4, 0, 0]]]]))
    np.testing.assert_array_equal(windows.sum(0), [[[[10, 9]]]])
    np.testing.assert_array_equal(windows.max(0), [[[[4, 9]]]])
    np.testing.assert_array_equal(windows[:, 0, 0, 0, 0], [1, 2, 3, 4])


def test_a_state_equal_to_a_code_has_no_distance_and_8_lies_48_from_6() -> None:
    penalties = measure_penalties(DIGIT_CODES[None, 6], DIGIT_CODES)
    assert penalties[0, 6] == 0
    assert penalties[0, 8] == 48
    np.testing.assert_array_equal(measure_penalties(np.zeros((1, 84)), DIGIT_CODES), np.full((1, 10), 84))


def test_one_rbf_distance_by_hand() -> None:
    state = np.array([[0.5, -1.0, 2.0]])
    codes = np.array([[1.0, -1, 1], [-1, 1, 1]])
    np.testing.assert_array_equal(measure_penalties(state, codes), [[0.25 + 0 + 1, 2.25 + 4 + 1]])


def test_a_linear_output_is_the_logit_negated() -> None:
    p = draw_parameters(MODERN)
    trace = run_forward(p, np.random.default_rng(1).normal(size=(2, 1, 32, 32)))
    logits = trace["f6"][:, 0, 0] @ p["output.weight"].T + p["output.bias"]
    np.testing.assert_allclose(trace["output"][:, 0, 0], -logits)


def test_c3_reads_only_what_the_table_says() -> None:
    p, image = draw_parameters(), np.random.default_rng(1).normal(size=(1, 1, 32, 32))
    whole = run_forward(p, image)["c3.sum"]
    for s2_map in range(6):
        changed = p.map(np.copy)
        changed["s2.bias"][s2_map] += 1
        moved = (run_forward(changed, image)["c3.sum"] != whole).any(axis=(0, 2, 3))
        np.testing.assert_array_equal(moved, [s2_map in inputs for inputs in ORIGINAL.table])


@given(
    maps=arrays(float, (1, 2, 9, 8), elements=NUMBERS),
    kernels=arrays(float, (3, 2, 5, 5), elements=NUMBERS),
    down=st.integers(0, 2),
    right=st.integers(0, 2),
)
def test_a_convolution_of_moved_maps_is_the_moved_convolution(
    maps: np.ndarray, kernels: np.ndarray, down: int, right: int
) -> None:
    sums = convolve(maps, kernels, np.zeros(3))
    moved = convolve(maps[:, :, down:, right:], kernels, np.zeros(3))
    np.testing.assert_allclose(moved, sums[:, :, down:, right:], atol=1e-8)


@given(
    first=arrays(float, (1, 1, 6, 6), elements=NUMBERS),
    second=arrays(float, (1, 1, 6, 6), elements=NUMBERS),
    kernel=arrays(float, (1, 1, 5, 5), elements=NUMBERS),
)
def test_a_convolution_of_a_sum_is_the_sum_of_convolutions(
    first: np.ndarray, second: np.ndarray, kernel: np.ndarray
) -> None:
    none = np.zeros(1)
    apart = convolve(first, kernel, none) + convolve(second, kernel, none)
    np.testing.assert_allclose(convolve(first + second, kernel, none), apart, atol=1e-8)


@given(
    maps=arrays(float, st.tuples(*map(st.sampled_from, [[1, 2], [1, 3], [2, 6], [4, 8]])), elements=NUMBERS)
)
def test_scattering_windows_undoes_gathering_them(maps: np.ndarray) -> None:
    np.testing.assert_array_equal(scatter_windows(gather_windows(maps)), maps)


@given(states=arrays(float, (2, 84), elements=NUMBERS))
def test_penalties_are_never_negative_and_obey_the_triangle(states: np.ndarray) -> None:
    distances = np.sqrt(measure_penalties(states, DIGIT_CODES))
    assert (distances >= 0).all()
    between = np.sqrt(measure_penalties(DIGIT_CODES.astype(float), DIGIT_CODES))
    assert (distances[:, :, None] + distances[:, None, :] >= between - 1e-9).all()


def test_the_whole_network_in_plain_loops() -> None:
    """Figure 2, unit by unit, for the network of 1998."""
    p, image = draw_parameters(), np.random.default_rng(2).normal(size=(32, 32))
    trace = run_forward(p, image[None, None])

    def see(maps: list[np.ndarray], kernels: list[np.ndarray], bias: float) -> np.ndarray:
        side = maps[0].shape[0] - 4
        sums = np.full((side, side), bias)
        for y, x in np.ndindex(side, side):
            for states, kernel in zip(maps, kernels, strict=True):
                sums[y, x] += sum(
                    kernel[v, u] * states[y + v, x + u] for v in range(5) for u in range(5)
                )  # not turned over
        return 1.7159 * np.tanh(2 / 3 * sums)

    def shrink(states: np.ndarray, coefficient: float, bias: float) -> np.ndarray:
        half = states.shape[0] // 2
        sums = [
            [states[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].sum() for x in range(half)] for y in range(half)
        ]
        return 1.7159 * np.tanh(2 / 3 * (np.array(sums) * coefficient + bias))

    c1 = [see([image], [p["c1.weight"][m, 0]], p["c1.bias"][m]) for m in range(6)]
    s2 = [shrink(c1[m], p["s2.coefficient"][m], p["s2.bias"][m]) for m in range(6)]
    kernels, c3 = list(p["c3.weight"]), []
    for m, inputs in enumerate(ORIGINAL.table):
        own, kernels = kernels[: len(inputs)], kernels[len(inputs) :]
        c3.append(see([s2[i] for i in inputs], own, p["c3.bias"][m]))
    s4 = [shrink(c3[m], p["s4.coefficient"][m], p["s4.bias"][m]) for m in range(16)]
    c5 = [see(s4, list(p["c5.weight"][k]), p["c5.bias"][k])[0, 0] for k in range(120)]
    f6 = [1.7159 * np.tanh(2 / 3 * (p["f6.weight"][k] @ c5 + p["f6.bias"][k])) for k in range(84)]
    penalties = [sum((x - w) ** 2 for x, w in zip(f6, code, strict=True)) for code in DIGIT_CODES]
    for name, states in {"c1": c1, "s2": s2, "c3": c3, "s4": s4}.items():
        np.testing.assert_allclose(trace[name][0], states, rtol=1e-10, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(trace["c5"][0, :, 0, 0], c5, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(trace["output"][0, 0, 0], penalties, rtol=1e-10)
