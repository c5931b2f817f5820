"""What of the settings goes into an asset: its recipe, part of its inputs' fingerprint.

Only what changes rows belongs here. How fast something runs (concurrency, batch size) does not, so
changing it runs nothing again; raising a version here runs that asset again everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from resources.galaxy import Galaxy
from tg_assets.balanced_dataset.costs import dataset_costs
from tg_assets.ids import digest
from tg_assets.partitions import dimensions

VERSIONS: Mapping[str, str] = MappingProxyType(
    {
        "task_tree": "1",
        "task_embeddings": "2",
        "withdrawals": "1",
        "scenes": "1",
        "task_space": "1",
        "ground_truth_qa": "1",
        "image_pool": "1",
        "image_embeddings": "2",
        "clip_similarity": "1",
        "candidate_pairs": "1",
        "filtered_pairs": "1",
        "raw_qa": "1",
        "referee_scores": "1",
        "scored_qa": "1",
        "referee_calibration": "1",
        "balanced_dataset": "2",
        "cot_answers": "1",
        "published_dataset": "2",
        "evaluation_tasks": "1",
        "model_answers": "1",
        "model_performance": "1",
    }
)
"""Version of each asset's logic."""

Recipe = Callable[[Galaxy, tuple[str, ...]], Any]


def _task_tree(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    from tg_assets.task_tree.prompts import PROMPT_VERSION

    tree = galaxy.settings.task_tree
    stamp = galaxy.tables.stamp("seed_paths", *keys)
    earlier = [
        galaxy.tables.stamp("task_tree", batch)
        for batch in galaxy.tables.partitions("seed_paths")
        if batch < keys[0]
    ]
    return [
        stamp and stamp.version,
        [stamp and stamp.version for stamp in earlier],
        galaxy.chat_model(tree.model).identity,
        sorted(PROMPT_VERSION.values()),
        {str(level): count for level, count in tree.targets.items()},
        tree.max_rounds,
        tree.per_request,
    ]


def _files(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    stamp = galaxy.tables.stamp("shard_files", *keys)
    return stamp and stamp.version


def _library(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    return galaxy.library.version


def _scenes(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    return [_files(galaxy, keys), galaxy.library.version]


def _pool(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    """Return the files' version, and what chooses among them, where the settings do.

    Near-duplicates are looked for in all earlier shards, whose files are read directly: Dagster
    refuses a dynamic partition that depends on its own earlier ones. The last of them that is
    there stands for all: what it was made from names the one before it, and so on.
    """
    files, images = _files(galaxy, keys), galaxy.settings.images
    said = images.model_dump(mode="json", exclude_none=True)
    if not said:
        return files
    if images.excluded is not None:
        from tg_assets.image_pool.excluded import state_of

        said["excluded"] = [state_of(images.excluded.path), images.excluded.max_distance]
    return [files, said, _shard_before(galaxy, keys[0]) if images.near_duplicates else None]


def _shard_before(galaxy: Galaxy, shard: str) -> Any:
    from tg_assets.image_pool.choosing import earlier_shards

    absent: list[str] = []
    for earlier in reversed(earlier_shards(shard, galaxy.tables.partitions("shard_files"))):
        stamp = galaxy.tables.stamp("image_pool", earlier)
        if stamp is not None:
            return [earlier, stamp.version, stamp.inputs, absent]
        absent.append(earlier)
    return [None, absent]


def decoding_recipe(galaxy: Galaxy, shard: str) -> str:
    """Return a hash of what the decoded images of a shard are made from."""
    said = galaxy.settings.images.model_dump(
        mode="json", exclude_none=True, exclude={"excluded", "near_duplicates"}
    )
    parts = [VERSIONS["image_pool"], _files(galaxy, (shard,)), said]
    return digest("decoded", orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


def _withdrawals(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    from tg_assets.withdrawals.listed import BRANCH, listed_content, read_withdrawals

    content = digest("withdrawals", listed_content(galaxy.settings.withdrawals))
    if BRANCH not in read_withdrawals(galaxy.settings.withdrawals)["kind"]:
        return content
    trees = (galaxy.tables.stamp("task_tree", b) for b in galaxy.tables.partitions("task_tree"))
    return [content, [stamp and stamp.version for stamp in trees]]  # a branch may have grown


def _encoder(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    return galaxy.encoder_recipe[0]


def _labels(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    return galaxy.encoder_recipe


def _filter(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    from tg_assets.filtered_pairs.prompts import STAGE

    return [galaxy.chat_model(galaxy.settings.filter).identity, STAGE.prompt_version]


def _ask(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    """Return model and prompt, and which task types earlier shards have filled, where that counts.

    The types themselves, not the files that say so: a shard is made again only when they change.
    """
    from tg_assets.raw_qa.prompts import STAGE

    model, dataset = galaxy.settings.ask, galaxy.settings.dataset
    said = [model, galaxy.chat_model(model).identity, STAGE.prompt_version]
    if not dataset.quota_aware:
        return said
    from tg_assets.raw_qa.quota import full_types

    full = full_types(galaxy.tables, keys[0], dataset.min_score, dataset.max_per_type)
    return [*said, digest("full", *sorted(full))]


def _referee(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    from tg_assets.referee_scores.prompts import stage

    model = galaxy.settings.referees[keys[1]]
    prompt = stage(galaxy.settings.referee_sees)
    return [galaxy.chat_model(model).identity, prompt.prompt_version]


def _calibrate(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    from tg_assets.referee_scores.prompts import stage

    settings = galaxy.settings
    voices = [
        [referee, galaxy.chat_model(model).identity]
        for referee, model in sorted(settings.referees.items())
    ]
    prompt = stage(settings.referee_sees).prompt_version
    calibration = settings.calibration
    return [voices, prompt, calibration.pairs, calibration.min_precision, galaxy.library.version]


def _balance(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    dataset = galaxy.settings.dataset
    licences = galaxy.tables.stamp("changed_licences")
    said = [dataset.min_score, dataset.max_per_type, dataset.ground_truth]
    return said if licences is None else [*said, licences.version]


def _cot(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    from tg_assets.cot_answers.prompts import STAGE

    model = galaxy.settings.cot
    return model and [model, galaxy.chat_model(model).identity, STAGE.prompt_version]


def _publish(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    settings = galaxy.settings
    uses = [
        [place, name, galaxy.chat_model(name).identity]
        for place, name in settings.dataset_model_uses()
    ]
    costs = dataset_costs(galaxy.ledger).rows()  # the card states them
    return [settings.name, settings.dataset.model_dump(mode="json"), uses, costs]


def _tasks(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    evaluation, rendering = galaxy.settings.evaluation, galaxy.settings.rendering
    if not evaluation.is_on:
        return None
    drawn = [evaluation.per_generator, sorted(evaluation.generators), evaluation.seed]
    return [galaxy.library.version, drawn, rendering.solids, rendering.samples]


def _model_answers(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    from tg_assets.model_answers.prompts import STAGE

    if keys[0] not in galaxy.settings.models:
        return None  # no longer there to be asked
    identity = galaxy.chat_model(keys[0]).identity
    return [identity, STAGE.prompt_version, galaxy.settings.evaluation.permutations]


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "task_tree": _task_tree,
        "task_embeddings": _labels,
        "withdrawals": _withdrawals,
        "scenes": _scenes,
        "task_space": _library,
        "ground_truth_qa": _library,
        "image_pool": _pool,
        "image_embeddings": _encoder,
        "clip_similarity": lambda galaxy, _: galaxy.settings.match.keep_per_batch,
        "candidate_pairs": lambda galaxy, _: galaxy.settings.match.top_k,
        "filtered_pairs": _filter,
        "raw_qa": _ask,
        "referee_scores": _referee,
        "scored_qa": lambda galaxy, _: sorted(galaxy.settings.referees),
        "referee_calibration": _calibrate,
        "balanced_dataset": _balance,
        "cot_answers": _cot,
        "published_dataset": _publish,
        "evaluation_tasks": _tasks,
        "model_answers": _model_answers,
        "model_performance": lambda *_: None,
    }
)


STAGES: Mapping[str, str] = MappingProxyType(
    {
        "task_tree": "growth",
        "filtered_pairs": "filter",
        "raw_qa": "questions",
        "referee_scores": "vote",
        "referee_calibration": "vote",
        "cot_answers": "cot",
        "model_answers": "evaluation",
    }
)
"""The stage whose answers an asset's rows are made of."""


def _types_withdrawn(galaxy: Galaxy) -> str:
    from tg_assets.withdrawals.respected import withdrawn_types

    return digest("withdrawn types", *sorted(withdrawn_types(galaxy.tables)))


READ_IN_PART: Mapping[tuple[str, str], Callable[[Galaxy], str]] = MappingProxyType(
    {("candidate_pairs", "withdrawals"): _types_withdrawn}
)
"""The version of what an asset reads of an upstream table, where it reads a part of it alone.

Withdrawn images have left a shard's cells before its candidates are chosen, so that another one
concerns the candidates of no other shard."""


def recipe(galaxy: Galaxy, asset: str, partition: str | None) -> str:
    """Return what, beside the upstream tables, a partition's rows depend on, as canonical JSON."""
    parts = [VERSIONS[asset], RECIPES[asset](galaxy, dimensions(partition))]
    replayed = galaxy.ledger.replayed(STAGES[asset]) if asset in STAGES else 0
    if replayed:  # answers changed though nothing was asked
        parts.append(replayed)
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()
