"""A planted fault stops its own downstream and no other partition's, whoever starts the runs."""

from __future__ import annotations

import dagster as dg
import pytest
from planted_world import World

from tg_assets.balanced_dataset.assets import balanced_dataset
from tg_assets.definitions import JOBS
from tg_assets.gates import State
from tg_assets.partitions import EDGES
from tg_assets.walk import walk

GOOD, BAD = "0000", "0001"
REFEREES = ("ada", "bob", "cleo")


def downstream_of(asset: str) -> set[str]:
    """Return everything that reads an asset, directly or not."""
    found = {asset}
    for name, edges in EDGES.items():  # in the order data flows
        if found & {edge.upstream for edge in edges}:
            found.add(name)
    return found - {asset}


def made_of(world: World, partition: str) -> set[str]:
    """Return the assets of which something was made for a shard."""
    return {asset for asset, key in world.made if key and key.split("|")[0] == partition}


@pytest.fixture()
def galaxy(world: World) -> World:
    """Two shards and one batch, nothing made yet, the automation on."""
    world.register([GOOD, BAD], [GOOD])
    return world


@pytest.fixture()
def settled(galaxy: World) -> World:
    """The same, everything made and open."""
    galaxy.settle()
    galaxy.made.clear()
    return galaxy


# within one run


@pytest.mark.parametrize(
    ("job", "faulty"),
    [(job.name, asset) for job in JOBS for asset in job.assets[:-1]],
)
def test_within_one_run_a_failing_check_stops_the_chain(
    settled: World, job: str, faulty: str
) -> None:
    (assets,) = [job_.assets for job_ in JOBS if job_.name == job]
    partition = None if settled.partitions[assets[0]] is None else BAD
    for asset in assets:
        settled.content[asset, partition] = "second"
    settled.faulty.add((faulty, partition))
    result = settled.defs.resolve_job_def(job).execute_in_process(
        instance=settled.instance, partition_key=partition, raise_on_error=False
    )
    assert not result.success
    reached = assets[: assets.index(faulty) + 1]
    assert [asset for asset, _ in settled.made] == list(reached)
    assert settled.states(faulty, [partition]) == {partition: State.FAILED}


# across runs, by automation


@pytest.mark.parametrize("faulty", ["scenes", "image_pool", "candidate_pairs", "referee_scores"])
def test_by_automation_a_faulty_shard_stops_alone(galaxy: World, faulty: str) -> None:
    bad = f"{BAD}|bob" if faulty == "referee_scores" else BAD
    galaxy.faulty.add((faulty, bad))
    galaxy.settle()

    shard_assets = {asset for asset in EDGES if "image_shard" in str(galaxy.partitions[asset])}
    assert made_of(galaxy, GOOD) == shard_assets
    assert made_of(galaxy, BAD) == shard_assets - downstream_of(faulty)
    kept_out = {(item.asset, item.partition) for item in _excluded(galaxy)}
    assert ("scored_qa", BAD) in kept_out
    assert not any(partition == GOOD for _, partition in kept_out)

    galaxy.faulty.clear()
    galaxy.content[faulty, bad] = "second"
    assert galaxy.run(faulty, partition=bad).success
    galaxy.settle()
    assert made_of(galaxy, BAD) == shard_assets
    assert _excluded(galaxy) == []


def test_by_automation_a_faulty_batch_stops_alone(world: World) -> None:
    world.register([GOOD], [GOOD, BAD])
    world.faulty.add(("task_tree", BAD))
    world.settle()
    made = set(world.made)
    assert {("task_embeddings", GOOD), ("clip_similarity", f"{GOOD}|{GOOD}")} <= made
    assert not {("task_embeddings", BAD), ("clip_similarity", f"{GOOD}|{BAD}")} & made
    assert [(item.asset, item.partition) for item in _excluded(world)] == [("task_tree", BAD)]
    (cell,) = world.taken["candidate_pairs", GOOD].excluded
    assert (cell.asset, cell.partition) == ("clip_similarity", f"{GOOD}|{BAD}")


def test_a_run_that_breaks_stops_its_own_downstream_alone(galaxy: World) -> None:
    galaxy.broken.add(("filtered_pairs", BAD))
    galaxy.settle()
    assert "raw_qa" not in made_of(galaxy, BAD)
    assert {"raw_qa", "referee_scores", "scored_qa"} <= made_of(galaxy, GOOD)


# across runs, by a walk


def test_a_walk_stops_what_is_downstream_of_a_fault_and_says_so(
    galaxy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tg_assets.walk._register", lambda *_: 0)
    galaxy.faulty.add(("image_pool", BAD))
    report = walk(galaxy.galaxy, galaxy.instance)
    assert made_of(galaxy, BAD) == {"scenes", "image_pool"}
    assert len(report.failures) == 1
    assert report.failures[0].startswith(f"image_pool[{BAD}]: checks failed")
    assert any(line.startswith(f"clip_similarity[{BAD}|{GOOD}] does not run") for line in report.held)
    assert {(item.asset, item.partition) for item in _excluded(galaxy)} == {
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


def test_assets_of_the_same_partitions_are_asked_for_in_one_tick(galaxy: World) -> None:
    asked = [set(tick.requested) for tick in galaxy.settle()]
    assert asked == [
        {"withdrawals", "task_tree", "task_embeddings", "scenes", "image_pool", "image_embeddings"},
        {"clip_similarity"},
        {"candidate_pairs", "filtered_pairs", "raw_qa"},
        {"referee_scores"},
        {"scored_qa"},
        {"balanced_dataset", "published_dataset"},
    ]
    assert len(galaxy.made) == len(set(galaxy.made))  # nothing twice


@pytest.mark.parametrize("asset", ["task_tree", "image_pool", "raw_qa"])
def test_rows_that_did_not_change_start_nothing(settled: World, asset: str) -> None:
    assert settled.run(asset, partition=GOOD).success
    assert settled.made == []  # the file was kept
    assert settled.tick().requested == {}


@pytest.mark.parametrize("fault", ["breaks", "fails its check"])
def test_a_partition_that_failed_is_not_asked_for_again_without_a_change(
    galaxy: World, fault: str
) -> None:
    wrong = galaxy.broken if fault == "breaks" else galaxy.faulty
    wrong.add(("raw_qa", BAD))
    asked = [tick for tick in galaxy.settle() if BAD in tick.of("raw_qa")]
    assert len(asked) == 1
    assert [galaxy.tick().requested for _ in range(3)] == [{}, {}, {}]

    wrong.clear()
    galaxy.content["filtered_pairs", BAD] = "second"
    galaxy.run("filtered_pairs", partition=BAD)
    assert galaxy.tick().of("raw_qa") == {BAD}


def test_a_failed_check_that_passes_on_the_same_rows_opens_the_way(galaxy: World) -> None:
    galaxy.faulty.add(("image_pool", BAD))
    galaxy.settle()
    galaxy.faulty.clear()
    galaxy.run("image_pool", partition=BAD)  # the file is kept, the check is run again
    galaxy.settle()
    assert "scored_qa" in made_of(galaxy, BAD)
    assert _excluded(galaxy) == []


def test_scores_wait_for_the_ballots_on_new_questions(settled: World) -> None:
    settled.content["raw_qa", GOOD] = "second"
    settled.run("raw_qa", partition=GOOD)
    ticks = settled.settle()
    assert [set(tick.requested) for tick in ticks[:2]] == [{"referee_scores"}, {"scored_qa"}]
    assert ticks[0].of("referee_scores") == {f"{GOOD}|{name}" for name in REFEREES}


def test_nothing_runs_on_an_input_whose_check_is_still_to_come(settled: World) -> None:
    run = settled.instance.create_run_for_job(
        settled.defs.resolve_implicit_global_asset_job_def().get_subset(
            asset_selection={dg.AssetKey("scored_qa")}
        ),
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": GOOD},
    )
    settled.instance.report_dagster_event(
        _planned_check("scored_qa", GOOD, run.run_id), run_id=run.run_id
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
    for asset in ("scored_qa", "image_pool", "task_tree"):
        galaxy.plant(asset, GOOD, "first", good=True)
    galaxy.plant("scored_qa", BAD, "first", good=False)
    galaxy.makers["balanced_dataset"] = balanced_dataset.make
    result = galaxy.run("balanced_dataset", partition=None)
    assert result.success
    stamp = galaxy.galaxy.tables.stamp("balanced_dataset")
    assert stamp is not None
    assert stamp.facts["left_out"] == [
        ["scored_qa", BAD, State.FAILED],
        ["image_pool", BAD, State.MISSING],
    ]


def _excluded(world: World) -> list:
    return world.taken["balanced_dataset", None].excluded


def _planned_check(asset: str, partition: str, run_id: str) -> dg.DagsterEvent:
    from dagster._core.definitions.asset_checks.asset_check_evaluation import (
        AssetCheckEvaluationPlanned,
    )

    return dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
        job_name="planted",
        event_specific_data=AssetCheckEvaluationPlanned(
            dg.AssetKey(asset), "suite", partitions_subset=None
        ),
    )
