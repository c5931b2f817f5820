"""What the code location holds: a change here is seen by everyone who has it open in the UI."""

from __future__ import annotations

import subprocess
import sys

import dagster as dg
import pytest

from tg_assets.definitions import build_defs
from tg_assets.gates import SUITE
from tg_assets.instance import open_instance
from tg_assets.settings import OpenAIModel, Price, Settings

PARTITIONS = {
    "task_tree": "task_batch",
    "task_embeddings": "task_batch",
    "withdrawals": None,
    "scenes": "image_shard",
    "task_space": None,
    "image_pool": "image_shard",
    "ground_truth_qa": "image_shard",
    "image_embeddings": "image_shard",
    "clip_similarity": "image_shard x task_batch",
    "candidate_pairs": "image_shard",
    "filtered_pairs": "image_shard",
    "raw_qa": "image_shard",
    "referee_scores": "image_shard x referee",
    "scored_qa": "image_shard",
    "referee_calibration": None,
    "balanced_dataset": None,
    "cot_answers": None,
    "published_dataset": None,
    "evaluation_tasks": None,
    "model_answers": "model",
    "model_performance": None,
}
JOBS = {
    "task_batch",
    "withdraw",
    "count_plans",
    "shard_intake",
    "match",
    "shard_questions",
    "judge",
    "score",
    "calibrate",
    "publish",
    "draw_tasks",
    "evaluate",
    "performance",
    "refresh",
    "growth",
}
SENSORS = {
    "new_images",
    "new_task_types",
    "evaluated_models",
    "spending",
    "failures",
    "automation",
}
SCHEDULES = {"nightly_refresh", "weekly_growth"}
HEAVY = ("torch", "vllm", "open_clip", "great_expectations", "openai", "matplotlib")


@pytest.fixture
def defs(settings: Settings) -> dg.Definitions:
    return build_defs(settings)


def partitions_of(definition: dg.PartitionsDefinition | None) -> str | None:
    """Name a partitions definition by its dimensions."""
    if definition is None:
        return None
    if isinstance(definition, dg.MultiPartitionsDefinition):
        names = sorted(dimension.name for dimension in definition.partitions_defs)
        return " x ".join(sorted(names, key=lambda name: name != "image_shard"))
    assert isinstance(definition, dg.DynamicPartitionsDefinition)
    return definition.name


def test_the_assets_and_their_partitions(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    found = {
        key.to_user_string(): partitions_of(graph.get(key).partitions_def)
        for key in graph.get_all_asset_keys()
    }
    assert found == PARTITIONS


def test_every_asset_has_a_blocking_check_of_its_own_partitions(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    checks = {key: graph.get(key) for key in graph.asset_check_keys}
    assert {key.to_user_string() for key in checks} == {f"{name}:{SUITE}" for name in PARTITIONS}
    for key, check in checks.items():
        assert check.blocking, key
        assert check.partitions_def == graph.get(key.asset_key).partitions_def, key


def test_every_asset_runs_by_itself_and_says_when(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    labels = {
        key.to_user_string(): condition.get_label()
        for key in graph.get_all_asset_keys()
        if (condition := graph.get(key).automation_condition)
    }
    tolerant = {
        "candidate_pairs",
        "balanced_dataset",
        "model_performance",
        "referee_calibration",
    }
    assert labels == {
        name: "an input new, at least one of each open"
        if name in tolerant
        else "inputs new, there and open"
        for name in PARTITIONS
    }


def test_the_jobs_sensors_and_schedules(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    jobs = {name for name in repository.job_names if not name.startswith("__ASSET_JOB")}
    assert jobs == JOBS
    assert {sensor.name for sensor in repository.sensor_defs} == SENSORS
    assert {schedule.name for schedule in repository.schedule_defs} == SCHEDULES


def test_what_costs_money_is_switched_on_by_a_person(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    for instigator in [*repository.sensor_defs, *repository.schedule_defs]:
        assert instigator.default_status.value == "STOPPED", instigator.name


def test_every_asset_is_in_one_job(defs: dg.Definitions) -> None:
    found = []
    for job in JOBS - {"refresh", "growth"}:
        layer = defs.resolve_job_def(job).asset_layer
        found += [key.to_user_string() for key in layer.selected_asset_keys]
    assert sorted(found) == sorted(PARTITIONS)


def test_the_code_location_loads_nothing_heavy() -> None:
    program = (
        "import sys; from tg_assets.definitions import defs; defs();"
        f"print(sorted(name for name in {HEAVY} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# pools


def pools(settings: Settings) -> dict[str, str]:
    """Return the pool of each asset that has one."""
    graph = build_defs(settings).resolve_asset_graph()
    return {
        key.to_user_string(): str(pool)
        for key in graph.get_all_asset_keys()
        for pool in graph.get(key).pools or ()
    }


def online(settings: Settings, **changes: object) -> Settings:
    """Return the settings with two models behind endpoints."""
    remote = OpenAIModel(provider="openai", model="m", price=Price(input=1, output=1))
    models = {**settings.models, "gpt-4o": remote, "local": remote}
    return settings.model_copy(update={"models": models, **changes})


GPU_POOLS = {"task_embeddings": "gpu", "image_embeddings": "gpu"}


def test_the_embedded_model_shares_nothing_so_it_has_no_pool(settings: Settings) -> None:
    assert pools(settings) == GPU_POOLS


def test_what_asks_an_endpoint_is_in_its_pool(settings: Settings) -> None:
    changed = online(settings, filter="local", ask="gpt-4o")
    assert pools(changed) == GPU_POOLS | {"filtered_pairs": "chat_local", "raw_qa": "chat_gpt_4o"}


@pytest.mark.parametrize(
    ("models", "pool"),
    [
        (("local", "local", "local"), "chat_local"),
        (("local", "embedded", "embedded"), "chat_local"),
        (("local", "gpt-4o", "embedded"), "chat_referees"),
    ],
)
def test_referees_share_the_pool_of_their_model_or_have_one_together(
    settings: Settings, models: tuple[str, ...], pool: str
) -> None:
    referees = dict(zip(settings.referees, models, strict=True))
    assert pools(online(settings, referees=referees)) == GPU_POOLS | {
        "referee_scores": pool,
        "referee_calibration": pool,
    }


def test_the_instance_has_slots_for_every_pool_of_an_endpoint(settings: Settings) -> None:
    referees = {"ada": "local", "bob": "gpt-4o", "cleo": "embedded"}
    with open_instance(online(settings, referees=referees)) as instance:
        limits = {info.name: info.limit for info in instance.event_log_storage.get_pool_limits()}
        concurrency = instance.get_concurrency_config()
    assert limits == {"chat_gpt_4o": 4, "chat_local": 4, "chat_referees": 4}
    assert concurrency.pool_config.pool_granularity.value == "op"
    assert concurrency.pool_config.default_pool_limit == 1  # the GPU's


def test_the_code_location_loads_whole(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    repository.load_all_definitions()  # finds jobs and assets of one name, as the UI does
    assert {job.name for job in repository.get_all_jobs()} >= JOBS
