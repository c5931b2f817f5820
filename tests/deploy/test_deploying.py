"""What `deploy/` holds is what the tools take: checked by their own checkers, without a cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml
from botocore.session import get_session
from botocore.validate import ParamValidator
from dagster import DagsterRun
from dagster._config import process_config
from dagster_aws.ecs import EcsRunLauncher
from dagster_k8s import DagsterK8sJobConfig, K8sRunLauncher, construct_dagster_k8s_job
from dagster_k8s.job import get_user_defined_k8s_config
from kubernetes_validate import validate

from deploy.render import rendered, settings_of
from tg_assets.engine.celery_runs import WholeRuns
from tg_assets.engine.coordinator import tags_of
from tg_assets.engine.instance_config import instance_config
from tg_assets.engine.needs import needs_of, run_tags
from tg_assets.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAMS = Path(sys.executable).parent
VERSION = "1.33"
JUDGED = "00000-photos|judge"


def settings(engine: str) -> Settings:
    return settings_of(DEPLOY / engine / "galaxy.yaml")


def launcher_config(engine: str) -> dict[str, Any]:
    said: dict[str, Any] = instance_config(settings(engine), Path("/x"))["run_launcher"]["config"]
    return said


def checked(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_rendered_is_the_settings() -> None:
    for path, text in rendered().items():
        assert path.read_text() == text, f"{path}: run python -m deploy.render"


def test_images_pass_hadolint() -> None:
    checked(PROGRAMS / "hadolint", *DEPLOY.rglob("Dockerfile*"))


def test_compose_is_what_the_compose_specification_says() -> None:
    file = DEPLOY / "celery" / "docker-compose.yaml"
    checked(PROGRAMS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)
    services = yaml.safe_load(file.read_text())["services"]
    engine = settings("celery").engine
    assert engine is not None
    said = services["worker"]["environment"]
    assert {engine.postgres_env, engine.broker_env, settings("celery").ledger_env} <= set(said)
    commands = [service.get("command", ()) for service in services.values()]
    queues = {command[-1] for command in commands if "worker" in command}
    assert queues == {"dagster", "gpu", "passes"}
    taken = {
        run_tags(settings("celery"), needs_of(settings("celery"), job, ()))["dagster-celery/queue"]
        for job in ("refresh", "judge")
    }
    assert taken < queues


def test_manifests_are_what_kubernetes_takes() -> None:
    for file in ("taskgalaxy.yaml", "rendered.yaml"):
        for manifest in yaml.safe_load_all((DEPLOY / "kubernetes" / file).read_text()):
            validate(manifest, VERSION, strict=True)


@pytest.mark.parametrize(
    ("engine", "launcher"),
    [("kubernetes", K8sRunLauncher), ("ecs", EcsRunLauncher), ("celery", WholeRuns)],
)
def test_the_instance_is_what_its_launcher_takes(
    engine: str, launcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TG_POSTGRES", "TG_BROKER"):
        monkeypatch.setenv(name, "redis://there")
    result = process_config(launcher.config_type(), launcher_config(engine))
    assert result.success, result.errors


def pod_of(asset: str, partition: str) -> dict[str, Any]:
    """Return the job that Dagster's launcher makes of a run, as Kubernetes is given it."""
    wanted = settings("kubernetes")
    tags = run_tags(wanted, needs_of(wanted, "judge", [asset], partition))
    said = launcher_config("kubernetes")
    config = {name: said[name] for name in set(said) & set(DagsterK8sJobConfig.config_type_job())}
    job = construct_dagster_k8s_job(
        DagsterK8sJobConfig(**config),
        ["dagster", "api", "execute_run"],
        "dagster-run",
        user_defined_k8s_config=get_user_defined_k8s_config(tags),
    )
    made: dict[str, Any] = kubernetes.client.ApiClient().sanitize_for_serialization(job)
    return made


def test_a_partition_gets_the_gpus_of_its_referees_model_on_kubernetes() -> None:
    for partition, gpus in ((JUDGED.replace("judge", "bob"), "2"), ("00000-photos|cleo", None)):
        job = pod_of("referee_scores", partition)
        validate(job, VERSION, strict=True)
        pod = job["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert container["resources"]["limits"].get("nvidia.com/gpu") == gpus
        assert ("gpu" in container["image"]) == (gpus is not None)
        assert ("nodeSelector" in pod) == (gpus is not None)


def test_tasks_are_what_ecs_takes() -> None:
    model = get_session().get_service_model("ecs")
    shapes = {
        name: model.operation_model(name).input_shape
        for name in ("RegisterTaskDefinition", "RunTask")
    }
    for file in (DEPLOY / "ecs").glob("*.json"):
        report = ParamValidator().validate(
            json.loads(file.read_text()), shapes["RegisterTaskDefinition"]
        )
        assert not report.has_errors(), f"{file}: {report.generate_report()}"
    wanted = settings("ecs")
    tags = run_tags(wanted, needs_of(wanted, "judge", ["referee_scores"], "00000-photos|bob"))
    container = {
        "name": "run",
        "cpu": int(tags["ecs/cpu"]),
        **json.loads(tags["ecs/container_overrides"]),
    }
    asked = {
        "taskDefinition": "taskgalaxy-run",
        "overrides": {"containerOverrides": [container], "memory": tags["ecs/memory"]},
        **json.loads(tags["ecs/run_task_kwargs"]),
    }
    report = ParamValidator().validate(asked, shapes["RunTask"])
    assert not report.has_errors(), report.generate_report()
    assert asked["taskDefinition"] == "taskgalaxy-gpu-run"
    assert container["resourceRequirements"] == [{"type": "GPU", "value": "2"}]


def test_a_persons_own_tag_wins() -> None:
    run = DagsterRun("judge", tags={"dagster-k8s/config": "{}"})
    assert tags_of(settings("kubernetes"), run) == {}
