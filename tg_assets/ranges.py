"""Runs over several partitions, each of which is made, recorded and checked by itself.

Dagster has such runs (a range of partitions in the run's tags), but to it a range is one thing: one
output with one data version, one evaluation of a check, one failure that stops all. So a step over
a range goes through its partitions as if each had a run of its own, and says what became of each in
events of its own: materialized, with its data version and those of what it read; failed, with the
error; checked, with its verdict. What is downstream asks the gates, a partition at a time. The run
goes on with the others, and its last step fails when one of them is missing, naming it.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.definition.asset_spec import AssetExecutionType
from dagster._core.definitions.source_asset import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from dagster._core.events import EngineEventData
from dagster._core.execution.context.data_version_cache import DataVersionCache
from dagster._core.execution.context.system import StepExecutionContext
from dagster._core.execution.plan.execute_step import _get_output_asset_events
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)
from dagster._utils.error import serializable_error_info_from_exc_info
from dagster._utils.warnings import disable_dagster_warnings

from resources import progress
from tg_assets import gates
from tg_assets.partitions import image_shards
from tg_assets.settings import Settings, VllmModel

Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext
Event = Any
"""What a step may yield."""

RANGE_TAGS = (ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG)
NOT_MADE = "was not made"
"""The metadata that marks the event of a partition that failed; its value is the asset."""
LEFT = "partitions that were not made"
"""The metadata of the failure of a run that names the partitions it leaves."""
SAID = 2000
"""Most characters of what a failure says."""
NO_EVENTS_OF_ITS_OWN = {SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True}
"""Dagster's mark of an output whose events the step has yielded itself."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """A partition that a run over several did not make, or could not check.

    Attributes:
        asset: The asset.
        partition: Its partition.
        why: What it failed with.
        waits: Whether it was not tried, because what it reads is missing or failed its checks.
        error: The kind of the error.
    """

    asset: str
    partition: str
    why: str
    waits: bool
    error: str | None


def range_tags(first: str, last: str) -> dict[str, str]:
    """Return the tags of a run over a range of partitions."""
    return dict(zip(RANGE_TAGS, (first, last), strict=True))


def is_over_a_range(context: Context) -> bool:
    """Whether a step's run is over a range of partitions, be it a range of one."""
    return ASSET_PARTITION_RANGE_START_TAG in context.run.tags


def policy_of(
    asset: str, partitions: dg.PartitionsDefinition | None, settings: Settings
) -> dg.BackfillPolicy | None:
    """Return how many of an asset's partitions a run of a backfill takes; null is one.

    Only image shards go together. Of ballots it is Dagster that chooses a run's, and it may take
    those of several referees: one each, where one of them has a server of its own.
    """
    dimensions = [partitions]
    if isinstance(partitions, dg.MultiPartitionsDefinition):
        dimensions = [dimension.partitions_def for dimension in partitions.partitions_defs]
    served = any(
        isinstance(settings.models[name], VllmModel) for name in settings.referees.values()
    )
    if image_shards not in dimensions or (asset == "referee_scores" and served):
        return None
    return dg.BackfillPolicy.multi_run(settings.partitions_per_run)


def materialized(
    context: dg.AssetExecutionContext, asset: str, make: Callable[[str], dg.MaterializeResult[None]]
) -> Iterator[Event]:
    """Make each partition of the run, and yield what became of it.

    Args:
        context: Dagster's.
        asset: The asset.
        make: Makes a partition.

    Raises:
        RetryRequested: Another run makes some of them just now; the others are made.
        Failure: Some were not made, and nothing in the run comes after this step to say so.
    """
    step, keys = context.get_step_execution_context(), list(context.partition_keys)
    failed = _not_made_before(context, asset)
    settled = _made_before(context, asset) | failed.keys()
    elsewhere: list[dg.RetryRequested] = []
    for number, key in enumerate(keys, start=1):
        if key in settled:
            continue
        alone = _as_if_alone(step, key)
        alone.fetch_external_input_asset_version_info()
        try:
            result = make(key)
        except dg.RetryRequested as waiting:
            elsewhere.append(waiting)
        except Exception as error:
            failed[key] = _said(error)
            context.log.exception(f"{asset}[{key}] failed; the run goes on with the others")
            yield _failure(step, asset, key, failed[key], error)
        else:
            yield from _materializations(alone, asset, key, result)
        progress.report(f"{asset}, partitions of the run", number, len(keys))
    if elsewhere:
        raise elsewhere[0]
    if failed and _is_last(step, asset, of_checks=False):
        raise _left(asset, failed)
    yield dg.MaterializeResult(metadata=NO_EVENTS_OF_ITS_OWN)


def checked(
    context: dg.AssetCheckExecutionContext, asset: str, check: Callable[[str], dg.AssetCheckResult]
) -> Iterator[Event]:
    """Check each partition that the run has made, and yield its verdict.

    Raises:
        Failure: Some were not made or did not pass, and nothing in the run comes after this step.
    """
    step = context.get_step_execution_context()
    left = _not_made_before(context, asset)
    for key in context.op_execution_context.partition_keys:
        if key in left:
            continue
        try:
            result = check(key)
        except Exception as error:
            left[key] = f"its checks broke: {_said(error)}"
            context.log.exception(f"the checks of {asset}[{key}] broke; the run goes on")
            yield _failure(step, asset, key, left[key], error)
            continue
        evaluation = result.to_asset_check_evaluation(_as_if_alone(step, key))
        # yielded as it is, one that did not pass would fail the step for all partitions
        yield dg.DagsterEvent.asset_check_evaluation(step, evaluation)
        if not result.passed:
            left[key] = f"checks failed: {result.description}"
    if left and _is_last(step, asset, of_checks=True):
        raise _left(asset, left)
    yield dg.Output(None)  # what is downstream waits for it


def _as_if_alone(step: StepExecutionContext, key: str) -> StepExecutionContext:
    """Return a step's context as it would be in a run over one of its partitions."""
    definition: Any = step.run_partitions_def
    run = step.dagster_run
    tags = {name: value for name, value in run.tags.items() if name not in RANGE_TAGS}
    tags |= definition.get_tags_for_partition_key(key)
    alone = copy.copy(step)
    alone._plan_data = step._plan_data._replace(
        dagster_run=run.with_tags(tags)._replace(partitions_subset=None)
    )
    alone._data_version_cache = DataVersionCache(alone)
    return alone


def _materializations(
    alone: StepExecutionContext, asset: str, key: str, result: dg.MaterializeResult[None]
) -> Iterator[dg.AssetMaterialization]:
    """Yield what Dagster says of a partition in a run of its own."""
    (output_def, *_) = alone.op_def.output_defs
    with disable_dagster_warnings():
        shown = dict(result.metadata or {})
        output = dg.Output(None, metadata=shown, data_version=result.data_version)
    definition: Any = alone.run_partitions_def
    named = getattr(definition, "get_partition_key_from_str", str)(key)
    for event in _get_output_asset_events(
        dg.AssetKey(asset),
        [named],
        output,
        output_def,
        {},
        alone,
        AssetExecutionType.MATERIALIZATION,
    ):
        assert isinstance(event, dg.AssetMaterialization)
        yield event


def _failure(
    step: StepExecutionContext, asset: str, key: str, said: str, error: Exception
) -> dg.DagsterEvent:
    """Return the event of a partition that was not made.

    Dagster has one of its own for that, which its open-source storages do not keep.
    """
    shown: dict[str, Any] = {
        NOT_MADE: asset,
        "partition": key,
        "why": said,
        "waits": isinstance(error.__cause__, gates.GateClosed),
    }
    data = EngineEventData(shown, error=serializable_error_info_from_exc_info(sys.exc_info()))
    return dg.DagsterEvent.engine_event(step, f"{asset}[{key}]: {said}", data)


def not_made(event: dg.DagsterEvent) -> NotMade | None:
    """Return what an event says of a partition that was not made, null when it says nothing."""
    if event.event_type != dg.DagsterEventType.ENGINE_EVENT:
        return None
    data = event.engine_event_data
    if NOT_MADE not in data.metadata:
        return None
    asset, partition, why, waits = (
        data.metadata[name].value for name in (NOT_MADE, "partition", "why", "waits")
    )
    kind = kind_of(data.error)
    return NotMade(str(asset), str(partition), str(why), bool(waits), kind)


def kind_of(error: Any) -> str | None:
    """Return the name of the error that stood at the beginning of all."""
    while error is not None and error.cause is not None:
        error = error.cause
    return error.cls_name if error is not None else None


def _said(error: Exception) -> str:
    said = error.description if isinstance(error, dg.Failure) else None
    return said or str(error).strip() or type(error).__name__


def _made_before(context: Context, asset: str) -> set[str]:
    """Return what the run made before it waited for another run."""
    return {
        event.partition
        for event in _events(context, dg.DagsterEventType.ASSET_MATERIALIZATION)
        if event.asset_key == dg.AssetKey(asset) and event.partition is not None
    }


def _not_made_before(context: Context, asset: str) -> dict[str, str]:
    found = map(not_made, _events(context, dg.DagsterEventType.ENGINE_EVENT))
    return {one.partition: one.why for one in found if one is not None and one.asset == asset}


def _events(context: Context, kind: dg.DagsterEventType) -> Iterator[dg.DagsterEvent]:
    for entry in context.instance.all_logs(context.run.run_id, of_type={kind}):
        if entry.dagster_event is not None:
            yield entry.dagster_event


def _is_last(step: StepExecutionContext, asset: str, *, of_checks: bool) -> bool:
    """Whether nothing comes after a step in its run that would tell of what was not made."""
    layer = step.job_def.asset_layer
    selected = {key for part in layer.data for key in part.assets_def.asset_and_check_keys}
    key = dg.AssetKey(asset)
    if layer.asset_graph.get(key).child_keys & selected:
        return False
    return of_checks or dg.AssetCheckKey(key, gates.SUITE) not in selected


def _left(asset: str, left: Mapping[str, str]) -> dg.Failure:
    said = "; ".join(
        why if why.startswith(f"{asset}[{key}]") else f"{asset}[{key}]: {why}"
        for key, why in sorted(left.items())
    )
    return dg.Failure(
        f"{len(left)} partitions of the run were left: {said}"[:SAID],
        metadata={LEFT: dg.MetadataValue.json(sorted(left))},
        allow_retries=False,
    )
