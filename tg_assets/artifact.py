"""How an artifact becomes an asset: gates before, schema and stamp after, the same for all.

An artifact's ``assets.py`` holds a function from `Work` (what it may read, whom it may ask) to
`Made` (rows, and what to show of them). Everything else happens here, once: what a gate keeps out,
leaving alone what is up to date, writing whole files, and the metadata that the UI shows.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import dagster as dg
import polars as pl

from resources import progress
from resources.chat.asking import Tally, ask
from resources.chat.limits import limits_of
from resources.chat.messages import Answer
from resources.chat.stages import Question, Stage
from resources.galaxy import Galaxy
from tg_assets import gates, ranges
from tg_assets.ids import digest
from tg_assets.instance import alone_with
from tg_assets.partitions import Registered, deps_of, dimensions
from tg_assets.recipes import READ_IN_PART, VERSIONS, recipe
from tg_assets.settings import Settings
from tg_assets.showing import preview
from tg_assets.tables_io import Stamp, TableStore
from tg_assets.withdrawals.respected import respects_withdrawals

LOG_EVERY_S = 10.0
LOOK_EVERY_S = 5
LOOKS = 12 * 3600 // LOOK_EVERY_S
"""How often a run looks whether another one has made its partition: for half a day."""
NOTHING: Any = dg.Nothing
"""What steps hand to each other: the rows are in the tables."""
UNANSWERED = "unanswered"
"""The fact of a table that counts questions the next run asks again."""


@dataclass
class Work:
    """What an artifact's function works with.

    Attributes:
        context: Dagster's, for its log.
        galaxy: The resource.
        asset: The asset's name.
        partition: Its partition, null when it has none.
        inputs: What the gates let it read.
        tallies: What was asked, filled by `ask`.
        logs: The logs of the servers that were asked, by model, filled likewise.
    """

    context: dg.AssetExecutionContext
    galaxy: Galaxy
    asset: str
    partition: str | None
    inputs: gates.Inputs
    registered: Registered
    tallies: list[Tally] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.galaxy.settings

    @property
    def tables(self) -> TableStore:
        """The tables, for what stands beside an asset."""
        return self.galaxy.tables

    @property
    def keys(self) -> tuple[str, ...]:
        """The partition's keys, one a dimension."""
        return dimensions(self.partition)

    def read(self, asset: str) -> pl.DataFrame:
        """Return the rows of all open partitions of an upstream asset, in the order of keys."""
        return pl.concat(frame for _, frame in self.read_each(asset))

    def read_each(self, asset: str) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield the open partitions of an upstream asset, one at a time."""
        for key in self.inputs.open[asset]:
            yield key or "", self.tables.read(asset, *dimensions(key))

    def ask(self, stage: Stage, questions: Sequence[Question], model: str) -> list[Answer]:
        """Ask a model of the settings, through the ledger; one answer a question, in order."""
        what = f"{self.asset} {self.partition or ''}".strip()
        asked = self.galaxy.chat_model(model)
        answers, tally = ask(
            stage,
            questions,
            asked,
            self.galaxy.ledger,
            lambda done, total: progress.report(what, done, total),
            limits_of(self.settings.models[model]),
            self.galaxy.budget,
        )
        self.tallies.append(tally)
        log = getattr(asked, "log", None)  # of a server that the pass started or found
        if log is not None:
            self.logs[model] = log
        return answers


@dataclass(frozen=True, slots=True)
class Made:
    """What an artifact's function made.

    Attributes:
        frame: The rows of the asset's table.
        metadata: What the UI shows beyond counts and a preview.
        facts: Small numbers kept in the file itself.
        beside: Rows of the tables that stand beside the asset's.
        preview: Which rows to preview, when the first ones say little.
    """

    frame: pl.DataFrame
    metadata: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    preview: pl.DataFrame | None = None


Make = Callable[[Work], Made]


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact before it meets Dagster's definitions, collected by `artifact`."""

    name: str
    make: Make
    description: str
    pool: Callable[[Settings], str | None] | None
    kinds: frozenset[str]


def artifact(
    *kinds: str, pool: Callable[[Settings], str | None] | None = None
) -> Callable[[Make], Artifact]:
    """Declare a function as the maker of the artifact that bears its name.

    Args:
        *kinds: What Dagster's UI shows as the asset's kinds.
        pool: Gives the concurrency pool of its steps.
    """

    def declare(make: Make) -> Artifact:
        name = make.__name__
        return Artifact(name, make, (make.__doc__ or "").strip(), pool, frozenset(kinds))

    return declare


def asset_of(
    declared: Artifact,
    settings: Settings,
    partitions: dg.PartitionsDefinition | None,
    condition: dg.AutomationCondition[dg.AssetKey],
    group: str,
) -> dg.AssetsDefinition:
    """Make an artifact a Dagster asset."""

    @dg.asset(
        name=declared.name,
        description=declared.description,
        partitions_def=partitions,
        deps=deps_of(declared.name),
        code_version=VERSIONS[declared.name],
        automation_condition=condition,
        group_name=group,
        kinds=set(declared.kinds),
        pool=declared.pool(settings) if declared.pool else None,
        backfill_policy=ranges.policy_of(declared.name, partitions, settings),
        dagster_type=NOTHING,
    )
    def materialized(
        context: dg.AssetExecutionContext, galaxy: dg.ResourceParam[Galaxy]
    ) -> Iterator[ranges.Event]:
        if ranges.is_over_a_range(context):
            make = partial(_materialize, declared, context, galaxy)
            yield from ranges.materialized(context, declared.name, make)
        else:
            partition = str(context.partition_key) if context.has_partition_key else None
            yield _materialize(declared, context, galaxy, partition)

    return materialized


def _made_elsewhere(asset: str, partition: str | None) -> dg.RetryRequested:
    """Give the slot back until another run has made the partition; both would ask the same."""
    waiting = dg.RetryRequested(max_retries=LOOKS, seconds_to_wait=LOOK_EVERY_S)
    waiting.add_note(f"another run makes {asset} {partition or ''} just now; this one waits for it")
    return waiting


def _materialize(
    declared: Artifact, context: dg.AssetExecutionContext, galaxy: Galaxy, partition: str | None
) -> dg.MaterializeResult[None]:
    """Make a partition, unless another run does.

    Raises:
        RetryRequested: Another run makes it.
        Failure: A gate is closed.
    """
    with alone_with(galaxy.settings, declared.name, partition) as alone:
        if not alone:
            raise _made_elsewhere(declared.name, partition)
        return _made(declared, context, galaxy, partition)


def _made(
    declared: Artifact, context: dg.AssetExecutionContext, galaxy: Galaxy, partition: str | None
) -> dg.MaterializeResult[None]:
    registered = galaxy.registered(context.instance)
    try:
        inputs = gates.inputs(context.instance, declared.name, partition, registered)
    except gates.GateClosed as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    work = Work(context, galaxy, declared.name, partition, inputs, registered)
    wanted = inputs_fingerprint(galaxy, declared.name, partition, inputs)
    kept = galaxy.tables.stamp(declared.name, *work.keys)
    respected = kept is not None and respects_withdrawals(
        galaxy.tables, declared.name, work.keys, kept
    )
    if kept is not None and respected and is_current(kept, wanted):
        context.log.info(f"{declared.name} {partition or ''}: up to date, nothing to do")
        return _result(kept, {**_shown_before(context, partition), "reused": True})
    with _progress_to(context):
        made = declared.make(work)
    for name, frame in made.beside.items():
        galaxy.tables.write(name, frame, *work.keys, inputs=wanted)
    stamp = galaxy.tables.write(
        declared.name, made.frame, *work.keys, inputs=wanted, facts=made.facts
    )
    return _result(stamp, _shown(work, made))


def is_current(stamp: Stamp, wanted: str) -> bool:
    """Whether a file was made from just these inputs and leaves no question to be asked again."""
    return stamp.inputs == wanted and not stamp.facts.get(UNANSWERED)


def inputs_fingerprint(
    galaxy: Galaxy, asset: str, partition: str | None, inputs: gates.Inputs
) -> str:
    """Return a hash of everything a partition's rows are made from."""
    parts = [recipe(galaxy, asset, partition)]
    for upstream, keys in sorted(inputs.open.items()):
        for key in keys:
            parts.append(f"{upstream}[{key}]={_version(galaxy, asset, upstream, key)}")
    return digest("inputs", *parts)


def _version(galaxy: Galaxy, asset: str, upstream: str, key: str | None) -> str:
    read = READ_IN_PART.get((asset, upstream))
    if read is not None:
        return read(galaxy)
    stamp = galaxy.tables.stamp(upstream, *dimensions(key))
    return stamp.version if stamp else "absent"


def unanswered(answers: Sequence[Answer]) -> int:
    """Count the answers that the next run asks for again."""
    return sum(answer.asked_again for answer in answers)


def _result(stamp: Stamp, metadata: Mapping[str, Any]) -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata=dict(metadata), data_version=dg.DataVersion(stamp.version))


def _shown_before(context: dg.AssetExecutionContext, partition: str | None) -> Mapping[str, Any]:
    event = context.instance.event_log_storage.fetch_materializations(
        dg.AssetRecordsFilter(
            asset_key=context.asset_key, asset_partitions=[partition] if partition else None
        ),
        limit=1,
    )
    if not event.records or not event.records[0].asset_materialization:
        return {}
    return dict(event.records[0].asset_materialization.metadata)


def _shown(work: Work, made: Made) -> dict[str, Any]:
    """Return the metadata that tells an asset's story without opening a file."""
    shown: dict[str, Any] = {
        "dagster/row_count": made.frame.height,
        "reused": False,
        "file": dg.MetadataValue.path(str(work.tables.path(work.asset, *work.keys))),
        "preview": preview(made.frame if made.preview is None else made.preview),
    }
    for name, frame in made.beside.items():
        shown[f"{name} (rows)"] = frame.height
    if work.inputs.excluded:
        shown["kept out by gates"] = dg.MetadataValue.md(
            "\n".join(
                f"- {item.asset}[{item.partition}]: {item.reason}" for item in work.inputs.excluded
            )
        )
    if work.tallies:
        shown |= _asked(work.tallies)
    for model, log in work.logs.items():
        shown[f"log of {model}"] = dg.MetadataValue.path(log)
    return shown | dict(made.metadata)


def _asked(tallies: Sequence[Tally]) -> dict[str, Any]:
    outcomes: dict[str, int] = {}
    for tally in tallies:
        for outcome, count in tally.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    return {
        "questions": sum(tally.questions for tally in tallies),
        "found in the ledger": sum(tally.known for tally in tallies),
        "requests": sum(tally.requests for tally in tallies),
        "prompt tokens": sum(tally.prompt_tokens for tally in tallies),
        "completion tokens": sum(tally.completion_tokens for tally in tallies),
        "cost (USD)": float(sum(tally.cost_usd for tally in tallies)),
        "outcomes": outcomes,
        "retries": sum(tally.retries for tally in tallies),
        "refused for want of room": sum(tally.overloads for tally in tallies),
        "asked again with more room": sum(tally.more_room for tally in tallies),
        "left over at the deadline": sum(tally.not_asked for tally in tallies),
        "throttled (seconds)": round(sum(tally.throttled_s for tally in tallies), 1),
    }


@contextmanager
def _progress_to(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Log progress now and then, unless somebody already listens."""
    said = time.monotonic()

    def log(what: str, done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= LOG_EVERY_S:
            said = time.monotonic()
            context.log.info(f"{what}: {done} of {total}")

    with nullcontext() if progress.is_heard() else progress.reported_to(log):
        yield
