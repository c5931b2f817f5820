"""What a pass tells: its report when it is over, and its progress while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from tg_assets.definitions import Job


@dataclass
class StageReport:
    """What one asset did in a pass, over all its partitions.

    Attributes:
        partitions: How many it has.
        ran: How many of them were made in this pass.
        reused: How many were started and found up to date.
        rows_in: Rows of its main input: see `tg_assets.stage_rows`.
        rows_out: Rows of its table as it lies there now; of what is published, samples.
        requests: Responses that were paid for in this pass.
        questions: Questions that were put in this pass, to the ledger first.
        known: How many of them the ledger knew.
        cost_usd: What the responses cost.
        seconds: How long its runs took.
    """

    partitions: int = 0
    ran: int = 0
    reused: int = 0
    rows_in: int = 0
    rows_out: int = 0
    requests: int = 0
    questions: int = 0
    known: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0


@dataclass
class PassReport:
    """What a pass did.

    Attributes:
        stages: By asset, in the order data flows.
        failures: A line for each partition that failed or whose checks failed.
        held: A line for each partition that a gate held back, because of those.
        votes: Each referee's votes over all shards, not of this pass alone.
        unanswered: By asset, questions without an answer that the next pass asks again.
        dataset_cost_usd: What the ledger says was paid in all, by this and earlier passes.
        paths: What was written, by name.
        refused_files: Entries of the sources that can never be pictures.
        remarks: Lines about what is not in force although it may seem so.
    """

    stages: dict[str, StageReport] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    votes: dict[str, dict[str, int]] = field(default_factory=dict)
    unanswered: dict[str, int] = field(default_factory=dict)
    dataset_cost_usd: float = 0.0
    paths: dict[str, str] = field(default_factory=dict)
    refused_files: int = 0
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_json(self) -> str:
        """Return the report as one line of JSON."""
        return orjson.dumps(self).decode()


class Watcher:
    """Told what a pass is about to do; a console shows it, a log writes it."""

    def started(self, job: Job, partitions: int) -> None:
        """A job begins, with so many partitions to run."""

    def finished(self, job: Job, partition: str | None) -> None:
        """A partition of a job is done."""
