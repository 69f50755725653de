"""trainer.worker.mjs: it trains while it listens, and does at a step what was planned for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lenet.architecture import ORIGINAL
from lenet.data.examples import Examples
from lenet.page.lessons import list_lessons

from .conftest import Script
from .test_trainer import give

SETTING = """
const { readDigits } = await import("/page/static/digits.mjs");
const { openSession } = await import("/page/static/session.mjs");
const read = async (name) => readDigits(await load(`/given/${name}.bin`));
const [train, fresh] = [await read("train"), await read("new")];
const said = [];
let wake = () => {};
const spawn = () => new Worker("/page/static/trainer.worker.mjs", { type: "module" });
const wasm = (await load("/page/static/lenet.wasm")).buffer;
const session = openSession(spawn, { wasm, train, fresh, lessons }, (message) => {
  said.push(message);
  wake();
});
const until = async (did, count = 1) => {
  while (said.filter((message) => message.did === did).length < count) {
    const failed = said.find((message) => message.did === "failed");
    if (failed) throw new Error(failed.message);
    await new Promise((resolve) => (wake = resolve));
  }
  return said.filter((message) => message.did === did)[count - 1];
};
const listAll = (did) => said.filter((message) => message.did === did);
const settings = { architecture, seed: 1, batch: 32, rate: 0.05, momentum: 0, old: null };
"""


@pytest.fixture
def talk(script: Script, given: Path, digits: Examples) -> Any:
    """Run JavaScript with a worker that has 400 digits to train on and 60 new ones."""
    give(given, digits, digits.first(60))

    def run(body: str) -> Any:
        values = {"architecture": ORIGINAL.to_dict(), "lessons": list_lessons()}
        return script(
            f"{SETTING} const found = await (async () => {{ {body} }})(); session.close(); return found;",
            **values,
        )

    return run


def test_a_training_stops_by_itself_and_goes_on_when_told(talk: Any) -> None:
    found = talk("""
        session.send("begin", { settings });
        session.send("run", { epochs: 2 });
        const first = await until("finished");
        session.send("run", { epochs: 2 });
        const second = await until("finished", 2);
        const losses = listAll("advanced").flatMap((message) => Array.from(message.losses));
        const measured = listAll("measured");
        return { first: first.steps, second: second.steps, losses: losses.length,
                 epochs: measured.map(({ epoch }) => epoch), counts: measured.map(({ count }) => count) };""")
    assert found == {"first": 26, "second": 52, "losses": 52, "epochs": [1, 2, 3, 4], "counts": [60] * 4}


def test_what_is_planned_happens_at_its_step(talk: Any) -> None:
    found = talk("""
        session.send("begin", { settings, plan: [{ at: 7, rate: 0.01 }, { at: 20, stop: true }] });
        session.send("run", { epochs: 100 });
        const { steps } = await until("finished");
        const rates = listAll("advanced").map(({ first, losses, rate }) => [first, losses.length, rate]);
        const changed = (await until("changed")).steps;
        return { steps, rates, changed, measured: listAll("measured").length };""")
    assert found["steps"] == 20
    assert found["changed"] == 7
    for first, count, rate in found["rates"]:
        assert rate == (0.05 if first < 7 else 0.01)
        assert first >= 7 or first + count <= 7
    assert found["measured"] >= 2


def test_it_listens_while_it_trains(talk: Any) -> None:
    found = talk("""
        session.send("begin", { settings });
        session.send("run", { epochs: 10000 });
        await until("advanced", 3);
        session.send("change", { settings: { rate: 0.001 } });
        session.send("watch", { image: fresh.images.slice(0, 784) });
        while (!said.some(({ look }) => look?.trace)) await new Promise((resolve) => (wake = resolve));
        session.send("pause");
        const { steps } = await until("paused");
        const advanced = listAll("advanced");
        const { look } = said.find(({ look }) => look?.trace);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const after = listAll("advanced").length - advanced.length;
        const made = advanced.reduce((sum, { losses }) => sum + losses.length, 0);
        const sizes = [look.trace.f6.length, look.c1.length, look.s2.length];
        return { rates: [...new Set(advanced.map(({ rate }) => rate))], steps, after, made, sizes };""")
    assert found["rates"] == [0.05, 0.001]
    assert found["sizes"] == [84, 150, 6]
    assert found["steps"] == found["made"]
    assert found["after"] <= 1


def test_again_from_the_same_start_gives_the_same_losses(talk: Any) -> None:
    found = talk("""
        const go = async (round) => {
          said.length = 0;
          session.send("begin", { settings });
          session.send("run", { epochs: 1 });
          session.send("run", { epochs: 1 });
          await until("finished");
          return listAll("advanced").flatMap(({ losses }) => Array.from(losses));
        };
        return [await go(), await go()];""")
    assert found[0] == found[1]
    assert len(found[0]) == 13


def test_a_training_that_diverges_says_at_which_step(talk: Any) -> None:
    found = talk("""
        const relu = { ...architecture, activation: "relu" };
        session.send("begin", { settings: { ...settings, rate: 1e30, architecture: relu } });
        session.send("run", { epochs: 3 });
        const { step, rate } = await until("diverged");
        await until("finished");
        return { step, rate };""")
    assert 1 <= found["step"] <= 13
    assert found["rate"] == 1e30


def test_rates_are_compared_with_their_errors(talk: Any) -> None:
    found = talk("""
        const trial = { architecture, seed: 0, rate: 0.02, batch: 32, epochs: 2, limit: 100 };
        session.send("compare", { settings: { ...trial, held: 5000, heldShare: 5 } });
        const compared = await until("compared");
        const tried = listAll("tried");
        return { count: compared.count, losses: tried.flatMap(({ losses }) => losses).length };""")
    assert found == {"count": 80, "losses": 6}


def test_several_starts_are_tried(talk: Any) -> None:
    found = talk("""
        const high = { ...settings, rate: 0.2 };
        session.send("tryStarts", { settings: high, seeds: [0, 1, 2], steps: 5, calm: 0.02 });
        await until("finished");
        return listAll("started").map(({ seed, frozen, count }) => [seed, frozen.length, count]);""")
    assert found == [[seed, 84, 60] for seed in (0, 1, 2)]


def test_a_saved_network_is_that_of_the_training(talk: Any) -> None:
    found = talk("""
        session.send("begin", { settings });
        session.send("run", { epochs: 1 });
        const measured = await until("measured");
        session.send("save");
        const saved = await until("saved");
        const [bias, expected] = [saved.parameters["f6.bias"], measured.parameters["f6.bias"]];
        return bias.every((value, k) => value === expected[k]);""")
    assert found is True


def test_a_worker_that_dies_is_said_to_have_died(script: Script, given: Path, digits: Examples) -> None:
    found = script("""
        const { openSession } = await import("/page/static/session.mjs");
        const none = { images: new Uint8Array(784), labels: Int32Array.of(0), count: 1 };
        return new Promise((resolve) => openSession(
          () => new Worker(URL.createObjectURL(new Blob(["throw new Error('broken')"]))),
          { wasm: new ArrayBuffer(8), train: none, fresh: none, lessons: {} },
          ({ did }) => resolve(did),
        ));""")
    assert found == "died"
