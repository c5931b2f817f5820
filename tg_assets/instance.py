"""The Dagster instance of a galaxy: the one that the UI shows and every pass runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import dagster as dg
import yaml
from upath import UPath

from resources.galaxy import state_folder
from tg_assets.engine.instance_config import instance_config
from tg_assets.engine.locks import held
from tg_assets.settings import Settings
from tg_assets.tables_io import write_whole

WALK_TAG = "taskgalaxy/walk"
"""The tag of the runs that belong to a pass."""

CHAT_SLOTS = 4
"""Runs that may ask one endpoint at the same time; each keeps to its own concurrency."""


def instance_folder(settings: Settings) -> Path:
    """Return the folder of the instance, made and configured.

    A person's changes to its ``dagster.yaml`` stay, unless the settings say where runs run: then
    it is theirs alone, so that all machines have the same.
    """
    folder = Path(state_folder(settings)).absolute() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    wanted = yaml.safe_dump(instance_config(settings, folder), sort_keys=False).encode()
    if not config.exists() or (settings.engine is not None and config.read_bytes() != wanted):
        write_whole(UPath(config), wanted)
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
    folder = instance_folder(settings).parent / "passes"
    with held(postgres_url(settings), folder, _pass_on(settings)) as free:
        if not free:
            raise Busy(
                f"another `tg run` works on {settings.home}; wait for it, or give this one a "
                "`home` of its own"
            )
        yield


def alone_with(
    settings: Settings, asset: str, partition: str | None
) -> AbstractContextManager[bool]:
    """Hold a partition, so that no second run makes it at the same time; yields whether it does."""
    folder = Path(state_folder(settings)).absolute() / "locks"
    return held(postgres_url(settings), folder, f"{settings.home} {asset} {partition}")


def _pass_on(settings: Settings) -> str:
    return f"a pass on {settings.home}"


def postgres_url(settings: Settings) -> str | None:
    """Return the URL of the instance's database, null where the instance is a local one."""
    return None if settings.engine is None else os.environ[settings.engine.postgres_env]


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance of a galaxy."""
    folder = instance_folder(settings)
    os.environ["DAGSTER_HOME"] = str(folder)
    instance = dg.DagsterInstance.from_config(str(folder))
    _set_pools(instance, settings)
    return instance


def _set_pools(instance: dg.DagsterInstance, settings: Settings) -> None:
    """Give every chat endpoint its slots; other pools keep the default."""
    from tg_assets.pools import chat_pool, evaluated_pool, referees_pool

    limits = {info.name for info in instance.event_log_storage.get_pool_limits()}
    pools = {chat_pool(settings, name) for name in settings.models}
    pools |= {referees_pool(settings), evaluated_pool(settings)}
    for pool in pools - limits:
        if pool is not None:
            instance.event_log_storage.set_concurrency_slots(pool, CHAT_SLOTS)


UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
