"""Spend against the budget: somebody is told once for each share of it that is passed."""

import dagster as dg

from resources.galaxy import Galaxy
from sensors import webhook


def spending_sensor() -> dg.SensorDefinition:
    """Return the sensor; its cursor is the greatest share that was told."""

    @dg.sensor(
        name="spending",
        minimum_interval_seconds=60,
        description="Compares the ledger with budget.total_usd; tells the webhook of each share.",
    )
    def spending(
        context: dg.SensorEvaluationContext, galaxy: dg.ResourceParam[Galaxy]
    ) -> dg.SensorResult | dg.SkipReason:
        settings = galaxy.settings
        limit = settings.budget.total_usd
        if not limit:
            return dg.SkipReason("no budget.total_usd is set")
        spent = float(galaxy.ledger.costs()["cost_usd"].sum())
        told = float(context.cursor or 0.0)
        passed = max((s for s in settings.notify.spend_shares if spent >= s * limit), default=0.0)
        said = f"${spent:,.2f} of ${limit:,.2f} are spent"
        if passed <= told:
            return dg.SensorResult(skip_reason=said, cursor=str(passed))  # a raised budget: anew
        context.log.warning(said)
        if webhook.is_set(settings):
            facts = {"spent_usd": round(spent, 6), "total_usd": limit, "share": passed}
            webhook.tell(settings, "spending", facts)
        return dg.SensorResult(skip_reason=said, cursor=str(passed))

    return spending
