"""A sample's whole way: image, candidate, filter, question, votes, and why it was kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl

from resources.chat.messages import ImageRef
from resources.chat.stages import Question, Stage
from resources.galaxy import Galaxy
from tg_assets import ids
from tg_assets.balanced_dataset.balancing import priorities
from tg_assets.image_pool.licences import as_of_now, changed
from tg_assets.tables_io import TableStore
from tg_assets.tracing.finding import Row, row
from tg_assets.tracing.said import said
from tg_assets.withdrawals.assets import whole_tree
from tg_assets.withdrawals.respected import withdrawn_images, withdrawn_types


def trace_sample(galaxy: Galaxy, qa: str, shard: str) -> dict[str, Any]:
    """Return the way of a question with its answer.

    Args:
        galaxy: The resource.
        qa: Its qa_id.
        shard: The shard it lies in.
    """
    tables = galaxy.tables
    scored = row(tables, "scored_qa", shard, qa_id=qa) or {}
    image, task = scored["image_id"], scored["task_id"]
    pair = {"image_id": image, "task_id": task}
    path = _path(tables, task)
    known = _Asked(galaxy, image, row(tables, "image_pool", shard, image_id=image), path)
    return {
        "sample_id": ids.sample_id(qa),
        "qa_id": qa,
        "image": image_row(tables, shard, image),
        "task_type": task_row(tables, task),
        "candidate": _only(row(tables, "candidate_pairs", shard, **pair), "rank", "score"),
        "filter": _only(row(tables, "filtered_pairs", shard, **pair), "kept", "outcome", "reason")
        | known.by_filter(),
        "question": _only(scored, "question", "answer", "model", "prompt_version")
        | known.by_asking(),
        "votes": [
            {
                "referee": vote["referee"],
                "vote": vote["vote"],
                **_only(
                    row(tables, "referee_scores", shard, vote["referee"], qa_id=qa),
                    "outcome",
                    "reason",
                ),
                **known.by_referee(vote["referee"], scored),
            }
            for vote in scored["votes"]
        ],
        "score": scored["score"],
        **why(galaxy, scored),
    }


class _Asked:
    """What models said on the way of a sample, looked up under the keys that were asked."""

    def __init__(self, galaxy: Galaxy, image: str, pool: Row | None, path: str) -> None:
        self._galaxy = galaxy
        self._image = ImageRef(image, pool["uri"] if pool else "")
        self._path = path

    def by_filter(self) -> dict[str, Any]:
        from tg_assets.filtered_pairs.prompts import STAGE

        return self._said(STAGE, self._galaxy.settings.filter, {"path": self._path})

    def by_asking(self) -> dict[str, Any]:
        from tg_assets.raw_qa.prompts import STAGE

        return self._said(STAGE, self._galaxy.settings.ask, {"path": self._path})

    def by_referee(self, referee: str, scored: Row) -> dict[str, Any]:
        from tg_assets.referee_scores.prompts import stage

        settings = self._galaxy.settings
        model = settings.referees.get(referee)
        if model is None:
            return {}
        item = {"task_label": self._path, "question": scored["question"]}
        if settings.referee_sees == "answer":
            item["answer"] = scored["answer"]
        return {"model": model} | self._said(stage(settings.referee_sees), model, item)

    def _said(self, stage: Stage, model: str, item: dict[str, Any]) -> dict[str, Any]:
        identity = self._galaxy.chat_model(model).identity
        found = said(self._galaxy.ledger, stage, identity, Question(item, self._image))
        if found is None:  # another model or prompt was asked, before the settings changed
            return {"response": None}
        return {"response": asdict(found) | {"reply": found.reply()}}


def why(galaxy: Galaxy, scored: Row) -> dict[str, Any]:
    """Return whether a question is a sample of the dataset, and why."""
    tables, settings = galaxy.tables, galaxy.settings.dataset
    sample = ids.sample_id(scored["qa_id"])
    kept = row(tables, "balanced_dataset", sample_id=sample) is not None
    if scored["image_id"] in withdrawn_images(tables):
        return {"in_dataset": kept, "because": "its image is withdrawn"}
    if scored["task_id"] in withdrawn_types(tables):
        return {"in_dataset": kept, "because": "its task type is withdrawn"}
    if scored["score"] < settings.min_score:
        because = f"{scored['score']} votes, {settings.min_score} are needed"
        return {"in_dataset": kept, "because": because}
    rank, of = _priority(tables, scored["task_id"], sample, settings.min_score)
    place = f"priority {rank} of {of} of its task type, {settings.max_per_type} are kept"
    if kept:
        return {"in_dataset": True, "because": f"{scored['score']} votes; {place}"}
    if rank > settings.max_per_type:
        return {"in_dataset": False, "because": place}
    return {
        "in_dataset": False,
        "because": f"{place}; another task type of the image brings the same question, or the "
        "dataset was made before it",
    }


def _priority(tables: TableStore, task: str, sample: str, min_score: int) -> tuple[int, int]:
    enough: set[str] = set()
    for shard in tables.partitions("scored_qa"):
        scored = tables.read("scored_qa", shard)
        of_type = scored.filter((pl.col("task_id") == task) & (pl.col("score") >= min_score))
        enough.update(of_type["qa_id"])
    samples = pl.Series([ids.sample_id(qa) for qa in sorted(enough)], dtype=pl.String)
    order = sorted(zip(priorities(samples), samples, strict=True))
    return [name for _, name in order].index(sample) + 1, len(order)


def image_row(tables: TableStore, shard: str | None, image: str) -> dict[str, Any]:
    """Return what the pool says of an image, with its licence then and now."""
    found = row(tables, "image_pool", shard, image_id=image) if shard else None
    if found is None:
        return {"image_id": image, "shard": shard}
    fields = ("uri", "source", "license", "width", "height", "format", "n_bytes")
    frame = pl.DataFrame([{name: found[name] for name in fields}])
    now = as_of_now(frame, changed(tables))["license"][0]
    shown = {"image_id": image, "shard": shard, **{name: found[name] for name in fields}}
    return shown | ({"license_now": now} if now != found["license"] else {})


def task_row(tables: TableStore, task: str) -> dict[str, Any]:
    """Return what the tree says of a task type, with its batch."""
    for batch in tables.partitions("task_tree"):
        found = row(tables, "task_tree", batch, task_id=task)
        if found is not None:
            return {"task_id": task, "batch": batch} | _only(
                found, "path", "origin", "model", "prompt_version"
            )
    return {"task_id": task}


def _path(tables: TableStore, task: str) -> str:
    paths = whole_tree(tables).filter(pl.col("task_id") == task)["path"]
    return str(paths[0]) if len(paths) else ""


def _only(found: Row | None, *names: str) -> dict[str, Any]:
    return {} if found is None else {name: found[name] for name in names}
