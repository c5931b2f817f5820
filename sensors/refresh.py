"""The nightly refresh: registers what is new and walks the graph, running only what changed."""

import dagster as dg

from resources.galaxy import Galaxy
from tg_assets.settings import Settings

REFRESH = "refresh"


@dg.op(
    name="walk_the_graph",
    description="Registers what is new, then runs every partition that is not current.",
)
def _walk_the_graph(context: dg.OpExecutionContext, galaxy: dg.ResourceParam[Galaxy]) -> None:
    from tg_assets.walk import walk

    report = walk(galaxy, context.instance, say=context.log.info)
    context.log.info(report.to_json())
    if report.failures:
        raise dg.Failure("; ".join(report.failures)[:2000], allow_retries=False)


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


def refresh_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Return the schedule of the refresh."""
    return dg.ScheduleDefinition(
        name="nightly_refresh",
        job_name=REFRESH,
        cron_schedule=settings.schedule.refresh_cron,
        execution_timezone=settings.schedule.timezone,
    )
