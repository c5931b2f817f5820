"""Every benchmark of the documents still runs, and ends with one line of figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = {
    "chat": "--requests 16 --concurrencies 4 --latencies 0.01 --kilobytes 16",
    "decode": "--images 2 --repeats 1 --workers 1",
    "duplicates": "--images 4000 --shard 1000",
    "embed": "--images 8 --files 4 --texts 8 --workers 1",
    "incremental": "--images 200 --tasks 200 --dimension 16 --shard 100 --rounds 1",
    "ledger": "--held 1000 --answers 1000 --batch 100 --keys 100",
    "paper_scale": "--images 200 --tasks 100 --dimension 16 --shard 100",
    "scale": "--images 1000000 --gpus 8",
    "rendering": "--pictures 1 --clips 1",
    "scene_graphs": "--graphs 20 --sizes 1 --asked-graphs 2",
    "queries": "--plans 60 --budget 20 --seeds 1 --competences smooth --jobs 1",
    "sources": "--pictures 20 --kilobytes 4",
    "task_space": "--plans 1000 --back 2 --instances 20 --pictures 8",
    "topk": "--images 64 --tasks 100 --dimension 16 --rounds 1",
}
LONG = ("chat", "decode", "duplicates", "embed", "incremental", "paper_scale", "rendering")
"""Those that take half a minute together and more; seldom touched."""
ELSEWHERE = {
    "backfill_runs": "whole galaxies, for minutes",
    "stand_in_library": "a part of queries",
    "catalogue": "starts the UI's webserver on thousands of partitions, for minutes",
    "changes": "tests/refresh/test_changes.py runs it whole",
    "backfills": "minutes of workers and the UI's daemon",
    "chat_clients": "a part of chat",
    "chat_server": "a part of chat",
    "matched_tables": "a part of incremental and paper_scale",
    "faults": "minutes of servers and workers; tests/cluster has its short form",
    "vllm": "needs the environment of the real vLLM, for minutes",
}


def test_no_benchmark_is_left_out() -> None:
    there = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"__init__"}
    assert there == SMALL.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in SMALL],
)
def test_it_ends_with_one_line_of_json(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *SMALL[name].split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.strip().splitlines()[-1])
