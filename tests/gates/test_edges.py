"""Every edge of the graph, with one good, one bad and one missing upstream partition."""

from __future__ import annotations

from itertools import product

import dagster as dg
import pytest
from planted_world import World

from tg_assets.artifact import VERSIONS
from tg_assets.gates import GateClosed, State, inputs
from tg_assets.partitions import EDGES, dimensions

ALL = [(asset, edge.upstream) for asset, edges in EDGES.items() for edge in edges]
TOLERANT = [(asset, e.upstream) for asset, edges in EDGES.items() for e in edges if e.tolerant]
MANY_TO_ONE = [*TOLERANT, ("scored_qa", "referee_scores")]
UNPARTITIONED = (
    "withdrawals",
    "task_space",
    "balanced_dataset",
    "cot_answers",
    "evaluation_tasks",
    "referee_calibration",
)
SINGLE = [
    (asset, edge.upstream)
    for asset, edges in EDGES.items()
    for edge in edges
    if edge.upstream in UNPARTITIONED
]
ONE_TO_ONE = [edge for edge in ALL if edge not in MANY_TO_ONE and edge not in SINGLE]
GOOD, BAD, MISSING = "0000", "0001", "0002"
BATCH = "0000"


def upstream_key(upstream: str, name: str) -> str:
    """Return the partition of an upstream asset that bears a name; other dimensions are good."""
    return f"{GOOD}|{name}" if upstream == "clip_similarity" else name


def plant_others(world: World, asset: str, upstream: str) -> None:
    """Open every partition of everything else that an asset reads."""
    for edge in EDGES[asset]:
        if edge.upstream != upstream:
            for key in world.keys_of(edge.upstream):
                world.plant(edge.upstream, key, "first", good=True)


def reading(world: World, asset: str, upstream: str, key: str | None) -> set[str | None]:
    """Return the partitions of an asset that read a partition of an upstream asset."""
    (edge,) = [edge for edge in EDGES[asset] if edge.upstream == upstream]
    registered = world.galaxy.registered(world.instance)
    return {
        mine
        for mine in world.keys_of(asset)
        if key in edge.partitions(dimensions(mine), registered)
    }


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """Return what a failed run says."""
    (event,) = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data.user_failure_data
    return str(data.description) if data else str(event.step_failure_data.error)


@pytest.fixture
def shards(world: World) -> World:
    """Three shards, one batch and one model, nothing made; the automation has looked once."""
    world.register([GOOD, BAD, MISSING], [BATCH], [GOOD])
    return world


@pytest.fixture
def grid(world: World) -> World:
    """Three shards, three batches and three models."""
    world.register(*[[GOOD, BAD, MISSING]] * 3)
    return world


def test_every_edge_is_tried_here() -> None:
    assert sorted(ALL) == sorted([*ONE_TO_ONE, *MANY_TO_ONE, *SINGLE])
    assert set(EDGES) == set(VERSIONS)


def test_dagster_maps_every_edge_as_the_gates_do(grid: World) -> None:
    graph = grid.defs.resolve_asset_graph()
    for asset, upstream in ALL:
        mapping = graph.get_partition_mapping(dg.AssetKey(asset), dg.AssetKey(upstream))
        if grid.partitions[asset] is None or grid.partitions[upstream] is None:
            continue  # unpartitioned: all of them
        with dg.partition_loading_context(dynamic_partitions_store=grid.instance):
            for mine in grid.keys_of(asset):
                mapped = mapping.get_upstream_mapped_partitions_result_for_partitions(
                    grid.partitions[asset].empty_subset().with_partition_keys([str(mine)]),
                    grid.partitions[asset],
                    grid.partitions[upstream],
                ).partitions_subset.get_partition_keys()
                wanted = {
                    key
                    for key in grid.keys_of(upstream)
                    if mine in reading(grid, asset, upstream, key)
                }
                assert set(mapped) == wanted, (asset, upstream, mine)


@pytest.mark.parametrize(("asset", "upstream"), ONE_TO_ONE)
def test_exactly_what_reads_the_good_partition_flows(
    grid: World, asset: str, upstream: str
) -> None:
    plant_others(grid, asset, upstream)
    assert grid.tick(asset).of(asset) == set()  # nothing of this edge is there yet
    good = reading(grid, asset, upstream, GOOD)
    stopped = reading(grid, asset, upstream, BAD) | reading(grid, asset, upstream, MISSING)
    grid.plant(upstream, GOOD, "first", good=True)
    grid.plant(upstream, BAD, "first", good=False)
    plant_others(grid, asset, upstream)  # they may read it too, and are made again

    assert grid.tick(asset).of(asset) == good
    first = min(str(key) for key in good)
    assert grid.run(asset, partition=first, automatic=True).success
    assert grid.taken[asset, first].open[upstream] == [GOOD]
    assert grid.taken[asset, first].excluded == []
    assert grid.tick(asset).of(asset) == set()

    # by hand: the same gate, and it says what is wrong
    for bad, reason in ((BAD, State.FAILED), (MISSING, State.MISSING)):
        by_hand = min(str(key) for key in reading(grid, asset, upstream, bad))
        said = failure_of(grid.run(asset, partition=by_hand))
        assert f"{asset}[{by_hand}] does not run: {upstream}[{bad}] is closed: {reason}" in said
    assert not any(grid.is_materialized(asset, key) for key in stopped)

    # nobody asks again until something changes; then exactly what was stopped flows
    assert grid.tick(asset).of(asset) == set()
    grid.plant(upstream, BAD, "second", good=True)
    plant_others(grid, asset, upstream)
    assert grid.tick(asset).of(asset) == reading(grid, asset, upstream, BAD)
    grid.plant(upstream, MISSING, "first", good=True)
    plant_others(grid, asset, upstream)
    assert grid.tick(asset).of(asset) == reading(grid, asset, upstream, MISSING)


@pytest.mark.parametrize(("asset", "upstream"), TOLERANT)
def test_a_tolerant_edge_takes_what_is_open_and_names_the_rest(
    grid: World, asset: str, upstream: str
) -> None:
    plant_others(grid, asset, upstream)
    good, bad, missing = (upstream_key(upstream, name) for name in (GOOD, BAD, MISSING))
    (mine,) = reading(grid, asset, upstream, good) & {None, GOOD}
    assert grid.tick(asset).of(asset) == set()
    grid.plant(upstream, bad, "first", good=False)
    assert grid.tick(asset).of(asset) == set()  # one that is bad opens nothing
    grid.plant(upstream, good, "first", good=True)

    assert grid.tick(asset).of(asset) == {mine}
    result = grid.run(asset, partition=mine, automatic=True)
    assert result.success
    taken = grid.taken[asset, mine]
    assert taken.open[upstream] == [good]
    assert [(item.asset, item.partition, item.reason) for item in taken.excluded] == [
        (upstream, bad, State.FAILED),
        (upstream, missing, State.MISSING),
    ]
    (event,) = result.get_asset_materialization_events()
    shown = str(event.materialization.metadata["kept out by gates"].value)
    assert f"- {upstream}[{bad}]: {State.FAILED}" in shown
    assert f"- {upstream}[{missing}]: {State.MISSING}" in shown
    assert grid.tick(asset).of(asset) == set()

    grid.plant(upstream, missing, "first", good=True)  # arrives
    assert grid.tick(asset).of(asset) == {mine}
    grid.check(upstream, bad, good=True)  # the verdict is revised on the rows as they are
    assert grid.tick(asset).of(asset) == {mine}
    grid.run(asset, partition=mine, automatic=True)
    assert grid.taken[asset, mine].open[upstream] == [good, bad, missing]
    assert grid.taken[asset, mine].excluded == []

    grid.check(upstream, bad, good=False)  # what was taken turns out bad: made again without it
    assert grid.tick(asset).of(asset) == {mine}
    grid.run(asset, partition=mine, automatic=True)
    assert grid.taken[asset, mine].open[upstream] == [good, missing]
    assert grid.tick(asset).of(asset) == set()


@pytest.mark.parametrize(("asset", "upstream"), TOLERANT)
def test_a_tolerant_edge_with_nothing_open_is_closed(
    grid: World, asset: str, upstream: str
) -> None:
    plant_others(grid, asset, upstream)
    bad = upstream_key(upstream, BAD)
    grid.plant(upstream, bad, "first", good=False)
    (mine,) = reading(grid, asset, upstream, bad) & {None, GOOD}
    said = failure_of(grid.run(asset, partition=mine))
    assert "does not run" in said
    assert upstream in said
    assert grid.tick(asset).of(asset) == set()


@pytest.mark.parametrize(("asset", "upstream"), SINGLE)
def test_an_unpartitioned_input_stops_all_that_reads_it(
    shards: World, asset: str, upstream: str
) -> None:
    plant_others(shards, asset, upstream)
    everything = set(shards.keys_of(asset))
    assert shards.tick(asset).of(asset) == set()  # missing
    mine = sorted(everything, key=str)[0]
    assert f"{upstream}[all] is closed: {State.MISSING}" in failure_of(
        shards.run(asset, partition=mine)
    )
    shards.plant(upstream, None, "first", good=False)
    assert shards.tick(asset).of(asset) == set()  # bad
    assert f"{upstream}[all] is closed: {State.FAILED}" in failure_of(
        shards.run(asset, partition=mine)
    )
    shards.plant(upstream, None, "first", good=True)
    plant_others(shards, asset, upstream)  # they may read it too, and are made again
    assert shards.tick(asset).of(asset) == everything
    result = shards.run(asset, partition=mine, automatic=True)
    assert result.success
    assert shards.taken[asset, mine].open[upstream] == [None]
    assert shards.tick(asset).of(asset) == set()


def test_a_score_needs_all_referees(shards: World) -> None:
    referees = sorted(shards.settings.referees)
    plant_others(shards, "scored_qa", "referee_scores")
    assert shards.tick("scored_qa").of("scored_qa") == set()
    for shard, referee in product((GOOD, BAD, MISSING), referees):
        last = referee == referees[-1]
        if shard != MISSING or not last:
            good = shard != BAD or not last
            shards.plant("referee_scores", f"{shard}|{referee}", "first", good=good)

    assert shards.tick("scored_qa").of("scored_qa") == {GOOD}
    assert shards.run("scored_qa", partition=GOOD, automatic=True).success
    assert shards.taken["scored_qa", GOOD].open["referee_scores"] == [
        f"{GOOD}|{referee}" for referee in referees
    ]
    for shard, reason in ((BAD, State.FAILED), (MISSING, State.MISSING)):
        said = failure_of(shards.run("scored_qa", partition=shard))
        assert f"referee_scores[{shard}|{referees[-1]}] is closed: {reason}" in said
    assert shards.tick("scored_qa").of("scored_qa") == set()
    shards.plant("referee_scores", f"{MISSING}|{referees[-1]}", "first", good=True)
    assert shards.tick("scored_qa").of("scored_qa") == {MISSING}
    shards.plant("referee_scores", f"{BAD}|{referees[-1]}", "second", good=True)
    assert shards.tick("scored_qa").of("scored_qa") == {BAD}


def test_nothing_is_evaluated_where_no_model_is_registered(world: World) -> None:
    registered = world.galaxy.registered(world.instance)
    found = inputs(world.instance, "model_performance", None, registered)
    assert (found.open, found.excluded) == ({"model_answers": []}, [])


def test_nothing_registered_is_told_apart_from_nothing_open(world: World) -> None:
    world.plant("withdrawals", None, "first", good=True)
    with pytest.raises(GateClosed, match=r"no partition is registered yet; `tg run`"):
        inputs(world.instance, "balanced_dataset", None, world.galaxy.registered(world.instance))


@pytest.mark.parametrize("upstream", ["image_pool", "balanced_dataset"])
def test_a_check_of_earlier_rows_does_not_count(shards: World, upstream: str) -> None:
    key = None if upstream == "balanced_dataset" else GOOD
    shards.plant(upstream, key, "first", good=True)
    assert shards.states(upstream, [key]) == {key: State.OPEN}
    shards.lay(upstream, key, "second")
    assert shards.states(upstream, [key]) == {key: State.UNCHECKED}
    shards.check(upstream, key, good=True)
    assert shards.states(upstream, [key]) == {key: State.OPEN}


def test_states_are_of_each_partition_alone(shards: World) -> None:
    shards.plant("image_pool", GOOD, "first", good=True)
    shards.plant("image_pool", BAD, "first", good=False)
    assert shards.states("image_pool", [GOOD, BAD, MISSING]) == {
        GOOD: State.OPEN,
        BAD: State.FAILED,
        MISSING: State.MISSING,
    }
