"""A pass that was killed leaves nothing behind that holds up the next one."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from tg_assets.engine.runners import end_orphans
from tg_assets.instance import UNFINISHED, WALK_TAG, open_instance
from tg_assets.settings import load_settings

SETTINGS = """
name: killed
home: galaxy
sources: [{kind: rendered, name: rendered, count: 4}]
task_tree: {seeds: embedded, model: embedded}
filter: embedded
ask: embedded
referees: {ada: embedded, bob: embedded}
"""


def test_its_runs_are_ended_and_their_slots_are_free(tmp_path: Path) -> None:
    config = tmp_path / "galaxy.yaml"
    config.write_text(SETTINGS)
    with open_instance(load_settings(config)) as instance:

        @dg.job
        def judge() -> None: ...

        mine = instance.create_run_for_job(
            judge, status=dg.DagsterRunStatus.STARTED, tags={WALK_TAG: "true"}
        )
        other = instance.create_run_for_job(judge, status=dg.DagsterRunStatus.STARTED)
        storage = instance.event_log_storage
        storage.set_concurrency_slots("chat_referees", 1)
        storage.claim_concurrency_slot("chat_referees", mine.run_id, "step")
        assert storage.get_concurrency_info("chat_referees").active_slot_count == 1

        assert end_orphans(instance) == 1
        unfinished = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
        assert [run.run_id for run in unfinished] == [other.run_id]
        assert storage.get_concurrency_info("chat_referees").active_slot_count == 0
        assert end_orphans(instance) == 0
