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
from tg_assets.ids import digest
from tg_assets.partitions import dimensions

VERSIONS: Mapping[str, str] = MappingProxyType(
    {
        "task_tree": "1",
        "task_embeddings": "2",
        "withdrawals": "1",
        "scenes": "1",
        "image_pool": "1",
        "image_embeddings": "2",
        "clip_similarity": "1",
        "candidate_pairs": "1",
        "filtered_pairs": "1",
        "raw_qa": "1",
        "referee_scores": "1",
        "scored_qa": "1",
        "balanced_dataset": "2",
        "published_dataset": "1",
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


def _withdrawals(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    from tg_assets.withdrawals.listed import listed_content

    return digest("withdrawals", listed_content(galaxy.settings.withdrawals))


def _encoder(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    return galaxy.encoder_recipe[0]


def _labels(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    return galaxy.encoder_recipe


def _filter(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    from tg_assets.filtered_pairs.prompts import STAGE

    return [galaxy.chat_model(galaxy.settings.filter).identity, STAGE.prompt_version]


def _ask(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    from tg_assets.raw_qa.prompts import STAGE

    model = galaxy.settings.ask
    return [model, galaxy.chat_model(model).identity, STAGE.prompt_version]


def _referee(galaxy: Galaxy, keys: tuple[str, ...]) -> Any:
    from tg_assets.referee_scores.prompts import stage

    model = galaxy.settings.referees[keys[1]]
    prompt = stage(galaxy.settings.referee_sees)
    return [galaxy.chat_model(model).identity, prompt.prompt_version]


def _balance(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    dataset = galaxy.settings.dataset
    return [dataset.min_score, dataset.max_per_type]


def _publish(galaxy: Galaxy, _: tuple[str, ...]) -> Any:
    settings = galaxy.settings
    uses = [
        [place, name, galaxy.chat_model(name).identity] for place, name in settings.model_uses()
    ]
    costs = galaxy.ledger.costs().rows()  # the card states them
    return [settings.name, settings.dataset.model_dump(mode="json"), uses, costs]


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "task_tree": _task_tree,
        "task_embeddings": _labels,
        "withdrawals": _withdrawals,
        "scenes": _files,
        "image_pool": _files,
        "image_embeddings": _encoder,
        "clip_similarity": lambda galaxy, _: galaxy.settings.match.keep_per_batch,
        "candidate_pairs": lambda galaxy, _: galaxy.settings.match.top_k,
        "filtered_pairs": _filter,
        "raw_qa": _ask,
        "referee_scores": _referee,
        "scored_qa": lambda galaxy, _: sorted(galaxy.settings.referees),
        "balanced_dataset": _balance,
        "published_dataset": _publish,
    }
)


def recipe(galaxy: Galaxy, asset: str, partition: str | None) -> str:
    """Return what, beside the upstream tables, a partition's rows depend on, as canonical JSON."""
    parts = [VERSIONS[asset], RECIPES[asset](galaxy, dimensions(partition))]
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS).decode()
