"""New paths in the seeds file become a new task batch."""

import dagster as dg

from resources.galaxy import Galaxy
from tg_assets.partitions import TASK_BATCH, task_batches
from tg_assets.registration import list_batch


def new_task_types_sensor() -> dg.SensorDefinition:
    """Return the sensor; the automation materializes what it registers."""

    @dg.sensor(
        name="new_task_types",
        minimum_interval_seconds=60,
        description="Reads the seeds file; paths that are in no batch yet become a new batch.",
    )
    def new_task_types(
        context: dg.SensorEvaluationContext, galaxy: dg.ResourceParam[Galaxy]
    ) -> dg.SensorResult | dg.SkipReason:
        registered = context.instance.get_dynamic_partitions(TASK_BATCH)
        keys = list_batch(galaxy.settings, galaxy.tables, registered)
        if not keys:
            return dg.SkipReason("the seeds hold nothing new")
        return dg.SensorResult(dynamic_partitions_requests=[task_batches.build_add_request(keys)])

    return new_task_types
