"""Dagster's own staleness agrees: what came out the same makes nothing downstream stale."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest
from planted_world import World

GOOD = "0000-good"
CHAIN = ("scenes", "image_pool", "image_embeddings")


def status(world: World, asset: str) -> StaleStatus:
    graph = world.defs.resolve_asset_graph()
    resolver = CachingStaleStatusResolver(
        world.instance, graph, LoadingContextForTest(world.instance)
    )
    return resolver.get_status(dg.AssetKey(asset), GOOD)


def test_an_unchanged_partition_made_again_makes_nothing_downstream_stale(world: World) -> None:
    world.register(shards=[GOOD])
    assert world.run(*CHAIN, partition=GOOD).success
    assert status(world, "image_embeddings") == StaleStatus.FRESH

    assert world.run("image_pool", partition=GOOD).success
    assert world.made.count(("image_pool", GOOD)) == 1  # its file was kept
    assert status(world, "image_embeddings") == StaleStatus.FRESH

    world.content["image_pool", GOOD] = "second"
    assert world.run("image_pool", partition=GOOD).success
    assert status(world, "image_embeddings") == StaleStatus.STALE

    assert world.run("image_embeddings", partition=GOOD).success
    assert status(world, "image_embeddings") == StaleStatus.FRESH


def test_rows_that_come_out_the_same_make_nothing_downstream_stale(world: World) -> None:
    world.register(shards=[GOOD])
    world.run(*CHAIN, partition=GOOD)
    world.made.clear()
    world.content["scenes", GOOD] = "second"
    world.run("scenes", "image_pool", partition=GOOD)  # another scene, the same image
    assert world.made == [("scenes", GOOD), ("image_pool", GOOD)]
    assert status(world, "image_pool") == status(world, "image_embeddings") == StaleStatus.FRESH
