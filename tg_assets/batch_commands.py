"""`tg batches`: what was handed over to batch endpoints, and how far it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from resources.chat.batch.jobs import Job, JobStore
    from tg_assets.settings import Settings

app = typer.Typer(help="See and end batches of questions; alone, list them.")

ConfigOption = Annotated[Path | None, typer.Option("--config", "-c", help="The settings file.")]
JobArgument = Annotated[str, typer.Argument(help="The batch's id, or the beginning of it.")]
SHORTEST_PREFIX = 10
"""Characters of a batch's id that may stand for it."""


@app.callback(invoke_without_command=True)
def list_batches(
    context: typer.Context,
    config: ConfigOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
) -> None:
    """List batches as the last run saw them: state, counts, age. Asks no endpoint."""
    if context.invoked_subcommand is not None:
        return
    with _store(config) as (_, store):
        jobs = store.jobs(only_open=not everything)
        if json:
            import orjson

            print(orjson.dumps([as_facts(job) for job in jobs]).decode())
        else:
            from rich.console import Console

            Console().print(_table(jobs) if jobs else "No batch is under way.")


@app.command()
def cancel(job: JobArgument, config: ConfigOption = None) -> None:
    """Ask the endpoint to stop a batch.

    What it answered until then is paid for; the next run fetches it, and asks the rest again.
    """
    with _store(config, to_read=False) as (settings, store):
        from resources.chat.batch.remote import Remote
        from tg_assets.settings import OpenAIBatchModel

        found = _found(store, job)
        model = settings.models.get(found.model)
        if found.batch_id is None or not found.state.is_open:
            raise _refusal(f"{found.called} is {found.state}: there is nothing to cancel")
        if not isinstance(model, OpenAIBatchModel):
            raise _refusal(f"the settings have no model {found.model} with provider openai-batch")
        status = asyncio.run(_cancelled(Remote(found.model, model), found.batch_id))
        print(f"{found.called} is {status}; the next run fetches what it has answered")


@app.command()
def forget(job: JobArgument, config: ConfigOption = None) -> None:
    """Give up a batch that the endpoint no longer knows: its questions are asked anew.

    Whatever it answered is lost, and paid for: cancel it first, and let a run fetch its answers.
    """
    with _store(config) as (_, store):
        from resources.chat.batch.jobs import State

        found = _found(store, job)
        if not found.state.is_open:
            raise _refusal(f"{found.called} is {found.state}: there is nothing to forget")
        if not store.hold(found):
            raise _refusal(f"{found.called} is worked on by a run; end that first")
        store.finish(found, State.FAILED, reason="given up by hand")
        print(f"{found.called} is given up; the next run asks its {found.requests:,} requests anew")


async def _cancelled(remote: Any, batch_id: str) -> str:
    try:
        return str((await remote.cancel(batch_id)).status)
    finally:
        await remote.close()


@contextmanager
def _store(config: Path | None, *, to_read: bool = True) -> Iterator[tuple[Settings, JobStore]]:
    from tg_assets.commanding import plain_words, settings_of

    with plain_words():
        settings = settings_of(config, to_read=to_read)
        from resources.chat.batch.jobs import JobStore
        from resources.galaxy import Galaxy

        galaxy = Galaxy(settings)
        try:
            yield settings, JobStore(galaxy.ledger.engine)
        finally:
            galaxy.close()


def _found(store: JobStore, name: str) -> Job:
    jobs = store.jobs()
    found = [job for job in jobs if name in (job.id, job.batch_id)]
    if not found and len(name) >= SHORTEST_PREFIX:
        found = [job for job in jobs if f"{job.batch_id or job.id}".startswith(name)]
    if len(found) == 1:
        return found[0]
    many = "several batches begin with" if found else "no batch is called"
    raise _refusal(f"{many} {name!r}; `tg batches --all` lists them")


def _refusal(why: str) -> typer.Exit:
    from tg_assets.commanding import say

    say(why)
    return typer.Exit(2)


def as_facts(job: Job) -> dict[str, Any]:
    """Return what there is to know about a job; times in seconds since 1970."""
    return {
        "job": job.id,
        "batch": job.batch_id,
        "model": job.model,
        "stage": job.stage,
        "endpoint": job.endpoint,
        "state": str(job.state),
        "remote_status": job.remote_status,
        "requests": job.requests,
        "completed": job.completed,
        "failed": job.failed,
        "bytes": job.bytes,
        "most_usd": job.most_usd,
        "recorded_at": job.recorded_at,
        "submitted_at": job.submitted_at,
        "ended_at": job.ended_at,
        "reason": job.reason,
    }


def _table(jobs: list[Job]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("batch", no_wrap=True, overflow="ignore")  # it is what commands take
    for title in ("model", "stage", "state"):
        table.add_column(title, overflow="fold")
    for title in ("done", "failed", "of", "age"):
        table.add_column(title, justify="right", overflow="fold")  # a cut number is a wrong one
    for job in jobs:
        counts = (f"{count:,}" for count in (job.completed, job.failed, job.requests))
        state = job.remote_status if job.state == "submitted" else str(job.state)
        name = job.batch_id or job.id
        table.add_row(name, job.model, job.stage, state, *counts, _age(job.recorded_at))
    return table


def _age(since: float) -> str:
    minutes = int(max(0.0, time.time() - since) // 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d} h"
