from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_galaxy import picture, pool, sample_rows, scored, scored_row, task_path, tree

from tg_assets import ids
from tg_assets.balanced_dataset.balancing import (
    KNOWN_MODEL,
    KNOWN_SOURCE,
    BalanceError,
    balance,
    cap_per_type,
)
from tg_assets.tables import BALANCED_DATASET

IMAGES = {f"/images/{number}": picture(number) for number in range(8)}
POOL = pool(IMAGES)
TREE = tree(6)
IDS = POOL["image_id"].to_list()

COUNTS = st.dictionaries(st.integers(0, 4), st.integers(1, 90), min_size=1, max_size=4)


def reasons(dropped: pl.DataFrame) -> dict[str, int]:
    return {row["reason"]: row["count"] for row in dropped.iter_rows(named=True) if row["count"]}


def test_questions_with_too_few_votes_stay_out() -> None:
    rows = [
        scored_row(IDS[0], task_path(0), "a", votes=(1, 1, 0)),
        scored_row(IDS[0], task_path(0), "b", votes=(1, None, 0)),
        scored_row(IDS[0], task_path(0), "c", votes=(1, 1, None)),
    ]
    result = balance(scored(rows), POOL, TREE)
    assert sorted(result.samples["question"]) == ["a", "c"]
    assert reasons(result.dropped) == {"score below 2": 1}


def test_samples_carry_the_image_and_the_path_and_are_the_published_table() -> None:
    result = balance(scored([scored_row(IDS[2], task_path(3))]), POOL, TREE)
    row = result.samples.row(0, named=True)
    assert result.samples.schema == pl.Schema(dict(BALANCED_DATASET.columns))
    assert row["sample_id"] == ids.sample_id(row["qa_id"])
    assert row["path"] == task_path(3)
    assert row["uri"] == POOL.filter(pl.col("image_id") == IDS[2])["uri"][0]
    assert row["license"] == "CC-BY-4.0"


def test_known_answers_enter_without_votes_under_a_source_that_says_so() -> None:
    row = {
        "qa_id": "known", "image_id": IDS[1], "task_id": ids.task_id("counting~by hand"),
        "path": "counting~by hand", "generator": "how-many-2d", "plan_index": 3, "seed": 1,
        "question": "How many cups are there?", "options": ["1", "2"], "answer": "2",
        "image_shard": "shard-0001",
    }  # fmt: skip
    known = pl.DataFrame([row])
    asked = scored([scored_row(IDS[2], task_path(3), votes=(0, 0, 1))])
    (sample,) = balance(asked, POOL, TREE, known=known).samples.to_dicts()
    assert (sample["model"], sample["score"], sample["votes"]) == (KNOWN_MODEL, None, [])
    assert sample["source"].endswith(KNOWN_SOURCE)
    assert sample["path"] == "counting~by hand"  # though the tree has no such type
    assert balance(asked, POOL, TREE).samples.is_empty()


def test_the_first_shard_stands_for_a_question_that_lies_in_several() -> None:
    rows = [
        scored_row(IDS[0], task_path(0), votes=(1, 1, 1), shard="shard-0003"),
        scored_row(IDS[0], task_path(0), votes=(1, 1, 0), shard="shard-0001"),
        scored_row(IDS[0], task_path(0), votes=(1, 1, 1), shard="shard-0002"),
        scored_row(IDS[1], task_path(0), votes=(1, 1, 1), shard="shard-0002"),
    ]
    for order in (rows, rows[::-1]):
        result = balance(scored(order), POOL, TREE)
        twin = result.samples.filter(pl.col("image_id") == IDS[0])
        assert result.samples.height == 2
        assert twin["image_shard"].to_list() == ["shard-0001"]
        assert twin["score"].to_list() == [2]
        assert reasons(result.dropped) == {"same question in an earlier shard": 2}


def test_the_same_question_about_an_image_is_published_once_even_with_other_answers() -> None:
    rows = [
        scored_row(IDS[0], task_path(task), "Does it rise?", answer)
        for task, answer in enumerate(("It rises.", "It falls.", "Yes."))
    ]
    rows.append(scored_row(IDS[1], task_path(0), "Does it rise?", "No."))
    results = [balance(scored(order), POOL, TREE) for order in (rows, rows[::-1])]
    for result in results:
        assert result.samples.group_by("image_id").len()["len"].to_list() == [1, 1]
        assert reasons(result.dropped) == {"same question about the same image": 2}
    assert results[0].samples.equals(results[1].samples)


def test_withdrawn_images_and_task_types_are_out() -> None:
    rows = [
        scored_row(image, task_path(task), f"Question {task}?")
        for image in IDS[:3]
        for task in range(3)
    ]
    result = balance(
        scored(rows),
        POOL,
        TREE,
        withdrawn_images={IDS[0]},
        withdrawn_tasks={ids.task_id(task_path(1))},
    )
    assert result.samples.height == 4
    assert IDS[0] not in result.samples["image_id"].to_list()
    assert task_path(1) not in result.samples["path"].to_list()
    assert reasons(result.dropped) == {"image withdrawn": 3, "task type withdrawn": 2}


def test_questions_about_unknown_images_and_task_types_are_counted_not_kept() -> None:
    rows = [scored_row("f" * 32, task_path(0)), scored_row(IDS[0], "not~in~tree")]
    result = balance(scored(rows), POOL, TREE)
    assert result.samples.is_empty()
    assert reasons(result.dropped) == {"image not in the pool": 1, "task type not in the tree": 1}


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 6), st.integers(0, 3)), max_size=40))
@settings(max_examples=30, deadline=None)
def test_every_question_is_a_sample_or_counted_as_dropped(
    picks: list[tuple[int, int, int]],
) -> None:
    rows = [
        scored_row(IDS[image], task_path(task), votes=(1, 1, 0) if fits > 1 else (0, 0, 1))
        for image, task, fits in picks
    ]
    result = balance(scored(rows), POOL, TREE, max_per_type=3)
    assert result.samples.height + int(result.dropped["count"].sum()) == len(rows)
    assert all(size <= 3 for size in result.samples.group_by("task_id").len()["len"].to_list())


@given(COUNTS, st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_new_samples_of_a_type_replace_only_as_many_as_enter(
    counts: dict[int, int], added: int
) -> None:
    old = sample_rows(counts)
    first = min(counts)
    new = pl.concat([old, sample_rows({first: added}, offset=1000)])
    before = set(cap_per_type(old, 55)["sample_id"])
    after = set(cap_per_type(new, 55)["sample_id"])
    entered = after - before
    assert len(entered) <= added
    room = max(0, 55 - counts[first])
    assert len(before - after) == max(0, len(entered) - room)
    others = old.filter(pl.col("task_id") != ids.task_id(task_path(first)))["sample_id"].to_list()
    assert {s for s in others if s in before} == {s for s in others if s in after}


@given(COUNTS, st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_the_cap_holds_and_takes_no_more_than_it_must(counts: dict[int, int], cap: int) -> None:
    kept = cap_per_type(sample_rows(counts), cap).group_by("path").len()
    sizes = dict(kept.iter_rows())
    assert sizes == {task_path(task): min(count, cap) for task, count in counts.items()}


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows = [
        scored_row(IDS[n % 8], task_path(n % 2), f"q{n}", shard=f"shard-{n % 3}") for n in range(90)
    ]
    one = balance(scored(rows), POOL, TREE, max_per_type=7)
    other = balance(scored(rows[::-1]), POOL.reverse(), TREE.reverse(), max_per_type=7)
    assert one.samples.equals(other.samples)
    assert one.dropped.equals(other.dropped)


def test_an_image_that_is_in_the_pool_twice_is_refused_by_name() -> None:
    with pytest.raises(BalanceError, match=r"image_pool: image_id .* twice"):
        balance(scored([]), pl.concat([POOL, POOL.head(1)]), TREE)


def test_a_missing_shard_column_is_refused_by_name() -> None:
    with pytest.raises(BalanceError, match=r"scored: columns \['image_shard'\] are missing"):
        balance(scored([]).drop("image_shard"), POOL, TREE)


def test_nothing_scored_gives_an_empty_dataset() -> None:
    result = balance(scored([]), POOL, TREE)
    assert result.samples.is_empty()
    assert result.dropped["count"].sum() == 0
