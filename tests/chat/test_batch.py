"""The batch provider over real HTTP: what becomes of files, of results, and of what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from asked import FILTER, VOTE, labels, openai_model, picture, votes
from batch_server import Script, running
from batches import ask_votes, batch_model, executed_twice, jobs, opened

from resources.chat.asking import ask
from resources.chat.batch.jobs import State
from resources.chat.ledger import Ledger, responses
from resources.chat.messages import Outcome, StopAsking
from resources.chat.stages import Question


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = opened(tmp_path)
    yield ledger
    ledger.close()


def test_replies_are_parsed_kept_raw_and_priced_with_the_discount(
    ledger: Ledger, tmp_path: Path
) -> None:
    with running(Script()) as server:
        image = picture(tmp_path, 1)
        answers, tally = ask(FILTER, labels(image, 10), batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    (entry,) = server.executed
    assert entry["items"] == [f"ocr~kind {n}" for n in range(10)]
    assert entry["image"].startswith("data:image/png;base64,")
    assert (tally.requests, tally.prompt_tokens, tally.completion_tokens) == (1, 100, 20)
    paid = 0.5 * (100 * 1.0 + 20 * 10.0) / 1e6
    assert tally.cost_usd == pytest.approx(paid)
    assert ledger.costs()["cost_usd"].to_list() == [pytest.approx(paid)]
    with ledger.engine.connect() as connection:
        (raw,) = connection.execute(sa.select(responses.c.raw)).scalars()
    assert '"chat.completion"' in raw


def test_what_a_batch_bought_is_not_bought_online(ledger: Ledger, tmp_path: Path) -> None:
    questions = votes(picture(tmp_path, 1), 3)
    with running(Script()) as server:
        bought, _ = ask(VOTE, questions, batch_model(server.url), ledger)
    online = openai_model("http://127.0.0.1:1/v1")
    answers, tally = ask(VOTE, questions, online, ledger)
    assert (answers, tally.known) == (bought, 3)


def test_files_are_cut_by_count_and_so_many_are_open_at_once(
    ledger: Ledger, tmp_path: Path
) -> None:
    with running(Script(max_requests=4, looks=3)) as server:
        model = batch_model(server.url, max_requests_per_file=4, max_open_jobs=2)
        answers, _ = ask(VOTE, votes(picture(tmp_path, 1), 18), model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert [job.requests for job in jobs(ledger)] == [4, 4, 4, 4, 2]
    assert server.most_open == 2
    assert executed_twice(server) == []


def test_files_are_cut_by_bytes(ledger: Ledger, tmp_path: Path) -> None:
    limit = 20_000
    with running(Script(max_bytes=limit)) as server:
        model = batch_model(server.url, max_bytes_per_file=limit)
        answers, _ = ask(VOTE, votes(picture(tmp_path, 1), 40), model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    sizes = [file["bytes"] for file in server.files.values() if file["purpose"] == "batch"]
    assert len(sizes) > 2
    assert max(sizes) <= limit
    assert min(sizes[:-1]) > limit / 2
    assert len(server.executed) == 40


def test_request_that_fits_no_file_or_shows_no_picture_fails_alone(
    ledger: Ledger, tmp_path: Path
) -> None:
    good, gone = votes(picture(tmp_path, 1), 2), votes(picture(tmp_path, 2), 1)
    Path(gone[0].image.uri).unlink()
    long = replace(good[0], item={**good[0].item, "question": "why " * 5_000})
    with running(Script()) as server:
        model = batch_model(server.url, max_bytes_per_file=10_000)
        answers, tally = ask(VOTE, [*gone, long, *good], model, ledger)
    outcomes = [answer.outcome for answer in answers]
    assert outcomes == [Outcome.FAILED] * 2 + [Outcome.ANSWERED] * 2
    assert "max_bytes_per_file" in str(answers[1].reason)
    assert tally.asked_again == 2
    assert len(server.executed) == 2


UNFINISHED = ["half expired", "half cancelled", "nothing", "missing", "repeated", "strangers"]


@pytest.mark.parametrize("ends", UNFINISHED)
def test_what_came_back_is_kept_and_only_the_rest_is_asked_again(
    ends: str, ledger: Ledger, tmp_path: Path
) -> None:
    with running(Script(plan=[ends])) as server:
        answers, tally = ask(VOTE, votes(picture(tmp_path, 1), 9), batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert executed_twice(server) == []
    assert tally.requests == len(server.executed) == 9
    assert {job.state for job in jobs(ledger)} == {State.HARVESTED}


def test_results_are_told_apart_by_their_ids_whatever_their_order(
    ledger: Ledger, tmp_path: Path
) -> None:
    questions = votes(picture(tmp_path, 1), 30)
    other = opened(tmp_path / "other")
    with running(Script(shuffled=False)) as ordered, running(Script()) as shuffled:
        expected, _ = ask(VOTE, questions, batch_model(ordered.url), other)
        answers, _ = ask(VOTE, questions, batch_model(shuffled.url), ledger)
    other.close()
    assert answers == expected
    assert len({answer.value for answer in answers}) == 2


def test_second_reply_to_a_request_is_paid_and_kept_but_the_first_counts(
    ledger: Ledger, tmp_path: Path
) -> None:
    with running(Script(plan=["twice"])) as server:
        answers, tally = ask(VOTE, votes(picture(tmp_path, 1), 3), batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert tally.requests == len(server.executed) == 4
    assert ledger.costs()["requests"].to_list() == [4]
    assert '"repeated":1' in str(jobs(ledger)[0].result)


def test_cut_reply_is_asked_again_once_with_more_room(ledger: Ledger, tmp_path: Path) -> None:
    with running(Script(plan=["cut", "cut"])) as server:
        answers, tally = ask(VOTE, votes(picture(tmp_path, 1), 3), batch_model(server.url), ledger)
    assert sorted(answer.outcome for answer in answers) == ["answered", "answered", "truncated"]
    assert tally.requests == 4
    rooms = [entry["room"] for entry in server.executed]
    assert rooms == [2048] * 3 + [4 * 2048]


def test_errors_of_lines_are_told_apart_by_status_and_code(ledger: Ledger, tmp_path: Path) -> None:
    with running(Script(plan=["statuses 429 400 filter 500"])) as server:
        questions = votes(picture(tmp_path, 1), 6)
        answers, tally = ask(VOTE, questions, batch_model(server.url), ledger)
    outcomes = [str(answer.outcome) for answer in answers]
    assert outcomes == ["answered", "failed", "content_filter", *["answered"] * 3]
    assert "400" in str(answers[1].reason)
    assert len(server.executed) == 4
    assert tally.asked_again == 1


def test_line_that_says_no_request_can_succeed_stops_the_pass_and_keeps_the_rest(
    ledger: Ledger, tmp_path: Path
) -> None:
    questions = votes(picture(tmp_path, 1), 4)
    with running(Script(plan=["statuses 404"])) as server:
        with pytest.raises(StopAsking, match="404"):
            ask(VOTE, questions, batch_model(server.url), ledger)
        answers, tally = ask(VOTE, questions, batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (tally.known, executed_twice(server)) == (3, [])


def test_request_that_never_ends_with_a_reply_fails_and_is_asked_by_the_next_pass(
    ledger: Ledger, tmp_path: Path
) -> None:
    questions = votes(picture(tmp_path, 1), 2)
    with running(Script(plan=["nothing", "nothing"])) as server:
        model = batch_model(server.url, max_attempts=2)
        answers, tally = ask(VOTE, questions, model, ledger)
        assert {answer.outcome for answer in answers} == {Outcome.FAILED}
        assert "gave up after 2 attempts" in str(answers[0].reason)
        assert (len(server.batches), tally.asked_again) == (2, 2)
        answers, _ = ask(VOTE, questions, model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert len({job.id for job in jobs(ledger)}) == 3


def test_batch_that_fails_validation_says_why_and_can_be_asked_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    questions = votes(picture(tmp_path, 1), 3)
    with running(Script(plan=["invalid"])) as server:
        with pytest.raises(StopAsking, match="line 2: This line is not parseable") as raised:
            ask(VOTE, questions, batch_model(server.url), ledger)
        assert "batch_1" in str(raised.value)
        assert server.executed == []
        answers, _ = ask(VOTE, questions, batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}


def test_batch_for_which_there_is_no_room_waits_for_room(ledger: Ledger, tmp_path: Path) -> None:
    with running(Script(plan=["normal", "full", "full"])) as server:
        model = batch_model(server.url, max_requests_per_file=4)
        answers, _ = ask(VOTE, votes(picture(tmp_path, 1), 8), model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert executed_twice(server) == []


def test_batch_for_which_there_is_never_room_fails_with_the_endpoints_reason(
    ledger: Ledger, tmp_path: Path
) -> None:
    with running(Script(plan=["full"] * 3)) as server:
        answers, _ = ask(VOTE, votes(picture(tmp_path, 1), 2), batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.FAILED}
    assert "token_limit_exceeded" in str(answers[0].reason)
    assert "max_requests_per_file" in str(answers[0].reason)
    assert len(server.batches) == 3


CALLS = ["POST /v1/files", "GET /v1/batches", "POST /v1/batches", "GET /v1/batches/{id}"]


@pytest.mark.parametrize("call", [*CALLS, "GET output"])
def test_call_that_fails_or_whose_answer_is_lost_is_made_again_and_buys_nothing_twice(
    call: str, ledger: Ledger, tmp_path: Path
) -> None:
    with running(Script(faults={call: [429, 0, 503]})) as server:
        answers, _ = ask(VOTE, votes(picture(tmp_path, 1), 5), batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (len(server.batches), executed_twice(server)) == (1, [])
    assert server.calls[call] >= 2


def test_file_that_the_endpoint_refuses_stops_the_pass_and_names_the_limits(
    ledger: Ledger, tmp_path: Path
) -> None:
    questions = votes(picture(tmp_path, 1), 9)
    with running(Script(max_bytes=5_000)) as server:
        with pytest.raises(StopAsking, match="max_bytes_per_file"):
            ask(VOTE, questions, batch_model(server.url), ledger)
        model = batch_model(server.url, max_bytes_per_file=5_000)
        answers, _ = ask(VOTE, questions, model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert executed_twice(server) == []


def test_wrong_key_stops_the_pass_and_is_nowhere_repeated(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", "sk-wrong-key")
    questions = votes(picture(tmp_path, 1), 2)
    with running(Script(key="sk-right-key")) as server:
        model = batch_model(server.url, api_key_env="TEST_KEY")
        with pytest.raises(StopAsking, match="401") as raised:
            ask(VOTE, questions, model, ledger)
        assert "sk-wrong" not in str(raised.value)
        monkeypatch.setenv("TEST_KEY", "sk-right-key")
        answers, _ = ask(VOTE, questions, model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert b"sk-right-key" not in (tmp_path / "ledger.sqlite").read_bytes()


def test_pass_that_does_not_wait_leaves_rows_that_say_what_they_wait_for(
    ledger: Ledger, tmp_path: Path
) -> None:
    questions = votes(picture(tmp_path, 1), 6)
    with running(Script(looks=2)) as server:
        model = batch_model(server.url, wait=False, max_requests_per_file=4, max_open_jobs=1)
        answers, tally = ask(VOTE, questions, model, ledger)
        assert {answer.outcome for answer in answers} == {Outcome.FAILED}
        assert "waiting for batch batch_1" in str(answers[0].reason)
        assert "max_open_jobs" in str(answers[5].reason)
        assert (tally.asked_again, tally.cost_usd, server.executed) == (6, 0, [])
        for _ in range(5):
            answers, tally = ask(VOTE, questions, model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (len(server.batches), len(server.executed), executed_twice(server)) == (2, 6, [])


def test_new_question_does_not_wait_for_nor_repeat_what_is_under_way(
    ledger: Ledger, tmp_path: Path
) -> None:
    image = picture(tmp_path, 1)
    with running(Script(looks=3)) as server:
        model = batch_model(server.url, wait=False)
        ask(FILTER, labels(image, 6), model, ledger)
        answers, _ = ask(FILTER, labels(image, 8), batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert [len(entry["items"]) for entry in server.executed] == [6, 2]


def test_two_runs_that_ask_the_same_at_once_buy_it_once(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with running(Script(looks=4)) as server, ThreadPoolExecutor(2) as runs:
        both = [runs.submit(ask_votes, server.url, tmp_path, count) for count in (12, 15)]
        answers = [run.result()[0] for run in both]
    assert {answer.outcome for part in answers for answer in part} == {Outcome.ANSWERED}
    assert answers[0] == answers[1][:12]
    assert (len(server.executed), executed_twice(server)) == (15, [])


def test_what_an_earlier_prompt_bought_is_paid_and_kept_though_nobody_waits_for_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    questions = votes(picture(tmp_path, 1), 3)
    with running(Script()) as server:
        ask(VOTE, questions, batch_model(server.url, wait=False), ledger)
        reworded = replace(VOTE, prompt_version="reworded")
        answers, tally = ask(reworded, questions, batch_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert tally.requests == len(server.executed) == 6
    assert ledger.costs()["requests"].to_list() == [6]


def test_job_at_another_endpoint_is_not_looked_for_here(ledger: Ledger, tmp_path: Path) -> None:
    questions = votes(picture(tmp_path, 1), 3)
    with running(Script()) as there, running(Script()) as here:
        ask(VOTE, questions, batch_model(there.url, wait=False), ledger)
        with pytest.raises(StopAsking, match="tg batches forget"):
            ask(VOTE, questions, batch_model(here.url), ledger)
        assert here.batches == {}
        answers, _ = ask(VOTE, questions, batch_model(there.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}


def test_jobs_of_a_lost_ledger_are_found_at_the_endpoint(tmp_path: Path) -> None:
    lost, found = tmp_path / "lost", tmp_path / "found"
    lost.mkdir(), found.mkdir()
    with running(Script()) as server:
        ask_votes(server.url, lost, 4, wait=False)
        answers, _ = ask_votes(server.url, found, 4)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (len(server.batches), len(server.executed)) == (1, 4)


def test_batches_are_remembered_by_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    ledger = Ledger(postgres_url)
    image = picture(tmp_path, 1)
    questions = [Question({"path": f"{tmp_path} {n}"}, image) for n in range(9)]
    with running(Script(plan=["half expired"])) as server:
        ask(FILTER, questions[:4], batch_model(server.url, wait=False), ledger)
        model = batch_model(server.url, items_per_request=2)
        answers, _ = ask(FILTER, questions, model, ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert executed_twice(server) == []
    ledger.close()
