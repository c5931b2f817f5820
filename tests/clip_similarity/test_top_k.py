from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tg_assets.clip_similarity import top_k as module
from tg_assets.clip_similarity.top_k import top_k

Floats = NDArray[np.float32]


def unit(rows: Any) -> Floats:
    rows = np.asarray(rows, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-6))


def reference(images: Floats, tasks: Floats, task_ids: list[str], k: int) -> tuple[Any, Floats]:
    """The whole matrix in float64, one image at a time, sorted completely."""
    indices, scores = [], []
    for image in images:
        products = image.astype(np.float64) * tasks.astype(np.float64)
        exact = products.sum(axis=1).astype(np.float32)
        order = sorted(range(len(tasks)), key=lambda j: (-exact[j], task_ids[j]))[:k]
        indices.append(order)
        scores.append(exact[order])
    shape = (len(images), min(k, len(tasks)))
    return np.array(indices).reshape(shape), np.array(scores).reshape(shape)


def assert_same(images: Floats, tasks: Floats, task_ids: list[str], k: int) -> None:
    found = top_k(images, tasks, task_ids, k)
    indices, scores = reference(images, tasks, task_ids, k)
    assert found.indices.dtype == np.int32
    assert found.scores.dtype == np.float32
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.scores, scores)


@st.composite
def problems(draw: st.DrawFn) -> Any:
    """Few directions, copied and nudged by single bits, so that ties and near-ties abound."""
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    d = draw(st.sampled_from([1, 2, 7, 64, 129]))
    n, m = draw(st.integers(0, 7)), draw(st.integers(1, 120))
    directions = unit(dice.normal(size=(draw(st.integers(1, 8)), d)))
    tasks = directions[dice.integers(0, len(directions), m)]
    nudged = dice.random(tasks.shape) < draw(st.sampled_from([0.0, 0.02, 0.5]))
    up = np.where(dice.random(tasks.shape) < 0.5, np.float32(2), np.float32(-2))
    tasks = np.where(nudged, np.nextafter(tasks, up), tasks)
    images = unit(dice.normal(size=(n, d)) + directions[dice.integers(0, len(directions), n)])
    task_ids = [f"{value:x}" for value in dice.permutation(m)]
    return images, tasks, task_ids, draw(st.integers(1, 30))


@given(problems())
@settings(max_examples=150, deadline=None)
def test_equals_a_float64_reference_with_copies_and_near_ties(problem: Any) -> None:
    images, tasks, task_ids, k = problem
    assert_same(images, tasks, task_ids, min(k, len(tasks)))


def test_equals_a_float64_reference_on_ordinary_vectors() -> None:
    dice = np.random.default_rng(1)
    images, tasks = unit(dice.normal(size=(40, 96))), unit(dice.normal(size=(700, 96)))
    assert_same(images, tasks, [f"{j:04}" for j in dice.permutation(700)], 10)


def test_scores_do_not_depend_on_blocks_or_company(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(2)
    images, tasks = unit(dice.normal(size=(50, 64))), unit(dice.normal(size=(300, 64)))
    task_ids = [f"{j:03}" for j in range(300)]
    whole = top_k(images, tasks, task_ids, 10)
    monkeypatch.setattr(module, "BLOCK_ROWS", 7)
    blocks = top_k(images, tasks, task_ids, 10)
    np.testing.assert_array_equal(whole.indices, blocks.indices)
    np.testing.assert_array_equal(whole.scores, blocks.scores)
    alone = top_k(images[3:4], tasks[whole.indices[3]], [task_ids[j] for j in whole.indices[3]], 10)
    np.testing.assert_array_equal(alone.scores[0], whole.scores[3])


def test_hundreds_of_equal_task_types_come_in_the_order_of_their_ids() -> None:
    tasks = np.repeat(unit([[1, 2, 3, 4]]), 600, axis=0)
    task_ids = [f"{j:03}" for j in reversed(range(600))]
    found = top_k(unit([[1, 1, 1, 1]]), tasks, task_ids, 5)
    assert [task_ids[j] for j in found.indices[0]] == ["000", "001", "002", "003", "004"]


def test_fewer_task_types_than_k_give_fewer_columns() -> None:
    tasks = unit([[1, 0], [0, 1], [1, 1]])
    found = top_k(unit([[1, 0.1]]), tasks, ["a", "b", "c"], 10)
    assert found.indices.tolist() == [[0, 2, 1]]


def test_nothing_to_match_gives_empty_results() -> None:
    none = np.zeros((0, 4), np.float32)
    some = unit(np.eye(4))
    assert top_k(none, some, list("abcd"), 2).indices.shape == (0, 2)
    assert top_k(some, none, [], 2).indices.shape == (4, 0)


@pytest.mark.parametrize(
    ("images", "tasks", "task_ids", "k", "message"),
    [
        (np.eye(2), np.eye(3), ["a", "b", "c"], 1, "different encoders"),
        (np.eye(2), np.eye(2), ["a", "a"], 1, "different ids"),
        (np.eye(2), np.eye(2), ["a", "b"], 0, "at least 1"),
        ([[1.0, 0.0], [np.nan, 0.0]], np.eye(2), ["a", "b"], 1, "images row 1"),
        (np.eye(2)[0], np.eye(2), ["a", "b"], 1, "two dimensions"),
    ],
)
def test_bad_input_is_named(
    images: Any, tasks: Any, task_ids: list[str], k: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        top_k(np.asarray(images, np.float32), np.asarray(tasks, np.float32), task_ids, k)
