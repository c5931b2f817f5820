"""A run over several partitions: each of them is made, recorded and checked by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
from planted_world import World, one_row

from sensors.failures import _facts
from tg_assets import artifact
from tg_assets.artifact import Made, Work
from tg_assets.engine.coordinator import tags_of
from tg_assets.engine.runners import QUIET
from tg_assets.gates import State
from tg_assets.ranges import LEFT, policy_of, range_tags
from tg_assets.settings import EmbeddedModel, VllmModel
from tg_assets.settings_engine import Engine
from tg_assets.walk import walk

SHARDS = ["0000", "0001", "0002", "0003"]
GOOD, FAULTY, BROKEN, LAST = SHARDS
ONE_SERVED = {
    "referees": {"ada": "served", "bob": "embedded"},
    "models": {
        "served": VllmModel(provider="vllm", model="served"),
        "embedded": EmbeddedModel(provider="embedded"),
    },
}
"""Settings in which one of two referees brings a server on a GPU."""
QUESTIONS = ("candidate_pairs", "filtered_pairs", "raw_qa")


@pytest.fixture
def galaxy(world: World) -> World:
    """Four shards and one batch, everything made that the questions read."""
    world.register(SHARDS, ["0000"])
    world.fill(before="candidate_pairs")
    return world


def run(world: World, first: str, last: str, *assets: str) -> dg.ExecuteInProcessResult:
    """Materialize assets of a range of partitions in one run, with their checks."""
    return world.defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=world.instance,
        asset_selection=[dg.AssetKey(asset) for asset in assets],
        run_config=dict(QUIET),
        raise_on_error=False,
        tags=range_tags(first, last),
    )


def said_of(world: World, asset: str, partition: str) -> dict[str, str]:
    """Return the tags of a partition's last materialization, but for places in the log."""
    (record,) = world.instance.fetch_materializations(
        dg.AssetRecordsFilter(dg.AssetKey(asset), asset_partitions=[partition]), limit=1
    ).records
    event = record.event_log_entry.asset_materialization
    assert event is not None
    return {name: said for name, said in event.tags.items() if "event_pointer" not in name}


def made(result: dg.ExecuteInProcessResult, asset: str) -> list[str | None]:
    return [
        event.partition
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(asset)
    ]


def test_a_bad_shard_is_held_while_the_others_of_the_run_go_on(galaxy: World) -> None:
    galaxy.faulty.add(("filtered_pairs", FAULTY))
    galaxy.broken.add(("candidate_pairs", BROKEN))
    result = run(galaxy, GOOD, LAST, *QUESTIONS)
    assert not result.success
    assert galaxy.states("candidate_pairs", SHARDS) == {
        GOOD: State.OPEN,
        FAULTY: State.OPEN,
        BROKEN: State.MISSING,
        LAST: State.OPEN,
    }
    assert galaxy.states("filtered_pairs", [FAULTY, BROKEN]) == {
        FAULTY: State.FAILED,
        BROKEN: State.MISSING,
    }
    assert galaxy.states("raw_qa", SHARDS) == {
        GOOD: State.OPEN,
        FAULTY: State.MISSING,
        BROKEN: State.MISSING,
        LAST: State.OPEN,
    }
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert said.metadata[LEFT].value == [FAULTY, BROKEN]
    assert f"raw_qa[{FAULTY}] does not run: filtered_pairs[{FAULTY}] is closed" in str(
        said.description
    )

    galaxy.faulty.clear()
    galaxy.broken.clear()
    galaxy.made.clear()
    assert run(galaxy, GOOD, LAST, *QUESTIONS).success  # repeated: what is current returns at once
    assert galaxy.made == [
        ("candidate_pairs", BROKEN),
        ("filtered_pairs", BROKEN),
        ("raw_qa", FAULTY),
        ("raw_qa", BROKEN),
    ]


def test_each_partition_is_recorded_as_in_a_run_of_its_own(galaxy: World) -> None:
    galaxy.content["raw_qa", FAULTY] = "other"
    assert run(galaxy, GOOD, LAST, *QUESTIONS).success
    versions = {said_of(galaxy, "raw_qa", shard)["dagster/data_version"] for shard in SHARDS}
    assert len(versions) == 2  # of their own rows
    assert run(galaxy, f"{GOOD}|ada", f"{LAST}|ada", "referee_scores").success
    assert not galaxy.is_materialized("referee_scores", f"{GOOD}|bob")
    for asset, key in (("raw_qa", GOOD), ("raw_qa", FAULTY), ("referee_scores", f"{GOOD}|ada")):
        together = said_of(galaxy, asset, key)
        assert galaxy.run(asset, partition=key).success
        assert said_of(galaxy, asset, key) == together


def test_what_another_run_makes_is_waited_for_when_the_others_are_done(
    galaxy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "LOOK_EVERY_S", 0)
    held = {FAULTY: 2}

    @contextmanager
    def alone_with(_: object, __: str, partition: str) -> Iterator[bool]:
        held[partition] = held.get(partition, 0) - 1
        yield held[partition] < 0

    monkeypatch.setattr(artifact, "alone_with", alone_with)
    result = run(galaxy, GOOD, LAST, "candidate_pairs")
    assert result.success
    assert made(result, "candidate_pairs") == [GOOD, BROKEN, LAST, FAULTY]  # each once


def test_a_check_that_breaks_leaves_its_partition_unchecked_alone(
    galaxy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = galaxy._judge

    def breaks(suite: object, subject: object) -> object:
        if subject.keys == (BROKEN,):  # type: ignore[attr-defined]
            raise OSError("no room")
        return judge(suite, subject)  # type: ignore[arg-type]

    monkeypatch.setattr("tg_assets.suites.judge", breaks)
    assert not run(galaxy, GOOD, LAST, "candidate_pairs").success
    assert galaxy.states("candidate_pairs", SHARDS) == {
        GOOD: State.OPEN,
        FAULTY: State.OPEN,
        BROKEN: State.UNCHECKED,
        LAST: State.OPEN,
    }


def test_a_pass_takes_few_runs_and_names_each_partition_that_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.register(SHARDS, ["0000"])
    monkeypatch.setattr("tg_assets.walk._register", lambda *_: 0)
    monkeypatch.setattr("tg_assets.walk.build_defs", lambda *_: world.defs)
    world.broken.add(("candidate_pairs", BROKEN))
    world.faulty.add(("raw_qa", FAULTY))
    report = walk(world.galaxy, world.instance)
    assert [line.partition(":")[0] for line in report.failures] == [
        f"candidate_pairs[{BROKEN}]",
        f"raw_qa[{FAULTY}]",
    ]
    assert report.stages["raw_qa"].ran == 3
    assert report.stages["scored_qa"].ran == 2
    assert len(report.held) == len(set(report.held))
    # of the ballots and scores, two lie apart
    by_job = Counter(run.job_name for run in world.instance.get_runs())
    assert {name: by_job[name] for name in ("shard_intake", "match", "shard_questions")} == {
        "shard_intake": 1,
        "match": 1,
        "shard_questions": 1,
    }
    assert by_job["judge"] == 2 * len(world.settings.referees)
    assert by_job["score"] == 2

    world.broken.clear()
    world.faulty.clear()
    world.made.clear()
    walk(world.galaxy, world.instance)
    assert {key for asset, key in world.made if asset == "raw_qa"} == {BROKEN}


def test_an_interrupted_run_leaves_what_it_finished_as_finished(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.register(SHARDS, ["0000"])
    world.fill(before="candidate_pairs")
    monkeypatch.setattr("tg_assets.walk._register", lambda *_: 0)
    monkeypatch.setattr("tg_assets.walk.build_defs", lambda *_: world.defs)

    def interrupted(work: Work) -> Made:
        if work.partition == BROKEN:
            raise KeyboardInterrupt
        return Made(one_row(work.asset, "first"))

    world.makers["candidate_pairs"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        walk(world.galaxy, world.instance)
    assert [key for asset, key in world.made if asset == "candidate_pairs"] == SHARDS[:3]
    world.makers.clear()
    world.made.clear()
    report = walk(world.galaxy, world.instance)
    assert not report.failures
    assert [key for asset, key in world.made if asset == "candidate_pairs"] == [BROKEN, LAST]


def test_who_is_told_of_a_failed_run_hears_of_each_partition(galaxy: World) -> None:
    galaxy.broken.add(("candidate_pairs", BROKEN))
    result = run(galaxy, GOOD, LAST, "candidate_pairs")
    facts = _facts(galaxy.instance, result.run_id)
    assert facts["partition"] == f"{GOOD} to {LAST}"
    assert facts["failed"] == [
        {"step": "candidate_pairs", "partition": BROKEN, "error": "RuntimeError"},
        {"step": "candidate_pairs_suite", "error": "Failure"},
    ]


def test_the_automation_is_quiet_after_a_run_over_several(galaxy: World) -> None:
    galaxy.fill()
    galaxy.tick()
    for shard in SHARDS:
        galaxy.content["candidate_pairs", shard] = "second"
    run(galaxy, GOOD, LAST, *QUESTIONS)
    asked = galaxy.tick()
    assert not asked.of("filtered_pairs") | asked.of("raw_qa")


def test_backfills_take_as_many_partitions_a_run_as_the_settings_say(galaxy: World) -> None:
    settings, partitions = galaxy.settings, galaxy.partitions
    for asset in ("scenes", "clip_similarity", "raw_qa", "referee_scores", "scored_qa"):
        policy = policy_of(asset, partitions[asset], settings)
        assert policy is not None
        assert policy.max_partitions_per_run == settings.partitions_per_run
    for asset in ("task_tree", "balanced_dataset"):  # a batch grows on the one before
        assert policy_of(asset, partitions[asset], settings) is None
    on_gpus = settings.model_copy(update=ONE_SERVED)  # Dagster may mix referees in a range
    assert policy_of("referee_scores", partitions["referee_scores"], on_gpus) is None
    assert policy_of("raw_qa", partitions["raw_qa"], on_gpus) is not None


def test_a_run_over_several_ballots_gets_what_its_referee_needs(galaxy: World) -> None:
    celery = {"engine": Engine(runs="celery", postgres_env="NOWHERE")}
    settings = galaxy.settings.model_copy(update=ONE_SERVED | celery)
    judge = dg.DagsterRun("judge", asset_selection=frozenset({dg.AssetKey("referee_scores")}))
    for referee, queue in (("ada", "gpu"), ("bob", "dagster")):
        several = judge.with_tags(range_tags(f"{GOOD}|{referee}", f"{LAST}|{referee}"))
        assert tags_of(settings, several) == {"dagster-celery/queue": queue}
