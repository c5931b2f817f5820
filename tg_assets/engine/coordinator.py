"""Gives every run what its partition needs, whoever asked for it.

Dagster's tags for launchers belong to jobs; what a run needs depends on its partition, too, and
the runs of backfills and of the automation have no job of ours. Every run passes here once.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

from dagster import DagsterRun
from dagster._core.run_coordinator import QueuedRunCoordinator, SubmitRunContext
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_START_TAG, PARTITION_NAME_TAG

from tg_assets.engine.needs import needs_of, run_tags
from tg_assets.settings import Settings, load_settings


class RunsWithNeeds(QueuedRunCoordinator):
    """Dagster's queue; runs enter it with the tags of what they need."""

    @cached_property
    def _settings(self) -> Settings:
        return load_settings(os.environ.get("TG_CONFIG"))

    def submit_run(self, context: SubmitRunContext) -> DagsterRun:
        """Tag a run and put it into the queue."""
        run = context.dagster_run
        self._instance.add_run_tags(run.run_id, tags_of(self._settings, run))
        tagged: Any = self._instance.get_run_by_id(run.run_id)
        return super().submit_run(SubmitRunContext(tagged, context.workspace))


def tags_of(settings: Settings, run: DagsterRun) -> dict[str, str]:
    """Return the tags that give a run what it needs; a person's own tags win."""
    assets = [key.to_user_string() for key in run.asset_selection or ()]
    partition = run.tags.get(PARTITION_NAME_TAG) or run.tags.get(ASSET_PARTITION_RANGE_START_TAG)
    needs = needs_of(settings, run.job_name, assets, partition)
    return {
        name: value for name, value in run_tags(settings, needs).items() if name not in run.tags
    }
