"""A whole pass: the graph walked partition by partition, in process, on the UI's instance.

Dagster has no job over assets of different partitions, so a pass is many small runs, one for each
job and partition that is not current. What is current is decided by the files: see
`tg_assets.artifact`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import orjson

from resources.galaxy import Galaxy
from tg_assets import gates
from tg_assets.artifact import inputs_fingerprint, is_current
from tg_assets.definitions import JOBS, Job, build_defs
from tg_assets.instance import WALK_TAG, alone_on, end_orphans
from tg_assets.partitions import Registered, dimensions, image_shards, task_batches
from tg_assets.registration import list_batch, list_shards
from tg_assets.results import dataset_cost, unanswered, votes, written
from tg_assets.stage_rows import rows_in, rows_out
from tg_assets.withdrawals.respected import respects_withdrawals
from tg_assets.withdrawals.unheard import unheard

Say = Callable[[str], None]
INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
WITHOUT_COT = "`cot: null` in the settings publishes without step-by-step answers"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class StageReport:
    """What one asset did in a pass, over all its partitions.

    Attributes:
        partitions: How many it has.
        ran: How many of them were made in this pass.
        reused: How many were started and found up to date.
        rows_in: Rows of its main input: see `tg_assets.stage_rows`.
        rows_out: Rows of its table as it lies there now; of what is published, samples.
        requests: Responses that were paid for in this pass.
        questions: Questions that were put in this pass, to the ledger first.
        known: How many of them the ledger knew.
        cost_usd: What the responses cost.
        seconds: How long its runs took.
    """

    partitions: int = 0
    ran: int = 0
    reused: int = 0
    rows_in: int = 0
    rows_out: int = 0
    requests: int = 0
    questions: int = 0
    known: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0


@dataclass
class PassReport:
    """What a pass did.

    Attributes:
        stages: By asset, in the order data flows.
        failures: A line for each partition that failed or whose checks failed.
        held: A line for each partition that a gate held back, because of those.
        votes: Each referee's votes over all shards, not of this pass alone.
        unanswered: By asset, questions without an answer that the next pass asks again.
        dataset_cost_usd: What the ledger says was paid in all, by this and earlier passes.
        paths: What was written, by name.
        refused_files: Entries of the sources that can never be pictures.
        remarks: Lines about what is not in force although it may seem so.
    """

    stages: dict[str, StageReport] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    votes: dict[str, dict[str, int]] = field(default_factory=dict)
    unanswered: dict[str, int] = field(default_factory=dict)
    dataset_cost_usd: float = 0.0
    paths: dict[str, str] = field(default_factory=dict)
    refused_files: int = 0
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> str:
        """Return the report as one line of JSON."""
        return orjson.dumps(self).decode()


class Watcher:
    """Told what a pass is about to do; a console shows it, a log writes it."""

    def started(self, job: Job, partitions: int) -> None:
        """A job begins, with so many partitions to run."""

    def finished(self, job: Job, partition: str | None) -> None:
        """A partition of a job is done."""


def walk(
    galaxy: Galaxy,
    instance: dg.DagsterInstance,
    say: Say = lambda _: None,
    watcher: Watcher | None = None,
) -> PassReport:
    """Register what is new, then run every partition that is not current, in order.

    A partition that fails stops what is downstream of it and nothing else.

    Args:
        galaxy: The resource; it is kept for the whole pass.
        instance: Where partitions are registered and runs are recorded.
        say: Told what happens, a line at a time.
        watcher: Told about progress.

    Returns:
        What was done.

    Raises:
        KeyboardInterrupt: Somebody interrupted it; what was answered until then is kept.
    """
    with alone_on(galaxy.settings):
        ended = end_orphans(instance)
        if ended:
            say(f"{ended} runs of a pass that was killed are ended; what they had bought is kept")
        return _walk(galaxy, instance, say, watcher or Watcher())


def _walk(galaxy: Galaxy, instance: dg.DagsterInstance, say: Say, watcher: Watcher) -> PassReport:
    started = time.monotonic()
    report = PassReport()
    report.refused_files = _register(galaxy, instance, say)
    defs = build_defs(galaxy.settings, galaxy)
    for job in JOBS:
        _walk_job(defs, job, galaxy, instance, report, watcher)
        if job.name == "shard_intake":
            galaxy.release_encoder()  # what follows may want its GPU for a referee
    report.seconds = round(time.monotonic() - started, 3)
    report.votes = votes(galaxy.tables, galaxy.registered(instance).shards)
    report.unanswered = unanswered(galaxy.tables, galaxy.registered(instance).shards)
    report.dataset_cost_usd = dataset_cost(galaxy)
    report.paths = written(galaxy.tables)
    report.remarks = list(unheard(galaxy.settings, galaxy.tables))
    return report


def _register(galaxy: Galaxy, instance: dg.DagsterInstance, say: Say) -> int:
    registered = galaxy.registered(instance)
    shards = list_shards(galaxy.settings, galaxy.tables, registered.shards)
    batches = list_batch(galaxy.settings, galaxy.tables, registered.batches)
    for definition, keys, name in (
        (image_shards, shards.keys, "image shards"),
        (task_batches, batches, "task batches"),
    ):
        for start in range(0, len(keys), 10_000):  # SQLite takes 32,766 variables
            instance.add_dynamic_partitions(str(definition.name), keys[start : start + 10_000])
        if keys:
            say(f"new {name}: {', '.join(keys[:5])}{' ...' if len(keys) > 5 else ''}")
    return shards.refused


def partitions_of(job: Job, galaxy: Galaxy, instance: dg.DagsterInstance) -> list[str | None]:
    """Return the partitions of a job, in the order a pass walks them."""
    registered = galaxy.registered(instance)
    if job.name == "task_batch":
        return list(registered.batches)
    if job.name in ("shard_intake", "shard_questions", "score"):
        return list(registered.shards)
    if job.name == "match":
        return [f"{s}|{b}" for s in registered.shards for b in registered.batches]
    if job.name == "judge":  # one referee over all shards, then the next: one load of its model
        return [f"{s}|{r}" for r in registered.referees for s in registered.shards]
    return [None]


def _walk_job(
    defs: dg.Definitions,
    job: Job,
    galaxy: Galaxy,
    instance: dg.DagsterInstance,
    report: PassReport,
    watcher: Watcher,
) -> None:
    partitions = partitions_of(job, galaxy, instance)
    for asset in job.assets:
        report.stages[asset] = StageReport(partitions=len(partitions))
    watcher.started(job, len(partitions))
    registered, known = galaxy.registered(instance), gates.States(instance)
    for partition in partitions:
        try:
            stale = first_stale(job, partition, galaxy, registered, known)
        except gates.GateClosed as closed:
            report.held.append(_held(closed, report))
            stale = None
        if stale is not None:
            assets = job.assets[job.assets.index(stale) :]
            _run(defs, job, assets, partition, instance, report, galaxy)
            known.look_again(assets, partition)
            report.held += _skipped(assets, partition, registered, known, report)
        watcher.finished(job, partition)
    for asset in job.assets:
        _count_rows(report.stages[asset], asset, partitions, galaxy, instance)


def _held(closed: gates.GateClosed, report: PassReport) -> str:
    """Return why a partition waits, with what the first closed one failed with in this pass."""
    root = closed.root
    if root is None:
        return str(closed)
    place = root.asset if root.partition == "all" else f"{root.asset}[{root.partition}]"
    why = next((line for line in report.failures if line.startswith(f"{place}:")), None)
    said = str(closed) if why is None else f"{str(closed).rpartition('; ')[0]}; {why}"
    return f"{said}; {WITHOUT_COT}" if root.asset == "cot_answers" else said


def _skipped(
    assets: Sequence[str],
    partition: str | None,
    registered: Registered,
    known: gates.States,
    report: PassReport,
) -> Iterator[str]:
    """Yield a line for each asset of a run that was not made because one before it failed."""
    for asset in assets[1:]:
        try:
            gates.inputs(known.instance, asset, partition, registered, known)
        except gates.GateClosed as closed:
            yield _held(closed, report)


def first_stale(
    job: Job,
    partition: str | None,
    galaxy: Galaxy,
    registered: Registered,
    known: gates.States,
) -> str | None:
    """Return the first asset of a job whose partition is not current, null when all are.

    Raises:
        GateClosed: What the first stale asset reads is missing or failed its checks.
    """
    for asset in job.assets:
        inputs = gates.inputs(known.instance, asset, partition, registered, known)
        if known(asset, [partition])[partition] != gates.State.OPEN:
            return asset
        stamp = galaxy.tables.stamp(asset, *dimensions(partition))
        wanted = inputs_fingerprint(galaxy, asset, partition, inputs)
        if stamp is None or not is_current(stamp, wanted):
            return asset
        if not respects_withdrawals(galaxy.tables, asset, dimensions(partition), stamp):
            return asset
    return None


def _run(
    defs: dg.Definitions,
    job: Job,
    assets: Sequence[str],
    partition: str | None,
    instance: dg.DagsterInstance,
    report: PassReport,
    galaxy: Galaxy,
) -> None:
    started = time.monotonic()
    paid_before = _paid(galaxy)
    try:
        result = defs.resolve_job_def(job.name).execute_in_process(
            instance=instance,
            partition_key=partition,
            asset_selection=[dg.AssetKey(asset) for asset in assets],
            run_config=QUIET,
            raise_on_error=False,
            tags={WALK_TAG: "true"},
        )
    except dg.DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    if _was_interrupted(result):
        raise KeyboardInterrupt  # Dagster takes it for a failure of the step, and would go on
    seconds = time.monotonic() - started
    durations = dict(_durations(result))
    for asset in assets:
        report.stages[asset].seconds += durations.get(asset, 0.0)
    report.stages[assets[0]].seconds += max(0.0, seconds - sum(durations.values()))
    made = set()
    for event in result.get_asset_materialization_events():
        asset = event.asset_key.to_user_string()  # type: ignore[union-attr]
        made.add(asset)
        paid_before = paid_before.plus(_count(report.stages[asset], event))
    unmade = next((asset for asset in assets if asset not in made), None)
    if unmade is not None:  # what it bought before it failed is in the ledger, and paid for
        report.stages[unmade].requests += _paid(galaxy).requests - paid_before.requests
        report.stages[unmade].cost_usd += _paid(galaxy).cost_usd - paid_before.cost_usd
    report.failures += _failures(result, partition)


@dataclass(frozen=True, slots=True)
class Spent:
    """Responses and the dollars they cost."""

    requests: int
    cost_usd: float

    def plus(self, other: Spent) -> Spent:
        """Return both together."""
        return Spent(self.requests + other.requests, self.cost_usd + other.cost_usd)


def _paid(galaxy: Galaxy) -> Spent:
    costs = galaxy.ledger.costs()
    return Spent(int(costs["requests"].sum()), float(costs["cost_usd"].sum()))


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    for event in result.all_events:
        error = event.step_failure_data.error if event.is_step_failure else None
        while error is not None:
            if error.cls_name in INTERRUPTS:
                return True
            error = error.cause
    return False


def _durations(result: dg.ExecuteInProcessResult) -> Iterator[tuple[str, float]]:
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_SUCCESS and event.step_key:
            yield event.step_key, event.step_success_data.duration_ms / 1000


def _count(stage: StageReport, event: dg.DagsterEvent) -> Spent:
    """Count what a partition did; returns what it paid."""
    metadata = {
        name: value.value
        for name, value in event.step_materialization_data.materialization.metadata.items()
    }
    if metadata.get("reused"):
        stage.reused += 1
        return Spent(0, 0.0)
    stage.ran += 1
    paid = Spent(_number(metadata, "requests"), float(str(metadata.get("cost (USD)") or 0.0)))
    stage.requests += paid.requests
    stage.questions += _number(metadata, "questions")
    stage.known += _number(metadata, "found in the ledger")
    stage.cost_usd += paid.cost_usd
    return paid


def _number(metadata: dict[str, Any], name: str) -> int:
    return int(metadata.get(name) or 0)


def _failures(result: dg.ExecuteInProcessResult, partition: str | None) -> Iterator[str]:
    place = f"[{partition}]" if partition else ""
    told = set()  # a check that failed says so itself; one that broke is a failure like any other
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            name = evaluation.asset_key.to_user_string()
            told.add(f"{name}_{gates.SUITE}")
            yield f"{name}{place}: checks failed: {evaluation.description}"
    for event in result.all_events:
        if event.is_step_failure and event.step_key not in told:
            data = event.step_failure_data
            error = data.user_failure_data.description if data.user_failure_data else None
            yield f"{event.step_key}{place}: {error or _cause(data.error)}"


def _cause(error: Any) -> str:
    """Return the message of the error that the asset raised, without Dagster's around it.

    What that one was raised from is a library's word for it, and says neither what nor what to do.
    """
    while error is not None and error.cause is not None and error.cls_name.startswith("Dagster"):
        error = error.cause
    if error is None:
        return "failed"
    kind, _, said = str(error.message).strip().partition(": ")
    of_its_kind = kind.rpartition(".")[2] == error.cls_name
    return said if of_its_kind and said else str(error.message).strip()


def _count_rows(
    stage: StageReport,
    asset: str,
    partitions: Sequence[str | None],
    galaxy: Galaxy,
    instance: dg.DagsterInstance,
) -> None:
    registered = galaxy.registered(instance)
    for partition in partitions:
        stage.rows_in += rows_in(galaxy.tables, asset, partition, registered)
        stage.rows_out += rows_out(
            galaxy.tables, asset, partition, galaxy.settings.dataset.min_score
        )
    stage.seconds = round(stage.seconds, 3)
    stage.cost_usd = round(stage.cost_usd, 6)
