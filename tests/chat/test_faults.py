"""Ten thousand requests to a server where everything goes wrong, counted by the server."""

from __future__ import annotations

import json
import resource
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asked import FILTER, labels, openai_model, picture
from fault_server import FAULTS
from fixtures import listening

from resources.chat.asking import PAID_ATTEMPTS, ask
from resources.chat.ledger import Ledger
from resources.chat.limits import Limits
from resources.chat.messages import Answer, Outcome
from resources.chat.openai_compatible import OpenAIChat
from resources.chat.stages import Question

SERVER = Path(__file__).parent.parent / "servers" / "fault_server.py"
PATIENCE = Limits(timeout_s=2.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


def counted(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/counts", timeout=30) as response:
        told: dict[str, Any] = json.load(response)
        return told


def model(url: str, **settings: Any) -> OpenAIChat:
    values = {"concurrency": 64, "items_per_request": 2, "max_attempts": 4, **settings}
    return openai_model(f"{url}/v1", **values)


def name_of(question: Question) -> str:
    assert question.image is not None
    return f"{question.image.image_id} {question.item['path']}"


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ten_thousand_requests_under_every_fault_end_with_an_answer_or_a_reason(
    ledger: Ledger, tmp_path: Path
) -> None:
    script = {"share": 0.25, "burst": 1500, "burst_s": 0.2}
    questions = [q for n in range(100) for q in labels(picture(tmp_path, n), 200)]
    memory: list[float] = []

    def watch(done: int, _: int) -> None:
        if done // 1000 > len(memory):
            memory.append(resident_mb())

    with listening([sys.executable, str(SERVER), json.dumps(script)]) as url:
        answers, tally = ask(FILTER, questions, model(url), ledger, watch, PATIENCE)
        first = counted(url)
        assert set(FAULTS) <= set(first["faults"]), "the mix lacks a fault"
        assert first["requests"] > 10_000
        _every_answer_has_a_value_or_a_reason(answers)
        cut = set(first["cut"])
        for name, times in first["sent"].items():
            assert len(times) <= 1 + (name in cut), f"{name} was paid for {len(times)} times"
        assert tally.requests <= sum(map(len, first["sent"].values()))
        assert max(memory) - memory[1] < 100, f"memory grows: {memory}"

        pairs = zip(questions, answers, strict=True)
        answered = [name_of(q) for q, a in pairs if a.outcome == Outcome.ANSWERED]
        passes = 1
        while any(answer.asked_again for answer in answers):
            passes += 1
            assert passes < 10, Counter(answer.reason for answer in answers if answer.asked_again)
            answers, _ = ask(FILTER, questions, model(url), ledger, limits=PATIENCE)
        last = counted(url)
    _every_answer_has_a_value_or_a_reason(answers)
    outcomes = Counter(answer.outcome for answer in answers)
    assert outcomes[Outcome.FAILED] == 0
    assert outcomes[Outcome.ANSWERED] > 0.9 * len(questions)
    assert {name_of(q) for q, a in zip(questions, answers, strict=True) if _declined(a)} == set(
        last["final"]
    )
    for name in [*first["final"], *answered]:
        assert last["begun"][name] == first["begun"][name], f"{name} was asked again"
    assert max(map(len, last["sent"].values())) <= PAID_ATTEMPTS


def _declined(answer: Answer) -> bool:
    return answer.outcome in (Outcome.REFUSED, Outcome.CONTENT_FILTER)


def _every_answer_has_a_value_or_a_reason(answers: list[Answer]) -> None:
    for answer in answers:
        assert (answer.value is None) == (answer.outcome != Outcome.ANSWERED)
        assert (answer.value is None) == bool(answer.reason)
