"""``tg worker``: the process that takes runs from Celery's broker."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tg_assets.commanding import ConfigOption, say, settings_of


def worker(
    config: ConfigOption = None,
    concurrency: Annotated[int, typer.Option(help="Runs at the same time.", min=1)] = 1,
    queues: Annotated[
        str, typer.Option(help="Which runs: dagster (no GPU), gpu, passes (the nightly refresh).")
    ] = "dagster,gpu,passes",
) -> None:
    """Take runs from the broker that the settings' engine names; each is a process of its own."""
    from tg_assets.engine.celery_workers import become_worker
    from tg_assets.instance import instance_folder

    settings = settings_of(config)
    if settings.engine is None or settings.engine.runs != "celery":
        say("engine.runs: is not celery, so nobody would give this worker a run")
        raise typer.Exit(2)
    os.environ["DAGSTER_HOME"] = str(instance_folder(settings))
    if config is not None:
        os.environ["TG_CONFIG"] = str(config.resolve())
    become_worker(settings.engine, concurrency, queues)
