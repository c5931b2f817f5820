"""The Celery application of the workers: ``tg worker`` starts one.

The module is named on Celery's command line; importing it reads the environment.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from celery.signals import task_postrun, task_prerun
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import unpack_value
from dagster_celery.config import DEFAULT_CONFIG
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_execute_job_task

from tg_assets.engine.celery_runs import at_work
from tg_assets.engine.instance_config import CELERY_SETTINGS
from tg_assets.engine.locks import held_on_postgres
from tg_assets.instance import postgres_url
from tg_assets.settings import load_settings

PRELOADED = (
    "tg_assets.definitions",
    "great_expectations",
    "matplotlib.figure",
    "open_clip",
    "psycopg2",
    "s3fs",
    "dagster_aws.s3.compute_log_manager",
    "tg_assets.balanced_dataset.publishing",
)
"""Imported once: every run is a process of its own, forked from this one."""
BROKER_VARIABLE = "TG_WORKERS_BROKER"

for module in PRELOADED:
    import_module(module)
app: Any = make_app(  # type: ignore[no-untyped-call]
    app_args={
        "broker": os.environ[BROKER_VARIABLE],
        "backend": os.environ[BROKER_VARIABLE],
        "config_source": {**DEFAULT_CONFIG, **CELERY_SETTINGS},
    }
)
execute_job = create_execute_job_task(app)
_locks: dict[str, Any] = {}


def _begin(task_id: str, kwargs: dict[str, Any], **_: Any) -> None:
    url = postgres_url(load_settings(os.environ.get("TG_CONFIG")))
    args = unpack_value(kwargs["execute_job_args_packed"], as_type=ExecuteRunArgs)
    if url is not None:
        _locks[task_id] = held_on_postgres(url, at_work(args.run_id))


def _end(task_id: str, **_: Any) -> None:
    lock = _locks.pop(task_id, None)
    if lock is not None:
        lock.close()


task_prerun.connect(_begin)
task_postrun.connect(_end)
