"""A small galaxy, with real images, for the tests of what is published."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl
from PIL import Image

from tg_assets import ids
from tg_assets.balanced_dataset.facts import (
    DatasetFacts,
    DroppedFacts,
    LedgerFacts,
    LeftOutPartition,
    ModelFacts,
    SourceFacts,
    StageRows,
    count_levels,
)
from tg_assets.tables import BALANCED_DATASET, IMAGE_POOL, SCORED_QA, TASK_TREE

REFEREES = ("glm", "internvl", "internvl2")


def picture(number: int, kind: str = "PNG", exif: Image.Exif | None = None) -> bytes:
    """Return an image file that no other number gives."""
    size = (40 + number % 7, 30)
    image = Image.new("RGB", size, (number * 37 % 256, number * 91 % 256, number * 13 % 256))
    image.putpixel((0, 0), (number % 256, number // 256 % 256, 7))
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if exif is not None else {}))
    return out.getvalue()


def decode(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    return image.convert("RGB")


def task_path(number: int) -> str:
    return f"reading~kind {number % 5}~task {number}"


def tree(task_types: int) -> pl.DataFrame:
    paths = {"reading"} | {f"reading~kind {n % 5}" for n in range(task_types)}
    paths |= {task_path(number) for number in range(task_types)}
    rows = [
        {
            "task_id": ids.task_id(path),
            "path": path,
            "level": path.count("~") + 1,
            "parent_id": ids.task_id(path.rpartition("~")[0]) if "~" in path else None,
            "origin": "seed",
            "prompt_version": None,
            "model": None,
        }
        for path in paths
    ]
    return TASK_TREE.enforce(pl.DataFrame(rows, schema=dict(TASK_TREE.columns)))


def pool(images: Mapping[str, bytes], licences: Iterable[str] = ("CC-BY-4.0",)) -> pl.DataFrame:
    """Return the pool of images, given each one's bytes by its uri."""
    licences = list(licences)
    rows = [
        {
            "image_id": ids.image_id(content),
            "uri": uri,
            "source": f"source {number % len(licences)}",
            "license": licences[number % len(licences)],
            "width": 40,
            "height": 30,
            "format": "PNG",
            "n_bytes": len(content),
            "perceptual_hash": number,
        }
        for number, (uri, content) in enumerate(images.items())
    ]
    return IMAGE_POOL.enforce(pl.DataFrame(rows, schema=dict(IMAGE_POOL.columns)))


def scored_row(
    image: str,
    path: str,
    question: str = "What is this?",
    answer: str = "A patch of colour.",
    votes: tuple[int | None, ...] = (1, 1, 0),
    shard: str = "shard-0001",
) -> dict[str, object]:
    task = ids.task_id(path)
    return {
        "qa_id": ids.qa_id(image, task, question, answer),
        "image_id": image,
        "task_id": task,
        "question": question,
        "answer": answer,
        "model": "writer-1",
        "prompt_version": "qa-1",
        "votes": [{"referee": r, "vote": v} for r, v in zip(REFEREES, votes, strict=True)],
        "score": sum(vote or 0 for vote in votes),
        "image_shard": shard,
    }


def scored(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    schema = {**SCORED_QA.columns, "image_shard": pl.String()}
    return pl.DataFrame(list(rows), schema=schema)


def sample_rows(per_type: Mapping[int, int], images: int = 50, offset: int = 0) -> pl.DataFrame:
    """Return ``BALANCED_DATASET`` with so many samples of each task type, without real images."""
    rows = []
    for task, count in per_type.items():
        for number in range(offset, offset + count):
            image = ids.image_id(f"{(task * 7 + number) % images}".encode())
            row = scored_row(image, task_path(task), question=f"Question {number}?")
            row |= {
                "sample_id": ids.sample_id(str(row["qa_id"])),
                "path": task_path(task),
                "uri": f"/images/{image}",
                "source": "source",
                "license": "CC-BY-4.0",
            }
            rows.append(row)
    schema = dict(BALANCED_DATASET.columns)
    return BALANCED_DATASET.enforce(pl.DataFrame(rows, schema=schema))


@dataclass(frozen=True)
class Galaxy:
    """A dataset and the images behind it, by uri."""

    samples: pl.DataFrame
    images: dict[str, bytes]

    def read(self, uri: str, image_id: str) -> bytes:
        if uri not in self.images:
            raise FileNotFoundError(2, "No such file or directory", uri)
        return self.images[uri]


def galaxy(images: int = 12, task_types: int = 6, licences: Iterable[str] = ("MIT",)) -> Galaxy:
    """Return a dataset in which every image has two questions of different task types."""
    files = {f"/images/{number:03d}": picture(number) for number in range(images)}
    images_table = pool(files, licences)
    by_uri = dict(zip(images_table["uri"], images_table["image_id"], strict=True))
    rows = [
        scored_row(
            by_uri[uri],
            task_path((number + turn) % task_types),
            question=f"What is in picture {number}? Is it <image> {turn}?",
            answer="A colour, in <image>.",
        )
        for number, uri in enumerate(files)
        for turn in range(2)
    ]
    paths = tree(task_types).select("task_id", "path")
    samples = (
        scored(rows)
        .join(paths, on="task_id")
        .join(images_table.select("image_id", "uri", "source", "license"), on="image_id")
    )
    sample_ids = pl.Series("sample_id", [ids.sample_id(qa) for qa in samples["qa_id"]])
    return Galaxy(BALANCED_DATASET.enforce(samples.with_columns(sample_ids)), files)


def facts(**changes: object) -> DatasetFacts:
    """Return facts with something in every field."""
    values: dict[str, object] = {
        "name": "TaskGalaxy test",
        "resulting_licence": "CC-BY-4.0",
        "licence_because": "all images are under CC-BY-4.0",
        "levels": count_levels(tree(6)),
        "sources": (SourceFacts("photos | archive", "CC-BY-4.0", 12),),
        "funnel": (
            StageRows("filtered_pairs", 900, 300, "pairs"),
            StageRows("raw_qa", 300, 280, "questions"),
            StageRows("balanced_dataset", 280, 24, "samples"),
        ),
        "models": (ModelFacts("raw_qa", "writer-1", "qa-1"), ModelFacts("embed", "clip", None)),
        "referees": REFEREES,
        "ledger": (LedgerFacts("raw_qa", "writer-1", 300, 120_000, 9_000, 1.25),),
        "dropped": (DroppedFacts("balanced_dataset", "score below 2", 40),),
        "left_out": (LeftOutPartition("image_pool", "shard-0007", "check failed: too_many_bad"),),
        "embedded_notice": "The built-in model wrote part of this.",
    }
    return DatasetFacts(**{**values, **changes})  # type: ignore[arg-type]
