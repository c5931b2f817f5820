"""Which upstream partitions are open: checked, passed, and of the rows that lie there now.

Dagster's own gating is not enough. ``blocking=True`` holds within one run only, and its automation
conditions release many-to-one edges wrongly in both directions. So every asset asks here what it
may read, whoever started it: a run, the automation, a backfill or a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

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
    """An asset may not run: what it reads is missing or failed its checks."""


def states(
    instance: dg.DagsterInstance, asset: str, partitions: Sequence[str | None]
) -> dict[str | None, State]:
    """Return the state of each of these partitions of an asset, in one query."""
    if not partitions:
        return {}
    key = dg.AssetCheckKey(dg.AssetKey(asset), SUITE)
    named = [partition for partition in partitions if partition is not None]
    infos = instance.event_log_storage.get_asset_check_partition_info(
        [key], partition_keys=named if 0 < len(named) <= KEYS_PER_QUERY else None
    )
    found = {info.partition_key: info for info in infos}
    materialized = _materialized(instance, asset, partitions)
    result: dict[str | None, State] = {}
    for partition in partitions:
        info = found.get(partition)
        if partition not in materialized:
            result[partition] = State.MISSING
        elif info is None or not info.is_current:
            result[partition] = State.UNCHECKED
        else:
            result[partition] = _STATES.get(info.latest_execution_status, State.UNCHECKED)
    return result


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
    instance: dg.DagsterInstance, asset: str, partition: str | None, registered: Registered
) -> Inputs:
    """Return what a partition of an asset may read.

    Raises:
        GateClosed: A partition it cannot do without is not open, or none of those it could do
            with is; the message names it, the reason, and how to look.
    """
    result = Inputs()
    for edge in EDGES[asset]:
        wanted = edge.partitions(dimensions(partition), registered)
        found = states(instance, edge.upstream, wanted)
        result.open[edge.upstream] = [key for key in wanted if found[key] == State.OPEN]
        shut = [
            Excluded(edge.upstream, key or "all", str(found[key]))
            for key in wanted
            if found[key] != State.OPEN
        ]
        if shut and (not edge.tolerant or not result.open[edge.upstream]):
            raise GateClosed(_closed(asset, partition, shut))
        if not wanted and not edge.may_be_none:
            raise GateClosed(
                f"{asset}{_of(partition)} reads {edge.upstream}, of which no partition is "
                "registered yet; `tg run` or the sensors in the UI register them"
            )
        result.excluded.extend(shut)
    return result


def _closed(asset: str, partition: str | None, shut: Sequence[Excluded]) -> str:
    first = shut[0]
    more = f" (and {len(shut) - 1} more)" if len(shut) > 1 else ""
    return (
        f"{asset}{_of(partition)} does not run: {first.asset}[{first.partition}] is closed: "
        f"{first.reason}{more}; open the asset {first.asset} in the UI, tab Checks, or materialize "
        "it again"
    )


def _of(partition: str | None) -> str:
    return "" if partition is None else f"[{partition}]"
