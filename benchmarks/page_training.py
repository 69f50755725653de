"""The page's trainings: how eight starts of its lessons end, which are chosen, the memory of restarts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lenet.architecture import ORIGINAL
from lenet.data.dataset import load_dataset
from lenet.data.examples import Examples
from lenet.page import lessons
from lenet.page.digits import NEW, TRAIN, PageDigits, pack_digits
from lenet.page.modules import read_modules
from lenet.page.site import TYPES, Asset

SEEDS = range(8)
FROZEN = 35  # of F6's 84 pixels that the second act shows crossed out, at least
RUINED = 0.65  # of the digits that it misreads, at least
LOOKS = (10, 100, 150, 200)  # restarts after which the memory is looked at
# each start of a lesson, with the scripts of the page: errors and frozen pixels at its end
TRAIN_STARTS = """async ({ part, seeds, setting, steps, calm, epochs, limits }) => {
  const load = async (name) => (await fetch(name)).arrayBuffer();
  const { loadKernels } = await import("/modules/kernels.js");
  const { readDigits } = await import("/modules/digits.js");
  const { Trainer } = await import("/modules/trainer.js");
  const kernels = await loadKernels(await load("lenet.wasm"));
  const read = async (name) => readDigits(await load(`starts/${part}-${name}.bin`));
  const [train, fresh] = [await read("train"), await read("held")];
  const trainer = new Trainer(kernels, train, fresh);
  const ends = [];
  for (const seed of seeds) {
    trainer.begin({ ...setting, seed, old: null });
    if (calm) {
      for (const [until, rate] of [[steps, setting.rate], [2 * steps, calm]]) {
        trainer.change({ rate });
        while (trainer.steps < until) trainer.advance(Math.min(50, until - trainer.steps));
      }
    } else while (trainer.epoch < epochs) trainer.advance(50);
    const frozen = trainer.findFrozen(limits).filter(Boolean).length;
    ends.push({ errors: trainer.measure().errors, frozen });
    await new Promise((resolve) => setTimeout(resolve));
  }
  return ends;
}"""


def add_modules(site: dict[str, Asset], digits: PageDigits) -> dict[str, Asset]:
    """The page with its scripts one by one, as `modules/NAME`, and the digits of the starts."""
    script = TYPES[".js"]
    added = {f"modules/{name}": Asset(text.encode(), script) for name, text in read_modules().items()}
    for part, (train, held) in {"test": (digits.train, digits.new), **dict(list_held())}.items():
        for name, examples in {"train": train, "held": held}.items():
            added[f"starts/{part}-{name}.bin"] = Asset(pack_digits(examples), TYPES[".bin"])
    return site | added


def list_held() -> Iterator[tuple[str, tuple[Examples, Examples]]]:
    """For each data set: training digits to train on, and others of the training set to choose seeds with.

    The page trains on the first 10,000 of MNIST; the next 2,000 are held out. Of scikit-learn's training
    digits the last fifth is.
    """
    mnist = load_dataset("mnist", download=False).train
    yield "mnist", (mnist.first(TRAIN), mnist.take(slice(TRAIN, TRAIN + NEW)))
    digits = load_dataset("digits", download=False).train
    kept = len(digits) - len(digits) // 5
    yield "digits", (digits.first(kept), digits.take(slice(kept, None)))


def try_starts(browser: Any, address: str, part: str, act: int | None = None) -> list[dict[str, int]]:
    """Errors and frozen pixels at the end of an act of "My loss jumps" or of a plain training, by seed."""
    page = browser.new_page(locale="en")
    page.goto(address)
    story = act is not None
    setting = {
        "architecture": ORIGINAL.to_dict(),
        "batch": lessons.STORY_BATCH if story else lessons.BATCHES[-1],
        "momentum": 0 if story else lessons.MOMENTUM,
        "rate": lessons.STORY_RATES[act] if act is not None else lessons.CALM_RATE,
    }
    given = {
        "part": part,
        "seeds": list(SEEDS),
        "setting": setting,
        "steps": lessons.STORY_STEPS,
        "calm": lessons.CALM_RATE if story else None,
        "epochs": lessons.EPOCHS,
        "limits": lessons.list_lessons()["frozen"],
    }
    ends: list[dict[str, int]] = page.evaluate(TRAIN_STARTS, given)
    page.close()
    return ends


def choose_seeds(browser: Any, address: str) -> dict[str, Any]:
    """The seeds of the lessons, chosen on held-out training digits.

    The page begins with the seed whose error is the median of the eight, the lower of the two in the middle.
    The second act has the first seed that, on both data sets, freezes at least `FROZEN` pixels and misreads
    at least `RUINED` of the digits.
    """
    plain = try_starts(browser, address, "mnist")
    acts = {part: try_starts(browser, address, part, act=1) for part, _ in list_held()}
    sizes = {part: len(held) for part, (_, held) in list_held()}
    middle = sorted(SEEDS, key=lambda seed: (plain[seed]["errors"], seed))[len(SEEDS) // 2 - 1]
    frozen = [
        seed
        for seed in SEEDS
        if all(
            ends[seed]["frozen"] >= FROZEN and ends[seed]["errors"] >= RUINED * sizes[part]
            for part, ends in acts.items()
        )
    ]
    return {"held_out": sizes, "plain": plain, "act_2": acts, "seed": middle, "story_seed": frozen[:1]}


def restart_often(browser: Any, address: str) -> dict[str, dict[str, float]]:
    """MB that the renderers take, and the page's JavaScript in them, after some restarts of a training."""
    page = browser.new_page(locale="en")
    page.goto(f"{address}#train")
    page.wait_for_load_state("networkidle")
    page.click(".start")
    page.wait_for_selector(".train-at span:not(:empty)")
    again = page.locator(".train-buttons button").nth(1)
    session = page.context.new_cdp_session(page)
    found = {}
    for number in range(1, LOOKS[-1] + 1):
        again.click()
        page.wait_for_timeout(100)
        if number in LOOKS:
            session.send("HeapProfiler.collectGarbage")
            heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
            found[f"after_{number}"] = {"resident": measure_renderers(browser), "heap": round(heap, 1)}
    page.close()
    return found


def measure_renderers(browser: Any) -> float:
    """Resident memory of the browser's renderers, in MB."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    total = 0.0
    for process in processes:
        if process["type"] == "renderer":
            status = Path(f"/proc/{process['id']}/status").read_text("utf-8")
            total += int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024
    return round(total, 1)
