"""The nightly refresh and the weekly growth: both walk the graph, running only what changed."""

import dagster as dg

from resources.galaxy import Galaxy
from tg_assets.partitions import TASK_BATCH
from tg_assets.registration import list_growth
from tg_assets.settings import Settings

REFRESH, GROWTH = "refresh", "growth"


def _walk(context: dg.OpExecutionContext, galaxy: Galaxy) -> None:
    from tg_assets.walk import walk

    report = walk(galaxy, context.instance, say=context.log.info)
    context.log.info(report.to_json())
    if report.failures:
        raise dg.Failure("; ".join(report.failures)[:2000], allow_retries=False)


@dg.op(
    name="walk_the_graph",
    description="Registers what is new, then runs every partition that is not current.",
)
def _walk_the_graph(context: dg.OpExecutionContext, galaxy: dg.ResourceParam[Galaxy]) -> None:
    _walk(context, galaxy)


@dg.op(
    name="grow_the_tree",
    description="Adds a batch that grows under every task type, where targets are not met; walks.",
)
def _grow_the_tree(context: dg.OpExecutionContext, galaxy: dg.ResourceParam[Galaxy]) -> None:
    registered = context.instance.get_dynamic_partitions(TASK_BATCH)
    keys = list_growth(galaxy.settings, galaxy.tables, registered)
    context.instance.add_dynamic_partitions(TASK_BATCH, keys)
    context.log.info(f"new batches: {', '.join(keys) or 'none, the targets are met'}")
    _walk(context, galaxy)


def refresh_job() -> dg.JobDefinition:
    """Return the job that does what ``tg run`` does."""

    @dg.job(
        name=REFRESH,
        executor_def=dg.in_process_executor,
        description="What `tg run` does: register what is new, run what is not current.",
    )
    def refresh() -> None:
        _walk_the_graph()

    return refresh


def growth_job() -> dg.JobDefinition:
    """Return the job that grows the tree by a batch before it does what the refresh does."""

    @dg.job(
        name=GROWTH,
        executor_def=dg.in_process_executor,
        description="Grow the tree towards its targets by one more batch, then refresh.",
    )
    def growth() -> None:
        _grow_the_tree()

    return growth


def refresh_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule of the refresh."""
    return dg.ScheduleDefinition(
        name="nightly_refresh",
        job_name=REFRESH,
        cron_schedule=settings.schedule.refresh_cron,
        execution_timezone=settings.schedule.timezone,
    )


def growth_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule of the growth."""
    return dg.ScheduleDefinition(
        name="weekly_growth",
        job_name=GROWTH,
        cron_schedule=settings.schedule.growth_cron,
        execution_timezone=settings.schedule.timezone,
    )
