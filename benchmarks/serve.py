"""How much `lenet serve` bears: written to results/serve.json.

    python -m benchmarks.serve [--seconds 60] [--malformed 10000]

Each request is a sample picture; all clients are threads of one process, which runs beside the service on
the same cores, so the rates are lower than with clients elsewhere. Saturation: 64 connections that ask
without a pause. Half load: half of that rate, evenly spaced. Malformed: a good request with bytes changed or
cut off, from seed 0.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.provenance import describe_run
from lenet.samples import sample_path

RESULTS = Path(__file__).with_name("results") / "serve.json"
CONNECTIONS = 64
PICTURE = sample_path(3).read_bytes()


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--malformed", type=int, default=10_000)
    given = parser.parse_args()
    words = [sys.executable, "-m", "lenet", "serve", "--port", "0", "--requests", "32"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as service:
        assert service.stdout
        assert service.stderr
        port = int(service.stdout.readline().partition("/recognize")[0].rpartition(":")[2])
        results: dict[str, Any] = {"run": describe_run(sys.argv), "load_of_others": os.getloadavg()[0]}
        load(port, 8, 3.0, None)
        memory = {"begun": read_memory(service.pid)}
        results["saturation"] = load(port, CONNECTIONS, given.seconds, None)
        memory["after_saturation"] = read_memory(service.pid)
        rate = results["saturation"]["statuses"].get("200", 0) / given.seconds / 2
        results["half_load"] = load(port, 8, given.seconds, rate)
        memory["after_half_load"] = read_memory(service.pid)
        results["malformed"] = throw_malformed(port, given.malformed)
        memory["after_malformed"] = read_memory(service.pid)
        results["memory_mb"] = memory
        results["still_serving"] = ask(port) == 200
        service.send_signal(signal.SIGTERM)
        results["exit_code"] = service.wait(60)
        results["errors_printed"] = len(service.stderr.read().splitlines())
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    print(json.dumps(results, indent=1))


def load(port: int, connections: int, seconds: float, rate: float | None) -> dict[str, Any]:
    """Ask with so many connections: as fast as each is answered, or so many requests a second in all."""
    statuses, times, lock = Counter[str](), list[float](), threading.Lock()
    until = time.monotonic() + seconds

    def run(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        pause = connections / rate if rate else 0.0
        due = time.monotonic() + pause * number / connections
        while (now := time.monotonic()) < until:
            if due > now:
                time.sleep(due - now)
            begun = time.monotonic()
            connection.request("POST", "/recognize", PICTURE)
            answer = connection.getresponse()
            answer.read()
            with lock:
                statuses[str(answer.status)] += 1
                if answer.status == 200:
                    times.append(time.monotonic() - begun)
            due += pause
        connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    median, high = np.percentile(times, [50, 99]) * 1000
    return {
        "connections": connections,
        "seconds": seconds,
        "asked_a_second": None if rate is None else round(rate),
        "answered_a_second": round(statuses["200"] / seconds),
        "statuses": dict(sorted(statuses.items())),
        "median_ms": round(float(median), 1),
        "p99_ms": round(float(high), 1),
    }


def throw_malformed(port: int, count: int) -> dict[str, Any]:
    """Send damaged requests; the statuses that come back, "closed" where none does."""
    head = b"POST /recognize HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    request, chance = head % len(PICTURE) + PICTURE, random.Random(0)
    statuses = Counter[str]()
    for _ in range(count):
        broken = bytearray(request)
        for _ in range(chance.choice([1, 3, 30])):
            broken[chance.randrange(chance.choice([100, len(broken)]))] = chance.randrange(256)
        cut = chance.choice([len(broken), chance.randrange(len(broken))])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
            try:
                peer.sendall(broken[:cut])
                peer.shutdown(socket.SHUT_WR)
                statuses[peer.recv(65536)[9:12].decode() or "closed"] += 1
            except OSError:
                statuses["closed"] += 1
    return {"requests": count, "statuses": dict(sorted(statuses.items()))}


def ask(port: int) -> int:
    """The status of one good request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/recognize", PICTURE)
    status = connection.getresponse().status
    connection.close()
    return status


def read_memory(process: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1024**2, 1)


if __name__ == "__main__":
    main()
