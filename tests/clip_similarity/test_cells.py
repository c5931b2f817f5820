"""A shard against a batch: whatever the columns are made of, and whoever is broken is named."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from tg_assets.clip_similarity.cells import Batch, Batches, best_of_cell
from tg_assets.tables import CLIP_SIMILARITY, TableError

KINDS = [
    pl.List(pl.Float32),
    pl.List(pl.Float16),
    pl.Array(pl.Float32, 8),
    pl.Array(pl.Float16, 8),
]


def frame(key: str, prefix: str, vectors: Any, kind: Any) -> pl.DataFrame:
    return pl.DataFrame(
        {
            key: [f"{prefix}{row}" for row in range(len(vectors))],
            "embedding": pl.Series(vectors, dtype=pl.List(pl.Float64)).cast(kind),
        }
    )


def vectors(seed: int, count: int) -> list[Any]:
    return np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float16).tolist()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_of_column_gives_the_same_cell(kind: Any) -> None:
    images, tasks = vectors(1, 5), vectors(2, 9)
    images[3] = None
    plain = pl.List(pl.Float32)
    expected = best_of_cell(
        frame("image_id", "i", images, plain), frame("task_id", "t", tasks, plain), 4
    )
    found = best_of_cell(
        frame("image_id", "i", images, kind), frame("task_id", "t", tasks, kind), 4
    )
    assert found.equals(expected)
    assert found["image_id"].unique().sort().to_list() == ["i0", "i1", "i2", "i4"]
    assert found.group_by("image_id").len()["len"].unique().to_list() == [4]


def test_task_types_without_a_vector_match_nothing() -> None:
    tasks = vectors(2, 3)
    tasks[1] = None
    images = frame("image_id", "i", vectors(1, 2), KINDS[0])
    assert set(best_of_cell(images, frame("task_id", "t", tasks, KINDS[0]), 9)["task_id"]) == {
        "t0",
        "t2",
    }
    nothing = frame("task_id", "t", [None], KINDS[0])
    assert best_of_cell(images, nothing, 9).equals(CLIP_SIMILARITY.empty())


@pytest.mark.parametrize(
    ("broken", "wrong"), [([0.0] * 8, "is zero"), ([float("nan")] * 8, "not finite")]
)
def test_a_vector_without_similarity_is_named(broken: list[float], wrong: str) -> None:
    good = vectors(1, 3)
    with pytest.raises(TableError, match=rf"vector of image i2 .*{wrong}"):
        best_of_cell(
            frame("image_id", "i", [good[0], None, broken], KINDS[0]),
            frame("task_id", "t", good, KINDS[0]),
            2,
        )
    with pytest.raises(TableError, match=rf"vector of task type t1 .*{wrong}"):
        Batch(frame("task_id", "t", [good[0], broken], KINDS[0]))


def test_vectors_of_several_encoders_are_refused() -> None:
    mixed = frame("task_id", "t", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0]], KINDS[0])
    with pytest.raises(TableError, match=r"vectors of \[2, 4\] dimensions"):
        Batch(mixed)


def test_withdrawn_task_types_leave_room_for_the_next_best() -> None:
    images = frame("image_id", "i", vectors(1, 5), KINDS[0])
    tasks = frame("task_id", "t", vectors(2, 40), KINDS[0])
    withdrawn = {f"t{row}" for row in range(0, 40, 3)} | {"elsewhere"}
    rest = tasks.filter(~pl.col("task_id").is_in(sorted(withdrawn)))
    for keep in (1, 7, 26, 40):
        found = Batch(tasks).best_without(images, keep, withdrawn)
        assert found.equals(best_of_cell(images, rest, keep))


def test_a_batch_is_read_once_for_each_version_of_its_rows() -> None:
    read = []

    def rows(version: str) -> pl.DataFrame:
        read.append(version)
        return frame("task_id", version, vectors(1, 2), KINDS[0])

    kept = Batches(limit=2)
    for version in ("a", "b", "a", "c", "a", "b"):
        batch = kept.get(version, lambda version=version: rows(version))
        assert batch.ids[0] == f"{version}0"
    assert read == ["a", "b", "c", "b"]
