"""What the plots and the report count over the samples."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import polars as pl

from tg_assets.tables import PATH_SEPARATOR

_BIN_WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_MOST_BINS = 12


@dataclass(frozen=True)
class RefereeVotes:
    """How often a referee voted what."""

    referee: str
    fits: int
    does_not: int
    no_verdict: int


@dataclass(frozen=True)
class Agreement:
    """How often two referees voted the same, of the questions that both voted on."""

    first: str
    second: str
    same: int
    both: int

    @property
    def share(self) -> float | None:
        """The share of equal votes; None where no question has a vote of both."""
        return self.same / self.both if self.both else None


def votes_per_referee(samples: pl.DataFrame) -> list[RefereeVotes]:
    """Count the votes of each referee, in the order of their names."""
    counts = (
        _votes(samples)
        .group_by("referee")
        .agg(
            fits=(pl.col("vote") == 1).sum(),
            does_not=(pl.col("vote") == 0).sum(),
            no_verdict=pl.col("vote").is_null().sum(),
        )
        .sort("referee")
    )
    return [RefereeVotes(*row) for row in counts.iter_rows()]


def agreements(samples: pl.DataFrame) -> list[Agreement]:
    """Count for every two referees how often they voted the same."""
    votes = _votes(samples).drop_nulls("vote")
    result = []
    for first, second in itertools.combinations(votes["referee"].unique().sort().to_list(), 2):
        pairs = votes.filter(pl.col("referee") == first).join(
            votes.filter(pl.col("referee") == second), on="row"
        )
        same = int((pairs["vote"] == pairs["vote_right"]).sum())
        result.append(Agreement(first, second, same, pairs.height))
    return result


def size_bins(samples: pl.DataFrame) -> list[tuple[str, int]]:
    """Count the task types by their number of samples, as ("1-5", count); about ten bins."""
    if not samples.height:
        return []
    sizes = samples.group_by("task_id").len().select(pl.col("len").cast(pl.Int64))
    largest: int = sizes["len"].sort().item(-1)
    fits = (width for width in _BIN_WIDTHS if largest <= width * _MOST_BINS)
    width = next(fits, -(-largest // _MOST_BINS))
    counts = dict(sizes.select((pl.col("len") - 1) // width).to_series().value_counts().iter_rows())
    return [
        (_span(first * width + 1, (first + 1) * width), int(counts.get(first, 0)))
        for first in range(-(-largest // width))
    ]


def samples_per_branch(samples: pl.DataFrame) -> list[tuple[str, int]]:
    """Count the samples under each first-level label, most first."""
    counts = (
        samples.select(branch=pl.col("path").str.split(PATH_SEPARATOR).list.first())
        .group_by("branch")
        .len()
        .sort(["len", "branch"], descending=[True, False])
    )
    return [(branch, int(count)) for branch, count in counts.iter_rows()]


def common_questions(samples: pl.DataFrame, count: int) -> list[tuple[str, int]]:
    """Return the questions asked most often, with how often."""
    counts = (
        samples.group_by("question")
        .len()
        .sort(["len", "question"], descending=[True, False])
        .head(count)
    )
    return [(question, int(times)) for question, times in counts.iter_rows()]


def images_per_licence(samples: pl.DataFrame) -> list[tuple[str, int]]:
    """Count the images under each licence, most first."""
    counts = (
        samples.group_by("license")
        .agg(pl.col("image_id").n_unique())
        .sort(["image_id", "license"], descending=[True, False])
    )
    return [(licence, int(count)) for licence, count in counts.iter_rows()]


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _votes(samples: pl.DataFrame) -> pl.DataFrame:
    return (
        samples.select("votes")
        .with_row_index("row")
        .explode("votes", empty_as_null=True)
        .drop_nulls("votes")
        .unnest("votes")
    )
