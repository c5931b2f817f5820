"""Measures asking: this project's path beside the OpenAI SDK and its peers, in one run.

    python -m benchmarks.chat --json
    python -m benchmarks.chat --full --peer distilabel=/path/to/python --peer curator=/other/python

Every client asks the same local server one question a picture of 256 KB; the ledger's commits are
part of this project's figures. A peer runs in the environment of the Python that is named for it;
without one it is reported as skipped. `ideal` is concurrency divided by latency.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).parent
PICTURES = 128
SIDE = 384
OURS = ("taskgalaxy", "openai", "openai-aiohttp")
PEERS = ("distilabel", "curator")
CLIENT_S = 300
QUICK = {"latencies": [0.05], "concurrencies": [64]}
FULL = {"latencies": [0.05, 0.5], "concurrencies": [64, 256, 1000]}


def draw_pictures(folder: Path, count: int, kilobytes: int) -> None:
    """Write pictures of noise, each padded to just so many kilobytes."""
    for number in range(count):
        noise = random.Random(number).randbytes(SIDE * SIDE * 3)
        path = folder / f"{number:04}.jpg"
        Image.frombytes("RGB", (SIDE, SIDE), noise).save(path, quality=80)
        content = path.read_bytes()
        path.write_bytes(content + bytes(max(0, kilobytes * 1024 - len(content))))


@contextmanager
def served(latency_s: float) -> Iterator[str]:
    """Run the server in a process of its own; yield its URL."""
    command = [sys.executable, "-m", "benchmarks.chat_server", "--latency", str(latency_s)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def measure(
    client: str, python: str, url: str, folder: Path, requests: int, concurrency: int
) -> dict[str, Any]:
    """Run one client; return its figures, or why there are none."""
    command = [python, str(HERE / "chat_clients.py"), client, "--url", url, "--folder", str(folder)]
    command += ["--requests", str(requests), "--concurrency", str(concurrency)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent) if client == "taskgalaxy" else ""}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=CLIENT_S, env=environment
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {CLIENT_S} s"}
    if done.returncode != 0:
        return {"failed": (done.stderr.strip().splitlines() or ["no reason given"])[-1][:300]}
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def report(given: argparse.Namespace) -> dict[str, Any]:
    """Measure every client at every latency and concurrency."""
    pythons = dict.fromkeys(OURS, sys.executable) | dict(given.peer)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_pictures(folder, PICTURES, given.kilobytes)
        for latency in given.latencies:
            for concurrency in given.concurrencies:
                requests = given.requests or max(512, 4 * concurrency)
                for client in (*OURS, *PEERS):
                    if client not in pythons:
                        figures = {"skipped": f"no --peer {client}=PYTHON"}
                    else:
                        with served(latency) as url:
                            figures = measure(
                                client, pythons[client], url, folder, requests, concurrency
                            )
                    rows.append(
                        {
                            "client": client,
                            "latency_s": latency,
                            "concurrency": concurrency,
                            "requests": requests,
                            "ideal": round(concurrency / latency),
                            **figures,
                        }
                    )
                    print(", ".join(f"{key} {value}" for key, value in rows[-1].items()))
    return {"kilobytes": given.kilobytes, "cpus": len(os.sched_getaffinity(0)), "rows": rows}


def _peer(text: str) -> tuple[str, str]:
    name, _, python = text.partition("=")
    if name not in PEERS or not Path(python).is_file():
        raise argparse.ArgumentTypeError(
            f"give one of {PEERS} and its Python: distilabel=/x/python"
        )
    return name, python


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all latencies and concurrencies")
    parser.add_argument("--latencies", type=float, nargs="+", help="seconds")
    parser.add_argument("--concurrencies", type=int, nargs="+")
    parser.add_argument("--requests", type=int, help="a measurement; by default 4 a slot")
    parser.add_argument("--kilobytes", type=int, default=256, help="of each picture")
    parser.add_argument("--peer", type=_peer, action="append", default=[], help="NAME=PYTHON")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    given = parser.parse_args()
    sizes = FULL if given.full else QUICK
    given.latencies = given.latencies or sizes["latencies"]
    given.concurrencies = given.concurrencies or sizes["concurrencies"]
    found = report(given)
    if given.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
