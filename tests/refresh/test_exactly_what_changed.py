"""A pass asks exactly what is new, by the log of the server that was asked; the rest it knows.

The tests share one galaxy and go on from each other's state, in the order they stand here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from fixtures import listening
from served_galaxy import (
    MORE_SEEDS,
    SEEDS,
    TG,
    ServedGalaxy,
    best,
    files_of,
    questions_about,
    questions_in,
    settings_of,
)

from tg_assets.pass_report import PassReport

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("refresh")]
IMAGES = 12


class FirstRun:
    """The galaxy after its first pass, and what the first pass left."""

    def __init__(self, folder: Path, url: str) -> None:
        self.galaxy = ServedGalaxy(folder, url, IMAGES, SEEDS)
        self.galaxy.run_elsewhere(hash_seed=1)
        self.asked = self.galaxy.asked_so_far()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    folder = tmp_path_factory.mktemp("refresh")
    config = folder / "served.yaml"
    served = settings_of(folder, IMAGES)
    served["task_tree"].pop("seeds")
    config.write_text(yaml.safe_dump(served))
    # replies wait for times of their own, so that they arrive in another order in every pass
    options = ["--port", "0", "--delay", "0.02", "--seed", "3"]
    with listening([TG, "serve", "--config", str(config), *options]) as url:
        yield FirstRun(folder, url)


def _ran(report: PassReport) -> dict[str, int]:
    return {name: stage.ran for name, stage in report.stages.items() if stage.ran}


def test_first_pass_asks_every_question_once(first: FirstRun) -> None:
    galaxy = first.galaxy
    asked = questions_in(galaxy.log())
    grown = {question for question in asked if question[0] == "growth"}
    assert grown
    for question in grown:
        assert asked.pop(question) == 1
    assert asked == questions_about(galaxy, best(galaxy))
    assert len({image for _, _, image, *_ in asked}) == IMAGES
    assert galaxy.read("image_pool").height == IMAGES
    assert galaxy.read("balanced_dataset").height > 0


def test_another_process_makes_the_same_bytes(first: FirstRun) -> None:
    """Another hash seed, an empty ledger, another order of replies: the same files."""
    galaxy = first.galaxy
    aside = galaxy.folder / "aside"
    galaxy.home.rename(aside)
    galaxy.run_elsewhere(hash_seed=2)
    assert galaxy.asked_so_far() == 2 * first.asked
    before, after = files_of(aside), files_of(galaxy.home)
    shutil.rmtree(aside)
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []
    assert any(name.endswith(".parquet") for name in before)


def test_second_pass_asks_nothing_and_runs_nothing(first: FirstRun) -> None:
    before = first.galaxy.asked_so_far()
    report = first.galaxy.run()
    assert first.galaxy.log(after=before) == []
    assert _ran(report) == {}


def test_ten_new_images_cause_the_questions_about_them_and_no_others(first: FirstRun) -> None:
    galaxy = first.galaxy
    old = set(galaxy.read("image_pool")["image_id"])
    before = galaxy.asked_so_far()
    galaxy.images += 10
    report = galaxy.run()
    new = set(galaxy.read("image_pool")["image_id"]) - old
    assert len(new) == 10
    pairs = {(image, task) for image, task in best(galaxy) if image in new}
    assert len(pairs) == 100
    assert questions_in(galaxy.log(after=before)) == questions_about(galaxy, pairs)
    assert "task_tree" not in _ran(report)
    assert _ran(report)["filtered_pairs"] == 2  # the new shards


def test_five_new_task_types_cause_the_questions_about_them_and_no_others(
    first: FirstRun,
) -> None:
    galaxy = first.galaxy
    old_pairs, old_types = best(galaxy), set(galaxy.paths())
    before = galaxy.asked_so_far()
    galaxy.seeds = {name: [*SEEDS[name], *MORE_SEEDS.get(name, [])] for name in SEEDS}
    galaxy.run()
    new_types = set(galaxy.paths()) - old_types
    assert len(new_types) == 5
    entered = best(galaxy) - old_pairs
    assert entered
    assert {task for _, task in entered} <= new_types
    expected = questions_about(galaxy, entered)
    assert {question[0] for question in expected} == {"filter", "questions", "vote"}
    assert questions_in(galaxy.log(after=before)) == expected
