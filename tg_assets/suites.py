"""Great Expectations suites as blocking, partitioned asset checks.

A suite has two halves: expectations on the rows of a table, and measures: numbers taken of the
partition (a share, an agreement) with the limits that they must keep. Both run through Great
Expectations, so that a failure is told in one form: what was expected, which rows are not so, and
how to look at them.
"""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import dagster as dg
import polars as pl

from resources.galaxy import Galaxy
from tg_assets import ranges
from tg_assets.gates import SUITE
from tg_assets.partitions import dimensions
from tg_assets.plain import markdown
from tg_assets.settings import Settings
from tg_assets.tables import TABLES
from tg_assets.tables_io import TableStore

SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class Expect:
    """An expectation on a table's rows: the name of a Great Expectations class and its arguments.

    Attributes:
        name: For example ``ExpectColumnValuesToBeBetween``.
        arguments: Its arguments.
    """

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of the partition and its limits.

    Attributes:
        name: What it is, for people; also the name of the setting that limits it, where one does.
        value: The number; null when there is nothing to measure, which passes.
        low: Least value that passes.
        high: Greatest value that passes.
        advice: What to look at when it does not pass.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a suite looks at.

    Attributes:
        frame: The rows.
        tables: For what stands beside them.
        keys: The partition's keys.
    """

    frame: pl.DataFrame
    galaxy: Galaxy
    keys: tuple[str, ...]

    @property
    def tables(self) -> TableStore:
        """The tables."""
        return self.galaxy.tables

    @property
    def settings(self) -> Settings:
        """The settings."""
        return self.galaxy.settings


@dataclass(frozen=True, slots=True)
class Suite:
    """What must hold for a table before anything reads it.

    Attributes:
        table: The table, whose asset has the same name.
        expectations: On its rows.
        measures: Of the partition.
    """

    table: str
    expectations: Sequence[Expect] = ()
    measures: Callable[[Subject], Sequence[Measure]] = field(default=lambda _: ())


def first_reason(frame: pl.DataFrame, failed: pl.Expr, column: str = "reason") -> str:
    """Return the first reason among the rows that failed, as the beginning of an advice."""
    reasons = frame.filter(failed)[column].drop_nulls()
    return f"The first reason: {reasons[0]:.200}. " if reasons.len() else ""


def between(column: str, low: float | None, high: float | None) -> Expect:
    """Expect values within limits, nulls aside."""
    return Expect(
        "ExpectColumnValuesToBeBetween", {"column": column, "min_value": low, "max_value": high}
    )


def one_of(column: str, values: Sequence[Any]) -> Expect:
    """Expect values of a set, nulls aside."""
    return Expect("ExpectColumnValuesToBeInSet", {"column": column, "value_set": list(values)})


def matching(column: str, regex: str) -> Expect:
    """Expect text that matches, nulls aside."""
    return Expect("ExpectColumnValuesToMatchRegex", {"column": column, "regex": regex})


def whole_and_unique(table: str) -> list[Expect]:
    """Expect the table's own promises: no null where none may be, keys unique."""
    schema = TABLES[table]
    expectations = [
        Expect("ExpectColumnValuesToNotBeNull", {"column": column})
        for column, kind in schema.columns.items()
        if column not in schema.nullable and not kind.is_nested()
    ]
    if len(schema.key) == 1:
        unique = Expect("ExpectColumnValuesToBeUnique", {"column": schema.key[0]})
    else:
        unique = Expect("ExpectCompoundColumnsToBeUnique", {"column_list": list(schema.key)})
    return [*expectations, unique]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a suite found."""

    passed: bool
    failures: list[str]
    measures: dict[str, float]
    expectations: int


def judge(suite: Suite, subject: Subject) -> Verdict:
    """Run a suite on the rows of a partition."""
    key = list(TABLES[suite.table].key)
    plain = [name for name, kind in subject.frame.schema.items() if not kind.is_nested()]
    expectations = [*whole_and_unique(suite.table), *suite.expectations]
    failures = []
    if subject.frame.height:
        failures = _failures(subject.frame.select(plain), expectations, key)
    measures = [measure for measure in suite.measures(subject) if measure.value is not None]
    failures += _measure_failures(measures)
    return Verdict(
        passed=not failures,
        failures=failures,
        measures={measure.name: float(measure.value or 0.0) for measure in measures},
        expectations=len(expectations) + len(measures),
    )


def _measure_failures(measures: Sequence[Measure]) -> list[str]:
    if not measures:
        return []
    row = pl.DataFrame({measure.name: [float(measure.value or 0.0)] for measure in measures})
    limits = [between(measure.name, measure.low, measure.high) for measure in measures]
    results = _validate(row, limits, [])
    return [
        f"{measure.name} is {measure.value:.4g}, allowed is {_limits(measure)}. {measure.advice}"
        for measure, result in zip(measures, results, strict=True)
        if not result["success"]
    ]


def _limits(measure: Measure) -> str:
    if measure.low is not None and measure.high is not None:
        return f"{measure.low:g} to {measure.high:g}"
    return f"at least {measure.low:g}" if measure.low is not None else f"at most {measure.high:g}"


def _failures(rows: pl.DataFrame, expectations: Sequence[Expect], key: list[str]) -> list[str]:
    results = _validate(rows, expectations, key)
    return [
        _told(expectation, result)
        for expectation, result in zip(expectations, results, strict=True)
        if not result["success"]
    ]


def _told(expectation: Expect, result: dict[str, Any]) -> str:
    found = result.get("result", {})
    count = found.get("unexpected_count", "some")
    rows = (found.get("unexpected_index_list") or [])[:SHOWN_ROWS]
    about = ", ".join(f"{name}={value!r}" for name, value in expectation.arguments.items())
    raised = result.get("exception_info") or {}
    problem = raised.get("exception_message") if raised.get("raised_exception") else None
    return f"{expectation.name}({about}): {problem or f'{count} rows are not so, first: {rows}'}"


def _validate(
    rows: pl.DataFrame, expectations: Sequence[Expect], key: list[str]
) -> list[dict[str, Any]]:
    """Run expectations, all at once; returns their results in the order they were given."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = _batches().get_batch({"dataframe": rows.to_pandas()})
        import great_expectations as gx

        suite = gx.ExpectationSuite(
            name="suite",
            expectations=[
                getattr(gx.expectations, expectation.name)(
                    **expectation.arguments, meta={"position": position}
                )
                for position, expectation in enumerate(expectations)
            ],
        )
        format_ = {"result_format": "COMPLETE", "unexpected_index_column_names": key}
        found = batch.validate(suite, result_format=format_ if key else "BASIC")
    results = [result.to_json_dict() for result in found.results]  # in an order of their own
    return sorted(results, key=lambda result: result["expectation_config"]["meta"]["position"])


@cache
def _batches() -> Any:
    """Return what makes batches of frames: one context for the process, made when first needed.

    Importing Great Expectations takes seconds and a context tens of milliseconds. It also logs
    hundreds of lines about itself wherever the root logger listens at INFO.
    """
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    import great_expectations as gx

    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.ERROR)
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("tables")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
    )


def check_of(suite: Suite, partitions: dg.PartitionsDefinition | None) -> dg.AssetChecksDefinition:
    """Make a suite the blocking check of its asset."""

    @dg.asset_check(  # type: ignore[arg-type]  # Dagster takes what yields, too
        asset=suite.table,
        name=SUITE,
        blocking=True,
        partitions_def=partitions,
        description=f"What must hold for {suite.table} before anything reads it.",
    )
    def checked(
        context: dg.AssetCheckExecutionContext, galaxy: dg.ResourceParam[Galaxy]
    ) -> Iterator[ranges.Event]:
        if partitions is not None and ranges.is_over_a_range(context):
            yield from ranges.checked(context, suite.table, partial(_check, suite, galaxy))
        else:
            yield _check(suite, galaxy, str(context.partition_key) if partitions else None)

    return checked


def _check(suite: Suite, galaxy: Galaxy, partition: str | None) -> dg.AssetCheckResult:
    keys = dimensions(partition)
    frame = galaxy.tables.read(suite.table, *keys)
    verdict = judge(suite, Subject(frame, galaxy, keys))
    path = galaxy.tables.path(suite.table, *keys)
    shown: dict[str, Any] = {"rows": frame.height, "expectations": verdict.expectations}
    shown |= verdict.measures
    if verdict.failures:
        shown["failures"] = dg.MetadataValue.md(
            "\n".join(f"- {markdown(f)}" for f in verdict.failures)
        )
        shown["look at the rows"] = f'polars.read_parquet("{path}")'
    return dg.AssetCheckResult(
        passed=verdict.passed,
        metadata=shown,
        description="; ".join(verdict.failures)[:1000] or "all expectations hold",
    )
