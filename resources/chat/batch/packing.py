"""Packing questions into a batch file, streamed to disk: never more than a few in memory."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Protocol

from resources.chat import openai_wire as wire
from resources.chat.batch.jobs import BatchRequest
from resources.chat.batch.lines import request_line
from resources.chat.images import EncodedImages
from resources.chat.limits.budget import NOTHING_USD
from resources.chat.messages import GiveUp
from resources.chat.money.demand import demand_of
from resources.chat.stages import Question, Stage
from tg_assets.ids import digest
from tg_assets.settings_models import OpenAIBatchModel

READ_AHEAD = 8
"""How many images are read and encoded while earlier ones are written."""


class Asked(Protocol):
    """What `resources.chat.asking` packs together."""

    keys: Sequence[str]
    questions: Sequence[Question]
    more_room: bool


@dataclass(slots=True)
class Packet:
    """Questions that share a request.

    Attributes:
        questions: By answer key, in the order in which they are asked.
        more_room: Whether an earlier reply was cut, so that this one may be longer.
    """

    questions: Mapping[str, Question]
    more_room: bool = False

    @classmethod
    def of(cls, asked: Asked) -> Packet:
        """Return a packet of what was packed together."""
        return cls(dict(zip(asked.keys, asked.questions, strict=True)), asked.more_room)

    def of_these(self, keys: Collection[str]) -> Packet:
        """Return a packet of those of its questions whose keys are given."""
        kept = {key: question for key, question in self.questions.items() if key in keys}
        return replace(self, questions=kept)

    @property
    def custom_id(self) -> str:
        """What the endpoint calls it: a digest of everything that is asked."""
        return digest("batch request", str(self.more_room), *self.questions)

    def recorded(self, line: int) -> BatchRequest:
        """Return what is written down about it."""
        asked = [(key, question.item) for key, question in self.questions.items()]
        image = next(iter(self.questions.values())).image
        image_id = image.image_id if image else None
        return BatchRequest(self.custom_id, line, image_id, asked, self.more_room)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, and what it may cost."""

    content: bytes
    most_usd: float


@dataclass(slots=True)
class Packed:
    """One file, ready to be uploaded.

    Attributes:
        content: The file; it has no name, so that no kill leaves it behind.
        packets: What is in it, in order.
        refused: Packets that cannot be asked, each with its reason; not in the file.
        most_usd: What they may cost.
        short_of_usd: What the next packet may cost, where the budget did not reach for it.
    """

    content: BinaryIO
    packets: list[Packet] = field(default_factory=list)
    refused: list[tuple[Packet, str]] = field(default_factory=list)
    size: int = 0
    file_hash: str = ""
    most_usd: float = 0.0
    short_of_usd: float = 0.0


async def pack(
    stage: Stage,
    settings: OpenAIBatchModel,
    images: EncodedImages,
    waiting: deque[Packet],
    free_usd: float,
) -> Packed:
    """Take packets from the front until a file is full by count, by bytes or by the budget.

    Args:
        stage: What is asked.
        settings: The model's settings, with the limits of a file.
        images: Encodes what is shown.
        waiting: Packets; those that are taken are gone from it.
        free_usd: What the file may cost.
    """
    packed = Packed(tempfile.TemporaryFile(prefix="tg-batch-"))  # noqa: SIM115 - the caller's
    state = hashlib.sha256()
    ahead: deque[tuple[Packet, asyncio.Task[Line]]] = deque()
    try:
        while len(packed.packets) < settings.max_requests_per_file:
            while waiting and len(ahead) < READ_AHEAD:
                packet = waiting.popleft()
                work = _line(stage, settings, images, packet)
                ahead.append((packet, asyncio.create_task(work)))
            if not ahead:
                break
            packet, task = ahead[0]
            line = await _line_or_refusal(packed, packet, task, settings.max_bytes_per_file)
            if line is not None and packed.size + len(line.content) > settings.max_bytes_per_file:
                break
            if line is not None and packed.most_usd + line.most_usd > free_usd + NOTHING_USD:
                packed.short_of_usd = line.most_usd
                break
            ahead.popleft()
            if line is not None:
                packed.content.write(line.content)
                state.update(line.content)
                packed.packets.append(packet)
                packed.size += len(line.content)
                packed.most_usd += line.most_usd
    except BaseException:
        packed.content.close()
        raise
    finally:
        waiting.extendleft(packet for packet, _ in reversed(ahead))
        await asyncio.gather(*(task for _, task in ahead), return_exceptions=True)
    packed.file_hash = state.hexdigest()
    return packed


async def _line_or_refusal(
    packed: Packed, packet: Packet, task: asyncio.Task[Line], most: int
) -> Line | None:
    try:
        line = await task
    except GiveUp as error:
        packed.refused.append((packet, error.reason))
        return None
    if len(line.content) > most:
        reason = (
            f"the request takes {len(line.content):,} bytes, more than a whole file may have "
            f"(max_bytes_per_file: {most:,}); lower max_image_side or items_per_request"
        )
        packed.refused.append((packet, reason))
        return None
    return line


async def _line(
    stage: Stage, settings: OpenAIBatchModel, images: EncodedImages, packet: Packet
) -> Line:
    questions: Sequence[Question] = list(packet.questions.values())
    request = replace(stage.request(questions), more_room=packet.more_room)
    shown = await images.get_shown(request.image)
    demand = demand_of(settings, request, [one.size for one in shown], settings.discount)
    body = wire.body_of(settings, request, [one.url for one in shown])
    return Line(request_line(packet.custom_id, body), demand.cost_usd)
