import subprocess
import sys

import pytest

from lenet.engines import threads
from lenet.engines.threads import count_threads, read_setting
from lenet.errors import EngineError


@pytest.fixture(autouse=True)
def four_cores(monkeypatch):
    """Four cores, and none of the variables that limit threads."""
    names = {name for names in threads.POOL_SETTINGS.values() for name in names}
    for name in {*names, "LENET_THREADS"}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(threads, "count_cores", lambda: 3.5)
    # pools that `make test` keeps at one thread would look like a limit, now that the variables are gone
    monkeypatch.delitem(sys.modules, "threadpoolctl", raising=False)


def test_without_a_limit_every_core_has_a_thread():
    assert count_threads() == 4


def test_lenet_threads_decides(monkeypatch):
    monkeypatch.setenv("LENET_THREADS", "7")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert count_threads() == 7


@pytest.mark.parametrize("value", ["0", "-1", "", "two", "1.5", "1025", "9" * 20, "٣"])
def test_a_bad_number_of_threads_is_refused_in_words(monkeypatch, value):
    monkeypatch.setenv("LENET_THREADS", value)
    with pytest.raises(EngineError, match="from 1 to 1024"):
        read_setting()


@pytest.mark.parametrize(
    ("value", "expected"), [("2", 2), ("2,1", 2), ("64", 4), ("0", 4), ("-1", 4), ("many", 4), ("", 4)]
)
def test_omp_num_threads_is_a_limit(monkeypatch, value, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert count_threads() == expected


def test_a_limit_of_threadpoolctl_is_kept_while_it_holds():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    if not any(pool["num_threads"] > 1 for pool in threadpoolctl.threadpool_info()):
        pytest.skip("no library here has a pool of several threads")
    before = count_threads()
    with threadpoolctl.threadpool_limits(1):
        assert count_threads() == 1
    assert count_threads() == before


def test_a_pool_that_was_small_from_the_start_is_no_limit(monkeypatch):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    pool = {"internal_api": "openblas", "num_threads": 1}
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [pool])
    assert count_threads() == 4


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_worker_of_joblib_uses_one_thread(backend):
    joblib = pytest.importorskip("joblib")
    assert joblib.Parallel(2, backend=backend)(joblib.delayed(count_threads)() for _ in range(2)) == [1, 1]
    assert not threads._is_joblib_worker()


REFUSED = """
import os, resource, sys
import numpy as np
import numpy.testing
from lenet.architecture import ORIGINAL
from lenet.engines import Update
from lenet.engines.loss import Loss
from lenet.engines.native.engine import NativeEngine
from lenet.parameters import initialize_parameters

images = np.random.default_rng(0).integers(0, 256, (1000, 28, 28), dtype=np.uint8)
labels = np.arange(1000) % 10
start = initialize_parameters(ORIGINAL, 1)

def compute():
    engine = NativeEngine(threads=8)
    model = engine.load(ORIGINAL, start)
    results = [model.penalties(images), model.gradient(images, labels, Loss())["c1.bias"]]
    for batch in (1, 100):
        run = engine.start(ORIGINAL, start, Update(Loss()))
        order = np.arange(1000, dtype=np.int32).reshape(-1, batch)
        results.append(run.advance(images, labels, order, np.full(len(order), 0.001)))
    return results

expected = compute()
os.setgroups([])
os.setgid(54321)
os.setuid(54321)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    import threading
    threading.Thread(target=print).start()
except RuntimeError:
    for one, other in zip(compute(), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    print("equal")
else:
    print("not refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of processes is set as root of Linux")
def test_where_the_system_refuses_threads_the_others_do_the_work():
    import os

    pytest.importorskip("lenet._native")
    if os.geteuid():
        pytest.skip("only root can become another user, who has no threads")
    command = [sys.executable, "-c", REFUSED]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (answer.returncode, answer.stdout.strip()) == (0, "equal"), answer.stderr
