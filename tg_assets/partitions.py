"""The partition dimensions, and the edges of the graph as mappings between them.

Image shards and task batches are dynamic and numbered in order of arrival; referees are static and
models to evaluate dynamic, and both come from the settings. One partition is thousands of rows,
never one image, task type or request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import dagster as dg

IMAGE_SHARD = "image_shard"
TASK_BATCH = "task_batch"
REFEREE = "referee"
MODEL = "model"

image_shards = dg.DynamicPartitionsDefinition(name=IMAGE_SHARD)
task_batches = dg.DynamicPartitionsDefinition(name=TASK_BATCH)
models = dg.DynamicPartitionsDefinition(name=MODEL)


def referees(names: Sequence[str]) -> dg.StaticPartitionsDefinition:
    """Return the static partitions of the referees of the settings."""
    return dg.StaticPartitionsDefinition(sorted(names))


def cells() -> dg.MultiPartitionsDefinition:
    """Return image shard x task batch."""
    return dg.MultiPartitionsDefinition({IMAGE_SHARD: image_shards, TASK_BATCH: task_batches})


def ballots(names: Sequence[str]) -> dg.MultiPartitionsDefinition:
    """Return image shard x referee."""
    return dg.MultiPartitionsDefinition({IMAGE_SHARD: image_shards, REFEREE: referees(names)})


def dimensions(partition: str | None) -> tuple[str, ...]:
    """Split a partition key into the keys of its dimensions: ``shard|batch``, ``shard|referee``."""
    return () if partition is None else tuple(partition.split("|"))


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered on an instance now, each in order of arrival."""

    shards: Sequence[str]
    batches: Sequence[str]
    referees: Sequence[str]
    models: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge of the graph: which partitions of `upstream` a partition reads.

    Attributes:
        upstream: The asset that is read.
        partitions: Gives the upstream partition keys (null for an unpartitioned asset) of a
            downstream partition.
        tolerant: Whether the asset runs with the partitions that are open (many-to-one), or only
            when all of them are.
        may_be_none: Whether the asset runs, on nothing, where no upstream partition is registered.
    """

    upstream: str
    partitions: Callable[[tuple[str, ...], Registered], Sequence[str | None]]
    tolerant: bool = False
    may_be_none: bool = False


def _same(keys: tuple[str, ...], _: Registered) -> Sequence[str | None]:
    return ["|".join(keys)]


def _shard(keys: tuple[str, ...], _: Registered) -> Sequence[str | None]:
    return [keys[0]]


def _batch(keys: tuple[str, ...], _: Registered) -> Sequence[str | None]:
    return [keys[1]]


def _cells_of_shard(keys: tuple[str, ...], registered: Registered) -> Sequence[str | None]:
    return [f"{keys[0]}|{batch}" for batch in registered.batches]


def _ballots_of_shard(keys: tuple[str, ...], registered: Registered) -> Sequence[str | None]:
    return [f"{keys[0]}|{referee}" for referee in registered.referees]


def _all_shards(_: tuple[str, ...], registered: Registered) -> Sequence[str | None]:
    return list(registered.shards)


def _all_batches(_: tuple[str, ...], registered: Registered) -> Sequence[str | None]:
    return list(registered.batches)


def _all_models(_: tuple[str, ...], registered: Registered) -> Sequence[str | None]:
    return list(registered.models)


def _whole(_: tuple[str, ...], __: Registered) -> Sequence[str | None]:
    return [None]


EDGES: Mapping[str, tuple[Edge, ...]] = MappingProxyType(
    {
        "task_tree": (),
        "task_embeddings": (Edge("task_tree", _same),),
        "withdrawals": (),
        "scenes": (),
        "image_pool": (Edge("scenes", _same),),
        "image_embeddings": (Edge("image_pool", _same),),
        "task_space": (),
        "ground_truth_qa": (
            Edge("scenes", _same),
            Edge("image_pool", _same),
            Edge("task_space", _whole),
        ),
        "clip_similarity": (Edge("image_embeddings", _shard), Edge("task_embeddings", _batch)),
        "candidate_pairs": (
            Edge("clip_similarity", _cells_of_shard, tolerant=True),
            Edge("withdrawals", _whole),
        ),
        "filtered_pairs": (Edge("candidate_pairs", _same), Edge("image_pool", _same)),
        "raw_qa": (Edge("filtered_pairs", _same), Edge("image_pool", _same)),
        "referee_scores": (Edge("raw_qa", _shard), Edge("image_pool", _shard)),
        "scored_qa": (Edge("raw_qa", _same), Edge("referee_scores", _ballots_of_shard)),
        "referee_calibration": (
            Edge("ground_truth_qa", _all_shards, tolerant=True),
            Edge("scenes", _all_shards, tolerant=True),
            Edge("image_pool", _all_shards, tolerant=True),
            Edge("scored_qa", _all_shards, tolerant=True),
            Edge("withdrawals", _whole),
        ),
        "balanced_dataset": (
            Edge("scored_qa", _all_shards, tolerant=True),
            Edge("image_pool", _all_shards, tolerant=True),
            Edge("task_tree", _all_batches, tolerant=True),
            Edge("ground_truth_qa", _all_shards, tolerant=True),
            Edge("withdrawals", _whole),
        ),
        "cot_answers": (Edge("balanced_dataset", _whole),),
        "published_dataset": (
            Edge("balanced_dataset", _whole),
            Edge("cot_answers", _whole),
            Edge("referee_calibration", _whole),
        ),
        "evaluation_tasks": (Edge("task_space", _whole),),
        "model_answers": (Edge("evaluation_tasks", _whole),),
        "model_performance": (Edge("model_answers", _all_models, tolerant=True, may_be_none=True),),
    }
)
"""Every edge of the graph: what the assets declare, what the gates read, what the tests try."""


def deps_of(asset: str) -> list[dg.AssetDep]:
    """Return an asset's dependencies as Dagster wants them declared."""
    return [dg.AssetDep(edge.upstream) for edge in EDGES[asset]]
