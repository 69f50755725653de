"""The page in a real browser: its size, its speed, its training, and whether its numbers are the engine's.

LENET_DATA=... python -m benchmarks.page     needs MNIST, playwright, axe, and Chromium at /usr/bin/chromium
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import re
import statistics
import sys
import threading
import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from benchmarks.page_training import add_modules, choose_seeds, restart_often, try_starts
from benchmarks.provenance import describe_run
from lenet.page.digits import SMALL_NEW, SMALL_TRAIN, find_page_digits
from lenet.page.one_file import join_site
from lenet.page.server import PageServer
from lenet.page.site import Asset, build_site
from lenet.storage import write_text

ROOT = Path(__file__).parents[1]
FIRST = (
    *("index.html", "style.css", "train.css", "facts.json", "texts.zh.json"),
    *("lenet.wasm", "network.bin", "samples.bin"),
)
OWN = (".html", ".css", ".js", ".json")
EVENTS, WIDTHS = 500, (390, 1024, 1440)
CLIENTS, SECONDS = 32, 10
# from the event of the pen, and from its arrival at the page, to the end of the drawing: the second
# listener's frame comes after the page's own
WATCH = """() => {
  [window.waits, window.works] = [[], []];
  let came = 0;
  addEventListener("pointermove", () => (came = performance.now()), true);
  document.querySelector(".board").addEventListener("pointermove", ({ timeStamp }) =>
    requestAnimationFrame(() => {
      const now = performance.now();
      window.waits.push(now - timeStamp);
      window.works.push(now - came);
    }));
}"""
# the states of all 8,094 units of the ten samples: this page's own sums, and the kernels'
UNITS = """async () => {
  const load = async (name) => (await fetch(name)).arrayBuffer();
  const { loadKernels } = await import("/modules/kernels.js");
  const { readNetwork } = await import("/modules/network_file.js");
  const { readDigits } = await import("/modules/digits.js");
  const { LAYERS, explainUnit } = await import("/modules/unit.js");
  const facts = await (await fetch("facts.json")).json();
  const kernels = await loadKernels(await load("lenet.wasm"));
  const bundled = readNetwork(await load("network.bin"));
  const network = kernels.network(bundled.architecture, bundled.parameters);
  const known = { ...bundled, table: facts.table, codes: facts.targets, activation: facts.activation };
  const samples = await readDigits(await load("samples.bin"));
  const found = { units: 0, states: 0, distances: 0 };
  for (let k = 0; k < samples.count; k++) {
    const trace = network.trace(samples.images.subarray(784 * k, 784 * k + 784));
    for (const [layer, { maps, side }] of Object.entries(LAYERS))
      for (let at = 0; at < maps * side * side; at++) {
        const map = Math.floor(at / side / side);
        const unit = { layer, map, row: Math.floor(at / side) % side, column: at % side };
        const gap = Math.abs(explainUnit(known, trace, unit).state - trace[layer][at]);
        const kind = layer === "output" ? "distances" : "states";
        found[kind] = Math.max(found[kind], gap);
        found.units++;
      }
  }
  return found;
}"""


def weigh(site: Mapping[str, Asset], small: bytes) -> dict[str, float]:
    """Bytes, gzipped file by file: what the first answer needs, our own code and texts; of all files."""
    packed = {name: len(gzip.compress(asset.content, 9)) for name, asset in site.items()}
    first, new = {*FIRST}, {"main.js"}
    while new:
        first |= new
        sources = "".join(site[name].content.decode() for name in new)
        new = set(re.findall(r'from "\./([a-z_.]+)"', sources)) - first
    return {
        "first_answer_gzipped": sum(packed[name] for name in first),
        "own_gzipped": sum(size for name, size in packed.items() if name.endswith(OWN)),
        "folder": sum(len(asset.content) for asset in site.values()),
        "one_file": len(small),
    }


def time_answers(browser: Any, address: str, times: int) -> list[float]:
    """Milliseconds from navigation to the first answer, each in a browser context of its own."""
    found = []
    for _ in range(times):
        page = browser.new_page(locale="en")
        page.goto(address, wait_until="commit")
        page.wait_for_selector(".answer:not(:empty)")
        found.append(page.evaluate("performance.now()"))
        page.close()
    return [round(value, 1) for value in found]


def measure_transfer(browser: Any, address: str) -> dict[str, Any]:
    """What goes over the line until the page is at rest, and to whom."""
    page = browser.new_page(locale="en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
        ".map(({ encodedBodySize }) => encodedBodySize)"
    )
    page.close()
    foreign = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    return {
        "requests": len(asked),
        "foreign_requests": len(foreign),
        "bytes_at_rest": sum(sizes),
    }


def time_pen(browser: Any, address: str, training: bool = False, throttle: int = 1) -> dict[str, float]:
    """Milliseconds from the event of the pen until all is drawn, over `EVENTS` events.

    `page_...` is the part of the page; the rest is the browser's, which lets an event wait for the next
    frame, up to 17 ms.
    """
    page = browser.new_page(locale="en", viewport={"width": 1440, "height": 900})
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    page.goto(address + ("#train" if training else ""))
    page.wait_for_load_state("networkidle")
    if training:
        page.click(".start")
        page.wait_for_selector(".train-at span:not(:empty)")
    page.evaluate(WATCH)
    page.locator(".board").scroll_into_view_if_needed()
    box = page.locator(".board").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 60)
    page.mouse.down()
    for number in range(EVENTS):
        turn = number % 200
        page.mouse.move(box["x"] + 100 + turn * 0.6, box["y"] + 60 + turn)
    page.mouse.up()
    waits, works = (sorted(page.evaluate(f"window.{name}")) for name in ("waits", "works"))
    page.close()
    return {
        "events": len(waits),
        "median": round(statistics.median(waits), 1),
        "p95": round(waits[int(0.95 * len(waits))], 1),
        "page_median": round(statistics.median(works), 1),
        "page_p95": round(works[int(0.95 * len(works))], 1),
    }


def train(browser: Any, address: str) -> dict[str, Any]:
    """Errors on new digits after each epoch, and images a second."""
    page = browser.new_page(locale="en")
    page.goto(f"{address}#train")
    page.wait_for_load_state("networkidle")
    page.click(".start")
    page.locator(".train-result:has-text('After epoch 3')").wait_for(timeout=120_000)
    rows = page.locator(".train-tables table").first.locator("tbody tr td:nth-child(4)").all_text_contents()
    speed = page.text_content(".train-at span:last-child")
    page.close()
    (rate,) = re.findall(r"([\d,]+) images/s", speed)
    errors = [int(row.split()[0].replace(",", "")) for row in rows]
    return {"misread_after_each_epoch": errors, "images_per_second": int(rate.replace(",", ""))}


def cut_map(browser: Any, address: str) -> dict[str, int]:
    """Misread new digits with S2's map 4 cut, and with all connections."""
    page = browser.new_page(locale="en")
    page.goto(address)
    page.click(".wires tbody tr:nth-child(5) th button")
    page.click("button:has-text('Count errors')")
    said = page.locator(".wires-said:has-text('misread')")
    said.wait_for(timeout=60_000)
    cut, _, whole = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", said.text_content()))
    page.close()
    return {"cut": cut, "whole": whole}


def count_violations(browser: Any, address: str) -> dict[str, int]:
    """What axe finds in every view, language, theme and width."""
    pages = violations = 0
    for view, lang, theme, width in product(
        ("see", "train", "tour"), ("en", "zh-CN"), ("light", "dark"), WIDTHS
    ):
        context = browser.new_context(
            locale=lang, color_scheme=theme, viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        page.goto(f"{address}#{view}")
        page.wait_for_load_state("networkidle")
        violations += len(Axe().run(page).response["violations"])
        pages += 1
        context.close()
    return {"pages": pages, "violations": violations}


def load_server(server: PageServer) -> dict[str, int]:
    """Requests of `CLIENTS` connections for `SECONDS`, and how many failed."""
    done, failed = [0] * CLIENTS, [0] * CLIENTS
    end = time.monotonic() + SECONDS

    def ask(client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        while time.monotonic() < end:
            connection.request("GET", "/main.js", headers={"Accept-Encoding": "gzip"})
            response = connection.getresponse()
            response.read()
            done[client] += 1
            failed[client] += response.status != 200
        connection.close()

    threads = [threading.Thread(target=ask, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"connections": CLIENTS, "seconds": SECONDS, "requests": sum(done), "failed": sum(failed)}


def main() -> None:
    """Write everything as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/page.json")
    arguments = parser.parse_args()
    digits = find_page_digits()
    if digits is None or digits.name != "mnist":
        raise SystemExit("MNIST is not at hand: set LENET_DATA to its folder")
    site = build_site(digits=digits)
    server = PageServer(add_modules(site, digits), 0)
    report: dict[str, Any] = {**describe_run(sys.argv), "load_average": round(os.getloadavg()[0], 2)}
    with server.running(), sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        report |= {
            "browser": browser.version,
            "bytes": weigh(site, join_site(build_site(digits=digits.limit(SMALL_TRAIN, SMALL_NEW)))),
            "transfer": measure_transfer(browser, server.address),
            "first_answer_ms": time_answers(browser, server.address, arguments.times),
            "pen_to_drawn_ms": time_pen(browser, server.address),
            "pen_to_drawn_4_times_slower_ms": time_pen(browser, server.address, throttle=4),
            "pen_to_drawn_while_training_ms": time_pen(browser, server.address, training=True),
            "training": train(browser, server.address),
            "s2_map_4_misread_of_2000": cut_map(browser, server.address),
            "axe": count_violations(browser, server.address),
            "tab_mb": restart_often(browser, server.address),
            "seeds_held_out": choose_seeds(browser, server.address),
            "my_loss_jumps_misread_of_2000": {
                f"act_{act + 1}": try_starts(browser, server.address, "test", act) for act in (0, 1)
            },
        }
        page = browser.new_page(locale="en")
        page.goto(server.address)
        report["units_of_ten_samples"] = page.evaluate(UNITS)
        browser.close()
        report["server"] = load_server(server)
    write_text(arguments.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
