"""Losses by hand; gradients and curvatures against difference quotients and plain loops."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lenet.architecture import CHOICES, ORIGINAL, Architecture
from lenet.engines.loss import LOSSES, Loss
from lenet.engines.reference.backward import (
    differentiate_loss,
    differentiate_rbf_twice,
    measure_loss,
    run_backward,
    softmax,
)
from lenet.engines.reference.forward import measure_penalties, run_forward
from lenet.parameters import Parameters, initialize_parameters

NETWORKS = [Architecture(*values) for values in product(*CHOICES.values())]
TASKS = {
    f"{'-'.join(map(str, network.to_dict().values()))}-{kind}": (network, Loss(kind, scale=0.2, j=30.0))
    for network in NETWORKS
    for kind in LOSSES
    if kind != "mse" or network.output == "rbf"
}
PENALTIES, FIRST = np.array([[1.0, 3.0]]), np.array([[1.0, 0.0]])


def draw_parameters(network: Architecture) -> Parameters:
    chance = np.random.default_rng(4)
    start = initialize_parameters(network, 2, np.float64, scheme="variance")
    return start.map(lambda a: a + chance.uniform(-0.1, 0.1, a.shape))


def draw_images(count: int) -> np.ndarray:
    return np.random.default_rng(8).uniform(-0.1, 1.175, (count, 1, 32, 32))


def move(parameters: Parameters, name: str, step: np.ndarray) -> Parameters:
    return Parameters(parameters.architecture, dict(parameters) | {name: parameters[name] + step})


def sum_loss(parameters: Parameters, images: np.ndarray, shares: np.ndarray, loss: Loss) -> float:
    return measure_loss(run_forward(parameters, images)["output"][:, 0, 0], shares, loss).sum()


def test_mse_is_the_penalty_of_the_right_class() -> None:
    assert measure_loss(PENALTIES, FIRST, Loss("mse")) == 1
    np.testing.assert_array_equal(differentiate_loss(PENALTIES, FIRST, Loss("mse")), [[1, 0]])


def test_cross_entropy_by_hand() -> None:
    # scale 1/2: -log(e^-0.5 / (e^-0.5 + e^-1.5)) = log(1 + e^-1)
    loss = Loss("cross-entropy", scale=0.5)
    np.testing.assert_allclose(measure_loss(PENALTIES, FIRST, loss), 0.3132616875182228)
    second = 1 / (1 + np.e)
    np.testing.assert_allclose(differentiate_loss(PENALTIES, FIRST, loss), [[second / 2, -second / 2]])


def test_map_by_hand() -> None:
    # equation 9 with j = 2: 1 + log(e^-2 + e^-1 + e^-3)
    loss, total = Loss("map", j=2.0), np.exp([-2.0, -1, -3]).sum()
    np.testing.assert_allclose(measure_loss(PENALTIES, FIRST, loss), 1 + np.log(total))
    np.testing.assert_allclose(measure_loss(PENALTIES, FIRST, loss), 0.4076059644443803)
    probabilities, rubbish = softmax(PENALTIES, loss)
    np.testing.assert_allclose(probabilities, np.exp([[-1.0, -3]]) / total)
    np.testing.assert_allclose(rubbish, np.exp([[-2.0]]) / total)


def test_soft_targets_weigh_the_classes() -> None:
    halves = np.array([[0.25, 0.75]])
    assert measure_loss(PENALTIES, halves, Loss("mse")) == 2.5
    for kind in LOSSES:
        each = [measure_loss(PENALTIES, row[None], Loss(kind))[0] for row in np.eye(2)]
        np.testing.assert_allclose(
            measure_loss(PENALTIES, halves, Loss(kind)), 0.25 * each[0] + 0.75 * each[1]
        )


@given(penalties=arrays(float, (3, 4), elements=st.floats(0, 2000)))
def test_losses_never_overflow_and_the_softmax_ones_are_never_negative(penalties: np.ndarray) -> None:
    shares = np.eye(4)[:3]
    for kind in LOSSES:
        assert np.isfinite(measure_loss(penalties, shares, Loss(kind))).all()
    assert (measure_loss(penalties, shares, Loss("cross-entropy")) >= -1e-12).all()


@pytest.mark.parametrize("kind", LOSSES)
@given(penalties=arrays(float, (2, 4), elements=st.floats(0, 20)))
def test_the_slope_of_a_loss_is_its_difference_quotient(kind: str, penalties: np.ndarray) -> None:
    loss, shares = Loss(kind, scale=0.3, j=2.0), np.array([[0, 1, 0, 0], [0.1, 0.2, 0.3, 0.4]])
    slopes = differentiate_loss(penalties, shares, loss)
    for i in range(4):
        step = 1e-5 * np.eye(4)[i]
        high, low = (measure_loss(penalties + side * step, shares, loss) for side in (1, -1))
        np.testing.assert_allclose(slopes[:, i], (high - low) / 2e-5, atol=1e-8)


@pytest.mark.parametrize("kind", LOSSES)
@given(seed=st.integers(0, 10_000))
def test_the_second_derivative_of_a_loss_is_its_second_difference_quotient(kind: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    codes, f6 = chance.choice([-1.0, 1], (4, 6)), chance.uniform(-1.7, 1.7, (2, 6))
    loss, shares = Loss(kind, scale=0.3, j=3.0), np.eye(4)[[1, 2]]
    found = differentiate_rbf_twice(measure_penalties(f6, codes), f6, loss, codes)

    def measure(states: np.ndarray) -> np.ndarray:
        return measure_loss(measure_penalties(states, codes), shares, loss)

    for unit in range(6):
        step = 1e-3 * np.eye(6)[unit]
        second = (measure(f6 + step) - 2 * measure(f6) + measure(f6 - step)) / 1e-6
        np.testing.assert_allclose(found[:, unit], second, rtol=1e-4, atol=1e-5)
    assert (found >= 0).all()


@pytest.mark.parametrize(("network", "loss"), TASKS.values(), ids=TASKS)
def test_the_gradient_is_the_difference_quotient(network: Architecture, loss: Loss) -> None:
    p, images = draw_parameters(network), draw_images(2)
    shares = np.vstack([np.eye(10)[3], np.random.default_rng(1).dirichlet(np.ones(10))])
    gradient = run_backward(p, run_forward(p, images), shares, loss)
    chance = np.random.default_rng(6)
    for name in p:
        # along the gradient, and along a direction of signs that touches every entry
        along = gradient[name] / np.linalg.norm(gradient[name])
        for direction in (along, chance.choice([-1.0, 1], along.shape) / np.sqrt(along.size)):
            high, low = (
                sum_loss(move(p, name, side * direction), images, shares, loss) for side in (1e-6, -1e-6)
            )
            quotient, slope = (high - low) / 2e-6, (gradient[name] * direction).sum()
            size = np.linalg.norm(gradient[name])
            assert abs(quotient - slope) <= 2e-5 * size + 1e-8, (name, quotient, slope)


@pytest.mark.parametrize("kind", LOSSES)
def test_single_entries_of_the_gradient_are_difference_quotients(kind: str) -> None:
    p, images, shares, loss = draw_parameters(ORIGINAL), draw_images(1), np.eye(10)[[7]], Loss(kind, j=30.0)
    gradient = run_backward(p, run_forward(p, images), shares, loss)
    chance = np.random.default_rng(3)
    for name, array in p.items():
        for place in chance.integers(0, array.size, 3):
            step = np.zeros(array.size)
            step[place] = 1e-5
            step = step.reshape(array.shape)
            high, low = (sum_loss(move(p, name, side), images, shares, loss) for side in (step, -step))
            quotient = (high - low) / 2e-5
            assert abs(quotient - gradient[name].flat[place]) <= 1e-5 * np.abs(gradient[name]).max() + 1e-9, (
                name
            )


def test_the_curvature_of_f6_under_mse_by_formula() -> None:
    p, images, shares = draw_parameters(ORIGINAL), draw_images(3), np.eye(10)[[1, 2, 3]]
    trace = run_forward(p, images)
    curvature = run_backward(p, trace, shares, Loss("mse"), second=True)
    f6, c5 = trace["f6"][:, 0, 0], trace["c5"][:, :, 0, 0]
    slope = 2 / 3 * (1.7159 - f6**2 / 1.7159)
    # a distance bends by 2 in each unit: 2 f'^2 for the bias, times the input squared for a weight
    np.testing.assert_allclose(curvature["f6.bias"], (2 * slope**2).sum(0))
    np.testing.assert_allclose(curvature["f6.weight"], np.einsum("nk,nj->kj", 2 * slope**2, c5**2))


def test_the_curvature_of_f6_is_exact_gauss_newton() -> None:
    """F6's biases reach the loss through one unit each, so the diagonal of J^T H J leaves nothing out."""
    p, images, shares, loss = draw_parameters(ORIGINAL), draw_images(1), np.eye(10)[[4]], Loss(scale=0.3)
    trace = run_forward(p, images)
    curvature = run_backward(p, trace, shares, loss, second=True)["f6.bias"]
    f6, codes, step = trace["f6"][0, 0, 0], ORIGINAL.codes.astype(float), 1e-3

    def measure(states: np.ndarray) -> float:
        return measure_loss(measure_penalties(states[None], codes), shares, loss)[0]

    for k in range(0, 84, 7):
        side = step * np.eye(84)[k]
        second = (measure(f6 + side) - 2 * measure(f6) + measure(f6 - side)) / step**2
        slope = 2 / 3 * (1.7159 - f6[k] ** 2 / 1.7159)
        np.testing.assert_allclose(curvature[k], slope**2 * second, rtol=1e-4, atol=1e-7)
    assert (curvature[::7] > 1e-3).sum() > 3  # the other units are the same in all codes that are probable


def test_the_curvature_of_a_linear_output_is_exact() -> None:
    """The output's biases are added to the logits: their curvature is the second difference quotient."""
    network = Architecture(output="linear")
    p, images, shares, loss = draw_parameters(network), draw_images(2), np.eye(10)[[4, 9]], Loss(scale=1.0)
    curvature = run_backward(p, run_forward(p, images), shares, loss, second=True)
    for k in range(10):
        step = 1e-3 * np.eye(10)[k]
        low, here, high = (
            sum_loss(move(p, "output.bias", side), images, shares, loss) for side in (-step, 0 * step, step)
        )
        second = (low - 2 * here + high) / 1e-6
        np.testing.assert_allclose(curvature["output.bias"][k], second, rtol=1e-4)


def test_the_curvature_of_1998_in_plain_loops() -> None:
    """Equations 21 to 27, unit by unit, from F6 down to the kernels of C1, for one image."""
    p, images, shares = draw_parameters(ORIGINAL), draw_images(1), np.eye(10)[[6]]
    trace = run_forward(p, images)
    found = run_backward(p, trace, shares, Loss("mse"), second=True)
    states = {name: array[0] for name, array in trace.items()}
    pairs = ORIGINAL.pairs.tolist()

    def enter(name: str, by_state: np.ndarray) -> np.ndarray:
        """d2E/da^2 = f'(a)^2 d2E/dx^2."""
        return (2 / 3 * (1.7159 - states[name] ** 2 / 1.7159)) ** 2 * by_state

    f6 = enter("f6", np.full((1, 1, 84), 2.0))[0, 0]
    by_c5 = np.array([sum(f6[k] * p["f6.weight"][k, i] ** 2 for k in range(84)) for i in range(120)])
    c5 = enter("c5", by_c5[:, None, None])[:, 0, 0]

    by_s4, c5_weight = np.zeros((16, 5, 5)), np.zeros((120, 16, 5, 5))
    for k, d, v, u in np.ndindex(120, 16, 5, 5):
        by_s4[d, v, u] += c5[k] * p["c5.weight"][k, d, v, u] ** 2
        c5_weight[k, d, v, u] = c5[k] * states["s4"][d, v, u] ** 2
    s4 = enter("s4", by_s4)

    def pass_subsampling(name: str, below: str, flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """By the states below, and by the coefficients, each of which multiplies the sum of a window."""
        coefficient, by_below = np.zeros(len(flow)), np.zeros_like(states[below])
        for m, y, x in np.ndindex(flow.shape):
            total = states[below][m, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].sum()
            coefficient[m] += flow[m, y, x] * total**2
            for v, u in np.ndindex(2, 2):
                by_below[m, 2 * y + v, 2 * x + u] = flow[m, y, x] * p[f"{name}.coefficient"][m] ** 2
        return by_below, coefficient

    by_c3, s4_coefficient = pass_subsampling("s4", "c3", s4)
    c3 = enter("c3", by_c3)
    by_s2, c3_weight = np.zeros((6, 14, 14)), np.zeros((60, 5, 5))
    for n, (m, i) in enumerate(pairs):
        for y, x, v, u in np.ndindex(10, 10, 5, 5):
            by_s2[i, y + v, x + u] += c3[m, y, x] * p["c3.weight"][n, v, u] ** 2
            c3_weight[n, v, u] += c3[m, y, x] * states["s2"][i, y + v, x + u] ** 2
    s2 = enter("s2", by_s2)
    by_c1, s2_coefficient = pass_subsampling("s2", "c1", s2)
    c1 = enter("c1", by_c1)
    c1_weight = np.zeros((6, 1, 5, 5))
    for m, y, x, v, u in np.ndindex(6, 28, 28, 5, 5):
        c1_weight[m, 0, v, u] += c1[m, y, x] * states["input"][0, y + v, x + u] ** 2

    expected = {"c1.weight": c1_weight, "c1.bias": c1.sum((1, 2)), "c3.weight": c3_weight}
    expected |= {"s2.coefficient": s2_coefficient, "s2.bias": s2.sum((1, 2)), "c3.bias": c3.sum((1, 2))}
    expected |= {"s4.coefficient": s4_coefficient, "s4.bias": s4.sum((1, 2)), "c5.weight": c5_weight}
    expected |= {"c5.bias": c5, "f6.bias": f6, "f6.weight": np.outer(f6, states["c5"][:, 0, 0] ** 2)}
    assert set(expected) == set(found)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_the_curvature_passes_plain_pooling_with_its_factors_squared(pooling: str) -> None:
    """A maximum epochs all to its winner; a mean epochs (1/4)^2 to each of its four."""
    network = Architecture(pooling=pooling, output="linear")
    p, images, shares = draw_parameters(network), draw_images(1), np.eye(10)[[6]]
    trace = run_forward(p, images)
    found = run_backward(p, trace, shares, Loss(scale=1.0), second=True)
    probabilities, _ = softmax(trace["output"][0, 0], Loss(scale=1.0))
    slope = {name: 2 / 3 * (1.7159 - trace[name] ** 2 / 1.7159) for name in ("f6", "c5", "c3")}
    by_f6 = (probabilities * (1 - probabilities)) @ p["output.weight"] ** 2
    by_c5 = (by_f6 * slope["f6"][0, 0] ** 2) @ p["f6.weight"] ** 2
    by_s4 = np.einsum("k,kdvu->dvu", (by_c5 * slope["c5"][:, :, 0, 0] ** 2)[0], p["c5.weight"] ** 2)
    bias = np.zeros(16)
    for m, y, x in np.ndindex(16, 5, 5):
        window = trace["c3"][0, m, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
        share = (window == window.max()) if pooling == "max" else np.full((2, 2), 1 / 16)
        slopes = slope["c3"][0, m, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2] ** 2
        bias[m] += (by_s4[m, y, x] * share * slopes).sum()
    np.testing.assert_allclose(found["c3.bias"], bias, rtol=1e-9)
