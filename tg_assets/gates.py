"""Which upstream partitions are open: checked, passed, and of the rows that lie there now.

Dagster's own gating is not enough. ``blocking=True`` holds within one run only, and its automation
conditions release many-to-one edges wrongly in both directions. So every asset asks here what it
may read, whoever started it: a run, the automation, a backfill or a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecordStatus,
    AssetCheckPartitionInfo,
)

from tg_assets.partitions import EDGES, Registered, dimensions

SUITE = "suite"
"""Name of the blocking check that every asset of the graph has."""


KEYS_PER_QUERY = 10_000
"""More keys than SQLite takes variables; beyond this all partitions are read instead."""


class State(StrEnum):
    """What is known about one partition of an asset."""

    OPEN = "open"
    MISSING = "never materialized"
    UNCHECKED = "not checked since it was materialized"
    FAILED = "its checks failed"


@dataclass(frozen=True, slots=True)
class Excluded:
    """A partition that was not read, and why."""

    asset: str
    partition: str
    reason: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a partition may read.

    Attributes:
        open: Upstream asset -> its open partitions, in order of their keys.
        excluded: Registered partitions that a gate keeps out.
    """

    open: dict[str, list[str | None]] = field(default_factory=dict)
    excluded: list[Excluded] = field(default_factory=list)


class GateClosed(RuntimeError):  # noqa: N818 - a state, not a fault
    """An asset may not run: what it reads is missing or failed its checks.

    Attributes:
        root: The first partition upstream that is closed although all it reads is open, null when
            nothing is registered yet.
    """

    def __init__(self, message: str, root: Excluded | None = None) -> None:
        super().__init__(message)
        self.root = root


class States:
    """What is known of partitions, each asset's fetched once for all of its partitions.

    A pass over thousands of partitions keeps one, and says what it has run since. Without it,
    every look asks the instance.

    Args:
        instance: Where materializations and evaluations are recorded.
    """

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self._known: dict[str, dict[str | None, State]] = {}

    def __call__(self, asset: str, partitions: Sequence[str | None]) -> Mapping[str | None, State]:
        """Return the state of each of these partitions of an asset."""
        if asset not in self._known:
            self._known[asset] = _all_states(self.instance, asset)
        known = self._known[asset]
        return {partition: known.get(partition, State.MISSING) for partition in partitions}

    def look_again(self, assets: Sequence[str], partitions: Sequence[str | None]) -> None:
        """Fetch partitions of these assets again: they have been run."""
        for asset in assets:
            if asset in self._known:
                self._known[asset] |= states(self.instance, asset, partitions)


def states(
    instance: dg.DagsterInstance, asset: str, partitions: Sequence[str | None]
) -> dict[str | None, State]:
    """Return the state of each of these partitions of an asset, in one query."""
    if not partitions:
        return {}
    named = [partition for partition in partitions if partition is not None]
    if len(named) > KEYS_PER_QUERY:
        found = _all_states(instance, asset)
        return {partition: found.get(partition, State.MISSING) for partition in partitions}
    infos = {info.partition_key: info for info in _infos(instance, asset, named or None)}
    unseen = [partition for partition in partitions if not _is_materialized(infos.get(partition))]
    materialized = _materialized(instance, asset, unseen) if unseen else set()
    return {
        partition: State.MISSING
        if partition in unseen and partition not in materialized
        else _state(infos.get(partition))
        for partition in partitions
    }


def _all_states(instance: dg.DagsterInstance, asset: str) -> dict[str | None, State]:
    """Return the state of every partition of an asset that was ever materialized."""
    key = dg.AssetKey(asset)
    infos = {info.partition_key: info for info in _infos(instance, asset, None)}
    there: set[str | None] = set(instance.get_materialized_partitions(key))
    if not there and instance.get_latest_materialization_event(key):
        there = {None}
    return {partition: _state(infos.get(partition)) for partition in there}


def _infos(
    instance: dg.DagsterInstance, asset: str, partitions: Sequence[str] | None
) -> Sequence[AssetCheckPartitionInfo]:
    key = dg.AssetCheckKey(dg.AssetKey(asset), SUITE)
    return instance.event_log_storage.get_asset_check_partition_info(
        [key], partition_keys=partitions
    )


def _is_materialized(info: AssetCheckPartitionInfo | None) -> bool:
    return info is not None and info.latest_materialization_storage_id is not None


def _state(info: AssetCheckPartitionInfo | None) -> State:
    if info is None or not info.is_current:
        return State.UNCHECKED
    return _STATES.get(info.latest_execution_status, State.UNCHECKED)


_STATES = {
    AssetCheckExecutionRecordStatus.SUCCEEDED: State.OPEN,
    AssetCheckExecutionRecordStatus.FAILED: State.FAILED,
}


def _materialized(
    instance: dg.DagsterInstance, asset: str, partitions: Sequence[str | None]
) -> set[str | None]:
    key = dg.AssetKey(asset)
    if list(partitions) == [None]:
        return {None} if instance.get_latest_materialization_event(key) else set()
    return set(instance.get_materialized_partitions(key))


def inputs(
    instance: dg.DagsterInstance,
    asset: str,
    partition: str | None,
    registered: Registered,
    known: States | None = None,
) -> Inputs:
    """Return what a partition of an asset may read.

    Args:
        instance: Where materializations and evaluations are recorded.
        asset: The asset.
        partition: Its partition, null when it has none.
        registered: The partitions that are registered.
        known: What a pass knows already.

    Raises:
        GateClosed: A partition it cannot do without is not open, or none of those it could do
            with is; the message names the first that is closed on the way up, and why.
    """
    look = known or partial(states, instance)
    result = Inputs()
    for edge in EDGES[asset]:
        wanted = edge.partitions(dimensions(partition), registered)
        found = look(edge.upstream, wanted)
        result.open[edge.upstream] = [key for key in wanted if found[key] == State.OPEN]
        shut = [
            Excluded(edge.upstream, key or "all", str(found[key]))
            for key in wanted
            if found[key] != State.OPEN
        ]
        if shut and (not edge.tolerant or not result.open[edge.upstream]):
            root = _root(shut[0], registered, look)
            raise GateClosed(_closed(asset, partition, shut, root), root)
        if not wanted and not edge.may_be_none:
            raise GateClosed(
                f"{asset}{_of(partition)} reads {edge.upstream}, of which no partition is "
                "registered yet; `tg run` or the sensors in the UI register them"
            )
        result.excluded.extend(shut)
    return result


Look = Callable[[str, Sequence[str | None]], Mapping[str | None, State]]


def _root(shut: Excluded, registered: Registered, look: Look) -> Excluded:
    """Return what keeps a closed partition closed: itself, or the first that is upstream of it."""
    if shut.reason != State.MISSING:
        return shut
    partition = None if shut.partition == "all" else shut.partition
    for edge in EDGES[shut.asset]:
        wanted = edge.partitions(dimensions(partition), registered)
        found = look(edge.upstream, wanted)
        closed = [key for key in wanted if found[key] != State.OPEN]
        if closed and (not edge.tolerant or len(closed) == len(wanted)):
            first = Excluded(edge.upstream, closed[0] or "all", str(found[closed[0]]))
            return _root(first, registered, look)
    return shut


def _closed(asset: str, partition: str | None, shut: Sequence[Excluded], root: Excluded) -> str:
    first = shut[0]
    more = f" (and {len(shut) - 1} more)" if len(shut) > 1 else ""
    said = (
        f"{asset}{_of(partition)} does not run: {first.asset}[{first.partition}] is closed: "
        f"{first.reason}{more}"
    )
    if root != first:
        said += f"; it waits for {root.asset}[{root.partition}]: {root.reason}"
    return f"{said}; {_ADVICE[State(root.reason)].format(root.asset)}"


_ADVICE = {
    State.FAILED: "the asset {} in the UI, tab Checks, says which rows",
    State.MISSING: "what {} failed with is said where it ran, and asked for again by the next run",
    State.UNCHECKED: "run {} again: what is up to date is left alone, and checked",
}


def _of(partition: str | None) -> str:
    return "" if partition is None else f"[{partition}]"
