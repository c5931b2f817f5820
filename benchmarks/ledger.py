"""Measures the ledger: committing, looking up, bytes per answer, replay.

    python -m benchmarks.ledger --json
    python -m benchmarks.ledger --held 10000000
    python -m benchmarks.ledger --url postgresql://user@host/empty_database

Keys are random, as digests are. A ledger is filled to `--held` answers, then `--answers` more are
committed in transactions of `--batch` responses (the engine's is 200), once with ten items a
response, as a filter is asked, and once with one, as a referee is. What the ledger is filled with
goes in sorted by key and without waiting for the disk; what is measured does neither.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from resources.chat.ledger import Ledger, Received, reports
from resources.chat.ledger.rows import AnswerRow
from resources.chat.messages import Answer, ChatReply, Outcome
from tg_assets.filtered_pairs.prompts import STAGE as FILTER
from tg_assets.referee_scores.prompts import stage as vote_stage

VOTE = vote_stage("answer")
FILLED_AT_ONCE = 200_000
LOOKUPS = 5
PATHS = ("text understanding~ocr~scene text", "object counting~by colour", "spatial relation~left")


def completion(dice: random.Random, content: str) -> str:
    """Return a body as OpenAI's endpoint sends them."""
    prompt, said = dice.randrange(400, 1600), len(content) // 3
    body = {
        "id": f"chatcmpl-{dice.randbytes(14).hex()}",
        "object": "chat.completion",
        "created": 1_790_000_000 + dice.randrange(10**7),
        "model": "some-model-2026-08-07",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": content,
                    "refusal": None,
                    "annotations": [],
                },
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": prompt + said,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": f"fp_{dice.randbytes(5).hex()}",
    }
    return json.dumps(body, indent=2)


def filter_response(dice: random.Random, items: int) -> Received:
    """Return a reply of the filter about so many task types of one image."""
    kept = [dice.random() < 0.4 for _ in range(items)]
    lists: dict[str, list[int]] = {"suitable": [], "unsuitable": []}
    for number, fits in enumerate(kept, start=1):
        lists["suitable" if fits else "unsuitable"].append(number)
    asked = [{"path": f"{dice.choice(PATHS)} {dice.randrange(19_227)}"} for _ in kept]
    return _received(dice, FILTER.name, FILTER.prompt_version, json.dumps(lists), asked, kept)


def vote_response(dice: random.Random, _: int) -> Received:
    """Return a referee's vote."""
    vote = dice.randrange(2)
    asked = {
        "task_label": dice.choice(PATHS),
        "question": f"Which of the {dice.randrange(99)} signs beside the door names a street?",
        "answer": f"The blue one, which reads {dice.randbytes(6).hex()} Street.",
    }
    said = json.dumps({"vote": vote})
    return _received(dice, VOTE.name, VOTE.prompt_version, said, [asked], [vote])


def _received(
    dice: random.Random,
    stage: str,
    version: str,
    said: str,
    items: Sequence[dict[str, Any]],
    values: Sequence[Any],
) -> Received:
    raw = completion(dice, said)
    return Received(
        response_id=dice.randbytes(16).hex(),
        stage=stage,
        model="some-model",
        prompt_version=version,
        image_id=dice.randbytes(16).hex(),
        keys=[dice.randbytes(16).hex() for _ in items],
        items=items,
        reply=ChatReply(Outcome.ANSWERED, said, raw, 900, 20, 0.0004, 1.5),
        answers=[Answer(Outcome.ANSWERED, value, None) for value in values],
    )


def fill(ledger: Ledger, count: int, dice: random.Random) -> None:
    """Put answers without responses into an empty ledger, in the order of their keys."""
    statements = ledger.statements
    step = (1 << 128) // max(count, 1)
    for start in range(0, count, FILLED_AT_ONCE):
        rows = [
            AnswerRow(f"{n * step + dice.randrange(step):032x}", 1, 1, 0, "true", None, 1, None)
            for n in range(start, min(start + FILLED_AT_ONCE, count))
        ]
        with ledger.engine.begin() as connection:
            statements.put_answers(connection, rows)


def commit(ledger: Ledger, batches: Iterator[list[Received]]) -> dict[str, Any]:
    """Commit batches; what they are made of is made beforehand and not counted."""
    answers, times, cpu_s = 0, [], 0.0
    for batch in batches:
        started, cpu_started = time.perf_counter(), time.process_time()
        ledger.record(batch)
        times.append(time.perf_counter() - started)
        cpu_s += time.process_time() - cpu_started
        answers += sum(len(item.keys) for item in batch)
    return {
        "answers_per_s": round(answers / sum(times)),
        "cpu_us_per_answer": round(1e6 * cpu_s / answers, 1),
        "median_commit_ms": round(1000 * statistics.median(times), 1),
        "slowest_commit_ms": round(1000 * max(times), 1),
    }


def size_of(ledger: Ledger) -> int:
    """Return the database's size in bytes, once what was committed is in its place."""
    with ledger.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            query = "SELECT pg_database_size(current_database())"
        else:
            query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return int(connection.execute(sa.text(query)).scalar_one())


def look_up(ledger: Ledger, keys: Sequence[str], count: int, dice: random.Random) -> float:
    """Return the median of the milliseconds that looking up so many keys takes."""
    times = []
    for _ in range(LOOKUPS):
        wanted = sorted(dice.sample(keys, min(count, len(keys))))
        started = time.perf_counter()
        found = ledger.known(wanted)
        times.append(time.perf_counter() - started)
        assert len(found) == len(wanted)
    return round(1000 * statistics.median(times), 1)


def replay(ledger: Ledger) -> dict[str, Any]:
    """Measure how fast what was committed is parsed again."""
    started = time.perf_counter()
    found = ledger.replay([FILTER, VOTE], dry_run=True)
    seconds = time.perf_counter() - started
    return {
        "responses": found.responses,
        "responses_per_s": round(found.responses / seconds),
        "items_per_s": round(found.items / seconds),
        "differing": found.answered + found.changed + found.lost,
    }


def some_keys(ledger: Ledger, count: int, dice: random.Random) -> list[str]:
    """Return keys from all over the ledger."""
    query = sa.text("SELECT key FROM answers WHERE key >= :start ORDER BY key LIMIT 100")
    uuids = ledger.engine.dialect.name == "postgresql"
    keys: set[str] = set()
    with ledger.reading() as connection:
        while len(keys) < count:
            start = dice.randbytes(16)
            bound = {"start": start.hex() if uuids else start}
            for (key,) in connection.execute(query, bound):
                keys.add(str(key).replace("-", "") if uuids else key.hex())
    return sorted(keys)


def report(url: str, given: argparse.Namespace) -> dict[str, Any]:
    """Measure a ledger on an empty database."""
    dice = random.Random(given.seed)
    ledger = Ledger(url)
    started = time.perf_counter()
    if given.held:
        fill(ledger, given.held, dice)
    found: dict[str, Any] = {
        "database": ledger.engine.dialect.name,
        "held": given.held,
        "filled_in_s": round(time.perf_counter() - started, 1),
        "responses_per_commit": given.batch,
    }
    for name, make, items in (("filter", filter_response, 10), ("vote", vote_response, 1)):
        count = given.answers if items > 1 else given.answers // 5
        before = size_of(ledger)
        commits = max(1, count // (items * given.batch))
        batches = ([make(dice, items) for _ in range(given.batch)] for _ in range(commits))
        done = commit(ledger, batches)
        grown = size_of(ledger) - before
        found[name] = {
            "answers": commits * given.batch * items,
            "items_per_response": items,
            **done,
            "bytes_per_answer": round(grown / (commits * given.batch * items), 1),
        }
    keys = some_keys(ledger, min(5 * given.keys, given.answers // 2), dice)
    found["lookup"] = {
        "keys": min(given.keys, len(keys)),
        "ms": look_up(ledger, keys, given.keys, dice),
    }
    started = time.perf_counter()
    ledger.costs()
    found["costs_ms"] = round(1000 * (time.perf_counter() - started), 1)
    started = time.perf_counter()
    reports.outcomes(ledger)
    found["outcomes_ms"] = round(1000 * (time.perf_counter() - started), 1)
    found["replay"] = replay(ledger)
    ledger.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", type=int, default=200_000, help="answers held beforehand")
    parser.add_argument("--answers", type=int, default=100_000, help="answers to commit")
    parser.add_argument("--batch", type=int, default=200, help="responses per transaction")
    parser.add_argument("--keys", type=int, default=10_000, help="keys per lookup")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--url", help="an empty database; a new SQLite file when absent")
    parser.add_argument("--folder", help="where to put that file")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="tg-ledger-", dir=given.folder)
    try:
        found = report(given.url or f"sqlite:///{folder}/ledger.sqlite", given)
    finally:
        shutil.rmtree(folder)
    found["cpus"] = len(os.sched_getaffinity(0))
    print(orjson.dumps(found).decode() if given.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
