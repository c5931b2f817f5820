"""The report: one HTML page that shows the dataset, with nothing loaded from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import polars as pl

from tg_assets import ids
from tg_assets.balanced_dataset.counts import (
    agreements,
    common_questions,
    images_per_licence,
    samples_per_branch,
    size_bins,
    votes_per_referee,
)
from tg_assets.balanced_dataset.facts import DatasetFacts, StageRows, count_levels
from tg_assets.balanced_dataset.html_parts import (
    bars,
    columns,
    figures,
    legend,
    section,
    stacked_bars,
    table,
)
from tg_assets.image_pool.decoding import BadImage
from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable
from tg_assets.tables import PATH_SEPARATOR

EXAMPLES = 24
_BRANCHES = 12
_QUESTIONS = 10
_PAGE = Path(__file__).with_name("report.html")
_BALLOTS = {1: "✓", 0: "✗", None: "–"}

Thumbnails = Callable[[str], bytes]
"""Given an image_id, returns a small JPEG, PNG or WebP; raises what a ``ReadImage`` may raise."""


def render_report(
    facts: DatasetFacts, samples: pl.DataFrame, tree: pl.DataFrame, thumbnails: Thumbnails
) -> str:
    """Return the report as one self-contained HTML page.

    Args:
        facts: What is known beyond the samples.
        samples: ``BALANCED_DATASET``.
        tree: ``TASK_TREE`` over all batches.
        thumbnails: Returns a small picture of an image; called for the examples alone.
    """
    levels = [(f"level {level}", count) for level, count in count_levels(tree)]
    sections = [
        _header(facts, samples),
        section("From pairs to samples", _funnel(facts.funnel), wide=True),
        section(
            "Samples per task type",
            columns(size_bins(samples), "samples in a task type"),
            "How many task types have how many samples.",
        ),
        section("Levels of the tree", bars(levels), "Task types on each level."),
        section("Branches", _branches(samples), "Samples under each first-level label."),
        section("Licences", bars(images_per_licence(samples)), _licence_note(facts)),
        section(
            "Votes of the referees",
            _votes(samples),
            "Of the published samples, which needed enough votes to be here.",
        ),
        section(
            "Agreement of the referees",
            _agreement(samples),
            "How often two referees voted the same on a published sample.",
        ),
        section("Most common questions", _questions(samples), wide=True),
        section("Examples", _examples(samples, thumbnails), wide=True),
        section("What it cost", _cost(facts), wide=True),
        section("Left behind", _left_behind(facts), wide=True),
    ]
    page = Template(_PAGE.read_text(encoding="utf-8"))
    return page.substitute(title=escape(facts.name), body="\n".join(filter(None, sections)))


def example_samples(samples: pl.DataFrame, count: int = EXAMPLES) -> pl.DataFrame:
    """Choose samples to show: the first-level labels take turns, each with another task type.

    Args:
        samples: ``BALANCED_DATASET``.
        count: How many to choose at most.
    """
    draws = [ids.digest("example", sample_id) for sample_id in samples["sample_id"].to_list()]
    return (
        samples.with_columns(
            pl.Series("draw", draws, dtype=pl.String),
            branch=pl.col("path").str.split(PATH_SEPARATOR).list.first(),
        )
        .sort("draw", "sample_id")
        .unique("task_id", keep="first", maintain_order=True)
        .unique("image_id", keep="first", maintain_order=True)
        .with_columns(turn=pl.int_range(pl.len()).over("branch"))
        .sort("turn", "draw", "sample_id")
        .head(count)
        .drop("turn", "draw", "branch")
    )


def _header(facts: DatasetFacts, samples: pl.DataFrame) -> str:
    numbers = figures(
        [
            (f"{samples.height:,}", "samples"),
            (f"{samples['image_id'].n_unique():,}", "images"),
            (f"{samples['task_id'].n_unique():,}", "task types"),
            (f"{len(facts.referees):,}", "referees"),
            (f"${facts.dollars:,.2f}", "cost in all"),
            (facts.resulting_licence, "licence"),
        ]
    )
    models = ", ".join(dict.fromkeys(model.model for model in facts.models))
    made = f'<p class="soft">Made with {escape(models)}.</p>' if models else ""
    notices = [text for text in (facts.embedded_notice, facts.licence_conflict) if text]
    shown = "".join(f'<p class="notice">{escape(text)}</p>' for text in notices)
    return f"<header>\n<h1>{escape(facts.name)}</h1>\n{made}{shown}\n{numbers}\n</header>"


def _funnel(stages: Sequence[StageRows]) -> str:
    most = max((stage.rows_in for stage in stages), default=0)
    rows = []
    for stage in stages:
        narrows = 0 < stage.rows_in >= stage.rows_out
        share = f" ({stage.rows_out / stage.rows_in:.0%})" if narrows else ""
        end = f"{stage.rows_in:,} → {stage.rows_out:,} {stage.unit}{share}"
        lost = max(stage.rows_in - stage.rows_out, 0)
        rows.append((stage.stage, [(stage.rows_out, "blue"), (lost, "grey")], end))
    entries = [("blue", "goes on"), ("grey", "stays behind")]
    most = max([most, *(stage.rows_out for stage in stages)])
    return stacked_bars(rows, most) + legend(entries) if rows else ""


def _branches(samples: pl.DataFrame) -> str:
    branches = samples_per_branch(samples)
    rest = branches[_BRANCHES:]
    others = [(f"{len(rest):,} more", sum(count for _, count in rest))] if rest else []
    return bars([*branches[:_BRANCHES], *others])


def _licence_note(facts: DatasetFacts) -> str:
    because = f": {facts.licence_because}" if facts.licence_because else ""
    return f"Images under each licence. The whole is {facts.resulting_licence}{because}."


def _votes(samples: pl.DataFrame) -> str:
    rows = []
    for votes in votes_per_referee(samples):
        cast = votes.fits + votes.does_not
        end = f"{votes.fits / cast:.0%} fit" if cast else "no verdict"
        parts = [(votes.fits, "blue"), (votes.does_not, "orange"), (votes.no_verdict, "grey")]
        rows.append((votes.referee, parts, end))
    meanings = [("blue", "fits"), ("orange", "does not"), ("grey", "no verdict")]
    return stacked_bars(rows, samples.height) + legend(meanings) if rows else ""


def _agreement(samples: pl.DataFrame) -> str:
    rows = [
        (
            pair.first,
            pair.second,
            "–" if pair.share is None else f"{pair.share:.1%}",
            f"{pair.both:,}",
        )
        for pair in agreements(samples)
    ]
    return table(("referee", "referee", "same vote", "of"), rows, frozenset({2, 3}))


def _questions(samples: pl.DataFrame) -> str:
    rows = [(question, f"{count:,}") for question, count in common_questions(samples, _QUESTIONS)]
    return table(("question", "times"), rows, frozenset({1}))


def _examples(samples: pl.DataFrame, thumbnails: Thumbnails) -> str:
    cards = [_example(row, thumbnails) for row in example_samples(samples).iter_rows(named=True)]
    return f'<div class="examples">{"".join(cards)}</div>' if cards else ""


def _example(row: Mapping[str, Any], thumbnails: Thumbnails) -> str:
    ballots = "".join(
        f"<span>{escape(vote['referee'])} {_BALLOTS[vote['vote']]}</span>" for vote in row["votes"]
    )
    ballots = ballots or "<span>known answer</span>"
    path = " › ".join(row["path"].split(PATH_SEPARATOR))
    return (
        f'<div class="example"><div class="picture">{_picture(row["image_id"], thumbnails)}</div>'
        f'<div class="text"><div class="path">{escape(path)}</div>'
        f'<div class="question">{escape(row["question"])}</div>'
        f'<div class="answer">{escape(row["answer"])}</div>'
        f'<div class="ballots">{ballots}</div></div></div>\n'
    )


def _picture(image_id: str, thumbnails: Thumbnails) -> str:
    try:
        content = thumbnails(image_id)
    except (ImageUnreadable, ImageChanged, BadImage, FileNotFoundError, PermissionError):
        return "the image cannot be read any more"
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    kind = "webp" if content.startswith(b"RIFF") else kind
    return f'<img alt="" src="data:image/{kind};base64,{base64.b64encode(content).decode()}">'


def _cost(facts: DatasetFacts) -> str:
    rows = [
        (
            line.stage,
            line.model,
            f"{line.requests:,}",
            f"{line.prompt_tokens:,}",
            f"{line.completion_tokens:,}",
            f"{line.dollars:,.2f}",
        )
        for line in facts.ledger
    ]
    head = ("stage", "model", "requests", "prompt tokens", "completion tokens", "dollars")
    total = (
        "in all",
        "",
        f"{facts.requests:,}",
        f"{sum(line.prompt_tokens for line in facts.ledger):,}",
        f"{sum(line.completion_tokens for line in facts.ledger):,}",
        f"{facts.dollars:,.2f}",
    )
    return table(head, rows, frozenset({2, 3, 4, 5}), total)


def _left_behind(facts: DatasetFacts) -> str:
    dropped = [(d.stage, d.reason, f"{d.count:,}") for d in facts.dropped]
    partitions = [(p.asset, p.partition, p.reason) for p in facts.left_out]
    gated = table(("asset", "partition", "reason"), partitions)
    return table(("stage", "reason", "rows"), dropped, frozenset({2})) + (
        f"<h3>Partitions that are not in it</h3>{gated}" if gated else ""
    )
