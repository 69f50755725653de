import multiprocessing
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lenet.architecture import CHOICES, MODERN, ORIGINAL, Architecture
from lenet.engines import Update
from lenet.engines.inputs import scale_images, show_patterns
from lenet.engines.loss import Loss
from lenet.engines.reference.engine import ReferenceEngine
from lenet.errors import EngineError, ShapeError
from lenet.images.distort import DistortedEpoch, Distortion
from lenet.parameters import Parameters, initialize_parameters

_native = pytest.importorskip("lenet._native", reason="no kernels: lenet was installed without a compiler")
from lenet.engines.native import layout, processor  # noqa: E402 - needs the kernels
from lenet.engines.native.engine import NativeEngine  # noqa: E402 - likewise

VARIANTS = _native.variants()
PRESETS = pytest.mark.parametrize("architecture", [ORIGINAL, MODERN], ids=["original", "modern"])


def make_update(loss, momentum=0.9, weight_decay=1e-3):
    return Update(loss, momentum, weight_decay)


def draw_images(count, seed=0):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    images[:, 8:20, 6:18] = 0
    return images, random.integers(0, 10, count)


def make_parameters(architecture, noise=0.05, seed=0):
    random = np.random.default_rng(seed)
    start = initialize_parameters(architecture, seed)
    return start.map(lambda array: (array + random.uniform(-noise, noise, array.shape)).astype(np.float32))


def loss_of(architecture, kind="cross-entropy"):
    return Loss(kind, 0.1 if architecture.output == "rbf" else 1.0)


def assert_close(found, expected, tolerance):
    for name in expected:
        scale = max(np.abs(expected[name]).max(), 1e-30)
        assert np.abs(found[name] - expected[name]).max() <= tolerance * scale, name


def train(architecture, threads, batch, variant=None, scales=None, momentum=0.9, steps=12, distortion=None):
    images, labels = draw_images(50)
    order = np.random.default_rng(1).integers(0, 150 if distortion else 50, (steps, batch)).astype(np.int32)
    engine = NativeEngine(variant, threads)
    update = Update(loss_of(architecture), momentum)
    run = engine.start(architecture, make_parameters(architecture), update)
    losses = run.advance(images, labels, order, np.full(steps, 1e-3), scales, distortion)
    return losses, run.parameters()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("activation", CHOICES["activation"])
@pytest.mark.parametrize("pooling", CHOICES["pooling"])
def test_every_activation_and_pooling_agrees_with_reference(variant, activation, pooling):
    output = "rbf" if activation == "tanh" else "linear"
    architecture = Architecture(activation, pooling, "table", output)
    parameters, (images, labels) = make_parameters(architecture), draw_images(19)
    model = NativeEngine(variant).load(architecture, parameters)
    expected = ReferenceEngine().load(architecture, parameters, "float64")
    assert_close(model.trace(images, sums=True), expected.trace(images, sums=True), 1e-5)
    loss = loss_of(architecture)
    assert_close(model.gradient(images, labels, loss), expected.gradient(images, labels, loss), 1e-4)
    assert_close(model.curvature(images, labels, loss), expected.curvature(images, labels, loss), 1e-4)


@PRESETS
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("count", [1, 2, 8, 9, 16, 17, 40])
def test_one_image_and_many_give_the_same_penalties(architecture, variant, count):
    parameters, (images, _) = make_parameters(architecture), draw_images(count)
    expected = ReferenceEngine().load(architecture, parameters).penalties(images)
    found = NativeEngine(variant).load(architecture, parameters).penalties(images)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


@PRESETS
@pytest.mark.parametrize("noise", [0.0, 0.05, 3.0], ids=["start", "random", "saturated"])
@pytest.mark.parametrize("kind", ["cross-entropy", "mse", "map"])
def test_gradients_agree_with_float64(architecture, noise, kind):
    if kind == "mse" and architecture.output == "linear":
        pytest.skip("a logit has no smallest value")
    parameters, (images, labels) = make_parameters(architecture, noise), draw_images(21)
    loss = loss_of(architecture, kind)
    expected = ReferenceEngine().load(architecture, parameters, "float64").gradient(images, labels, loss)
    found = NativeEngine().load(architecture, parameters).gradient(images, labels, loss)
    # saturated: slopes are differences of nearly equal numbers
    assert_close(found, expected, 1e-4 if noise < 1 else 5e-3)


@PRESETS
@pytest.mark.parametrize("batch", [1, 2, 16, 33, 50])
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_number_of_threads_changes_no_bit(architecture, batch, variant):
    losses, parameters = train(architecture, 1, batch, variant)
    for threads in (2, 3):
        others, found = train(architecture, threads, batch, variant)
        assert others.tobytes() == losses.tobytes()
        for name in parameters:
            assert found[name].tobytes() == parameters[name].tobytes(), name


@PRESETS
def test_a_batch_of_several_waves_is_the_mean_of_all(architecture):
    parameters, (images, labels) = make_parameters(architecture), draw_images(40)
    order = np.arange(2100) % 40
    loss = loss_of(architecture)
    model = NativeEngine().load(architecture, parameters)
    expected = ReferenceEngine().load(architecture, parameters).gradient(images[order], labels[order], loss)
    assert_close(model.gradient(images[order], labels[order], loss), expected, 1e-4)
    losses = []
    for engine in (NativeEngine(), ReferenceEngine()):
        run = engine.start(architecture, parameters, make_update(loss))
        losses.append(
            run.advance(images, labels, order[None].astype(np.int32).repeat(2, 0), np.full(2, 1e-3))
        )
    assert np.allclose(losses[0], losses[1], rtol=1e-5)


@PRESETS
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("scaled", [False, True])
def test_one_sample_an_update_follows_reference(architecture, momentum, scaled):
    images, labels = draw_images(20)
    parameters = make_parameters(architecture)
    random = np.random.default_rng(2)
    scales = parameters.map(lambda array: random.uniform(0.5, 2, array.shape).astype(np.float32))
    order = np.arange(20, dtype=np.int32)[:, None]
    losses, ends = [], []
    for engine in (NativeEngine(), ReferenceEngine()):
        run = engine.start(architecture, parameters, Update(loss_of(architecture), momentum))
        losses.append(run.advance(images, labels, order, np.full(20, 1e-3), scales if scaled else None))
        ends.append(run.parameters())
    assert np.allclose(losses[0], losses[1], rtol=1e-4)
    for name in parameters:
        moved = np.abs(ends[1][name] - parameters[name]).max()
        # float32 rounds every step of a weight to about 1e-7 of it
        assert np.abs(ends[0][name] - ends[1][name]).max() <= 1e-3 * moved + 2e-6, name


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "seen"])
def test_the_kernels_distort_as_numpy_does(variant, stored):
    images, _ = draw_images(30)
    images = images if stored else scale_images(images, np.float32)
    cases = (
        (0, 0, Distortion(scale=0.9, squeeze=0.9, shear=2, shift=16), 6e-6),
        (2**64 - 1, 4_000_000_000, Distortion(0.15, 0.1, 0.14, 1.5), 6e-6),
        # a bend of 16 pixels is rounded to 1e-5
        (2**64 - 1, 4_000_000_000, Distortion(elastic=16, elastic_width=2), 3e-5),
        (5, 1, Distortion(0.15, 0.1, 0.14, 1.5, elastic=5, elastic_width=4), 1e-5),
        (5, 1, Distortion(elastic=3, elastic_width=16), 1e-5),
        (5, 1, Distortion(0.15, 0.1, 0.14, 1.5, rotation=45), 6e-6),
    )
    for seed, epoch, limit, gap in cases:
        distortion = DistortedEpoch(limit, seed, epoch, plain=10)
        patterns = np.append(np.arange(60, dtype=np.int32), 2**31 - 1)
        found = np.empty((len(patterns), 1, 32, 32), np.float32)
        _native.show(variant, images, patterns, layout.prepare_distortion(distortion), found)
        expected, _, _ = show_patterns(images, np.arange(30), patterns, distortion, np.float64)
        # coordinates up to 33 are rounded to 2e-6, where two neighbours may differ by all of 1.275
        np.testing.assert_allclose(found, expected, atol=gap)
        assert np.abs(found[10] - found[40]).max() > 0.1


@PRESETS
@pytest.mark.parametrize("batch", [1, 2, 16, 33])
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_number_of_threads_changes_no_bit_of_a_distorted_training(architecture, batch, variant):
    distortion = DistortedEpoch(Distortion(shift=2, shear=0.2, elastic=4), 1, 2, 60)
    losses, parameters = train(architecture, 1, batch, variant, distortion=distortion)
    others, found = train(architecture, 2, batch, variant, distortion=distortion)
    assert others.tobytes() == losses.tobytes()
    for name in parameters:
        assert found[name].tobytes() == parameters[name].tobytes(), name


def test_soft_targets_and_labels_agree():
    parameters, (images, labels) = make_parameters(ORIGINAL), draw_images(18)
    model, loss = NativeEngine().load(ORIGINAL, parameters), Loss()
    shares = np.eye(10, dtype=np.float32)[labels]
    by_label, by_share = model.gradient(images, labels, loss), model.gradient(images, shares, loss)
    for name in by_label:
        assert by_label[name].tobytes() == by_share[name].tobytes()


def test_a_restored_run_goes_on_to_the_same_bits():
    images, labels = draw_images(40)
    order, rates = np.arange(40, dtype=np.int32).reshape(2, 20), np.full(2, 1e-3)
    first = NativeEngine().start(ORIGINAL, make_parameters(ORIGINAL), make_update(Loss()))
    first.advance(images, labels, order, rates)
    second = NativeEngine().start(ORIGINAL, make_parameters(ORIGINAL, seed=5), make_update(Loss()))
    second.restore(first.state())
    for run in (first, second):
        run.advance(images, labels, order, rates)
    for name, array in first.state().items():
        assert array.tobytes() == second.state()[name].tobytes()


@PRESETS
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("count", [1, 20])
def test_what_is_no_number_shows_and_stays_in_its_own_image(architecture, variant, value, count):
    images = np.random.default_rng(0).uniform(-0.1, 1.175, (count, 1, 32, 32)).astype(np.float32)
    model = NativeEngine(variant).load(architecture, make_parameters(architecture))
    clean = model.penalties(images)
    images[0, 0, 10:20, 10:20] = value
    found = model.penalties(images)
    assert np.isfinite(clean).all()
    if np.isnan(value):
        assert np.isnan(found[0]).all()
    assert found[1:].tobytes() == clean[1:].tobytes()


@pytest.mark.parametrize("variant", VARIANTS)
def test_denormal_weights_are_as_good_as_others(variant):
    parameters = make_parameters(ORIGINAL).map(lambda array: array * np.float32(1e-39))
    images, _ = draw_images(17)
    expected = ReferenceEngine().load(ORIGINAL, parameters).penalties(images)
    assert np.allclose(
        NativeEngine(variant).load(ORIGINAL, parameters).penalties(images), expected, rtol=1e-5
    )


def test_a_weight_that_is_no_number_shows_in_the_loss():
    images, labels = draw_images(20)
    parameters = make_parameters(ORIGINAL)
    parameters["f6.weight"][3, 5] = np.nan
    for batch in (1, 20):
        run = NativeEngine().start(ORIGINAL, parameters, make_update(Loss()))
        order = np.arange(20, dtype=np.int32).reshape(-1, batch)
        assert np.isnan(run.advance(images, labels, order, np.full(len(order), 1e-3))).all()


def test_python_threads_may_use_one_model_at_once():
    model = NativeEngine(threads=2).load(ORIGINAL, make_parameters(ORIGINAL))
    images, _ = draw_images(200)
    expected = model.penalties(images)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: model.penalties(images), range(16)):
            assert found.tobytes() == expected.tobytes()


class Stopped(Exception):
    """What the handler of a signal raises."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
@pytest.mark.parametrize("batch", [1, 16])
def test_a_signal_ends_a_long_call_within_a_quarter_of_a_second(batch):
    def stop(*_):
        raise Stopped

    images, labels = draw_images(50)
    run = NativeEngine(threads=2).start(ORIGINAL, make_parameters(ORIGINAL), make_update(loss_of(ORIGINAL)))
    order = np.zeros((3_200_000 // batch, batch), np.int32)  # more than half a minute
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    started = time.monotonic()
    try:
        with pytest.raises(Stopped):
            run.advance(images, labels, order, np.full(len(order), 1e-5))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - started < 0.3 + 0.25 + 0.5  # 0.5: the machine may be busy
    # what was learned until then is there
    assert not np.array_equal(run.parameters()["f6.bias"], make_parameters(ORIGINAL)["f6.bias"])


def _train_in_child(queue):
    queue.put(train(ORIGINAL, 2, 20)[0])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_trains_like_its_parent():
    expected = train(ORIGINAL, 2, 20)[0]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_train_in_child, args=(queue,))
    child.start()
    found = queue.get(timeout=60)
    child.join()
    assert found.tobytes() == expected.tobytes()


def test_traces_of_larger_fields_and_float64_go_to_reference():
    parameters = make_parameters(ORIGINAL)
    wide = np.zeros((2, 28, 36), np.uint8)
    expected = ReferenceEngine().load(ORIGINAL, parameters)
    model = NativeEngine().load(ORIGINAL, parameters)
    assert np.array_equal(model.trace(wide)["c3"], expected.trace(wide)["c3"])
    assert NativeEngine().load(ORIGINAL, parameters, "float64").penalties(wide).dtype == np.float64


def draw_field(height, width):
    return np.random.default_rng(5).integers(0, 256, (1, height, width)).astype(np.uint8)


# 17 rows and 65 columns of places: one more than a tile has
@pytest.mark.parametrize("variant", _native.variants())
@pytest.mark.parametrize("side", [(28, 28 + 4 * 64), (28 + 4 * 16, 28), (28 + 4 * 16, 28 + 4 * 64)])
def test_a_field_gives_the_same_bits_on_any_number_of_threads_and_the_penalties_of_its_windows(variant, side):
    parameters = make_parameters(ORIGINAL)
    field = draw_field(*side)
    found = [
        NativeEngine(variant, threads).load(ORIGINAL, parameters).penalties(field) for threads in (1, 2, 5)
    ]
    assert all(each.tobytes() == found[0].tobytes() for each in found)
    seen = scale_images(field, np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(seen[0, 0], (32, 32))[::4, ::4]
    windows = NativeEngine(variant, 1).load(ORIGINAL, parameters).penalties(cut.reshape(-1, 1, 32, 32))
    expected = np.moveaxis(windows.reshape(*cut.shape[:2], -1), 2, 0)
    assert np.abs(found[0][0] - expected).max() <= 1e-5 * np.abs(expected).max()
    same = NativeEngine(variant, 1).load(ORIGINAL, parameters).penalties(seen)
    assert same.tobytes() == found[0].tobytes()


def test_the_kernels_refuse_a_field_that_does_not_fit():
    model = NativeEngine().load(ORIGINAL, make_parameters(ORIGINAL))
    out = np.zeros((1, 2, 10), np.float32)
    for wrong in (
        np.zeros((27, 32), np.uint8),
        np.zeros((28, 33), np.uint8),
        np.zeros((32, 32)),
        np.zeros(32, np.uint8),
    ):
        with pytest.raises(ValueError, match="field: expected"):
            model._program.pass_field(model._weights, wrong, out, 1)
    with pytest.raises(ValueError, match="penalties: expected"):
        model._program.pass_field(model._weights, np.zeros((28, 36), np.uint8), out, 1)


def test_an_order_outside_of_the_images_is_refused():
    images, labels = draw_images(5)
    run = NativeEngine().start(ORIGINAL, make_parameters(ORIGINAL), make_update(Loss()))
    for index in (-1, 5):
        with pytest.raises(ShapeError, match="0 to 4"):
            run.advance(images, labels, np.array([[index]], np.int32), np.ones(1))
    with pytest.raises(ShapeError, match="one per step"):
        run.advance(images, labels, np.zeros((2, 1), np.int32), np.ones(1))


def test_too_many_classes_are_refused_with_another_engine_named():
    crowded = Architecture(output="linear", classes=129)
    assert "pytorch" in str(NativeEngine().refuses(crowded))
    with pytest.raises(EngineError, match="128"):
        NativeEngine().load(crowded, initialize_parameters(crowded, 0))


def test_as_many_classes_as_there_is_room_for():
    crowded = Architecture("relu", "max", "full", "linear", 128)
    parameters, (images, _) = initialize_parameters(crowded, 0), draw_images(20)
    labels, loss = np.arange(20) * 6, Loss(scale=1.0)
    expected = ReferenceEngine().load(crowded, parameters).gradient(images, labels, loss)
    assert_close(NativeEngine().load(crowded, parameters).gradient(images, labels, loss), expected, 1e-4)


def test_the_environment_chooses_kernels(monkeypatch):
    monkeypatch.setenv("LENET_KERNEL", "baseline")
    assert processor.choose_variant() == "baseline"
    monkeypatch.setenv("LENET_KERNEL", "abacus")
    with pytest.raises(EngineError, match="abacus"):
        NativeEngine()


def test_packing_keeps_every_number():
    parameters = make_parameters(ORIGINAL)
    packing = layout.Layout(ORIGINAL)
    buffer = packing.pack(parameters)
    assert buffer.ctypes.data % 64 == 0
    found = packing.unpack(buffer)
    assert isinstance(found, Parameters)
    assert all(np.array_equal(found[name], parameters[name]) for name in parameters)


def test_a_distorted_epoch_over_no_images_is_refused():
    update, distortion = make_update(Loss()), DistortedEpoch(Distortion(shift=1), 0, 0)
    run = NativeEngine().start(ORIGINAL, initialize_parameters(ORIGINAL, 0), update)
    images, labels = np.zeros((0, 28, 28), np.uint8), np.zeros(0, int)
    with pytest.raises(ShapeError):
        run.advance(images, labels, np.zeros((1, 2), np.int32), np.ones(1), distortion=distortion)
