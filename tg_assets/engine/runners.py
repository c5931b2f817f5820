"""How a pass runs a partition: here and now, or as a run that the instance's launcher starts."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

import dagster as dg
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin

from tg_assets.engine.needs import needs_of, run_tags
from tg_assets.instance import UNFINISHED, WALK_TAG
from tg_assets.ranges import range_tags
from tg_assets.settings import Settings
from tg_assets.settings_engine import Engine

QUIET: Mapping[str, Any] = MappingProxyType(
    {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
)
INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
POLL_S = 0.5
HEALTH_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """What one run is to do.

    Attributes:
        job: The job's name.
        assets: Which of its assets, in the order data flows.
        partitions: Of the assets, side by side in Dagster's order; none for unpartitioned ones.
    """

    job: str
    assets: tuple[str, ...]
    partitions: tuple[str, ...]

    @property
    def keys(self) -> list[dg.AssetKey]:
        """The assets as Dagster names them."""
        return [dg.AssetKey(asset) for asset in self.assets]

    @property
    def of_each(self) -> tuple[str | None, ...]:
        """The partitions, null for what has none."""
        return self.partitions or (None,)

    @property
    def place(self) -> str:
        """The partitions as they stand behind an asset's name."""
        if not self.partitions:
            return ""
        ends = dict.fromkeys((self.partitions[0], self.partitions[-1]))
        return f"[{' to '.join(ends)}]"

    @property
    def range_tags(self) -> dict[str, str]:
        """The tags of a run over several partitions; none where there is one."""
        if len(self.partitions) < 2:
            return {}
        return range_tags(self.partitions[0], self.partitions[-1])


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over.

    Attributes:
        task: What it was to do.
        events: What happened in it.
        seconds: How long it took.
        lost: Why nothing more is known of it: its worker is gone, or nobody took it.
    """

    task: Task
    events: Sequence[dg.DagsterEvent]
    seconds: float
    lost: str | None = None


class Runner(Protocol):
    """Runs tasks; at most `at_once` that are not yet returned by `ended`."""

    at_once: int

    def start(self, task: Task) -> None:
        """Start a task."""

    def ended(self) -> list[Ended]:
        """Return the tasks that are over, of those under way; waits for one."""

    def stop(self) -> None:
        """Stop what is under way."""


@dataclass
class Here:
    """Runs a task in this process, one at a time."""

    defs: dg.Definitions
    instance: dg.DagsterInstance
    at_once: int = 1
    _over: list[Ended] = field(default_factory=list)

    def start(self, task: Task) -> None:
        """Run a task to its end.

        Raises:
            KeyboardInterrupt: Somebody interrupted it.
        """
        started = time.monotonic()
        try:
            result = self.defs.resolve_job_def(task.job).execute_in_process(
                instance=self.instance,
                partition_key=task.partitions[0] if len(task.partitions) == 1 else None,
                asset_selection=task.keys,
                run_config=dict(QUIET),
                raise_on_error=False,
                tags={WALK_TAG: "true", **task.range_tags},
            )
        except dg.DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None
        if _was_interrupted(result.all_events):
            raise KeyboardInterrupt  # Dagster takes it for a failure of the step, and would go on
        self._over.append(Ended(task, result.all_events, time.monotonic() - started))

    def ended(self) -> list[Ended]:
        """Return what was run since."""
        over, self._over = self._over, []
        return over

    def stop(self) -> None:
        """Nothing goes on when nobody is in `start`."""


def _was_interrupted(events: Sequence[dg.DagsterEvent]) -> bool:
    for event in events:
        error = event.step_failure_data.error if event.is_step_failure else None
        while error is not None:
            if error.cls_name in INTERRUPTS:
                return True
            error = error.cause
    return False


@dataclass
class _UnderWay:
    task: Task
    started: float
    looked_at: float


class Launched:
    """Runs tasks on the engine's machines: each is a run that the instance's launcher starts."""

    def __init__(
        self, settings: Settings, engine: Engine, defs: dg.Definitions, instance: dg.DagsterInstance
    ) -> None:
        self.at_once = engine.at_once
        self._settings = settings
        self._engine = engine
        self._defs = defs
        self._instance = instance
        self._runs: dict[str, _UnderWay] = {}
        self._refused: list[Ended] = []
        self._subsets: dict[tuple[str, ...], dg.JobDefinition] = {}

    def start(self, task: Task) -> None:
        """Hand a task to the launcher."""
        run = self._create(task)
        now = time.monotonic()
        try:
            # launchers of whole runs are given all they need by the run itself, no workspace
            self._instance.launch_run(run.run_id, None)  # type: ignore[arg-type]
        except Exception as error:  # of any launcher's client; Dagster has marked the run as failed
            why = f"the run was not taken by {self._engine.runs}: {type(error).__name__}: {error}"
            self._refused.append(Ended(task, [], time.monotonic() - now, why))
        else:
            self._runs[run.run_id] = _UnderWay(task, now, now)

    def _create(self, task: Task) -> dg.DagsterRun:
        job = self._defs.resolve_job_def(task.job)
        tags = {WALK_TAG: "true", **task.range_tags}
        if len(task.partitions) == 1:
            tags |= job.get_tags_for_partition_key(task.partitions[0], task.keys)
        needs = needs_of(self._settings, task.job, task.assets, task.of_each[0])
        return self._instance.create_run_for_job(
            job_def=self._subset(job, task),
            run_config=dict(QUIET),
            tags={**tags, **run_tags(self._settings, needs)},
            asset_selection=frozenset(task.keys),
            job_code_origin=self._origin(task.job),
        )

    def _subset(self, job: dg.JobDefinition, task: Task) -> dg.JobDefinition:
        """Return the job over a task's assets; Dagster takes its time to describe one."""
        if task.assets not in self._subsets:
            self._subsets[task.assets] = job.get_subset(asset_selection=set(task.keys))
        return self._subsets[task.assets]

    def _origin(self, job: str) -> JobPythonOrigin:
        """Return where a worker finds the job: in the project's own module."""
        kubernetes = self._engine.kubernetes
        image = kubernetes.image if self._engine.runs == "kubernetes" and kubernetes else None
        pointer = ModuleCodePointer("tg_assets.definitions", "defs")
        origin = RepositoryPythonOrigin(sys.executable, pointer, image, entry_point=["dagster"])
        return JobPythonOrigin(job, origin)

    def ended(self) -> list[Ended]:
        """Return the runs that are over; waits until there is one."""
        if self._refused:
            refused, self._refused = self._refused, []
            return refused
        while self._runs:
            over = [ended for ended in map(self._look, self._of_instance()) if ended is not None]
            if over:
                return over
            time.sleep(POLL_S)
        return []

    def _of_instance(self) -> Sequence[dg.DagsterRun]:
        return self._instance.get_runs(dg.RunsFilter(run_ids=list(self._runs)))

    def _look(self, run: dg.DagsterRun) -> Ended | None:
        under_way = self._runs[run.run_id]
        lost = None
        if not run.is_finished:
            lost = self._why_lost(run, under_way)
            if lost is None:
                return None
            self._instance.report_run_failed(run, lost)
            self._instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        del self._runs[run.run_id]
        entries = self._instance.all_logs(run.run_id)
        events = [entry.dagster_event for entry in entries if entry.dagster_event is not None]
        if lost is None and run.status == dg.DagsterRunStatus.CANCELED:
            lost = "somebody canceled the run"
        elif lost is None and not any(event.is_step_event for event in events):
            lost = "the run failed before its first step: look at it in the UI"
        return Ended(under_way.task, events, time.monotonic() - under_way.started, lost)

    def _why_lost(self, run: dg.DagsterRun, under_way: _UnderWay) -> str | None:
        now = time.monotonic()
        if run.status != dg.DagsterRunStatus.STARTED:
            if now - under_way.started < self._engine.start_timeout_s:
                return None
            return (
                f"no worker began the run in {self._engine.start_timeout_s} s "
                "(engine.start_timeout_s); look whether workers run and reach the broker"
            )
        if now - under_way.looked_at < HEALTH_EVERY_S:
            return None
        under_way.looked_at = now
        health = self._instance.run_launcher.check_run_worker_health(run)
        if health.status in (WorkerStatus.RUNNING, WorkerStatus.SUCCESS, WorkerStatus.UNKNOWN):
            return None
        again = self._instance.get_run_by_id(run.run_id)
        if again is None or again.status != run.status:  # it ended between the two looks
            return None
        return f"the worker is gone: {health.msg or health.status.value}"

    def stop(self) -> None:
        """End the runs that are under way."""
        for run in self._of_instance():
            if not run.is_finished:
                self._instance.run_launcher.terminate(run.run_id)
                self._instance.report_run_canceled(run)
        self._runs.clear()


def runner_of(settings: Settings, defs: dg.Definitions, instance: dg.DagsterInstance) -> Runner:
    """Return what runs the tasks of a pass, by the settings."""
    engine = settings.engine
    if engine is None or engine.runs == "here":
        return Here(defs, instance)
    return Launched(settings, engine, defs, instance)


def end_orphans(instance: dg.DagsterInstance) -> int:
    """End the runs that a killed pass left unfinished, and free the pool slots they hold.

    Only for who is alone on the galaxy: then an unfinished run of a pass has nobody behind it,
    unless a worker elsewhere still works on it. That one is left to end: a run that wants the same
    partition waits for it.

    Returns:
        How many were ended.
    """
    orphans = [
        run
        for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags={WALK_TAG: "true"}))
        if not _is_worked_on(instance, run)
    ]
    for run in orphans:
        instance.report_run_failed(run, "The pass that this run belonged to was killed.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(orphans)


def _is_worked_on(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    launcher = instance.run_launcher
    if run.status != dg.DagsterRunStatus.STARTED or not launcher.supports_check_run_worker_health:
        return False
    return run.job_code_origin is not None and (
        launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
    )
