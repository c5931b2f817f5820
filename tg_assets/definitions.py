"""The definitions: assets, checks, jobs, sensors and schedules, wired; no logic."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from resources.galaxy import Galaxy
from sensors.evaluated_models import evaluated_models_sensor
from sensors.failures import failures_sensor
from sensors.new_images import new_images_sensor
from sensors.new_task_types import new_task_types_sensor
from sensors.refresh import growth_job, growth_schedule, refresh_job, refresh_schedule
from sensors.spending import spending_sensor
from tg_assets import partitions
from tg_assets.artifact import Artifact, asset_of
from tg_assets.automation import condition_of
from tg_assets.balanced_dataset import assets as balanced_dataset
from tg_assets.balanced_dataset import checks as balanced_dataset_checks
from tg_assets.clip_similarity import assets as clip_similarity
from tg_assets.clip_similarity import checks as clip_similarity_checks
from tg_assets.cot_answers import assets as cot_answers
from tg_assets.cot_answers import checks as cot_answers_checks
from tg_assets.filtered_pairs import assets as filtered_pairs
from tg_assets.filtered_pairs import checks as filtered_pairs_checks
from tg_assets.ground_truth_qa import assets as ground_truth_qa
from tg_assets.ground_truth_qa import checks as ground_truth_qa_checks
from tg_assets.image_pool import assets as image_pool
from tg_assets.image_pool import checks as image_pool_checks
from tg_assets.model_answers import assets as model_answers
from tg_assets.model_answers import checks as model_answers_checks
from tg_assets.model_performance import assets as model_performance
from tg_assets.model_performance import checks as model_performance_checks
from tg_assets.raw_qa import assets as raw_qa
from tg_assets.raw_qa import checks as raw_qa_checks
from tg_assets.referee_calibration import assets as referee_calibration
from tg_assets.referee_calibration import checks as referee_calibration_checks
from tg_assets.referee_scores import assets as referee_scores
from tg_assets.referee_scores import checks as referee_scores_checks
from tg_assets.scenes import assets as scenes
from tg_assets.settings import Settings, load_settings
from tg_assets.suites import Suite, check_of
from tg_assets.task_space import assets as task_space
from tg_assets.task_space import checks as task_space_checks
from tg_assets.task_tree import assets as task_tree
from tg_assets.task_tree import checks as task_tree_checks
from tg_assets.withdrawals import assets as withdrawals

SETTINGS_VARIABLE = "TG_CONFIG"
"""Environment variable that names the settings file of the code location."""


@dataclass(frozen=True, slots=True)
class Wired:
    """An artifact with its suite, partitions and group."""

    artifact: Artifact
    suite: Suite
    partitions: dg.PartitionsDefinition | None
    group: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job over assets of the same partitions, in the order a pass walks them."""

    name: str
    assets: tuple[str, ...]


JOBS = (
    Job("task_batch", ("task_tree", "task_embeddings")),
    Job("withdraw", ("withdrawals",)),
    Job("count_plans", ("task_space",)),  # a job may not be called as an asset is
    Job("shard_intake", ("scenes", "image_pool", "image_embeddings", "ground_truth_qa")),
    Job("match", ("clip_similarity",)),
    Job("shard_questions", ("candidate_pairs", "filtered_pairs", "raw_qa")),
    Job("judge", ("referee_scores",)),
    Job("score", ("scored_qa",)),
    Job("calibrate", ("referee_calibration",)),
    Job("publish", ("balanced_dataset", "cot_answers", "published_dataset")),
    Job("draw_tasks", ("evaluation_tasks",)),
    Job("evaluate", ("model_answers",)),
    Job("performance", ("model_performance",)),
)


def wired(settings: Settings) -> list[Wired]:
    """Return every artifact with what belongs to it, in the order data flows."""
    shard, batch = partitions.image_shards, partitions.task_batches
    cells, ballots = partitions.cells(), partitions.ballots(list(settings.referees))
    clip, votes = clip_similarity_checks, referee_scores_checks
    published, asked = balanced_dataset_checks, model_answers_checks
    performance = model_performance_checks
    return [
        Wired(task_tree.task_tree, task_tree_checks.SUITE, batch, "task_types"),
        Wired(clip_similarity.task_embeddings, clip.TASK_EMBEDDINGS, batch, "task_types"),
        Wired(withdrawals.withdrawals, published.WITHDRAWALS, None, "task_types"),
        Wired(scenes.scenes, image_pool_checks.SCENES, shard, "images"),
        Wired(task_space.task_space, task_space_checks.SUITE, None, "images"),
        Wired(image_pool.image_pool, image_pool_checks.SUITE, shard, "images"),
        Wired(clip_similarity.image_embeddings, clip.IMAGE_EMBEDDINGS, shard, "images"),
        Wired(ground_truth_qa.ground_truth_qa, ground_truth_qa_checks.SUITE, shard, "images"),
        Wired(clip_similarity.clip_similarity, clip.CLIP_SIMILARITY, cells, "matching"),
        Wired(clip_similarity.candidate_pairs, clip.CANDIDATE_PAIRS, shard, "matching"),
        Wired(filtered_pairs.filtered_pairs, filtered_pairs_checks.SUITE, shard, "matching"),
        Wired(raw_qa.raw_qa, raw_qa_checks.SUITE, shard, "questions"),
        Wired(referee_scores.referee_scores, votes.REFEREE_SCORES, ballots, "questions"),
        Wired(referee_scores.scored_qa, votes.SCORED_QA, shard, "questions"),
        Wired(
            referee_calibration.referee_calibration,
            referee_calibration_checks.SUITE,
            None,
            "questions",
        ),
        Wired(balanced_dataset.balanced_dataset, published.SUITE, None, "dataset"),
        Wired(cot_answers.cot_answers, cot_answers_checks.SUITE, None, "dataset"),
        Wired(balanced_dataset.published_dataset, published.PUBLISHED_DATASET, None, "dataset"),
        Wired(model_answers.evaluation_tasks, asked.EVALUATION_TASKS, None, "evaluation"),
        Wired(model_answers.model_answers, asked.MODEL_ANSWERS, partitions.models, "evaluation"),
        Wired(model_performance.model_performance, performance.SUITE, None, "evaluation"),
    ]


def build_defs(
    settings: Settings,
    galaxy: Galaxy | None = None,
    resources: Mapping[str, Any] | None = None,
) -> dg.Definitions:
    """Assemble the definitions.

    Args:
        settings: The settings.
        galaxy: The resource of all assets; made from the settings when absent.
        resources: Further resources, which win over those here.
    """
    galaxy = galaxy or Galaxy(settings)
    parts = wired(settings)
    assets = [
        asset_of(
            part.artifact, settings, part.partitions, condition_of(part.artifact.name), part.group
        )
        for part in parts
    ]
    jobs = [
        dg.define_asset_job(
            job.name,
            selection=dg.AssetSelection.assets(*job.assets),
            executor_def=dg.in_process_executor,
            description=f"{', '.join(job.assets)}, with their checks.",
        )
        for job in JOBS
    ]
    return dg.Definitions(
        assets=assets,
        asset_checks=[check_of(part.suite, part.partitions) for part in parts],
        jobs=[*jobs, refresh_job(), growth_job()],
        sensors=[
            new_images_sensor(),
            new_task_types_sensor(),
            evaluated_models_sensor(),
            spending_sensor(),
            failures_sensor(),
            dg.AutomationConditionSensorDefinition(
                "automation",
                target=dg.AssetSelection.all(),
                default_status=dg.DefaultSensorStatus.STOPPED,
                minimum_interval_seconds=30,
            ),
        ],
        schedules=[refresh_schedule(settings), growth_schedule(settings)],
        resources={"galaxy": galaxy, **(resources or {})},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location: the settings file that ``TG_CONFIG`` names, else the embedded default."""
    return build_defs(load_settings(os.environ.get(SETTINGS_VARIABLE)))
