"""The real graph with tiny artifacts: what flows is real, what an artifact computes is planted.

Real: edges, partitions, assets, gates, conditions, jobs, checks as Dagster runs them. Planted: the
rows an artifact makes (one row, named after the content planted for its partition), the verdict of
its suite, and runs that break.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.storage.tags import AUTOMATION_CONDITION_TAG

from resources.galaxy import Galaxy
from tg_assets import artifact, definitions, gates, suites
from tg_assets.artifact import Made, Make, Work, inputs_fingerprint
from tg_assets.engine.runners import QUIET
from tg_assets.partitions import EDGES, dimensions
from tg_assets.settings import load_settings
from tg_assets.tables import TABLES
from tg_assets.tables_io import TableStore

Key = tuple[str, str | None]
"""An asset and one of its partitions."""

AUTOMATIC = {AUTOMATION_CONDITION_TAG: "true"}
"""The tag of runs that the automation asked for."""


def one_row(table: str, content: str) -> pl.DataFrame:
    """Return a row of a table that says `content` wherever it holds text."""
    row = {
        name: content if kind == pl.String else [] if kind.is_nested() else 1
        for name, kind in TABLES[table].columns.items()
    }
    return TABLES[table].enforce(pl.DataFrame([row], schema=dict(TABLES[table].columns)))


@dataclass
class Tick:
    """What the automation asked for in a tick."""

    requested: dict[str, set[str | None]]

    def of(self, asset: str) -> set[str | None]:
        """Return the partitions of an asset."""
        return self.requested.get(asset, set())


class Stage:
    """The definitions, assembled once for all tests; the world of each test acts on them."""

    def __init__(self, home: Path) -> None:
        self.world: World | None = None
        self.settings = load_settings().model_copy(update={"home": str(home)})
        self.galaxy = Galaxy(self.settings)
        real = definitions.wired(self.settings)
        self.partitions = {part.artifact.name: part.partitions for part in real}
        planted = [replace(part, artifact=replace(part.artifact, make=self._make)) for part in real]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(definitions, "wired", lambda _: planted)
            self.defs = definitions.build_defs(self.settings, self.galaxy)

    def _make(self, work: Work) -> Made:
        assert self.world is not None
        return self.world.make(work)


@dataclass
class World:
    """A galaxy of planted artifacts on an instance in memory."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    stage: Stage
    faulty: set[Key] = field(default_factory=set)
    broken: set[Key] = field(default_factory=set)
    content: dict[Key, str] = field(default_factory=dict)
    taken: dict[Key, gates.Inputs] = field(default_factory=dict)
    made: list[Key] = field(default_factory=list)
    makers: dict[str, Make] = field(default_factory=dict)
    cursor: Any = None
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.stage.world = self
        self.galaxy, self.defs = self.stage.galaxy, self.stage.defs
        self.settings, self.partitions = self.stage.settings, self.stage.partitions
        self.galaxy.tables = TableStore(str(self.home / "galaxy"))
        # the schema's version matters to migrations only, and costs more than the rest
        for storage in ("event_log", "runs"):
            stamping = f"dagster._core.storage.{storage}.in_memory.stamp_alembic_rev"
            self.monkeypatch.setattr(stamping, lambda *_: None)
        self.instance = dg.DagsterInstance.ephemeral()
        self._remember_registered()
        self.monkeypatch.setattr(artifact, "recipe", self._recipe)
        self.monkeypatch.setattr(suites, "judge", self._judge)

    def _remember_registered(self) -> None:
        """A tick asks for the registered partitions 1,700 times, 1.4 ms each: ask once."""
        storage = self.instance.event_log_storage
        self._registered = cache(storage.get_dynamic_partitions)
        self.monkeypatch.setattr(storage, "get_dynamic_partitions", self._registered)

    # what the artifacts do

    def make(self, work: Work) -> Made:
        """Make what is planted for a partition."""
        key = (work.asset, work.partition)
        if key in self.broken:
            raise RuntimeError(f"{key} is broken")
        self.taken[key] = work.inputs
        self.made.append(key)
        if work.asset in self.makers:
            return self.makers[work.asset](work)
        return Made(one_row(work.asset, self.content.get(key, "first")))

    def _recipe(self, _: Galaxy, asset: str, partition: str | None) -> str:
        return self.content.get((asset, partition), "first")

    def _judge(self, suite: suites.Suite, subject: suites.Subject) -> suites.Verdict:
        bad = (suite.table, "|".join(subject.keys) or None) in self.faulty
        return suites.Verdict(not bad, ["planted"] if bad else [], {}, 1)

    # what a person or the automation does

    def register(self, shards: Sequence[str] = (), batches: Sequence[str] = ()) -> None:
        """Register partitions, as the sensors do."""
        for name, keys in (("image_shard", shards), ("task_batch", batches)):
            if keys:
                self.instance.add_dynamic_partitions(name, list(keys))
        self._registered.cache_clear()

    def keys_of(self, asset: str) -> list[str | None]:
        """Return all registered partitions of an asset."""
        definition = self.partitions[asset]
        if definition is None:
            return [None]
        return list(definition.get_partition_keys(dynamic_partitions_store=self.instance))

    def run(
        self, *assets: str, partition: str | None, automatic: bool = False
    ) -> dg.ExecuteInProcessResult:
        """Materialize assets of one partition in one run, with their checks."""
        job = self.defs.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            instance=self.instance,
            partition_key=partition,
            asset_selection=[dg.AssetKey(asset) for asset in assets],
            run_config=dict(QUIET),
            raise_on_error=False,
            tags=AUTOMATIC if automatic else None,
        )

    def plant(self, asset: str, partition: str | None, content: str, *, good: bool) -> None:
        """Put a partition there as if a run had made and checked it."""
        self.lay(asset, partition, content)
        self.check(asset, partition, good=good)

    def fill(self, before: str | None = None) -> None:
        """Plant every registered partition, open and up to date, of all assets or those before."""
        for asset in EDGES:  # in the order data flows
            if asset == before:
                return
            for key in self.keys_of(asset):
                registered = self.galaxy.registered(self.instance)
                inputs = gates.inputs(self.instance, asset, key, registered)
                made_from = inputs_fingerprint(self.galaxy, asset, key, inputs)
                self._lay(asset, key, "first", made_from)
                self.check(asset, key, good=True)

    def lay(self, asset: str, partition: str | None, content: str) -> None:
        """Put a partition there unchecked."""
        self._lay(asset, partition, content, made_from="planted")

    def _lay(self, asset: str, partition: str | None, content: str, made_from: str) -> None:
        stamp = self.galaxy.tables.write(
            asset, one_row(asset, content), *dimensions(partition), inputs=made_from
        )
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(
                asset, partition=partition, tags={"dagster/data_version": stamp.version}
            )
        )

    def check(self, asset: str, partition: str | None, *, good: bool) -> None:
        """Give the verdict on the rows that lie there."""
        (record,) = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(
                asset_key=dg.AssetKey(asset), asset_partitions=[partition] if partition else None
            ),
            limit=1,
        ).records
        verdict = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(asset),
            check_name=gates.SUITE,
            passed=good,
            blocking=True,
            partition=partition,
            target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
            ),
        )
        self.instance.report_dagster_event(
            dg.DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
                job_name="planted",
                event_specific_data=verdict,
            ),
            run_id=f"planted-{next(self._numbers)}",  # Dagster keeps one verdict of a run
        )

    def tick(self, *assets: str) -> Tick:
        """Let the automation look once, at these assets or at all."""
        result = dg.evaluate_automation_conditions(
            self.defs,
            instance=self.instance,
            cursor=self.cursor,
            asset_selection=dg.AssetSelection.assets(*assets) if assets else None,
        )
        self.cursor = result.cursor
        asked = {asset: set(result.get_requested_partitions(dg.AssetKey(asset))) for asset in EDGES}
        return Tick({asset: keys for asset, keys in asked.items() if keys})

    def obey(self, tick: Tick) -> None:
        """Run what a tick asked for as the daemon does: a run for each partition."""
        runs: dict[tuple[str, str | None], list[str]] = {}
        for asset, keys in tick.requested.items():
            for key in keys:
                runs.setdefault((str(self.partitions[asset]), key), []).append(asset)
        for (_, key), assets in sorted(runs.items(), key=lambda item: str(item[0])):
            self.run(*assets, partition=key, automatic=True)

    def settle(self, ticks: int = 14) -> list[Tick]:
        """Tick and obey until nothing more is asked for; return the ticks that asked."""
        said = []
        for _ in range(ticks):
            tick = self.tick()
            if not tick.requested:
                return said
            said.append(tick)
            self.obey(tick)
        raise AssertionError(f"still asking after {ticks} ticks: {said[-1].requested}")

    def is_materialized(self, asset: str, partition: str | None) -> bool:
        """Whether a partition was ever made."""
        found = gates.states(self.instance, asset, [partition])
        return found[partition] != gates.State.MISSING

    def states(self, asset: str, partitions: Iterable[str | None]) -> dict[str | None, gates.State]:
        """Return what the gates know of partitions."""
        return gates.states(self.instance, asset, list(partitions))
