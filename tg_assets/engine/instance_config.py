"""The instance's ``dagster.yaml``, from the settings: laptop, Celery, Kubernetes or ECS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tg_assets.settings import Settings
from tg_assets.settings_engine import Ecs, Engine, Kubernetes

ENGINE = "tg_assets.engine"
CELERY_SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "worker_max_tasks_per_child": 1,  # a process a run
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,  # a run waits where every worker can take it
        "broker_connection_retry_on_startup": True,
        "worker_redirect_stdouts": False,  # Dagster takes what a step says from the streams
        "result_expires": 86_400,
    }
)
"""What workers and launchers say to Celery alike."""


def instance_config(settings: Settings, folder: Path) -> dict[str, Any]:
    """Return what ``dagster.yaml`` says; of secrets it names the variables alone.

    Args:
        settings: The settings.
        folder: Of the instance on this machine.
    """
    engine = settings.engine
    config: dict[str, Any] = {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "concurrency": {
            "pools": {"granularity": "op", "default_limit": 1},
            "runs": {"max_concurrent_runs": 4 if engine is None else engine.at_once},
        },
        "run_monitoring": {"enabled": True, "free_slots_after_run_end_seconds": 60},
    }
    if engine is None:
        return config
    config["storage"] = {"postgres": {"postgres_url": {"env": engine.postgres_env}}}
    config["run_monitoring"] |= {
        "start_timeout_seconds": engine.start_timeout_s,
        "poll_interval_seconds": 15,
        "max_resume_run_attempts": 0,  # what is done is in the tables: the next pass goes on there
    }
    if engine.compute_logs is not None:
        config["compute_logs"] = _compute_logs(settings, engine.compute_logs, folder)
    launcher = _launcher(engine)
    if launcher is not None:
        config["run_launcher"] = launcher
        config["run_coordinator"] = {
            "module": f"{ENGINE}.coordinator",
            "class": "RunsWithNeeds",
            "config": {},
        }
    return config


def _compute_logs(settings: Settings, place: str, folder: Path) -> dict[str, Any]:
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    said = {
        "bucket": bucket,
        "prefix": prefix.strip("/") or "logs",
        "local_dir": str(folder / "compute_logs"),
        "endpoint_url": settings.s3.endpoint_url,
        "region": settings.s3.region,
        "skip_empty_files": True,
        "upload_interval": 30,
    }
    return {
        "module": "dagster_aws.s3.compute_log_manager",
        "class": "S3ComputeLogManager",
        "config": {name: value for name, value in said.items() if value is not None},
    }


def _launcher(engine: Engine) -> dict[str, Any] | None:
    if engine.runs == "celery":
        return {
            "module": f"{ENGINE}.celery_runs",
            "class": "WholeRuns",
            "config": {
                "broker": {"env": engine.broker_env},
                "backend": {"env": engine.broker_env},
                "postgres": {"env": engine.postgres_env},
                "config_source": dict(CELERY_SETTINGS),
            },
        }
    if engine.runs == "kubernetes" and engine.kubernetes is not None:
        return _kubernetes(engine.kubernetes, engine)
    if engine.runs == "ecs" and engine.ecs is not None:
        return _ecs(engine.ecs)
    return None


def _kubernetes(said: Kubernetes, engine: Engine) -> dict[str, Any]:
    return {
        "module": "dagster_k8s",
        "class": "K8sRunLauncher",
        "config": {
            "job_image": said.image,
            "job_namespace": said.namespace,
            "service_account_name": said.service_account,
            "load_incluster_config": True,
            "dagster_home": "/opt/dagster/home",
            "instance_config_map": "taskgalaxy-instance",
            "env_config_maps": [said.config_map],
            "env_secrets": [said.secret],
            "volumes": [{"name": "settings", "configMap": {"name": said.settings_config_map}}],
            "volume_mounts": [
                {"name": "settings", "mountPath": "/opt/taskgalaxy/settings", "readOnly": True}
            ],
            "run_k8s_config": {
                "job_spec_config": {"ttlSecondsAfterFinished": 3600, "backoffLimit": 0}
            },
        },
    }


def _ecs(said: Ecs) -> dict[str, Any]:
    config: dict[str, Any] = {
        "task_definition": said.task_definition,
        "container_name": said.container,
        "use_current_ecs_task_config": True,
        "run_resources": {},
    }
    if said.secrets:
        config["secrets"] = [
            {"name": arn.rpartition(":")[2].partition("-")[0], "valueFrom": arn}
            for arn in said.secrets
        ]
    return {"module": "dagster_aws.ecs", "class": "EcsRunLauncher", "config": config}
