"""Taking the answers from a batch's files: streamed, and committed block by block.

The id of each response is made of its job and its line's custom id, so that a harvest that was
killed half-way is simply done again: what the ledger has is not written twice.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar

import orjson
from openai.types import Batch

from resources.chat.asking import Tally, understand
from resources.chat.batch.jobs import BatchRequest, Job, JobStore
from resources.chat.batch.lines import ResultLine, meaning, read_result
from resources.chat.batch.remote import Remote
from resources.chat.ledger import Ledger, Received
from resources.chat.messages import (
    ChatReply,
    GiveUp,
    ImageRef,
    Outcome,
    StopAsking,
    TryAgain,
)
from resources.chat.stages import Question, Stage
from tg_assets.ids import digest
from tg_assets.settings_models import OpenAIBatchModel

T = TypeVar("T")
BLOCK = 200
"""Lines that are committed together."""


@dataclass(slots=True)
class Counts:
    """What a harvest found, one a line of the job's file unless it says otherwise.

    Attributes:
        replies: Replies that were paid for.
        given_up: Requests that the endpoint refused for good.
        again: Requests that ended without a reply and may be asked again.
        missing: Requests of which no file said anything.
        repeated: Lines about a request that an earlier line was about; the first one counts.
        unknown: Lines about requests that are not in the job.
        unreadable: Lines that are no results.
    """

    replies: int = 0
    given_up: int = 0
    again: int = 0
    missing: int = 0
    repeated: int = 0
    unknown: int = 0
    unreadable: int = 0

    @property
    def strange(self) -> bool:
        """Whether the files did not say exactly one thing about each request."""
        return bool(self.missing or self.repeated or self.unknown or self.unreadable)

    def as_json(self) -> str:
        """Return the counts as JSON, without those that are zero."""
        return orjson.dumps({name: n for name, n in asdict(self).items() if n}).decode()


@dataclass(slots=True)
class Harvest:
    """What came of a batch.

    Attributes:
        ended: Answer keys whose requests need no second asking by this pass.
        again: Requests that ended without a reply, each with why.
        cut: Answer keys whose reply was cut, and which were given no more room yet, by request.
        stopped: Why no request to this model will succeed, if a line said so.
    """

    counts: Counts = field(default_factory=Counts)
    ended: list[str] = field(default_factory=list)
    again: list[tuple[BatchRequest, str]] = field(default_factory=list)
    cut: list[list[str]] = field(default_factory=list)
    stopped: StopAsking | None = None


@dataclass(frozen=True, slots=True)
class Harvester:
    """Harvests the jobs of one pass.

    Attributes:
        name: The model's name in the settings.
        settings: Its settings.
        stage: The pass's stage.
        ledger: Where replies go.
        store: Where the jobs' requests are.
        remote: Where their files are.
        tally: Counts what is paid.
    """

    name: str
    settings: OpenAIBatchModel
    stage: Stage
    ledger: Ledger
    store: JobStore
    remote: Remote
    tally: Tally

    async def harvest(self, job: Job, batch: Batch) -> Harvest:
        """Commit everything that a batch's files say, and tell what they do not say.

        Raises:
            StopAsking: A file cannot be fetched; what was committed is kept.
            LedgerError: The ledger stopped taking answers.
        """
        reading = _Reading(self, job, _duration_s(batch))
        for file_id in (batch.output_file_id, batch.error_file_id):
            if not file_id:
                continue
            with tempfile.TemporaryFile(prefix="tg-batch-") as content:
                await self.remote.download(file_id, content)
                while lines := list(islice(content, BLOCK)):
                    await to_the_end(reading.read, lines)
        await to_the_end(reading.end)
        return reading.harvest


class _Reading:
    """One reading of a job's files, from the beginning."""

    def __init__(self, harvester: Harvester, job: Job, latency_s: float) -> None:
        self._of = harvester
        self._job = job
        self._latency_s = latency_s
        self.harvest = Harvest()
        self._seen: dict[str, str] = {}

    def read(self, lines: Sequence[bytes]) -> None:
        """Understand and commit some lines."""
        results = [read_result(line) for line in lines if line.strip()]
        named = [result for result in results if result is not None]
        self.harvest.counts.unreadable += len(results) - len(named)
        ids = sorted({result.custom_id for result in named if result.is_ours})
        requests = self._of.store.requests(self._job.id, ids)
        received: list[Received] = []
        for result in named:
            request = requests.get(result.custom_id)
            if request is None:
                self.harvest.counts.unknown += 1
            else:
                received += self._understood(request, result)
        self._commit(received)

    def _commit(self, received: Sequence[Received]) -> None:
        """Commit what an earlier harvest of the same job has not."""
        kept = self._of.store.kept([item.response_id for item in received])
        new = [item for item in received if item.response_id not in kept]
        if not new:
            return
        self._of.ledger.record(new)
        for item in new:
            if item.reply.outcome != Outcome.FAILED:
                self._of.tally.count(item.reply)

    def _understood(self, request: BatchRequest, result: ResultLine) -> list[Received]:
        of, said = self._of, digest("line", result.body)
        meant = meaning(
            of.name, of.settings, of.settings.discount, result, self._latency_s, of.remote.key
        )
        if request.custom_id in self._seen:
            return self._repeated(request, said, meant)
        self._seen[request.custom_id] = said
        if isinstance(meant, StopAsking):
            self.harvest.stopped = meant
        if isinstance(meant, TryAgain | StopAsking):
            self.harvest.counts.again += 1
            self.harvest.again.append((request, str(meant)))
            return []
        if isinstance(meant, GiveUp):
            self.harvest.counts.given_up += 1
            reply = ChatReply(Outcome.FAILED, text=None, raw="", reason=meant.reason)
        else:
            self.harvest.counts.replies += 1
            reply = meant
        received = self._received(request, reply)
        cut = [] if request.more_room else _cut(received)
        self.harvest.ended += [key for key in request.keys if key not in cut]
        self.harvest.cut += [cut] if cut else []
        return [received]

    def _repeated(self, request: BatchRequest, said: str, meant: object) -> list[Received]:
        """Note a second line about a request; another reply was paid for, so it is kept raw."""
        self.harvest.counts.repeated += 1
        if not isinstance(meant, ChatReply) or said == self._seen[request.custom_id]:
            return []
        received = self._received(replace(request, items=[]), meant)
        response_id = digest("repeated response", received.response_id, said)
        return [replace(received, response_id=response_id)]

    def _received(self, request: BatchRequest, reply: ChatReply) -> Received:
        """Return a reply with the answers it gives; its id is the same in every harvest."""
        image = ImageRef(request.image_id, "") if request.image_id else None
        questions = [Question(item, image) for _, item in request.items]
        return Received(
            response_id=digest("batch response", self._job.id, request.custom_id),
            stage=self._job.stage,
            model=self._job.model,
            prompt_version=self._job.prompt_version,
            image_id=request.image_id,
            keys=request.keys,
            items=[item for _, item in request.items],
            reply=reply,
            answers=understand(self._of.stage, questions, reply) if questions else [],
        )

    def end(self) -> None:
        """Find the requests of which no file said anything."""
        silent = [
            name for name in self._of.store.custom_ids(self._job.id) if name not in self._seen
        ]
        requests = self._of.store.requests(self._job.id, silent)
        self.harvest.counts.missing = len(requests)
        reason = f"{self._job.called} ended without a line for this request"
        self.harvest.again += [(request, reason) for request in requests.values()]


def _cut(received: Received) -> list[str]:
    answers = zip(received.keys, received.answers, strict=True)
    return [key for key, answer in answers if answer.outcome == Outcome.TRUNCATED]


async def to_the_end(work: Callable[..., T], *given: Any) -> T:
    """Do something in a thread; who interrupts waits for its end, so that no commit is cut off."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *given))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _duration_s(batch: Batch) -> float:
    ended = batch.completed_at or batch.expired_at or batch.cancelled_at
    return float(max(0, ended - batch.created_at)) if ended else 0.0
