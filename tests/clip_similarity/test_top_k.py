from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tg_assets.clip_similarity import error_bounds
from tg_assets.clip_similarity import top_k as module
from tg_assets.clip_similarity.exact_scores import LANES, pair_scores
from tg_assets.clip_similarity.integer_search import IntegerSearch
from tg_assets.clip_similarity.searches import Float32Search, Search, Tasks
from tg_assets.clip_similarity.top_k import BadVector, abilities, prepare, searched, top_k
from tg_assets.clip_similarity.torch_search import TorchSearch

Floats = NDArray[np.float32]

SEARCHES: dict[str, Callable[[Tasks], Search]] = {
    "float32": Float32Search,
    "bfloat16": lambda tasks: TorchSearch(tasks, "cpu", compiled=True),
    "bfloat16 on a device": lambda tasks: TorchSearch(tasks, "cpu", compiled=False),
}
if "avx2" in abilities():
    SEARCHES["whole numbers"] = lambda tasks: IntegerSearch(tasks, threads=2)

every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=list(SEARCHES))


def unit(rows: Any) -> Floats:
    rows = np.asarray(rows, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-6))


def reference(images: Floats, tasks: Floats, task_ids: list[str], k: int) -> tuple[Any, Floats]:
    """The whole matrix in float64, one image at a time, sorted completely."""
    indices, scores = [], []
    for image in images:
        lanes = np.zeros((len(tasks), LANES))
        for i in range(images.shape[1]):
            lanes[:, i % LANES] += float(image[i]) * tasks[:, i].astype(np.float64)
        while lanes.shape[1] > 1:
            half = lanes.shape[1] // 2
            lanes = lanes[:, :half] + lanes[:, half:]
        exact = lanes[:, 0].astype(np.float32)
        order = sorted(range(len(tasks)), key=lambda j: (-exact[j], task_ids[j]))[:k]
        indices.append(order)
        scores.append(exact[order])
    shape = (len(images), min(k, len(tasks)))
    return np.array(indices).reshape(shape), np.array(scores).reshape(shape)


def assert_same(
    search: Callable[[Tasks], Search],
    images: Floats,
    tasks: Floats,
    task_ids: list[str],
    k: int,
) -> int:
    table = prepare(tasks, task_ids).tasks
    found = searched(images, table, search(table), min(k, len(tasks)))
    indices, scores = reference(images, tasks, task_ids, k)
    assert found.indices.dtype == np.int32
    assert found.scores.dtype == np.float32
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_array_equal(found.scores, scores)
    return found.again


@st.composite
def problems(draw: st.DrawFn) -> Any:
    """Few directions, copied and nudged by single bits, so that ties and near-ties abound."""
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    d = draw(st.sampled_from([1, 2, 7, 64, 129]))
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 120))
    directions = unit(dice.normal(size=(draw(st.integers(1, 8)), d)))
    tasks = directions[dice.integers(0, len(directions), m)]
    nudged = dice.random(tasks.shape) < draw(st.sampled_from([0.0, 0.02, 0.5]))
    up = np.where(dice.random(tasks.shape) < 0.5, np.float32(2), np.float32(-2))
    tasks = np.where(nudged, np.nextafter(tasks, up), tasks)
    images = unit(dice.normal(size=(n, d)) + directions[dice.integers(0, len(directions), n)])
    if draw(st.booleans()):  # lengths far from 1, and different
        images *= np.exp2(dice.integers(-20, 20, (n, 1))).astype(np.float32)
        tasks *= np.exp2(dice.integers(-4, 4, (m, 1))).astype(np.float32)
    task_ids = [f"{value:x}" for value in dice.permutation(m)]
    return images, tasks, task_ids, draw(st.integers(1, 30))


@every_search
@given(problems())
@settings(max_examples=25, deadline=None)
def test_equals_a_float64_reference_with_copies_and_near_ties(search: Any, problem: Any) -> None:
    assert_same(search, *problem)


@every_search
def test_equals_a_float64_reference_on_ordinary_vectors(search: Any) -> None:
    dice = np.random.default_rng(1)
    images, tasks = unit(dice.normal(size=(40, 96))), unit(dice.normal(size=(700, 96)))
    again = assert_same(search, images, tasks, [f"{j:04}" for j in dice.permutation(700)], 10)
    assert again < 20, "the bound is of use: it proves most rows"


@every_search
def test_hundreds_of_equal_task_types_come_in_the_order_of_their_ids(search: Any) -> None:
    tasks = np.repeat(unit([[1, 2, 3, 4]]), 600, axis=0)
    task_ids = [f"{j:03}" for j in reversed(range(600))]
    assert assert_same(search, unit([[1, 1, 1, 1]]), tasks, task_ids, 5) == 1


@pytest.mark.parametrize("length", [2.0**-12, 1.0, 2.0**12])
def test_what_rounding_changes_is_within_the_bound(length: float) -> None:
    import torch

    dice = np.random.default_rng(3)
    images, tasks = (
        unit(dice.normal(size=(50, 768))) * np.float32(length),
        unit(dice.normal(size=(60, 768))),
    )
    rounded = [torch.from_numpy(side).bfloat16().double().numpy() for side in (images, tasks)]
    lost = [
        error_bounds.lengths((exact - other).astype(np.float32))
        for exact, other in zip((images, tasks), rounded, strict=True)
    ]
    bound = error_bounds.operands(
        error_bounds.lengths(images),
        lost[0],
        float(error_bounds.lengths(tasks).max()),
        float(lost[1].max()),
    )
    error = np.abs(rounded[0] @ rounded[1].T - images.astype(float) @ tasks.T.astype(float))
    assert (error.max(axis=1) <= bound).all()
    assert (bound < length * 2**-7).all()
    # The worst there can be: an image in the direction of what rounding took from a task type.
    worst = unit((tasks - rounded[1])[:1])
    taken = (worst.astype(float) @ (tasks - rounded[1]).T.astype(float)).max()
    assert 0.99 * lost[1][0] <= taken <= lost[1].max() * (1 + 1e-6)


def test_scores_are_the_rounded_sums_of_exact_products() -> None:
    import math

    dice = np.random.default_rng(4)
    left, right = unit(dice.normal(size=(20, 100))), unit(dice.normal(size=(20, 100)))
    found = pair_scores(left, right)
    for row in range(20):
        exact = math.fsum(float(a) * float(b) for a, b in zip(left[row], right[row], strict=True))
        assert found[row] == np.float32(exact)


@every_search
def test_scores_do_not_depend_on_blocks_or_company(search: Any) -> None:
    dice = np.random.default_rng(2)
    images, tasks = unit(dice.normal(size=(50, 64))), unit(dice.normal(size=(300, 64)))
    task_ids = [f"{j:03}" for j in range(300)]
    table = prepare(tasks, task_ids).tasks
    whole = searched(images, table, search(table), 10)
    small = search(table)
    small.rows, small.threads = 7, 3
    blocks = searched(images, table, small, 10)
    np.testing.assert_array_equal(whole.indices, blocks.indices)
    np.testing.assert_array_equal(whole.scores, blocks.scores)
    alone = top_k(images[3:4], tasks[whole.indices[3]], [task_ids[j] for j in whole.indices[3]], 10)
    np.testing.assert_array_equal(alone.scores[0], whole.scores[3])


def test_float16_vectors_are_matched_by_their_stored_values() -> None:
    dice = np.random.default_rng(5)
    images = unit(dice.normal(size=(9, 64))).astype(np.float16)
    tasks = unit(dice.normal(size=(90, 64))).astype(np.float16)
    ids = [f"{j:02}" for j in range(90)]
    found = top_k(images, tasks, ids, 5)
    exact = top_k(images.astype(np.float32), tasks.astype(np.float32), ids, 5)
    np.testing.assert_array_equal(found.indices, exact.indices)
    np.testing.assert_array_equal(found.scores, exact.scores)


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"avx2", "avx512bf16"}, TorchSearch),
        ({"bf16"}, TorchSearch),
        ({"avx2"}, IntegerSearch),
        (set(), Float32Search),
    ],
)
def test_the_processor_decides_how_large_cells_are_searched(
    monkeypatch: pytest.MonkeyPatch, there: set[str], chosen: type[Search]
) -> None:
    table = prepare(unit(np.eye(40, 8) + 1), [f"{j:02}" for j in range(40)]).tasks
    monkeypatch.setattr(module, "abilities", lambda: there)
    assert isinstance(module.fast_search(table), chosen)


def test_memory_does_not_grow_with_the_images() -> None:
    import tracemalloc

    dice = np.random.default_rng(6)
    tasks = prepare(unit(dice.normal(size=(400, 32))), [f"{j:03}" for j in range(400)]).tasks
    peaks = []
    for n in (4_000, 16_000):
        images = dice.normal(size=(n, 32)).astype(np.float16)
        tracemalloc.start()
        found = searched(images, tasks, Float32Search(tasks), 10)
        peaks.append(tracemalloc.get_traced_memory()[1] - found.indices.nbytes * 2)
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


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
        (np.eye(2)[0], np.eye(2), ["a", "b"], 1, "two dimensions"),
    ],
)
def test_bad_input_is_named(
    images: Any, tasks: Any, task_ids: list[str], k: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        top_k(np.asarray(images, np.float32), np.asarray(tasks, np.float32), task_ids, k)


@pytest.mark.parametrize(
    ("vector", "wrong"),
    [
        ([np.nan, 0], "not finite"),
        ([np.inf, 0], "not finite"),
        ([0, 0], "is zero"),
        ([1e30, 0], "has length 1e.30"),
    ],
)
def test_vectors_without_similarity_are_refused_by_their_row(vector: Any, wrong: str) -> None:
    bad = np.asarray([[1, 0], vector], np.float32)
    with pytest.raises(BadVector, match=f"images row 1 .*{wrong}") as raised:
        top_k(bad, unit(np.eye(2)), ["a", "b"], 1)
    assert raised.value.row == 1
    with pytest.raises(BadVector, match=f"tasks row 1 .*{wrong}"):
        top_k(unit(np.eye(2)), bad, ["a", "b"], 1)
