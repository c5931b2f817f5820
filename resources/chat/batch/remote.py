"""The endpoint's files and batches, through the OpenAI SDK.

The SDK's own retries are off; `_patiently` is the one layer that retries these few calls. Creating
a batch is never simply tried again: first it is looked whether the last attempt got through.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import BinaryIO, TypeVar

import httpx2
import openai
from openai.types import Batch

from resources.chat import openai_wire as wire
from resources.chat.batch.jobs import Job
from resources.chat.batch.lines import ENDPOINT
from resources.chat.messages import GiveUp, StopAsking, TryAgain
from tg_assets.settings_models import OpenAIBatchModel

T = TypeVar("T")
OPENAI = "https://api.openai.com/v1"
ATTEMPTS = 8
BACKOFF_S = (0.25, 30.0)
"""First and longest wait, each twice the last: eight attempts outlast half a minute."""
OLDER_S = 24 * 3600
"""How far before a job was recorded its batch is looked for: another clock, a lost ledger."""
CHUNK = 1024 * 1024


class Refused(StopAsking):
    """The endpoint does not take what was sent, and will not when it is sent again."""


class Remote:
    """Files and batches of one model's endpoint.

    Its methods raise `StopAsking` when the endpoint cannot be spoken with, and `Refused`, which is
    one, when it does not take what was sent.

    Args:
        name: The model's name in the settings.
        settings: Its settings.
    """

    def __init__(self, name: str, settings: OpenAIBatchModel) -> None:
        self._name = name
        self._settings = settings
        self._open: openai.AsyncOpenAI | None = None

    @property
    def endpoint(self) -> str:
        """Its URL, as the SDK finds it."""
        return self._settings.base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI

    @property
    def key(self) -> str | None:
        """The API key."""
        variable = self._settings.api_key_env
        return os.environ.get(variable) if variable else None

    async def upload(self, job: Job, content: BinaryIO) -> str:
        """Upload a job's file, streamed, and return its id."""

        async def attempt() -> str:
            content.seek(0)
            file = (job.file_name, content, "application/jsonl")
            return (await self._client().files.create(file=file, purpose="batch")).id

        return await self._patiently(attempt)

    async def find_file(self, job: Job) -> str | None:
        """Return the id of a job's file when it is at the endpoint, whole."""

        async def attempt() -> str | None:
            async for file in self._client().files.list(purpose="batch", order="desc"):
                if file.created_at < job.recorded_at - OLDER_S:
                    return None
                if file.filename == job.file_name and file.bytes == job.bytes:
                    return file.id
            return None

        return await self._patiently(attempt)

    async def find_batch(self, job: Job) -> Batch | None:
        """Return a job's batch when it is at the endpoint.

        Raises:
            StopAsking: Also when the endpoint cannot list batches.
        """

        async def attempt() -> Batch | None:
            async for batch in self._client().batches.list(limit=100):
                if batch.created_at < job.recorded_at - OLDER_S:
                    return None
                named = (batch.metadata or {}).get("job") == job.id
                if named or (job.file_id and batch.input_file_id == job.file_id):
                    return batch
            return None

        try:
            return await self._patiently(attempt)
        except Refused as error:
            raise StopAsking(
                f"{error}; an endpoint must list its batches, or a killed run could buy twice"
            ) from None

    async def ensure_batch(self, job: Job) -> Batch:
        """Return the batch of a job whose file is uploaded; create it when there is none."""

        async def attempt() -> Batch:
            found = await self.find_batch(job)
            if found is not None:
                return found
            window: str = self._settings.completion_window
            return await self._client().batches.create(
                completion_window=window,  # type: ignore[arg-type]
                endpoint=ENDPOINT,  # type: ignore[arg-type]
                input_file_id=str(job.file_id),
                metadata={"job": job.id, "stage": job.stage, "made_by": "taskgalaxy"},
            )

        return await self._patiently(attempt)

    async def batch(self, batch_id: str) -> Batch:
        """Return a batch as it is now."""
        return await self._patiently(lambda: self._client().batches.retrieve(batch_id))

    async def cancel(self, batch_id: str) -> Batch:
        """Ask the endpoint to stop a batch; what it answered until then can be harvested."""
        return await self._patiently(lambda: self._client().batches.cancel(batch_id))

    async def download(self, file_id: str, into: BinaryIO) -> None:
        """Write a file's content, streamed, to the beginning of a file; leave it rewound."""

        async def attempt() -> None:
            into.seek(0)
            into.truncate()
            files = self._client().files.with_streaming_response
            async with files.content(file_id) as response:
                async for chunk in response.iter_bytes(CHUNK):
                    into.write(chunk)
            into.seek(0)

        await self._patiently(attempt)

    async def close(self) -> None:
        """Close the connections."""
        if self._open is not None:
            await self._open.close()
            self._open = None

    def _client(self) -> openai.AsyncOpenAI:
        if self._open is None:
            self._open = openai.AsyncOpenAI(
                api_key=self.key or "no key needed",
                base_url=self.endpoint,
                timeout=self._settings.timeout_s,
                max_retries=0,
            )
        return self._open

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Make a call, again when it may succeed later."""
        for number in range(1, ATTEMPTS + 1):
            try:
                return await self._classified(attempt)
            except GiveUp as error:
                raise Refused(f"model {self._name}: {error.reason}") from None
            except TryAgain as error:
                if number == ATTEMPTS:
                    raise StopAsking(
                        f"model {self._name}: {error.reason} (gave up after {number} attempts); "
                        "batches that were submitted go on at the endpoint, and the same command "
                        "goes on from there"
                    ) from None
                wait = min(BACKOFF_S[1], BACKOFF_S[0] * 2.0 ** (number - 1))
                await asyncio.sleep(wait if error.after_s is None else error.after_s)
        raise AssertionError("the last attempt returns or raises")

    async def _classified(self, attempt: Callable[[], Awaitable[T]]) -> T:
        try:
            return await attempt()
        except openai.APIStatusError as error:
            headers = {name.lower(): value for name, value in error.response.headers.items()}
            said = error.response.text
            raise wire.failure_of(self._name, error.status_code, said, headers, self.key) from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:  # timeouts, too
            said = wire.without_secrets(str(error.__cause__ or "") or str(error), self.key)
            raise TryAgain(f"no answer from the endpoint: {said}") from None
        except openai.OpenAIError as error:
            said = wire.without_secrets(str(error), self.key)
            raise StopAsking(f"model {self._name}: {said}") from None
