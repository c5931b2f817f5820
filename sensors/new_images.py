"""New files in the sources become new image shards."""

import dagster as dg

from resources.galaxy import Galaxy
from tg_assets.partitions import IMAGE_SHARD, image_shards
from tg_assets.registration import list_shards


def new_images_sensor() -> dg.SensorDefinition:
    """Return the sensor; the automation materializes what it registers."""

    @dg.sensor(
        name="new_images",
        minimum_interval_seconds=60,
        description="Lists the sources; files that are in no shard yet become new shards.",
    )
    def new_images(
        context: dg.SensorEvaluationContext, galaxy: dg.ResourceParam[Galaxy]
    ) -> dg.SensorResult | dg.SkipReason:
        registered = context.instance.get_dynamic_partitions(IMAGE_SHARD)
        found = list_shards(galaxy.settings, galaxy.tables, registered)
        if not found.keys:
            return dg.SkipReason("no new files")
        return dg.SensorResult(
            dynamic_partitions_requests=[image_shards.build_add_request(found.keys)]
        )

    return new_images
