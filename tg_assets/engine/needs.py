"""What a run needs of the machine it runs on, by the settings of the models that it loads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tg_assets.partitions import dimensions
from tg_assets.settings import Settings, VllmModel
from tg_assets.settings_engine import Engine, Kubernetes, Machine

ENCODING = frozenset({"task_embeddings", "image_embeddings"})
"""The assets that load the CLIP encoder."""
CPU_QUEUE = "dagster"
GPU_QUEUE = "gpu"
PASS_QUEUE = "passes"
"""The queue of runs that start other runs and wait for them: of another, they could fill it."""
PASS_JOBS = frozenset({"refresh"})


@dataclass(frozen=True, slots=True)
class Needs:
    """What a run needs.

    Attributes:
        gpus: Devices that it leases.
        starts_runs: Whether it starts other runs and waits for them.
    """

    gpus: int = 0
    starts_runs: bool = False


def needs_of(
    settings: Settings, job: str, assets: Iterable[str], partition: str | None = None
) -> Needs:
    """Return what a run of these assets needs; the most that one of them does.

    Args:
        settings: The settings.
        job: Name of the run's job.
        assets: Names of the assets that it makes.
        partition: Its partition, which names the referee or the model.
    """
    gpus = max((_gpus(settings, asset, partition) for asset in assets), default=0)
    return Needs(gpus, job in PASS_JOBS)


def _gpus(settings: Settings, asset: str, partition: str | None) -> int:
    if asset in ENCODING:
        return 1 if settings.clip.device.startswith("cuda") else 0
    names = models_of(settings, asset, partition)
    served = [model for name in names if isinstance(model := settings.models[name], VllmModel)]
    return max((_devices(model) for model in served), default=0)


def _devices(model: VllmModel) -> int:
    return model.tensor_parallel if model.devices is None else model.devices


def models_of(settings: Settings, asset: str, partition: str | None) -> list[str]:
    """Return the models that a partition of an asset asks."""
    if asset == "referee_scores":
        keys = dimensions(partition)
        return [settings.referees[keys[1]]] if len(keys) == 2 else list(settings.referees.values())
    if asset == "model_answers":
        return list(settings.evaluation.models) if partition is None else [partition]
    asked = {
        "task_tree": settings.task_tree.model,
        "filtered_pairs": settings.filter,
        "raw_qa": settings.ask,
        "cot_answers": settings.cot,
    }.get(asset)
    return [] if asked is None else [asked]


def run_tags(settings: Settings, needs: Needs) -> dict[str, str]:
    """Return the tags by which the settings' launcher gives a run what it needs."""
    engine = settings.engine
    if engine is None or engine.runs == "here":
        return {}
    machine = engine.gpu_machine if needs.gpus else engine.machine
    if engine.runs == "celery":
        queue = GPU_QUEUE if needs.gpus else CPU_QUEUE
        return {"dagster-celery/queue": PASS_QUEUE if needs.starts_runs else queue}
    if engine.runs == "kubernetes" and engine.kubernetes is not None:
        said = _pod(engine.kubernetes, machine, needs.gpus)
        return {"dagster-k8s/config": orjson.dumps(said).decode()}
    return _task(engine, machine, needs.gpus)


def _pod(said: Kubernetes, machine: Machine, gpus: int) -> Mapping[str, Any]:
    asked: dict[str, str] = {"cpu": f"{machine.cpus:g}", "memory": f"{machine.memory_gib:g}Gi"}
    limits = {"memory": asked["memory"]}
    container: dict[str, Any] = {"resources": {"requests": asked, "limits": limits}}
    config: dict[str, Any] = {"container_config": container}
    if gpus:
        limits[said.gpu_resource] = str(gpus)  # Kubernetes takes it for the request, too
        container["image"] = said.gpu_image or said.image
        config["pod_spec_config"] = {
            "node_selector": said.gpu_node_selector,
            "tolerations": [
                {"key": said.gpu_resource, "operator": "Exists", "effect": "NoSchedule"}
            ],
        }
    return config


def _task(engine: Engine, machine: Machine, gpus: int) -> dict[str, str]:
    tags = {
        "ecs/cpu": str(round(machine.cpus * 1024)),
        "ecs/memory": str(round(machine.memory_gib * 1024)),
    }
    ecs = engine.ecs
    if not gpus or ecs is None:
        return tags
    gpu = {"resourceRequirements": [{"type": "GPU", "value": str(gpus)}]}
    tags["ecs/container_overrides"] = orjson.dumps(gpu).decode()
    wanted: dict[str, Any] = {}
    if ecs.gpu_task_definition is not None:
        wanted["taskDefinition"] = ecs.gpu_task_definition
    if ecs.gpu_capacity_provider is not None:
        wanted["capacityProviderStrategy"] = [{"capacityProvider": ecs.gpu_capacity_provider}]
    if wanted:
        tags["ecs/run_task_kwargs"] = orjson.dumps(wanted).decode()
    return tags
