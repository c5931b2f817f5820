"""Where runs run and where Dagster remembers them, once one machine is not enough."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tg_assets.settings_parts import VARIABLE, Part

Variable = Annotated[str, Field(pattern=VARIABLE)]
S3Prefix = Annotated[str, Field(pattern=r"^s3://[^/]+(/.*)?$")]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|Mi|Gi|M|G)?$")]


class Machine(Part):
    """What a run asks of the machine it runs on; what it needs of GPUs, the models say."""

    cpus: float = Field(default=2, gt=0)
    memory_gib: float = Field(default=8, gt=0)


class Kubernetes(Part):
    """How runs become jobs of Kubernetes."""

    image: str
    gpu_image: str | None = None  # with CUDA's libraries; the image when absent
    namespace: str = "taskgalaxy"
    service_account: str = "taskgalaxy"
    config_map: str = "taskgalaxy-environment"  # variables of every run, TG_CONFIG among them
    secret: str = "taskgalaxy-secrets"  # variables of every run
    settings_config_map: str = "taskgalaxy-settings"  # with galaxy.yaml and what it names
    gpu_resource: str = "nvidia.com/gpu"
    gpu_node_selector: dict[str, str] = Field(default_factory=dict)


class Ecs(Part):
    """How runs become tasks of Amazon's ECS."""

    task_definition: str
    gpu_task_definition: str | None = None  # with the image for GPUs, on EC2
    gpu_capacity_provider: str | None = None  # of the instances that have them
    container: str = "run"
    secrets: tuple[str, ...] = ()  # ARNs in AWS Secrets Manager


class Engine(Part):
    """Where runs run, and the instance that all machines share."""

    runs: Literal["here", "celery", "kubernetes", "ecs"] = "here"
    postgres_env: Variable  # the variable with the URL of the instance's database
    compute_logs: S3Prefix | None = None
    at_once: int = Field(default=4, ge=1)  # runs of a pass under way at the same time
    start_timeout_s: int = Field(default=300, ge=10)  # until a run that nobody begins is given up
    broker_env: Variable = "TG_BROKER"  # the variable with the URL of Celery's broker
    machine: Machine = Machine()
    gpu_machine: Machine = Machine(cpus=8, memory_gib=32)
    kubernetes: Kubernetes | None = None
    ecs: Ecs | None = None
