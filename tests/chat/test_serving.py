"""`tg serve`: what it answers, what it refuses and how, and what its log says."""

from __future__ import annotations

import base64
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from asked import FILTER, STAGES, VOTE, openai_model
from fixtures import listening

from resources.chat.asking import ask
from resources.chat.ledger import Ledger
from resources.chat.messages import ImageRef, Outcome
from resources.chat.stages import Question
from tg_assets.ids import image_id
from tg_assets.scenes.render import compose
from tg_assets.tables import TABLES
from tg_assets.tables_io import TableStore

TG = str(Path(sys.executable).with_name("tg"))
SETTINGS = """
name: served
home: {home}
sources: [{{kind: rendered, name: drawn, count: 1}}]
task_tree: {{model: sure}}
filter: sure
ask: sure
referees: {{one: sure, two: unsure}}
models:
  sure: {{provider: embedded, error_rate: 0}}
  unsure: {{provider: embedded, error_rate: 0.9}}
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> ImageRef:
    """A picture whose scene graph the server knows."""
    path = tmp_path_factory.mktemp("pictures") / "picture.png"
    from PIL import Image

    Image.fromarray(np.full((16, 16, 3), 200, dtype=np.uint8)).save(path)
    return ImageRef(image_id(path.read_bytes()), str(path))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shown: ImageRef) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    table = TABLES["scenes"]
    scene = compose("sprites", 5)
    values = {"image_id": shown.image_id, "uri": shown.uri, "scene": scene.to_json()}
    row = {name: values.get(name, "sprites") for name in table.columns}
    import polars as pl

    frame = table.enforce(pl.DataFrame([row], schema_overrides=dict(table.columns)))
    TableStore(str(folder / "home")).write("scenes", frame, "00000-drawn")
    config = folder / "galaxy.yaml"
    config.write_text(SETTINGS.format(home=folder / "home"))
    with listening([TG, "serve", "--config", str(config), "--port", "0"]) as url:
        yield url


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.close()


def _post(url: str, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def _log(url: str, after: int = 0) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/log?after={after}", timeout=30) as answer:
        entries: list[dict[str, Any]] = json.loads(answer.read())
    return entries


@pytest.mark.parametrize("structured", ["json_schema", "json_object", "none"])
def test_prompts_are_answered_from_the_scene(
    structured: str, server: str, shown: ImageRef, ledger: Ledger
) -> None:
    before = len(_log(server))
    paths = [
        "counting~counting in 2d compositions",
        "object recognition~object recognition in 2d compositions",
        "no such task",
    ]
    questions = [Question({"path": path}, shown) for path in paths]
    model = openai_model(f"{server}/v1", model="sure", structured=structured)
    answers, tally = ask(FILTER, questions, model, ledger)
    assert [answer.value for answer in answers] == [True, True, False]
    assert tally.prompt_tokens > 0
    assert tally.completion_tokens > 0
    (had,), _ = ask(STAGES["questions"], questions[:1], model, ledger)
    assert had.value is not None
    item = {"task_label": paths[0], **had.value}
    (vote,), _ = ask(VOTE, [Question(item, shown)], model, ledger)
    assert vote.value == 1
    entries = _log(server, after=before)
    assert [entry["stage"] for entry in entries] == ["filter", "questions", "vote"]
    assert entries[0]["items"] == paths
    assert {entry["image_id"] for entry in entries} == {shown.image_id}
    assert json.loads(entries[2]["answer"]) == {"vote": 1}


def test_picture_is_known_by_its_bytes_when_no_header_names_it(
    server: str, shown: ImageRef
) -> None:
    content = Path(shown.uri).read_bytes()
    url = "data:image/png;base64," + base64.b64encode(content).decode()
    text = FILTER.request([Question({"path": "counting"}, shown)]).text
    client = openai.OpenAI(api_key="none", base_url=f"{server}/v1")
    reply = client.chat.completions.create(
        model="sure",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": text},
                    {"type": "image_url", "image_url": {"url": url}},
                ],
            }
        ],
    )
    assert json.loads(str(reply.choices[0].message.content)) == {"suitable": [1], "unsuitable": []}
    client.close()


def test_photo_fails_alone_and_says_why(
    server: str, shown: ImageRef, ledger: Ledger, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    from PIL import Image

    Image.new("RGB", (9, 9)).save(photo)
    unknown = ImageRef(image_id(photo.read_bytes()), str(photo))
    questions = [Question({"path": "counting"}, image) for image in (unknown, shown)]
    model = openai_model(f"{server}/v1", model="sure")
    failed, answered = ask(FILTER, questions, model, ledger)[0]
    assert failed.outcome == Outcome.FAILED
    assert "photos need a real " in str(failed.reason)
    assert answered.outcome == Outcome.ANSWERED


def test_models_are_the_embedded_ones_of_the_settings(server: str) -> None:
    client = openai.OpenAI(api_key="none", base_url=f"{server}/v1")
    assert [model.id for model in client.models.list()] == ["embedded", "sure", "unsure"]
    client.close()


FILTER_TEXT = 'x\nDATA\n{"task_labels": {"1": "counting"}}'


def _body(text: str, **more: Any) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}], **more}).encode()


def _schema(name: str) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": {}}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "messages"),
        (_body("Hello!"), "own prompts only"),
        (_body(FILTER_TEXT), "there is no prompt called None"),
        (_body(FILTER_TEXT, response_format=_schema("poem")), "there is no prompt called 'poem'"),
        (_body('x\nDATA\n{"a": 1}', response_format=_schema("filter")), "not its own"),
        (_body('x\nDATA\n{"a": 1}', response_format=_schema("growth")), "cannot be used"),
        (_body(FILTER_TEXT, response_format=_schema("filter"), stream=True), "does not stream"),
    ],
)
def test_request_that_is_none_is_refused_as_openai_does(
    body: bytes, expected: str, server: str
) -> None:
    status, said = _post(server, body)
    assert status == 400
    assert expected in said["error"]["message"]
    assert said["error"]["type"] == "invalid_request_error"


def test_picture_without_scene_is_422(server: str) -> None:
    body = _body(FILTER_TEXT, response_format=_schema("filter"))
    status, said = _post(server, body, **{"x-image-id": "unknown"})
    assert (status, said["error"]["code"]) == (422, "no_scene")
