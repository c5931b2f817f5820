"""A planted fault stops its own downstream and no other partition's, whoever starts the runs."""

from __future__ import annotations

import dagster as dg
import pytest
from planted_world import World

from tg_assets.balanced_dataset.assets import balanced_dataset
from tg_assets.definitions import JOBS
from tg_assets.engine.runners import QUIET
from tg_assets.gates import State
from tg_assets.partitions import EDGES
from tg_assets.walk import walk

GOOD, BAD = "0000", "0001"
REFEREES = ("ada", "bob", "cleo")
LIES_THERE = ("task_tree", "scenes", "image_pool", "model_answers")
"""What is made of a bad shard, batch or model, up to what fails."""


def made_of(world: World, partition: str) -> set[str]:
    """Return the assets of which something was made for a shard."""
    return {asset for asset, key in world.made if key and key.split("|")[0] == partition}


@pytest.fixture
def galaxy(world: World) -> World:
    """Two shards and one batch, nothing made yet, the automation on."""
    world.register([GOOD, BAD], [GOOD])
    return world


@pytest.fixture
def settled(galaxy: World) -> World:
    """The same, everything made and open."""
    galaxy.fill()
    galaxy.tick()
    return galaxy


# within one run


@pytest.mark.parametrize(
    ("job", "faulty"),
    [(job.name, asset) for job in JOBS for asset in job.assets[:-1]],
)
def test_within_one_run_a_failing_check_stops_the_chain(
    galaxy: World, job: str, faulty: str
) -> None:
    (assets,) = [job_.assets for job_ in JOBS if job_.name == job]
    galaxy.fill(before=assets[0])
    partition = galaxy.keys_of(assets[0])[-1]
    galaxy.faulty.add((faulty, partition))
    result = galaxy.defs.resolve_job_def(job).execute_in_process(
        instance=galaxy.instance,
        partition_key=partition,
        run_config=dict(QUIET),
        raise_on_error=False,
    )
    assert not result.success
    reached = assets[: assets.index(faulty) + 1]
    assert [asset for asset, _ in galaxy.made] == list(reached)
    assert galaxy.states(faulty, [partition]) == {partition: State.FAILED}


# across runs, by automation


def test_by_automation_a_faulty_shard_and_a_faulty_batch_stop_alone(world: World) -> None:
    world.register([GOOD, BAD], [GOOD, BAD], [GOOD, BAD])
    world.faulty |= {("image_pool", BAD), ("task_tree", BAD), ("model_answers", BAD)}
    asked = [set(tick.requested) for tick in world.settle()]

    assert asked == [  # assets of the same partitions together, in one run
        {
            "withdrawals",
            "task_tree",
            "task_embeddings",
            "task_space",
            "evaluation_tasks",
            "scenes",
            "image_pool",
            "image_embeddings",
        },
        {"clip_similarity", "ground_truth_qa", "model_answers"},
        {"candidate_pairs", "filtered_pairs", "raw_qa", "model_performance"},
        {"referee_scores"},
        {"scored_qa"},
        {"referee_calibration", "balanced_dataset", "cot_answers", "published_dataset"},
    ]
    assert len(world.made) == len(set(world.made))  # nothing twice
    everything = {(asset, key) for asset in EDGES for key in world.keys_of(asset)}
    assert everything - set(world.made) == {
        (asset, key)
        for asset, key in everything
        if key and BAD in key.split("|") and asset not in LIES_THERE
    }
    assert _kept_out(world, "balanced_dataset", None) == {
        ("image_pool", BAD),
        ("ground_truth_qa", BAD),
        ("scored_qa", BAD),
        ("task_tree", BAD),
    }
    assert _kept_out(world, "candidate_pairs", GOOD) == {("clip_similarity", f"{GOOD}|{BAD}")}


@pytest.mark.parametrize("fault", ["breaks", "fails its check"])
def test_a_partition_that_failed_is_asked_for_once_and_again_after_a_change(
    galaxy: World, fault: str
) -> None:
    chain = ("filtered_pairs", "raw_qa", "referee_scores")
    galaxy.fill(before="filtered_pairs")
    wrong = galaxy.broken if fault == "breaks" else galaxy.faulty
    wrong.add(("filtered_pairs", BAD))
    asked = []
    for _ in range(4):
        asked.append(galaxy.tick(*chain))
        galaxy.obey(asked[-1])
    assert [BAD in tick.of("filtered_pairs") for tick in asked] == [True, False, False, False]
    assert ("raw_qa", BAD) not in galaxy.made
    assert {("raw_qa", GOOD), ("referee_scores", f"{GOOD}|bob")} <= set(galaxy.made)

    wrong.clear()
    galaxy.plant("candidate_pairs", BAD, "second", good=True)
    assert galaxy.tick(*chain).of("filtered_pairs") == {BAD}


def test_a_check_that_passes_at_last_on_the_same_rows_opens_the_way(galaxy: World) -> None:
    galaxy.fill(before="filtered_pairs")
    galaxy.faulty.add(("filtered_pairs", BAD))
    chain = ("filtered_pairs", "raw_qa")
    galaxy.obey(galaxy.tick(*chain))  # asked for in one run, in which the second one was stopped
    assert ("raw_qa", BAD) not in galaxy.made
    assert galaxy.tick(*chain).requested == {}
    galaxy.faulty.clear()
    assert galaxy.run("filtered_pairs", partition=BAD).success
    assert galaxy.made.count(("filtered_pairs", BAD)) == 1  # its file was kept
    assert galaxy.tick(*chain).requested == {"raw_qa": {BAD}}


# across runs, by a walk


def test_a_walk_stops_what_is_downstream_of_a_fault_and_says_so(
    galaxy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tg_assets.walk._register", lambda *_: 0)
    monkeypatch.setattr("tg_assets.walk.build_defs", lambda *_: galaxy.defs)
    galaxy.faulty.add(("image_pool", BAD))
    report = walk(galaxy.galaxy, galaxy.instance)
    assert made_of(galaxy, BAD) == {"scenes", "image_pool"}
    assert len(report.failures) == 1
    assert report.failures[0].startswith(f"image_pool[{BAD}]: checks failed")
    assert any(
        line.startswith(f"clip_similarity[{BAD}|{GOOD}] does not run") for line in report.held
    )
    assert _kept_out(galaxy, "balanced_dataset", None) == {
        ("ground_truth_qa", BAD),
        ("scored_qa", BAD),
        ("image_pool", BAD),
    }


# what starts a run, and what does not


def test_what_is_missing_when_the_automation_is_switched_on_is_made(galaxy: World) -> None:
    first = galaxy.tick()
    assert first.of("scenes") == first.of("image_pool") == {GOOD, BAD}
    assert first.of("task_embeddings") == {GOOD}
    assert first.of("clip_similarity") == set()  # other partitions, another run


def test_what_was_made_before_the_automation_is_switched_on_is_left_alone(settled: World) -> None:
    settled.cursor = None
    assert settled.tick().requested == {}
    assert settled.tick().requested == {}


def test_rows_that_did_not_change_start_nothing(settled: World) -> None:
    for asset in ("task_tree", "image_pool", "raw_qa"):
        assert settled.run(asset, partition=GOOD).success
    assert settled.made == []  # the file was kept
    assert settled.tick().requested == {}


def test_scores_wait_for_the_ballots_on_new_questions(settled: World) -> None:
    settled.content["raw_qa", GOOD] = "second"
    settled.run("raw_qa", partition=GOOD)
    first = settled.tick("referee_scores", "scored_qa")
    assert first.requested == {"referee_scores": {f"{GOOD}|{name}" for name in REFEREES}}
    settled.obey(first)
    assert settled.tick("referee_scores", "scored_qa").requested == {"scored_qa": {GOOD}}


def test_nothing_runs_on_an_input_whose_check_is_still_to_come(settled: World) -> None:
    run = settled.instance.create_run_for_job(
        settled.defs.resolve_implicit_global_asset_job_def().get_subset(
            asset_selection={dg.AssetKey("scored_qa")}
        ),
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": GOOD},
    )
    settled.plant("scored_qa", BAD, "second", good=True)
    assert settled.tick("balanced_dataset").requested == {}  # would leave out the good one
    settled.instance.report_run_failed(run)
    assert settled.tick("balanced_dataset").of("balanced_dataset") == {None}


def test_a_shard_that_arrives_while_the_dataset_is_made_is_not_forgotten(settled: World) -> None:
    settled.plant("scored_qa", GOOD, "second", good=True)
    assert settled.tick("balanced_dataset").of("balanced_dataset") == {None}
    settled.plant("scored_qa", BAD, "second", good=True)  # after it was asked for
    settled.run("balanced_dataset", partition=None, automatic=True)
    assert settled.tick("balanced_dataset").of("balanced_dataset") == {None}
    assert settled.tick("balanced_dataset").requested == {}


def test_a_dataset_made_by_hand_is_not_made_again(settled: World) -> None:
    settled.content["scored_qa", GOOD] = "second"
    settled.run("scored_qa", partition=GOOD)
    settled.run("balanced_dataset", partition=None)
    assert settled.tick("balanced_dataset").requested == {}


# the dataset itself


def test_the_dataset_keeps_what_was_left_out_in_its_file(galaxy: World) -> None:
    galaxy.plant("withdrawals", None, "first", good=True)
    for asset in ("scored_qa", "image_pool", "task_tree", "ground_truth_qa"):
        galaxy.plant(asset, GOOD, "first", good=True)
    galaxy.plant("scored_qa", BAD, "first", good=False)
    galaxy.plant("ground_truth_qa", BAD, "first", good=True)
    galaxy.makers["balanced_dataset"] = balanced_dataset.make
    result = galaxy.run("balanced_dataset", partition=None)
    assert result.success
    stamp = galaxy.galaxy.tables.stamp("balanced_dataset")
    assert stamp is not None
    assert stamp.facts["left_out"] == [
        ["scored_qa", BAD, State.FAILED],
        ["image_pool", BAD, State.MISSING],
    ]


def _kept_out(world: World, asset: str, partition: str | None) -> set[tuple[str, str]]:
    return {(item.asset, item.partition) for item in world.taken[asset, partition].excluded}
