"""The Dagster instance of a galaxy: the one that the UI shows and every pass runs on."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import yaml
from upath import UPath

from resources.galaxy import state_folder
from tg_assets.settings import Settings
from tg_assets.tables_io import write_whole

WALK_TAG = "taskgalaxy/walk"
"""The tag of the runs that belong to a pass."""

CHAT_SLOTS = 4
"""Runs that may ask one endpoint at the same time; each keeps to its own concurrency."""


def instance_folder(settings: Settings) -> Path:
    """Return the folder of the instance, made and configured; a person's changes to it stay."""
    folder = Path(state_folder(settings)).absolute() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        write_whole(UPath(config), yaml.safe_dump(_config(settings), sort_keys=False).encode())
    return folder


class Busy(RuntimeError):  # noqa: N818 - a state, not a fault
    """Another pass works on the same galaxy."""


@contextmanager
def alone_on(settings: Settings) -> Iterator[None]:
    """Keep a second `tg run` off a galaxy: two would ask, and pay for, the same questions.

    The operating system drops the lock when its holder dies.

    Raises:
        Busy: Another pass holds it.
    """
    path = instance_folder(settings).parent / "pass.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"another `tg run` works on {settings.home} (lock {path}); wait for it, or give "
                "this one a `home` of its own"
            ) from None
        yield


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance of a galaxy."""
    folder = instance_folder(settings)
    os.environ["DAGSTER_HOME"] = str(folder)
    instance = dg.DagsterInstance.from_config(str(folder))
    _set_pools(instance, settings)
    return instance


def _set_pools(instance: dg.DagsterInstance, settings: Settings) -> None:
    """Give every chat endpoint its slots; other pools keep the default."""
    from tg_assets.pools import chat_pool, referees_pool

    limits = {info.name for info in instance.event_log_storage.get_pool_limits()}
    pools = {chat_pool(settings, name) for name in settings.models} | {referees_pool(settings)}
    for pool in pools - limits:
        if pool is not None:
            instance.event_log_storage.set_concurrency_slots(pool, CHAT_SLOTS)


def _config(_: Settings) -> dict[str, object]:
    return {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "concurrency": {
            "pools": {"granularity": "op", "default_limit": 1},
            "runs": {"max_concurrent_runs": 4},
        },
        "run_monitoring": {"enabled": True, "free_slots_after_run_end_seconds": 60},
    }


UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def end_orphans(instance: dg.DagsterInstance) -> int:
    """End the runs that a killed pass left unfinished, and free the pool slots they hold.

    Only for who is alone on the galaxy: then an unfinished run of a pass has nobody behind it.

    Returns:
        How many there were.
    """
    orphans = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED, tags={WALK_TAG: "true"}))
    for run in orphans:
        instance.report_run_failed(run, "The pass that this run belonged to was killed.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(orphans)
