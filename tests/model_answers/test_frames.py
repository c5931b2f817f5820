"""A video reaches every kind of model as its frames, in order, and every frame is paid for."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from typing import Any

import pytest
from evaluated_galaxy import tasks_of

from resources.chat.batch.packing import Packet, pack
from resources.chat.images import EncodedImages
from resources.chat.messages import ImageRef
from resources.chat.openai_compatible import OnlineRequest, OpenAIChat
from resources.chat.stages import Question
from tg_assets.ids import image_id
from tg_assets.model_answers.answering import permuted, questions
from tg_assets.model_answers.prompts import STAGE
from tg_assets.serving import understood
from tg_assets.settings_models import OpenAIBatchModel, OpenAIModel
from tg_assets.task_space.world import FRAMES

PRICED: dict[str, Any] = {"model": "gpt-4o", "price": {"input": 1, "output": 1}}


def asked(generator: str) -> Question:
    return questions(permuted(tasks_of(generator, 1), 1))[0]


@pytest.fixture(scope="module")
def video() -> Question:
    return asked("where-move-video")


async def prepared(question: Question) -> OnlineRequest:
    model = OpenAIChat("m", OpenAIModel(provider="openai", **PRICED))
    try:
        return await model.prepare(STAGE.request([question]))
    finally:
        await model.close()


def shown(content: list[dict[str, Any]]) -> list[str]:
    """Return the ids of the images of a message, in order; the text comes last."""
    assert [part["type"] for part in content] == ["image_url"] * (len(content) - 1) + ["text"]
    urls = [part["image_url"]["url"] for part in content[:-1]]
    return [image_id(base64.b64decode(url.partition(";base64,")[2])) for url in urls]


def test_frames_are_sent_in_order_and_each_is_counted(video: Question) -> None:
    assert video.image is not None
    request = asyncio.run(prepared(video))
    body = json.loads(b"".join(request.pieces))
    frames = [frame.image_id for frame in video.image.frames]
    assert shown(body["messages"][0]["content"]) == frames
    assert len(set(frames)) == FRAMES
    picture = asyncio.run(prepared(Question(video.item, video.image.frames[0])))
    nothing = asyncio.run(prepared(Question(video.item)))
    one = picture.demand.prompt_tokens - nothing.demand.prompt_tokens
    all_of_them = request.demand.prompt_tokens - nothing.demand.prompt_tokens
    assert all_of_them == pytest.approx(FRAMES * one, abs=FRAMES)
    assert understood(body, None).image_id == video.image.image_id


def test_a_batch_file_holds_all_frames(video: Question) -> None:
    settings = OpenAIBatchModel(provider="openai-batch", **PRICED)

    async def packed() -> bytes:
        images = EncodedImages(settings.max_image_side)
        waiting = deque([Packet({"0" * 32: video})])
        made = await pack(STAGE, settings, images, waiting, 1e9)
        images.close()
        made.content.seek(0)
        return made.content.read()

    assert video.image is not None
    body = json.loads(asyncio.run(packed()))["body"]
    assert shown(body["messages"][0]["content"]) == [one.image_id for one in video.image.frames]


def test_a_picture_is_one_image_without_frames() -> None:
    image = asked("how-many-2d").image
    assert image is not None
    assert image.frames == ()
    assert image.shown == (ImageRef(image.image_id, image.uri),)
