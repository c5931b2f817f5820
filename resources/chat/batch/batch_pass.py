"""One pass of a stage through batches: what is open is followed, what is new is handed over.

A job is written down before anything of it is sent, and after every step, so that the next pass
goes on from wherever this one ends, whether it ended by itself or was killed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import BinaryIO

from openai.types import Batch

from resources import progress
from resources.chat.asking import Tally
from resources.chat.batch.harvesting import Harvester, to_the_end
from resources.chat.batch.jobs import HELD_S, Job, JobStore, State, Taken
from resources.chat.batch.open_questions import Counts, OpenQuestions
from resources.chat.batch.packing import Asked, Packed, Packet, pack
from resources.chat.batch.remote import Refused, Remote
from resources.chat.images import EncodedImages
from resources.chat.ledger import Ledger, LedgerError
from resources.chat.limits.budget import Budget, BudgetSpent
from resources.chat.limits.held_by_batches import OverBudget
from resources.chat.messages import StopAsking
from resources.chat.stages import Stage
from tg_assets.settings_models import OpenAIBatchModel

logger = logging.getLogger(__name__)

ENDED = ("completed", "failed", "expired", "cancelled")
"""What the endpoint calls a batch of which nothing more will come."""
QUEUE_IS_FULL = "token_limit_exceeded"
"""The endpoint's code for a batch that will be taken once others have ended."""
REASONS_SHOWN = 5


class BatchPass:
    """One pass of a stage over its open questions.

    Args:
        name: The model's name in the settings.
        settings: Its settings.
        stage: What is asked.
        pending: The open questions, those together that share a request.
        ledger: Where answers go; its database also holds the jobs.
        tally: Counts what is paid.
        counter: Counts what is answered.
        budget: What may be spent.
    """

    def __init__(
        self,
        name: str,
        settings: OpenAIBatchModel,
        stage: Stage,
        pending: Iterable[Asked],
        ledger: Ledger,
        tally: Tally,
        counter: Counts,
        budget: Budget,
    ) -> None:
        self._name = name
        self._settings = settings
        self._stage = stage
        self._counter = counter
        self._open = OpenQuestions(stage, name, pending, ledger, counter, settings.max_attempts)
        self._followed: dict[str, Job] = {}
        self._held_back: str | None = None
        self._tally = tally
        self._budget = budget
        self._run_usd: dict[str, float] = {}
        self._store = JobStore(ledger.engine, budget)
        self._remote = Remote(name, settings)
        self._images = EncodedImages(settings.max_image_side)
        self._harvester = Harvester(name, settings, stage, ledger, self._store, self._remote, tally)

    async def run(self) -> None:
        """Ask everything and commit everything that comes back.

        With ``wait: false`` in the settings, what is under way is left so, with that as its reason.

        Raises:
            StopAsking: No request can succeed, or the endpoint refuses a file.
            LedgerError: The ledger stopped taking answers.
        """
        holding = asyncio.create_task(self._keep_holding())
        self._counter.add(0)
        try:
            await to_the_end(self._follow_what_is_open)
            await self._harvest_outdated()
            while self._open.waiting or self._followed:
                if holding.done():
                    await holding
                await self._hand_over()
                if await self._look():
                    continue
                if not self._settings.wait:
                    await to_the_end(self._leave_open)
                    return
                await asyncio.sleep(self._settings.poll_s)
                self._held_back = None
        except asyncio.CancelledError:
            self._say_what_goes_on()
            raise
        finally:
            holding.cancel()
            with suppress(asyncio.CancelledError, LedgerError):
                await holding
            with suppress(LedgerError):  # then the holds run out by themselves
                await to_the_end(self._store.let_go)
            self._images.close()
            await self._remote.close()

    async def _keep_holding(self) -> None:
        while True:
            await asyncio.sleep(HELD_S / 4)
            await to_the_end(self._store.keep_holding)

    def _follow_what_is_open(self) -> None:
        """Follow the jobs that hold questions of this pass, and let only the others wait."""
        claimed = self._store.claimed(sorted(self._open.keys))
        for job_id in sorted(set(claimed.values()) - set(self._followed)):
            with suppress(KeyError):  # dropped in this very moment
                self._followed[job_id] = self._store.job(job_id)
        taken = {key for key, job_id in claimed.items() if job_id in self._followed}
        self._open.only_these_wait(self._open.keys - taken)

    def _queue_what_is_free(self) -> None:
        """Let those questions wait again whose job another pass dropped or ended."""
        self._open.the_rest_waits(self._store.claimed(sorted(self._open.keys)))

    async def _harvest_outdated(self) -> None:
        """Fetch what was bought with an earlier prompt: it is paid for, though nobody waits."""
        for job in await to_the_end(lambda: self._store.jobs(only_open=True)):
            asked = (job.model, job.stage, job.endpoint, job.state)
            ours = (self._name, self._stage.name, self._remote.endpoint, State.SUBMITTED)
            if asked != ours or job.prompt_version == self._stage.prompt_version:
                continue
            try:
                await self._look_at(job)
            except StopAsking as error:
                logger.warning("%s, asked with an earlier prompt: %s", job.called, error)
            self._followed.pop(job.id, None)

    async def _hand_over(self) -> None:
        """Pack, record and submit until nothing waits or enough is open."""
        while (
            self._open.waiting
            and self._held_back is None
            and len(self._followed) < self._settings.max_open_jobs
        ):
            free = await to_the_end(self._store.free_usd)
            packed = await pack(self._stage, self._settings, self._images, self._open.waiting, free)
            with packed.content:
                await to_the_end(self._open.fail, _reasons(packed.refused))
                if packed.packets:
                    await self._record_and_submit(packed)
                elif packed.short_of_usd:
                    self._hold_back_or_stop(packed.short_of_usd, free)

    async def _record_and_submit(self, packed: Packed) -> None:
        try:
            job = await to_the_end(self._recorded, packed)
        except (Taken, OverBudget):  # another run was faster
            self._open.waiting.extendleft(reversed(packed.packets))
            await to_the_end(self._follow_what_is_open)
            return
        self._followed[job.id] = job
        await self._submit(job, packed.content)

    def _hold_back_or_stop(self, cost_usd: float, free_usd: float) -> None:
        """Hand nothing over until a batch has ended that may have cost less than it holds.

        Raises:
            BudgetSpent: No batch of this pass is open.
        """
        self._held_back = "the budget is held by the batches that are open"
        if not self._followed:
            raise BudgetSpent(
                f"stage {self._stage.name}: asking stopped before the budget is overrun. The next "
                f"request may cost up to ${cost_usd:.6f}; ${max(0.0, free_usd):.6f} are neither "
                "spent nor held by runs and batches that are under way. Everything that was bought "
                "is kept: raise the budget in the settings and run again"
            )

    def _recorded(self, packed: Packed) -> Job:
        requests = [packet.recorded(n) for n, packet in enumerate(packed.packets, 1)]
        job = self._store.record(
            requests,
            model=self._name,
            stage=self._stage.name,
            prompt_version=self._stage.prompt_version,
            endpoint=self._remote.endpoint,
            file_hash=packed.file_hash,
            size=packed.size,
            most_usd=packed.most_usd,
        )
        if self._budget.run_takes(job.most_usd):
            self._run_usd[job.id] = job.most_usd
        return job

    async def _submit(self, job: Job, content: BinaryIO | None) -> Job:
        """Bring a job that this pass holds to the endpoint, from wherever it is."""
        try:
            if content is not None:
                file_id = await self._remote.upload(job, content)
                job = await self._advance(job, state=State.UPLOADED, file_id=file_id)
            batch = await self._remote.ensure_batch(job)
        except Refused as error:
            await self._finish(job, State.FAILED, reason=str(error))
            raise StopAsking(
                f"{error}; it was a file of {job.requests:,} requests and {job.bytes:,} bytes: see "
                "max_requests_per_file and max_bytes_per_file"
            ) from None
        return await self._submitted(job, batch)

    async def _submitted(self, job: Job, batch: Batch) -> Job:
        return await self._advance(
            job,
            state=State.SUBMITTED,
            batch_id=batch.id,
            submitted_at=time.time(),
            **_remote_counts(batch),
        )

    async def _advance(self, job: Job, **columns: object) -> Job:
        job = await to_the_end(lambda: self._store.advance(job, **columns))
        self._followed[job.id] = job
        return job

    async def _finish(self, job: Job, state: State, **columns: object) -> None:
        await to_the_end(lambda: self._store.finish(job, state, **columns))
        self._followed.pop(job.id, None)
        self._budget.run_returns(self._run_usd.pop(job.id, 0.0))

    async def _look(self) -> bool:
        """See how far the followed jobs are; whether one of them came to an end."""
        moved = False
        for job in list(self._followed.values()):
            moved |= await self._look_at(job)
        completed = sum(job.completed + job.failed for job in self._followed.values())
        requests = sum(job.requests for job in self._followed.values())
        if requests:
            progress.report(f"batches of {self._name}", completed, requests)
        return moved

    async def _look_at(self, job: Job) -> bool:
        held = await self._held(job)
        if held is None:
            return job.id not in self._followed
        if held.state != State.SUBMITTED:
            resumed = await self._resumed(held)
            if resumed is None:
                return True
            held = resumed
        batch = await self._remote.batch(str(held.batch_id))
        held = await self._advance(held, **_remote_counts(batch))
        if batch.status not in ENDED:
            return False
        if batch.status == "failed":
            await self._refused(held, batch)
        else:
            await self._harvest(held, batch)
        return True

    async def _held(self, job: Job) -> Job | None:
        """Return the job as it is once this pass holds it; null while, or after, another does."""
        if job.holder == self._store.me:
            return job
        try:
            is_ours = await to_the_end(self._store.hold, job)
            job = await to_the_end(self._store.job, job.id)
        except KeyError:  # whoever held it dropped it unsent: its questions are free
            self._followed.pop(job.id, None)
            await to_the_end(self._queue_what_is_free)
            return None
        if not job.state.is_open:
            self._followed.pop(job.id, None)
            await to_the_end(self._take_from_ledger, job)
            return None
        if is_ours and job.endpoint != self._remote.endpoint:
            raise StopAsking(
                f"model {self._name}: {job.called} holds questions of this pass and was submitted "
                f"to {job.endpoint}, the settings name {self._remote.endpoint}; set base_url "
                f"back, or give its answers up: tg batches forget {job.id}"
            )
        return job if is_ours else None

    async def _resumed(self, job: Job) -> Job | None:
        """Go on with a job whose submission was cut off; null when nothing of it was sent."""
        batch = await self._remote.find_batch(job)
        if batch is not None:
            return await self._submitted(job, batch)
        if job.file_id is None:
            file_id = await self._remote.find_file(job)
            if file_id is None:
                await to_the_end(self._store.drop, job)
                self._followed.pop(job.id, None)
                await to_the_end(self._queue_what_is_free)
                return None
            job = await self._advance(job, state=State.UPLOADED, file_id=file_id)
        return await self._submit(job, None)

    async def _harvest(self, job: Job, batch: Batch) -> None:
        spent = self._tally.cost_usd
        harvest = await self._harvester.harvest(job, batch)
        if job.id in self._run_usd:  # what it cost stays taken
            self._run_usd[job.id] -= self._tally.cost_usd - spent
        await self._finish(job, State.HARVESTED, result=harvest.counts.as_json())
        self._held_back = None
        if harvest.counts.strange:
            logger.warning(
                "%s (%s) did not say one thing about each of its %d requests: %s",
                job.called, batch.status, job.requests, harvest.counts.as_json(),
            )  # fmt: skip
        self._open.end(harvest.ended)
        for keys in harvest.cut:
            self._open.wait(keys, more_room=True)
        await to_the_end(self._open.ask_again, harvest.again)
        if harvest.stopped is not None:
            raise harvest.stopped

    def _take_from_ledger(self, job: Job) -> None:
        """Take what another pass harvested, and queue what it did not."""
        requests = self._store.requests(job.id).values()
        self._open.take_from_ledger([key for request in requests for key in request.keys])
        self._queue_what_is_free()

    async def _refused(self, job: Job, batch: Batch) -> None:
        """End a job that the endpoint did not begin."""
        errors = (batch.errors and batch.errors.data) or []
        said = [f"{f'line {e.line}: ' if e.line else ''}{e.message} ({e.code})" for e in errors]
        reasons = "; ".join(said[:REASONS_SHOWN]) or "it gives no reason"
        if len(said) > REASONS_SHOWN:
            reasons += f"; and {len(said) - REASONS_SHOWN} more"
        requests = await to_the_end(self._store.requests, job.id)
        await self._finish(job, State.FAILED, reason=reasons)
        if not errors or any(error.code != QUEUE_IS_FULL for error in errors):
            raise StopAsking(
                f"model {self._name}: the endpoint refused {job.called} of {job.requests:,} "
                f"requests, none was carried out: {reasons}"
            )
        self._held_back = "the endpoint's queue of batches is full"
        if self._followed:  # there is room again once they have ended
            for request in requests.values():
                self._open.wait(request.keys, more_room=request.more_room)
            return
        why = f"{reasons}; lower max_requests_per_file"
        await to_the_end(self._open.ask_again, [(request, why) for request in requests.values()])

    def _leave_open(self) -> None:
        """Give every question that is under way the reason that it is."""
        reasons: dict[str, str] = {}
        claimed = self._store.claimed(sorted(self._open.keys))
        for key, job_id in claimed.items():
            job = self._followed.get(job_id)
            if job is not None:
                said = f"{job.remote_status or job.state}, {job.completed} of {job.requests} done"
                reasons[key] = f"waiting for {job.called} ({said})"
        why = self._held_back or f"{len(self._followed)} batches are open (max_open_jobs)"
        for key in self._open.keys - set(reasons):
            reasons[key] = f"waits until it can be handed over: {why}"
        questions = len(reasons)
        self._open.fail(reasons)
        logger.warning(
            "%d questions to %s wait for %d batches; a later run fetches their answers "
            "(tg batches lists them)", questions, self._name, len(self._followed),
        )  # fmt: skip

    def _say_what_goes_on(self) -> None:
        submitted = [job for job in self._followed.values() if job.state == State.SUBMITTED]
        if submitted:
            logger.warning(
                "interrupted: %d batches of %s go on at the endpoint and are paid for (%s); the "
                "same command fetches their answers", len(submitted), self._name,
                ", ".join(str(job.batch_id) for job in submitted[:REASONS_SHOWN]),
            )  # fmt: skip


def _reasons(refused: Sequence[tuple[Packet, str]]) -> dict[str, str]:
    return {key: reason for packet, reason in refused for key in packet.questions}


def _remote_counts(batch: Batch) -> dict[str, object]:
    counts = batch.request_counts
    return {
        "remote_status": batch.status,
        "completed": counts.completed if counts else 0,
        "failed": counts.failed if counts else 0,
    }
