"""Whole runs as Celery's tasks, and how it is told that one's worker is gone.

A run is one task and one process, so that what it holds (a GPU, a model, the locks of what it
makes) ends with it. Celery says of a task whose worker was killed that it has started, for ever;
so the worker's process holds a lock on PostgreSQL for as long as it works on a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from dagster import DagsterRun, StringSource
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._serdes import ConfigurableClassData
from dagster_celery.launcher import CeleryRunLauncher

from tg_assets.engine.locks import is_held_on_postgres


def at_work(run_id: str) -> str:
    """Return the name of the lock that a worker holds while it works on a run."""
    return f"run {run_id}"


class WholeRuns(CeleryRunLauncher):
    """Dagster's launcher for Celery; it notices workers that were killed."""

    def __init__(self, postgres: str, **said: Any) -> None:
        self._postgres = postgres
        super().__init__(**said)

    @property
    def supports_resume_run(self) -> bool:
        """A run is never resumed: what is done is in the tables, and the next run goes on there."""
        return False

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Tell whether a process works on a run that has started."""
        if is_held_on_postgres(self._postgres, at_work(run.run_id)):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.FAILED, "The worker's process is gone: no one holds the run's lock."
        )

    @classmethod
    def config_type(cls) -> Any:
        """Return what ``dagster.yaml`` may say."""
        said: Any = super().config_type()
        return {**said, "postgres": StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Make one from ``dagster.yaml``."""
        return cls(inst_data=inst_data, **config_value)
