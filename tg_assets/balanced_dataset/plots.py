"""Small pictures for Dagster's metadata: PNG bytes, and Markdown with thumbnails.

Only Matplotlib's objects are used, never pyplot: its global state would be shared by the threads of
a run and keep every figure alive.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from tg_assets.balanced_dataset.counts import size_bins, votes_per_referee
from tg_assets.plain import plain

THUMBNAIL_PIXELS = 96
MARKDOWN_BYTES = 60_000
"""Most bytes of Markdown with thumbnails: what the event log holds and the page shows at once."""

_BLUE = "#2f6db5"
_VOTE_COLOURS = {"fits": "#2f6db5", "does not": "#d9822b", "no verdict": "#b8bec6"}
_INK = "#2b3138"
_GRID = "#e3e6ea"
_TEXT_CHARACTERS = 300


def plot_levels(levels: Sequence[tuple[int, int]]) -> bytes:
    """Return a PNG with the task types per level of the tree.

    Args:
        levels: (level, count), as ``facts.count_levels`` returns them.
    """
    figure, axes = figure_of("Task types per level of the tree", max(1.2, 0.4 * len(levels) + 0.8))
    bars = axes.barh([f"level {level}" for level, _ in levels], [n for _, n in levels], color=_BLUE)
    axes.bar_label(bars, [f"{count:,}" for _, count in levels], padding=4, color=_INK, fontsize=9)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.xaxis.set_visible(False)
    return png_of(figure)


def plot_scores(scores: pl.Series) -> bytes:
    """Return a PNG with how many questions got which score.

    Args:
        scores: The column ``score`` of ``SCORED_QA`` or ``BALANCED_DATASET``.
    """
    counts = scores.drop_nulls().value_counts().sort(scores.name)
    names = [str(score) for score in counts[scores.name]]
    return _columns("Questions per score", "referees in favour", names, counts["count"].to_list())


def plot_samples_per_type(samples: pl.DataFrame) -> bytes:
    """Return a PNG with how many task types have how many samples.

    Args:
        samples: Any frame with the column ``task_id``.
    """
    bins = size_bins(samples)
    names = [name for name, _ in bins]
    return _columns("Task types by size", "samples in a task type", names, [n for _, n in bins])


def plot_votes(samples: pl.DataFrame) -> bytes:
    """Return a PNG with what each referee voted.

    Args:
        samples: Any frame with the column ``votes``.
    """
    votes = votes_per_referee(samples)
    figure, axes = figure_of("Votes per referee", max(1.6, 0.4 * len(votes) + 1.2))
    names = [line.referee for line in votes]
    start = [0] * len(votes)
    for label, counts in (
        ("fits", [line.fits for line in votes]),
        ("does not", [line.does_not for line in votes]),
        ("no verdict", [line.no_verdict for line in votes]),
    ):
        axes.barh(names, counts, left=start, label=label, color=_VOTE_COLOURS[label])
        start = [before + count for before, count in zip(start, counts, strict=True)]
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if votes:
        axes.legend(ncols=3, frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.12))
    return png_of(figure)


def plot_histogram(title: str, values: Sequence[float], bins: int = 20) -> bytes:
    """Return a PNG with how many values lie where.

    Args:
        title: What the values are.
        values: The values; at least one.
        bins: Columns of the plot.
    """
    figure, axes = figure_of(title, 2.6)
    axes.hist(values, bins=bins, color=_BLUE, rwidth=0.9)
    return png_of(figure)


def thumbnails_markdown(
    rows: Iterable[tuple[bytes, str, str, str]],
    heads: tuple[str, str, str] = ("task type", "question", "answer"),
) -> str:
    """Return Markdown that shows samples with small pictures.

    Args:
        rows: (image file, title, question, answer). Pictures are scaled down to at most 96 pixels.
            Rows that would take the text above 60 KB are counted, not shown.
        heads: What the three texts are.
    """
    head = f"| image | {' | '.join(heads)} |\n| --- | --- | --- | --- |\n"
    lines: list[str] = []
    size = len(head)
    hidden = 0
    for content, *texts in rows:
        line = f"| ![]({_thumbnail(content)}) | {' | '.join(map(_cell, texts))} |\n"
        # Room for the last line is kept; once a row is hidden all that follow are, in order.
        if hidden or size + len(line.encode()) > MARKDOWN_BYTES - 100:
            hidden += 1
            continue
        lines.append(line)
        size += len(line.encode())
    more = f"\n{hidden} more are not shown.\n" if hidden else ""
    return head + "".join(lines) + more


def _thumbnail(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=75)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_[]|~"} | {"<": "&lt;", "\n": " ", "\r": " "})


def _cell(text: str) -> str:
    short = text if len(text) <= _TEXT_CHARACTERS else text[: _TEXT_CHARACTERS - 1] + "…"
    return plain(short).translate(_MARKDOWN)


def _columns(title: str, label: str, names: Sequence[str], counts: Sequence[int]) -> bytes:
    figure, axes = figure_of(title, 2.6)
    bars = axes.bar(names, counts, color=_BLUE, width=0.8)
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=2, color=_INK, fontsize=8)
    axes.margins(y=0.15)
    axes.set_xlabel(label, fontsize=9, color=_INK)
    axes.yaxis.set_visible(False)
    return png_of(figure)


def figure_of(title: str, height: float) -> tuple[Figure, Axes]:
    """Return an empty figure in the project's style, six inches wide, and its axes."""
    figure = Figure(figsize=(6.0, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11, color=_INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_GRID)
    axes.tick_params(length=0, labelsize=9, labelcolor=_INK)
    return figure, axes


def png_of(figure: Figure) -> bytes:
    """Return a figure as PNG: the same bytes for the same figure."""
    out = io.BytesIO()
    metadata: Mapping[str, None] = {"Software": None}  # the version would change the bytes
    figure.savefig(out, format="png", metadata=metadata)
    return out.getvalue()
