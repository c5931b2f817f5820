"""The OpenAI provider over real HTTP: what each answer and each error of a server means."""

from __future__ import annotations

import base64
import io
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from asked import FILTER, QUESTIONS, VOTE, labels, openai_model, picture, votes
from fixtures import StartServer
from PIL import Image

from resources.chat.asking import ask
from resources.chat.ledger import Ledger, responses
from resources.chat.messages import Answer, Outcome, StopAsking
from resources.chat.openai_compatible import proxy_for
from resources.chat.stages import Question
from tg_assets.ids import image_id


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


def _raw(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger._engine.connect() as connection:
        query = sa.select(responses.c.outcome, responses.c.raw)
        return [(outcome, raw) for outcome, raw in connection.execute(query)]


def test_good_reply_is_parsed_priced_and_kept_raw(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server()
    image = picture(tmp_path, 1)
    answers, tally = ask(FILTER, labels(image, 10), openai_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (tally.requests, tally.prompt_tokens, tally.completion_tokens) == (1, 100, 20)
    assert tally.cost_usd == pytest.approx((100 * 1.0 + 20 * 10.0) / 1e6)
    (entry,) = server.log
    assert entry["image_id"] == image.image_id
    assert entry["shows_image"]
    assert entry["items"] == [f"ocr~kind {n}" for n in range(10)]
    ((outcome, raw),) = _raw(ledger)
    assert outcome == "answered"
    assert '"chat.completion"' in raw


def test_items_per_request_is_kept(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server()
    questions = [q for n in range(3) for q in labels(picture(tmp_path, n), 5)]
    ask(QUESTIONS, questions, openai_model(server.url, items_per_request=2), ledger)
    assert sorted(len(entry["items"]) for entry in server.log) == [1, 1, 1, 2, 2, 2, 2, 2, 2]


TRANSIENT = ["429 now", "status 500", "status 503", "status 408", "status 409", "reset"]


@pytest.mark.parametrize("fault", TRANSIENT)
def test_transient_error_is_tried_again_within_the_pass(
    fault: str, schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(faults={1: fault})
    (answer,), tally = ask(VOTE, votes(picture(tmp_path, 1), 1), openai_model(server.url), ledger)
    assert answer.outcome == Outcome.ANSWERED
    assert (len(server.log), tally.requests) == (2, 1)


def test_retry_after_is_waited_for(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(faults={1: "429 in 1 s"})
    started = time.monotonic()
    (answer,), _ = ask(VOTE, votes(picture(tmp_path, 1), 1), openai_model(server.url), ledger)
    assert answer.outcome == Outcome.ANSWERED
    assert time.monotonic() - started >= 1.0


def test_server_that_never_answers_in_time_is_a_failure(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(latency_s=5)
    model = openai_model(server.url, timeout_s=0.2, max_attempts=1)
    (answer,), _ = ask(VOTE, votes(picture(tmp_path, 1), 1), model, ledger)
    assert answer.outcome == Outcome.FAILED
    assert "no answer from the endpoint" in str(answer.reason)


def test_nobody_listening_is_a_failure(ledger: Ledger, tmp_path: Path) -> None:
    model = openai_model("http://127.0.0.1:1/v1", max_attempts=1)
    (answer,), _ = ask(VOTE, votes(picture(tmp_path, 1), 1), model, ledger)
    assert answer.outcome == Outcome.FAILED
    assert "no answer from the endpoint" in str(answer.reason)


@pytest.mark.parametrize("fault", ["status 401", "status 402", "status 403", "status 404"])
def test_error_about_every_request_stops_the_pass(
    fault: str, schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(always=fault)
    model = openai_model(server.url, concurrency=2)
    with pytest.raises(StopAsking, match=fault.split()[1]):
        ask(VOTE, votes(picture(tmp_path, 1), 50), model, ledger)
    assert len(server.log) <= 4


def test_no_credit_stops_the_pass_though_its_status_is_429(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(always="no credit")
    with pytest.raises(StopAsking, match="pay first"):
        ask(VOTE, votes(picture(tmp_path, 1), 1), openai_model(server.url), ledger)
    assert len(server.log) == 1


@pytest.mark.parametrize("fault", ["status 400", "status 413", "status 422"])
def test_bad_request_fails_alone(
    fault: str, schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(faults={1: fault})
    questions = votes(picture(tmp_path, 1), 3)
    answers, _ = ask(VOTE, questions, openai_model(server.url, concurrency=1), ledger)
    outcomes = [answer.outcome for answer in answers]
    assert outcomes == [Outcome.FAILED, Outcome.ANSWERED, Outcome.ANSWERED]
    assert len(server.log) == 3
    answers, tally = ask(VOTE, questions, openai_model(server.url), ledger)
    assert {answer.outcome for answer in answers} == {Outcome.ANSWERED}
    assert (len(server.log), tally.known) == (4, 2)


FINAL = {
    "refusal": Outcome.REFUSED,
    "content filter": Outcome.CONTENT_FILTER,
    "filtered": Outcome.CONTENT_FILTER,
}


@pytest.mark.parametrize("fault", FINAL)
def test_refusal_is_final(
    fault: str, schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(faults={1: fault})
    questions = votes(picture(tmp_path, 1), 1)
    for _ in range(2):
        (answer,), _ = ask(VOTE, questions, openai_model(server.url), ledger)
        assert answer.outcome == FINAL[fault]
        assert answer.reason
        assert not answer.asked_again
    assert len(server.log) == 1
    ((_, raw),) = _raw(ledger)
    assert raw


UNUSABLE = {
    "no json": Outcome.INVALID,
    "null message": Outcome.INVALID,
    "no choices": Outcome.INVALID,
    "nonsense": Outcome.INVALID,
    "empty": Outcome.INVALID,
    "null content": Outcome.INVALID,
    "nul": Outcome.INVALID,
}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_paid_reply_without_use_is_kept_and_asked_again_by_the_next_pass(
    fault: str, schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(faults={1: fault})
    questions = votes(picture(tmp_path, 1), 1)
    (answer,), tally = ask(VOTE, questions, openai_model(server.url), ledger)
    assert answer.outcome == UNUSABLE[fault]
    assert answer.reason
    assert (len(server.log), tally.requests) == (1, 1)
    assert len(_raw(ledger)) == 1
    (answer,), _ = ask(VOTE, questions, openai_model(server.url), ledger)
    assert answer.outcome == Outcome.ANSWERED


@pytest.mark.parametrize("fault", ["prose", "in parts", "thinks", "duplicate items"])
def test_reply_in_an_unusual_form_is_read(
    fault: str, schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(faults={1: fault})
    questions = labels(picture(tmp_path, 1), 6)
    answers, _ = ask(FILTER, questions, openai_model(server.url), ledger)
    (entry,) = server.log
    assert [answer.value for answer in answers] == [
        n in entry["answer"]["suitable"] for n in range(1, 7)
    ]


def test_missing_item_alone_is_asked_again(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server(faults={1: "missing items"})
    questions = labels(picture(tmp_path, 1), 4)
    answers, _ = ask(QUESTIONS, questions, openai_model(server.url), ledger)
    assert [answer.outcome for answer in answers] == [Outcome.ANSWERED] * 3 + [Outcome.INVALID]
    ask(QUESTIONS, questions, openai_model(server.url), ledger)
    assert server.log[1]["items"] == ["ocr~kind 3"]


def test_new_task_type_costs_one_question(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server()
    image = picture(tmp_path, 1)
    ask(FILTER, labels(image, 9), openai_model(server.url), ledger)
    ask(FILTER, labels(image, 10), openai_model(server.url), ledger)
    assert server.log[1]["items"] == ["ocr~kind 9"]


def test_shuffled_replies_give_the_same_answers_in_the_same_order(
    schema_server: StartServer, tmp_path: Path
) -> None:
    questions = [q for n in range(8) for q in labels(picture(tmp_path, n), 12)]
    results: list[list[Answer]] = []
    for seed in range(3):
        server = schema_server(delay_s=0.05, seed=seed)
        ledger = Ledger(f"sqlite:///{tmp_path}/ledger-{seed}.sqlite")
        model = openai_model(server.url, concurrency=1 + 7 * seed)
        results.append(ask(FILTER, questions, model, ledger)[0])
        ledger.close()
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("structured", ["json_object", "none"])
def test_servers_without_schemas_are_asked_without(
    structured: str, schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server()
    model = openai_model(server.url, structured=structured)
    ask(VOTE, votes(picture(tmp_path, 1), 1), model, ledger)
    assert server.log[0]["schema"] is None


def test_key_is_sent_and_no_message_repeats_it(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEY", "sk-secret-key")
    questions = votes(picture(tmp_path, 1), 2)
    server = schema_server(key="sk-secret-key", faults={1: "echo"})
    model = openai_model(server.url, api_key_env="TEST_KEY", concurrency=1)
    failed, answered = ask(VOTE, questions, model, ledger)[0]
    assert answered.outcome == Outcome.ANSWERED
    assert "[key]" in str(failed.reason)
    assert "[image]" in str(failed.reason)
    assert "sk-secret" not in str(failed.reason)
    other = schema_server(key="another")
    model = openai_model(other.url, api_key_env="TEST_KEY")
    with pytest.raises(StopAsking) as raised:
        ask(VOTE, votes(picture(tmp_path, 2), 1), model, ledger)
    assert "sk-secret" not in str(raised.value)
    assert "sk-secret" not in "".join(traceback.format_exception(raised.value))


def test_picture_that_changed_fails_alone_and_costs_nothing(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path
) -> None:
    server = schema_server()
    changed, gone, good = (picture(tmp_path, n) for n in range(3))
    Path(changed.uri).write_bytes(b"something else")
    Path(gone.uri).unlink()
    questions = [votes(image, 1)[0] for image in (changed, gone, good)]
    answers, _ = ask(VOTE, questions, openai_model(server.url), ledger)
    outcomes = [answer.outcome for answer in answers]
    assert outcomes == [Outcome.FAILED, Outcome.FAILED, Outcome.ANSWERED]
    assert "changed after it was registered" in str(answers[0].reason)
    assert len(server.log) == 1


def _file(folder: Path, image: Image.Image, kind: str, **options: object) -> Question:
    content = io.BytesIO()
    image.save(content, kind, **options)
    path = folder / f"file.{kind.lower()}"
    path.write_bytes(content.getvalue())
    from resources.chat.messages import ImageRef

    return Question({"path": "a"}, ImageRef(image_id(content.getvalue()), str(path)))


@pytest.mark.parametrize(
    ("kind", "mode", "size", "sent"),
    [
        ("PNG", "RGB", (64, 48), "image/png"),
        ("JPEG", "L", (64, 48), "image/jpeg"),
        ("WEBP", "RGB", (64, 48), "image/webp"),
        ("PNG", "RGBA", (64, 48), "image/jpeg"),
        ("GIF", "P", (64, 48), "image/jpeg"),
        ("JPEG", "CMYK", (64, 48), "image/jpeg"),
        ("PNG", "I;16", (64, 48), "image/jpeg"),
        ("PNG", "RGB", (400, 10), "image/jpeg"),
    ],
)
def test_pictures_travel_in_a_form_that_models_read(
    kind: str, mode: str, size: tuple[int, int], sent: str, tmp_path: Path
) -> None:
    from resources.chat.images import encode

    question = _file(tmp_path, Image.new(mode, size), kind)
    assert question.image is not None
    url = encode(question.image, max_side=200).url
    head, _, encoded = url.partition(";base64,")
    assert head == f"data:{sent}"
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        assert max(image.size) <= 200
        assert image.mode in ("RGB", "L")


def test_turned_picture_is_sent_upright(tmp_path: Path) -> None:
    from resources.chat.images import encode

    exif = Image.Exif()
    exif[0x0112] = 6
    question = _file(tmp_path, Image.new("RGB", (40, 20)), "JPEG", exif=exif)
    assert question.image is not None
    encoded = encode(question.image, max_side=200).url.partition(";base64,")[2]
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        assert image.size == (20, 40)


def test_proxy_is_the_environment_s_but_never_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxy_for("https://api.openai.com/v1") == "http://proxy:3128"
    assert proxy_for("https://inside.example/v1") is None
    for here in ("http://127.0.0.1:8000/v1", "http://localhost:8000/v1", "http://[::1]:8000/v1"):
        assert proxy_for(here) is None


def test_requests_go_through_the_proxy_that_the_environment_names(
    schema_server: StartServer, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = schema_server()  # stands for a proxy: it takes requests for any host
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
    monkeypatch.delenv("no_proxy", raising=False)
    model = openai_model("http://models.invalid/v1")
    (answer,), _ = ask(VOTE, votes(picture(tmp_path, 1), 1), model, ledger)
    assert answer.outcome == Outcome.ANSWERED
    assert len(server.log) == 1
