"""What the data card and the report are told about a dataset.

None of it may depend on when or how fast a run went: the same dataset has the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class SourceFacts:
    """A source of images: its name, its licence, and how many images of it the dataset uses."""

    source: str
    licence: str
    images: int


@dataclass(frozen=True)
class StageRows:
    """One stage of the funnel: what goes in and comes out, for example candidate pairs."""

    stage: str
    rows_in: int
    rows_out: int
    unit: str = "rows"


@dataclass(frozen=True)
class ModelFacts:
    """A model that a stage asked, and the version of the prompt it was asked with."""

    stage: str
    model: str
    prompt_version: str | None = None


@dataclass(frozen=True)
class LedgerFacts:
    """What a stage asked of a model in all, from the ledger."""

    stage: str
    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    dollars: float


@dataclass(frozen=True)
class DroppedFacts:
    """How many rows a stage left behind for a reason."""

    stage: str
    reason: str
    count: int


@dataclass(frozen=True)
class LeftOutPartition:
    """A partition that a gate kept out of the dataset."""

    asset: str
    partition: str
    reason: str


@dataclass(frozen=True)
class RefereeFacts:
    """How often a referee is right about one kind of pair with a known answer, and the interval."""

    referee: str
    kind: str
    right: int
    votes: int
    low: float
    high: float


@dataclass(frozen=True)
class ThresholdFacts:
    """What so many votes are expected to keep: precision, recall and F1."""

    min_score: int
    precision: float | None
    recall: float
    f1: float | None


@dataclass(frozen=True)
class CalibrationFacts:
    """What is known of the referees from pairs with known answers.

    Attributes:
        rates: By referee and kind of pair.
        thresholds: By number of votes.
        share_right: Share of right questions among those voted on, estimated; None when unknown.
        better: The number of votes that would serve best, None when nothing says so.
    """

    rates: tuple[RefereeFacts, ...] = ()
    thresholds: tuple[ThresholdFacts, ...] = ()
    share_right: float | None = None
    better: int | None = None


@dataclass(frozen=True)
class SubsetFacts:
    """A published subset; ``note`` says where it holds less than it was meant to."""

    name: str
    samples: int
    task_types: int
    images: int
    note: str | None = None


@dataclass(frozen=True)
class DatasetFacts:
    """Everything the card and the report state beyond the samples themselves.

    Attributes:
        name: The dataset's name, for people.
        resulting_licence: The licence of the whole, in the spelling of ``licences.py``.
        licence_because: Why it is that one.
        levels: Task types per level of the tree, as (level, count).
        sources: Where the images come from.
        funnel: The stages in the order data flows.
        models: Which model did what.
        referees: The referees' names.
        calibration: How far the referees can be trusted.
        ledger: What was asked of the models in all; its sum is what the dataset cost.
        dropped: What was left behind where.
        left_out: Partitions that are not in the dataset.
        subsets: The published subsets.
        licence_conflict: Terms that no single licence meets, or None.
        embedded_notice: A notice about an embedded default that took part (for example a small
            built-in model instead of a real one), shown at the top; or None.
        language: Language of the questions, an ISO 639-1 code.
    """

    name: str
    resulting_licence: str
    licence_because: str = ""
    levels: tuple[tuple[int, int], ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    funnel: tuple[StageRows, ...] = ()
    models: tuple[ModelFacts, ...] = ()
    referees: tuple[str, ...] = ()
    calibration: CalibrationFacts = CalibrationFacts()
    ledger: tuple[LedgerFacts, ...] = ()
    dropped: tuple[DroppedFacts, ...] = ()
    left_out: tuple[LeftOutPartition, ...] = ()
    subsets: tuple[SubsetFacts, ...] = ()
    licence_conflict: str | None = None
    embedded_notice: str | None = None
    language: str = "en"

    @property
    def dollars(self) -> float:
        """What the dataset cost in all."""
        return sum(line.dollars for line in self.ledger)

    @property
    def requests(self) -> int:
        """How many paid requests the dataset took in all."""
        return sum(line.requests for line in self.ledger)

    @property
    def tokens(self) -> int:
        """How many tokens, prompts and completions, the dataset took in all."""
        return sum(line.prompt_tokens + line.completion_tokens for line in self.ledger)


def count_levels(tree: pl.DataFrame) -> tuple[tuple[int, int], ...]:
    """Return the task types per level of ``TASK_TREE``, as (level, count)."""
    counts = tree.group_by("level").len().sort("level")
    return tuple((int(level), int(count)) for level, count in counts.iter_rows())


def count_sources(samples: pl.DataFrame) -> tuple[SourceFacts, ...]:
    """Return the sources of ``BALANCED_DATASET`` with the images they gave, largest first."""
    counts = (
        samples.group_by("source", "license")
        .agg(pl.col("image_id").n_unique())
        .sort(["image_id", "source", "license"], descending=[True, False, False])
    )
    return tuple(SourceFacts(source, licence, int(n)) for source, licence, n in counts.iter_rows())


def dropped_facts(dropped: pl.DataFrame) -> tuple[DroppedFacts, ...]:
    """Return ``Balanced.dropped`` as facts, without the reasons that struck nothing."""
    rows = dropped.filter(pl.col("count") > 0).select("stage", "reason", "count")
    return tuple(DroppedFacts(*row) for row in rows.iter_rows())


def subset_facts(name: str, samples: pl.DataFrame, note: str | None = None) -> SubsetFacts:
    """Return the facts of a subset, counted from its samples."""
    return SubsetFacts(
        name, samples.height, samples["task_id"].n_unique(), samples["image_id"].n_unique(), note
    )
