"""A whole pass: the graph walked partition by partition, in process, on the UI's instance.

Dagster has no job over assets of different partitions, so a pass is many runs, each for a job and
some partitions that are not current. What is current is decided by the files: see
`tg_assets.artifact`; which partitions go into one run: see `tg_assets.grouping`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from resources.galaxy import Galaxy
from tg_assets import gates, ranges
from tg_assets.artifact import inputs_fingerprint, is_current
from tg_assets.definitions import JOBS, Job, build_defs
from tg_assets.engine.runners import Ended, Runner, Task, end_orphans, runner_of
from tg_assets.grouping import Stale, grouped, most_of_a_run
from tg_assets.held import held, skipped
from tg_assets.instance import alone_on
from tg_assets.partitions import (
    IMAGE_SHARD,
    MODEL,
    Registered,
    dimensions,
    image_shards,
    models,
    task_batches,
)
from tg_assets.pass_report import PassReport, StageReport, Watcher
from tg_assets.registration import list_batch, list_models, list_shards
from tg_assets.results import dataset_cost, unanswered, votes, written
from tg_assets.settings import Settings
from tg_assets.stage_rows import rows_in, rows_out
from tg_assets.withdrawals.respected import respects_withdrawals
from tg_assets.withdrawals.unheard import unheard

Say = Callable[[str], None]


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
    runner = runner_of(galaxy.settings, build_defs(galaxy.settings, galaxy), instance)
    for together in walked_together(galaxy.settings):
        walks = [_JobWalk(job, galaxy, instance, runner, report, watcher) for job in together]
        _walk_jobs(walks, galaxy.registered(instance).shards)
        if together[0].name == "shard_intake":
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
    evaluated = list_models(galaxy.settings, registered.models)
    for model in evaluated.gone:
        instance.delete_dynamic_partition(MODEL, model)
    for definition, keys, name in (
        (image_shards, shards.keys, "image shards"),
        (task_batches, batches, "task batches"),
        (models, evaluated.new, "models to evaluate"),
    ):
        for start in range(0, len(keys), 10_000):  # SQLite takes 32,766 variables
            instance.add_dynamic_partitions(str(definition.name), keys[start : start + 10_000])
        if keys:
            say(f"new {name}: {', '.join(keys[:5])}{' ...' if len(keys) > 5 else ''}")
    return shards.refused


def walked_together(settings: Settings) -> list[tuple[Job, ...]]:
    """Return the jobs in the order of a pass; those of one tuple are walked shard by shard.

    With ``quota_aware`` a shard is asked about when the earlier ones are scored.
    """
    by_shard = ("shard_questions", "judge", "score") if settings.dataset.quota_aware else ()
    together = tuple(job for job in JOBS if job.name in by_shard)
    return [
        together if job.name in by_shard else (job,) for job in JOBS if job.name not in by_shard[1:]
    ]


def _walk_jobs(walks: Sequence[_JobWalk], shards: Sequence[str]) -> None:
    if len(walks) == 1:
        walks[0].walk(walks[0].partitions)
    else:
        for shard in shards:
            for walk in walks:
                walk.walk([key for key in walk.partitions if dimensions(key)[0] == shard])
    for walk in walks:
        walk.count_rows()


def is_in_order(job: Job, settings: Settings) -> bool:
    """Whether a partition of a job reads what the one before it makes."""
    if job.name == "shard_intake":
        return settings.images.near_duplicates is not None
    return job.name == "task_batch"


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
    if job.name == "evaluate":
        return list(registered.models)
    return [None]


class _JobWalk:
    """One job over all its partitions."""

    def __init__(
        self,
        job: Job,
        galaxy: Galaxy,
        instance: dg.DagsterInstance,
        runner: Runner,
        report: PassReport,
        watcher: Watcher,
    ) -> None:
        self._job = job
        self._galaxy = galaxy
        self._instance = instance
        self._runner = runner
        self._report = report
        self._watcher = watcher
        self._registered = galaxy.registered(instance)
        self._under_way = 0
        self._unmade: list[str] = []
        self.partitions = partitions_of(job, galaxy, instance)
        for asset in job.assets:
            report.stages[asset] = StageReport(partitions=len(self.partitions))
        watcher.started(job, len(self.partitions))

    def walk(self, partitions: Sequence[str | None]) -> None:
        """Run every one of these partitions that is not current."""
        # another job may have run since this one was walked last
        self._paid, self._known = _paid(self._galaxy), gates.States(self._instance)
        at_once = 1 if is_in_order(self._job, self._galaxy.settings) else self._runner.at_once
        try:
            for task in self._tasks(partitions):
                self._under_way += 1
                self._runner.start(task)
                while self._under_way >= at_once:
                    self._take_what_ended()
            while self._under_way:
                self._take_what_ended()
        except KeyboardInterrupt:
            self._runner.stop()
            raise

    def count_rows(self) -> None:
        """Count what went through the job's assets, when it is done."""
        for asset in self._job.assets:
            stage = self._report.stages[asset]
            _count_rows(stage, asset, self.partitions, self._galaxy, self._instance)

    def _tasks(self, partitions: Sequence[str | None]) -> Iterator[Task]:
        """Yield what is to be run."""
        if is_in_order(self._job, self._galaxy.settings):
            for partition, assets in self._stale(partitions):  # told when the one before is made
                yield Task(self._job.name, assets, () if partition is None else (partition,))
            return
        stale = list(self._stale(partitions))
        limit = self._galaxy.settings.partitions_per_run
        most = most_of_a_run(len(stale), self._runner.at_once, limit)
        keys = self._instance.get_dynamic_partitions(IMAGE_SHARD)
        order = {key: place for place, key in enumerate(keys)}
        for of_run, assets in grouped(stale, order, most):
            yield Task(self._job.name, assets, of_run)

    def _stale(self, partitions: Sequence[str | None]) -> Iterator[Stale]:
        """Yield the partitions that are not current, with the assets that are to be made."""
        known = self._known
        for partition in partitions:
            try:
                stale = first_stale(self._job, partition, self._galaxy, self._registered, known)
            except gates.GateClosed as closed:
                self._report.held.append(held(closed, self._report.failures))
                stale = None
            if stale is None:
                self._watcher.finished(self._job, partition)
            else:
                yield partition, self._job.assets[self._job.assets.index(stale) :]

    def _take_what_ended(self) -> None:
        for ended in self._runner.ended():
            self._under_way -= 1
            self._count(ended)
            self._look_again(ended.task)
            for partition in ended.task.of_each:
                self._watcher.finished(self._job, partition)
        if self._under_way == 0 and self._unmade:
            self._count_what_failed_had_bought()

    def _look_again(self, task: Task) -> None:
        self._known.look_again(task.assets, task.of_each)
        for partition in task.of_each:
            self._report.held += skipped(
                task.assets, partition, self._registered, self._known, self._report.failures
            )

    def _count(self, ended: Ended) -> None:
        stages, assets = self._report.stages, ended.task.assets
        durations = dict(_durations(ended.events))
        for asset in assets:
            stages[asset].seconds += durations.get(asset, 0.0)
        stages[assets[0]].seconds += max(0.0, ended.seconds - sum(durations.values()))
        made = set()
        for event in ended.events:
            if event.is_step_materialization and event.asset_key is not None:
                asset = event.asset_key.to_user_string()
                made.add((asset, event.partition))
                self._paid = self._paid.plus(_count(stages[asset], event))
        for partition in ended.task.of_each:
            self._unmade += [asset for asset in assets if (asset, partition) not in made][:1]
        self._report.failures += _failures(ended)

    def _count_what_failed_had_bought(self) -> None:
        """Count what was bought before a run failed: it is in the ledger, and paid for."""
        now, stage = _paid(self._galaxy), self._report.stages[self._unmade[0]]
        stage.requests += now.requests - self._paid.requests
        stage.cost_usd += now.cost_usd - self._paid.cost_usd
        self._paid, self._unmade = now, []


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


def _durations(events: Sequence[dg.DagsterEvent]) -> Iterator[tuple[str, float]]:
    for event in events:
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


def _failures(ended: Ended) -> Iterator[str]:
    if ended.lost is not None:
        yield f"{ended.task.assets[0]}{ended.task.place}: {ended.lost}"
    told = set()  # a check that failed says so itself; one that broke is a failure like any other
    for event in ended.events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed:
                name = evaluation.asset_key.to_user_string()
                told.add(f"{name}_{gates.SUITE}")
                place = f"[{evaluation.partition}]" if evaluation.partition else ""
                yield f"{name}{place}: checks failed: {evaluation.description}"
        left = ranges.not_made(event)
        if left is not None and (not left.waits or left.asset == ended.task.assets[0]):
            yield f"{left.asset}[{left.partition}]: {left.why}"
    for event in ended.events:
        if event.is_step_failure and event.step_key not in told:
            data = event.step_failure_data
            said = data.user_failure_data
            if said is None or ranges.LEFT not in (said.metadata or {}):  # those were told above
                error = said.description if said else None
                yield f"{event.step_key}{ended.task.place}: {error or _cause(data.error)}"


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
