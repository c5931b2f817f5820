"""A run that is killed while its batches are under way goes on from there: nothing twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest
from asked import VOTE, picture, votes
from batch_server import START_S, Hold, Script, running
from batches import ask_votes, batch_model, executed_twice, jobs, opened, start_asking

from resources.chat.asking import Tally
from resources.chat.batch.jobs import State
from resources.chat.messages import Outcome

COUNT = 12
MOMENTS = {
    "before its file is uploaded": ("POST /v1/files", Hold()),
    "when its file is uploaded and it does not know yet": ("POST /v1/files", Hold(after=True)),
    "between upload and creation": ("POST /v1/batches", Hold()),
    "when its batch is created and it does not know yet": ("POST /v1/batches", Hold(after=True)),
    "while its batch is carried out": ("GET /v1/batches/{id}", Hold()),
    "before anything is harvested": ("GET output", Hold()),
    "when half is harvested": ("GET error", Hold()),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_run_goes_on_and_submits_nothing_twice(moment: str, tmp_path: Path) -> None:
    call, hold = MOMENTS[moment]
    script = Script(plan=["half expired"], holds={call: hold})
    with running(script) as server:
        process = start_asking(server.url, tmp_path, COUNT)
        assert hold.reached.wait(START_S)
        process.kill()
        process.join(START_S)
        hold.go.set()

        ledger = opened(tmp_path)
        (job,) = jobs(ledger)
        assert job.state.is_open
        answers, tally = ask_votes(server.url, tmp_path, COUNT)
        assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
        assert executed_twice(server) == []
        assert len(server.executed) == COUNT
        # the first batch, and one for what expired
        assert len(server.batches) == 2
        assert ledger.costs()["requests"].to_list() == [COUNT]
        assert {job.state for job in jobs(ledger)} == {State.HARVESTED}
        ledger.close()
    # half a batch, less what the killed run had committed before
    committed = COUNT // 2 if moment == "when half is harvested" else 0
    assert tally.requests == COUNT - committed


def test_interrupted_run_says_that_its_batch_goes_on_and_lets_go_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hold = Hold()
    questions = votes(picture(tmp_path, 1), COUNT)
    keys = [VOTE.key(batch_model("").identity, question) for question in questions]
    pending = [
        SimpleNamespace(keys=[key], questions=[question], more_room=False)
        for key, question in zip(keys, questions, strict=True)
    ]
    counter = SimpleNamespace(add=lambda _: None)
    ledger = opened(tmp_path)
    with running(Script(holds={"GET /v1/batches/{id}": hold})) as server:
        work = batch_model(server.url).open_pass(VOTE, pending, ledger, Tally(), counter)

        async def interrupted() -> None:
            task = asyncio.create_task(work.run())
            await asyncio.to_thread(hold.reached.wait, START_S)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(interrupted())
        hold.go.set()
        (job,) = jobs(ledger)
        ledger.close()
        assert (job.state, job.holder) == (State.SUBMITTED, None)
        assert "batch_1" in caplog.text
        assert "the same command fetches their answers" in caplog.text
        answers, _ = ask_votes(server.url, tmp_path, COUNT)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert executed_twice(server) == []
