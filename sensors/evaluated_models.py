"""Models that the settings evaluate become partitions; those they no longer name cease to be."""

import dagster as dg

from resources.galaxy import Galaxy
from tg_assets.partitions import MODEL, models
from tg_assets.registration import list_models


def evaluated_models_sensor() -> dg.SensorDefinition:
    """Return the sensor; the automation materializes what it registers."""

    @dg.sensor(
        name="evaluated_models",
        minimum_interval_seconds=60,
        description="Reads the settings; models under `evaluation` become partitions.",
    )
    def evaluated_models(
        context: dg.SensorEvaluationContext, galaxy: dg.ResourceParam[Galaxy]
    ) -> dg.SensorResult | dg.SkipReason:
        found = list_models(galaxy.settings, context.instance.get_dynamic_partitions(MODEL))
        requests: list[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest] = []
        if found.new:
            requests.append(models.build_add_request(found.new))
        if found.gone:
            requests.append(models.build_delete_request(found.gone))
        if not requests:
            return dg.SkipReason("every model that is evaluated is registered")
        return dg.SensorResult(dynamic_partitions_requests=requests)

    return evaluated_models
