from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tg_assets.clip_similarity.candidates import best_of_all, merge, short_images
from tg_assets.clip_similarity.top_k import top_k
from tg_assets.tables import CANDIDATE_PAIRS, CLIP_SIMILARITY

Floats = NDArray[np.float32]


def cell(rows: Any) -> pl.DataFrame:
    """Rows of (image, task, score), best first per image, as a CLIP_SIMILARITY table."""
    frame = pl.DataFrame(
        rows,
        schema={"image_id": pl.String, "task_id": pl.String, "score": pl.Float32},
        orient="row",
    )
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("image_id")
    return CLIP_SIMILARITY.enforce(frame.with_columns(rank=rank))


def matched(images: Floats, tasks: Floats, task_ids: list[str], k: int) -> pl.DataFrame:
    found = top_k(images, tasks, task_ids, k)
    return cell(
        [
            (f"i{row}", task_ids[column], score)
            for row in range(len(images))
            for column, score in zip(found.indices[row], found.scores[row], strict=True)
        ]
    )


@st.composite
def galaxies(draw: st.DrawFn) -> Any:
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, n, d = draw(st.integers(1, 40)), draw(st.integers(1, 5)), 6
    directions = dice.normal(size=(draw(st.sampled_from([3, 40])), d)).astype(np.float32)
    tasks = directions[dice.integers(0, len(directions), m)]
    batch = dice.integers(0, draw(st.integers(1, 6)), m)
    ids = [f"t{value:02}" for value in dice.permutation(m)]
    images = dice.normal(size=(n, d)).astype(np.float32)
    return images, tasks, ids, batch, draw(st.integers(1, 12)), draw(st.integers(0, 5)), dice


@given(galaxies())
@settings(max_examples=100, deadline=None)
def test_merging_the_best_of_any_batches_equals_the_best_of_all(galaxy: Any) -> None:
    images, tasks, ids, batch, k, spare, _ = galaxy
    cells = []
    for number in np.unique(batch):
        members = np.flatnonzero(batch == number)
        cells.append(matched(images, tasks[members], [ids[j] for j in members], k + spare))
    whole = matched(images, tasks, ids, k)
    assert merge(cells, k, set()).equals(whole)
    assert merge(cells[::-1], k, set()).equals(whole)


@given(galaxies())
@settings(max_examples=70, deadline=None)
def test_any_sequence_of_additions_and_withdrawals_gives_what_a_full_comparison_gives(
    galaxy: Any,
) -> None:
    images, tasks, ids, batch, k, spare, dice = galaxy
    cells: dict[str, pl.DataFrame] = {}
    members: dict[str, list[int]] = {}
    withdrawn: set[str] = set()

    def again(name: str, short: list[str]) -> pl.DataFrame:
        rest = [j for j in members[name] if ids[j] not in withdrawn]
        rows = [int(image[1:]) for image in short]
        found = matched(images[rows], tasks[rest], [ids[j] for j in rest], k) if rest else None
        if found is None:
            return CLIP_SIMILARITY.empty()
        return found.with_columns(pl.col("image_id").replace(dict(enumerated(rows))))

    for number in np.unique(batch):
        name = f"{number:04}"
        members[name] = [int(j) for j in np.flatnonzero(batch == number)]
        cells[name] = matched(
            images, tasks[members[name]], [ids[j] for j in members[name]], k + spare
        )
        there = [j for listed in members.values() for j in listed]
        withdrawn |= {ids[j] for j in there if dice.random() < 0.25}
        sizes = {name: len(listed) for name, listed in members.items()}
        found = best_of_all(cells.items, sizes, k, withdrawn, again)
        left = [j for j in there if ids[j] not in withdrawn]
        if left:
            assert found.equals(matched(images, tasks[left], [ids[j] for j in left], k))
        else:
            assert found.is_empty()


def enumerated(rows: list[int]) -> list[tuple[str, str]]:
    """The names `matched` gives to some rows, and their names among all."""
    return [(f"i{place}", f"i{row}") for place, row in enumerate(rows)]


def test_nothing_is_compared_again_while_enough_candidates_remain() -> None:
    dice = np.random.default_rng(7)
    images = dice.normal(size=(30, 16)).astype(np.float32)
    tasks = dice.normal(size=(60, 16)).astype(np.float32)
    ids = [f"t{j:02}" for j in range(60)]
    cells = {
        "0000": matched(images, tasks[:50], ids[:50], 16),
        "0001": matched(images, tasks[50:], ids[50:], 16),
    }
    compared: list[str] = []

    def again(name: str, short: list[str]) -> pl.DataFrame:
        compared.extend(short)
        return cells[name].filter(pl.col("image_id").is_in(short))

    withdrawn: set[str] = set()
    found = merge(cells.values(), 10, withdrawn)
    for task in ids[:12]:
        withdrawn.add(task)
        left = [j for j in range(60) if ids[j] not in withdrawn]
        whole = matched(images, tasks[left], [ids[j] for j in left], 10)
        found = best_of_all(cells.items, {"0000": 50, "0001": 10}, 10, withdrawn, again)
        if compared:
            break
        assert found.equals(whole)
    assert len(withdrawn) > 4


def test_withdrawn_task_types_are_dropped_and_ranks_closed() -> None:
    found = merge([cell([("a", "t1", 0.9), ("a", "t2", 0.8), ("a", "t3", 0.7)])], 2, {"t1"})
    assert found.rows() == [
        ("a", "t2", pytest.approx(0.8), 1),
        ("a", "t3", pytest.approx(0.7), 2),
    ]


def test_equal_scores_are_ordered_by_task_id() -> None:
    found = merge([cell([("a", "t2", 0.5)]), cell([("a", "t1", 0.5), ("a", "t3", 0.5)])], 2, set())
    assert found["task_id"].to_list() == ["t1", "t2"]


def test_no_cells_give_an_empty_table() -> None:
    assert merge([], 10, {"t"}).equals(CANDIDATE_PAIRS.empty())


def test_a_task_type_in_two_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="t1 stands in more than one cell of image a"):
        merge([cell([("a", "t1", 0.5)]), cell([("a", "t1", 0.5)])], 2, set())


def test_an_image_is_short_where_a_cell_may_hold_back_something_better() -> None:
    one = cell([("a", "t1", 0.9), ("a", "t2", 0.8), ("b", "t1", 0.9), ("b", "t3", 0.8)])
    other = cell([("a", "t8", 0.7), ("b", "t9", 0.85)])
    merged = merge([one, other], 1, {"t1", "t2"})
    assert merged.rows() == [
        ("a", "t8", pytest.approx(0.7), 1),
        ("b", "t9", pytest.approx(0.85), 1),
    ]
    assert short_images(one, merged, 1, n_types=5) == ["a"]
    assert short_images(one, merged, 1, n_types=2) == []  # it held back nothing
    assert short_images(other, merged, 1, n_types=5) == []


def test_images_without_candidates_are_short() -> None:
    one = cell([("a", "t1", 0.9)])
    assert short_images(one, merge([one], 1, {"t1"}), 1, n_types=2) == ["a"]
