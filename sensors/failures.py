"""Runs that failed: each is reported to the webhook once."""

from collections.abc import Iterator, Mapping

import dagster as dg

from resources.galaxy import Galaxy
from sensors import webhook
from tg_assets import ranges

AT_ONCE = 20
"""Failures reported by one tick; what is left over is reported by the next."""


def failures_sensor() -> dg.SensorDefinition:
    """Return the sensor; its cursor is the number of the last event that was looked at."""

    @dg.sensor(
        name="failures",
        minimum_interval_seconds=30,
        description="Tells the webhook of each run that failed, without what its error may hold.",
    )
    def failures(
        context: dg.SensorEvaluationContext, galaxy: dg.ResourceParam[Galaxy]
    ) -> dg.SensorResult | dg.SkipReason:
        if not webhook.is_set(galaxy.settings):
            return dg.SkipReason("no notify.webhook_env is set")
        if context.cursor is None:  # what failed before somebody wanted to know is history
            return dg.SensorResult(
                skip_reason="from here on", cursor=str(_newest(context.instance))
            )
        found = context.instance.fetch_run_status_changes(
            dg.RunStatusChangeRecordsFilter(
                event_type=dg.DagsterEventType.RUN_FAILURE, after_storage_id=int(context.cursor)
            ),
            limit=AT_ONCE,
            ascending=True,
        )
        cursor = context.cursor
        for record in found.records:
            facts = _facts(context.instance, record.run_id)
            try:
                webhook.tell(galaxy.settings, "run_failed", facts)
            except webhook.WebhookError:
                if cursor == context.cursor:
                    raise
                break  # the next tick goes on from here, and tells nothing twice
            cursor = str(record.storage_id)
        return dg.SensorResult(skip_reason=f"{len(found.records)} reported", cursor=cursor)

    return failures


def _newest(instance: dg.DagsterInstance) -> int:
    found = instance.fetch_run_status_changes(dg.DagsterEventType.RUN_FAILURE, limit=1)
    return found.records[0].storage_id if found.records else 0


def _facts(instance: dg.DagsterInstance, run_id: str) -> dict[str, object]:
    run = instance.get_run_by_id(run_id)
    return {
        "run_id": run_id,
        "job": run.job_name if run else None,
        "partition": _partition(run.tags) if run else None,
        "failed": list(_failed(instance, run_id)),
    }


def _partition(tags: Mapping[str, str]) -> str | None:
    """Return a run's partition, of a run over several the first and the last."""
    first, last = (tags.get(name) for name in ranges.RANGE_TAGS)
    return tags.get("dagster/partition") if first is None else f"{first} to {last}"


def _failed(instance: dg.DagsterInstance, run_id: str) -> Iterator[dict[str, str | None]]:
    """Yield what failed with the kind of each error: what it says may quote anything."""
    of_type = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.ENGINE_EVENT}
    for entry in instance.all_logs(run_id, of_type=of_type):
        event = entry.dagster_event
        if event is None:
            continue
        left = ranges.not_made(event)
        if left is not None:
            yield {"step": left.asset, "partition": left.partition, "error": left.error}
        elif event.is_step_failure:
            kind = ranges.kind_of(event.step_failure_data.error)
            yield {"step": event.step_key, "error": kind}
