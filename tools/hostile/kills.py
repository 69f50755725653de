"""Kill exports, saves and downloads at random moments: python -m tools.hostile.kills [--count N] [--seed N].

Each kind writes again and again into a folder of its own, two networks in turn, and is killed with SIGKILL,
half of the times while it has a part of a file open. After each kill every file there has to be whole, and
the module for PyTorch has to load, or to refuse foreign weights in words; at the end one run that is not
killed has to leave no part behind. It exits with 1 if anything else was found.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lenet.errors import LenetError

NETWORKS = ("1998", "best")
CONTENT = random.Random(0).randbytes(400_000)
SAVE = "import sys, lenet; lenet.load(sys.argv[2]).save(sys.argv[1] + '/network.safetensors')"
FETCH = """
import sys
from lenet.data.download import download_files
from lenet.data.sources import Source, SourceFile
file = SourceFile("file.gz", int(sys.argv[2]), sys.argv[3])
download_files(Source("small", "Small", (), 0, 0, "", (file,), (sys.argv[4],)))
"""
LOAD = "import sys; sys.path.insert(0, sys.argv[1]); import lenet5; lenet5.load_network()"


class Mirror(BaseHTTPRequestHandler):
    """Sends the file slowly enough to be killed on the way."""

    def do_GET(self) -> None:
        """Send the file in 40 pieces."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        try:
            for start in range(0, len(CONTENT), 10_000):
                self.wfile.write(CONTENT[start : start + 10_000])
                time.sleep(0.01)
        except OSError:
            pass  # the client was killed

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[str]:
    """The address of a mirror on this computer."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


def make_command(kind: str, folder: Path, network: str, address: str) -> list[str]:
    """One run of a kind, as words."""
    python = sys.executable
    if kind == "export":
        return [python, "-m", "lenet", "export", "all", "-o", str(folder), "--network", network]
    if kind == "save":
        return [python, "-c", SAVE, str(folder), network]
    digest = hashlib.sha256(CONTENT).hexdigest()
    return [python, "-c", FETCH, str(folder), str(len(CONTENT)), digest, address]


def kill(process: subprocess.Popen[bytes], folder: Path, chance: random.Random, took: float) -> bool:
    """Kill a process at a random moment of its run, or just after it began a part; whether it still ran."""
    if chance.random() < 0.5:
        known = set(folder.rglob("*.part"))
        while process.poll() is None and not set(folder.rglob("*.part")) - known:
            time.sleep(0.0005)
        time.sleep(chance.uniform(0, 0.01))
    else:
        time.sleep(chance.uniform(0.1, 0.9) * took)
    alive = process.poll() is None
    process.kill()
    return alive


def find_faults(folder: Path) -> Iterator[str]:
    """What is not whole in a folder."""
    from lenet.network import Network

    for path in folder.rglob("*"):
        if path.suffix == ".part" or not path.is_file():
            continue
        if path.name == "network.safetensors":
            try:
                Network.load(path)
            except LenetError as error:
                yield str(error)
        elif path.name == "file.gz" and path.read_bytes() != CONTENT:
            yield f"{path.name}: {path.stat().st_size} bytes"
        elif path.suffix in (".c", ".py") and not path.read_bytes().endswith(b"\n"):
            yield f"{path.name}: cut off"
    if (folder / "lenet5.py").exists() and (folder / "lenet5.safetensors").exists():
        done = subprocess.run(
            [sys.executable, "-c", LOAD, str(folder)], capture_output=True, text=True, check=False
        )
        told = done.stderr.strip().splitlines()[-1:]
        if done.returncode and not any("ValueError" in line for line in told):
            yield f"lenet5.py: {told}"


def main() -> int:
    """Kill, look, and print one line a kind."""
    parser = argparse.ArgumentParser(prog="python -m tools.hostile.kills")
    parser.add_argument("--count", type=int, default=60, help="kills in all")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance, failed = random.Random(given.seed), list[str]()
    kinds = ("export", "save", "download")
    with tempfile.TemporaryDirectory() as work, serve() as address:
        took, killed, left = dict[str, float](), Counter[str](), Counter[str]()
        for turn in range(-len(kinds), given.count):
            kind = kinds[turn % len(kinds)]
            folder = Path(work, kind)
            folder.mkdir(exist_ok=True)
            for file in folder.rglob("file.gz"):
                file.unlink()  # or nothing would be downloaded
            command = make_command(kind, folder, NETWORKS[turn // len(kinds) % 2], address)
            begun = time.monotonic()
            with subprocess.Popen(
                command,
                env=os.environ | {"LENET_CACHE": str(folder)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            ) as process:
                if turn < 0:
                    process.wait()
                else:
                    killed[kind] += kill(process, folder, chance, took[kind])
            took.setdefault(kind, time.monotonic() - begun)
            left[kind] += len(list(folder.rglob("*.part")))
            failed += [f"{kind} {turn}: {fault}" for fault in find_faults(folder)]
        for kind in kinds:
            folder = Path(work, kind)
            for file in folder.rglob("file.gz"):
                file.unlink()
            command = make_command(kind, folder, NETWORKS[0], address)
            subprocess.run(
                command, env=os.environ | {"LENET_CACHE": str(folder)}, check=True, stdout=subprocess.DEVNULL
            )
            strays = [path.name for path in folder.rglob("*.part")]
            failed += [f"{kind}: left behind at the end: {strays}"] if strays else []
            print(f"{kind:10} {killed[kind]:3} killed, {left[kind]:3} parts seen, {len(strays)} at the end")
    for fault in failed:
        print(f"    {fault}")
    print(f"{killed.total()} kills, seed {given.seed}: {len(failed)} faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
