"""The shipped model on scenes, and on task types, that it was not trained on."""

import numpy as np
import pytest

from resources.clip_settings import SMALL_CHECKPOINT
from tg_assets.clip_similarity.small_data import (
    FIRST_EVALUATION_SEED,
    is_held_out,
    scene_keys,
    scene_set,
)
from tg_assets.clip_similarity.small_figures import Figures, figures
from tg_assets.scenes.vocabulary import served_paths


@pytest.fixture(scope="module")
def measured() -> Figures:
    from tg_assets.clip_similarity.train_small import evaluate

    # Other seeds than those whose figures the model's README gives.
    scenes = scene_set(scene_keys(50, FIRST_EVALUATION_SEED + 5000))
    return evaluate(SMALL_CHECKPOINT, scenes)


def test_the_best_task_types_of_unseen_scenes_are_right_far_above_chance(measured: Figures) -> None:
    assert measured.precision >= 3 * measured.random_precision


def test_task_types_it_never_saw_are_ranked_far_above_chance(measured: Figures) -> None:
    assert measured.held_out_scenes >= 100
    assert measured.held_out_precision >= 3 * measured.held_out_random_precision


def test_correct_pairs_cover_many_task_types(measured: Figures) -> None:
    assert measured.covered_types >= 100


def test_about_an_eighth_of_the_third_level_is_held_out_and_no_parent() -> None:
    paths = served_paths()
    third = [path for path in paths if path.count("~") == 2]
    held_out = [path for path in paths if is_held_out(path)]
    assert set(held_out) <= set(third)
    assert 0.08 <= len(held_out) / len(third) <= 0.18


def test_figures_of_a_perfect_and_of_a_reversed_ranking() -> None:
    applies = np.zeros((4, 40), np.bool_)
    applies[:, :12] = True
    held_out = np.zeros(40, np.bool_)
    held_out[10:20] = True
    scores = np.linspace(1, 0, 40, dtype=np.float32)[None].repeat(4, axis=0)
    best, worst = figures(scores, applies, held_out), figures(-scores, applies, held_out)
    assert (best.precision, best.held_out_precision, best.covered_types) == (1, 1, 10)
    assert (worst.precision, worst.held_out_precision, worst.covered_types) == (0, 0, 0)
    assert best.random_precision == pytest.approx(0.3)
    assert best.held_out_random_precision == pytest.approx(0.2)
