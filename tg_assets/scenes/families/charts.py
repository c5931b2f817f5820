"""Bar, horizontal bar, line and pie charts and scatter plots."""

from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

from tg_assets.scenes.concepts import CHARTS
from tg_assets.scenes.families.chart_layout import lay_out
from tg_assets.scenes.families.chart_topics import (
    MONTHS,
    PAIRINGS,
    PLACES,
    SUBJECTS,
    WEEKDAYS,
    YEARS,
    Subject,
)
from tg_assets.scenes.graph import Scene

Facts = dict[str, Any]
SERIES_COLORS = ("blue", "red", "green", "orange", "purple", "pink", "brown")


def compose(rng: np.random.Generator, seed: int) -> Scene:
    """A chart: its kind, what it is about, its numbers and how they are shown."""
    chart = CHARTS[int(rng.integers(len(CHARTS)))]
    width, height = int(rng.integers(100, 129)) * 4, int(rng.integers(80, 105)) * 4
    facts = _compose_scatter(rng) if chart == "scatter plot" else _compose_values(rng, chart)
    facts["look"] = {
        "paper": int(rng.integers(3)),
        "face": ["sans", "sans", "serif"][int(rng.integers(3))],
        "turn": int(rng.integers(360)),
        "bar": round(float(rng.uniform(0.55, 0.78)), 2),
        "smooth": int(rng.integers(2)),
    }
    return Scene(
        "charts", seed, width, height, tuple(lay_out(facts, width, height).objects), (), facts
    )


def draw(scene: Scene) -> Image.Image:
    """The chart as laid out."""
    return lay_out(scene.facts, scene.width, scene.height).paint()


def _some(rng: np.random.Generator, pool: tuple[str, ...], count: int) -> list[str]:
    return [pool[int(i)] for i in rng.choice(len(pool), size=count, replace=False)]


def _title(rng: np.random.Generator, stem: str, dated: bool = True, placed: bool = True) -> str:
    """The title; `dated` and `placed` where a year or a place contradicts nothing in the chart."""
    place = PLACES[int(rng.integers(len(PLACES)))]
    year = int(rng.integers(2008, 2026))
    if not placed:
        return f"{stem} in {year}" if dated else stem
    forms = [f"{stem} in {place}", f"{place}: {stem}", f"{stem} in {year}"]
    return forms[int(rng.integers(3 if dated else 2))]


def _categories(rng: np.random.Generator, subject: Subject, chart: str) -> tuple[str, list[str]]:
    """The axis title and the labels; lines run over time."""
    count = int(rng.integers(3, 7))
    if chart != "line chart":
        return subject.axis, _some(rng, subject.groups, min(count, len(subject.groups)))
    count = int(rng.integers(4, 8))
    kind = int(rng.integers(3))
    if kind == 0:
        start = int(rng.integers(len(MONTHS) - count))
        return "Month", list(MONTHS[start : start + count])
    if kind == 1:
        return "Day", list(WEEKDAYS[:count])
    start = int(rng.integers(2005, 2025 - count))
    return "Year", [str(start + i) for i in range(count)]


def _compose_values(rng: np.random.Generator, chart: str) -> Facts:
    subject = SUBJECTS[int(rng.integers(len(SUBJECTS)))]
    axis, categories = _categories(rng, subject, chart)
    several = chart != "pie chart" and rng.random() < 0.35
    if axis == "Year" and subject.series == YEARS:
        several = False
    names = list(subject.series) if several else [subject.measure]
    dated = axis != "Year" and not (several and subject.series == YEARS)
    if several:
        categories = categories[: 5 if chart != "line chart" else 7]
    labelled = chart == "pie chart" or (not several and rng.random() < 0.6)
    top = (
        int(rng.choice([10, 20, 50, 100, 200, 500]))
        if not labelled
        else int(rng.choice([20, 40, 60, 100, 200, 500]))
    )
    if chart == "pie chart":
        rows = [_shares(rng, len(categories))]
    elif chart == "line chart" and rng.random() < 0.4:
        rows = [_drift(rng, row, top) for row in _rows(rng, len(names), len(categories), top,
                                                       labelled)]  # fmt: skip
    else:
        rows = _rows(rng, len(names), len(categories), top, labelled)
    colors = _some(rng, SERIES_COLORS, len(categories) if chart == "pie chart" else len(names))
    return {
        "chart": chart,
        "topic": subject.topic,
        "title": _title(rng, subject.title, dated, placed=axis != "City"),
        "x_label": axis,
        "y_label": "Share (%)" if chart == "pie chart" else subject.measure,
        "unit": "%" if chart == "pie chart" else subject.unit,
        "categories": categories,
        "series": [
            {"name": n, "color": c, "values": r}
            for n, c, r in zip(names, colors[: len(names)], rows, strict=True)
        ],
        "slice_colors": colors if chart == "pie chart" else [],
        "show_values": labelled,
        "axis": {"max": top, "step": top // 5 if labelled else top // 10},
    }


def _rows(
    rng: np.random.Generator, series: int, count: int, top: int, labelled: bool
) -> list[list[int]]:
    """Values that can be read: printed at the mark, or lying on a labelled gridline."""
    if labelled:
        pool = np.arange(max(2, top // 10), int(top * 0.96), max(1, top // 20))
        wiggle = max(1, top // 60)
        values = rng.choice(pool, size=count, replace=False) + rng.integers(0, wiggle, size=count)
        return [[int(v) for v in values]]
    step = top // 10
    columns = [rng.choice(np.arange(1, 10), size=series, replace=False) for _ in range(count)]
    return [[int(column[i]) * step for column in columns] for i in range(series)]


def _drift(rng: np.random.Generator, values: list[int], top: int) -> list[int]:
    """The same values in rising or falling order, for a clear trend."""
    return sorted(values, reverse=bool(rng.integers(2)))


def _shares(rng: np.random.Generator, count: int) -> list[int]:
    """Whole percentages that differ by at least two and sum to 100."""
    while True:
        raw = rng.dirichlet(np.full(count, 3.0))
        shares = [round(7 + float(r) * (100 - 7 * count)) for r in raw]
        shares[-1] += 100 - sum(shares)
        ranked = sorted(shares)
        if ranked[0] >= 6 and all(b - a >= 2 for a, b in pairwise(ranked)):
            return shares


def _compose_scatter(rng: np.random.Generator) -> Facts:
    pairing = PAIRINGS[int(rng.integers(len(PAIRINGS)))]
    groups = int(rng.integers(1, 3))
    correlation = ["positive", "negative", "none"][int(rng.integers(3))]
    top = int(rng.choice([20, 50, 100, 200]))
    points: list[list[float]] = []
    counts = [int(rng.integers(6, 13)) for _ in range(groups)]
    while len(points) < sum(counts):
        points = _points(rng, sum(counts), correlation)
    scaled = [[round(x * top, 1), round(y * top, 1)] for x, y in points]
    names = list(pairing.series) if groups == 2 else [pairing.y_label]
    colors = _some(rng, SERIES_COLORS, groups)
    series, start = [], 0
    for name, color, count in zip(names, colors, counts, strict=True):
        series.append({"name": name, "color": color, "points": scaled[start : start + count]})
        start += count
    return {
        "chart": "scatter plot", "topic": pairing.topic, "title": _title(rng, pairing.title),
        "x_label": pairing.x_label, "y_label": pairing.y_label, "unit": "", "categories": [],
        "series": series, "slice_colors": [], "show_values": False, "correlation": correlation,
        "axis": {"max": top, "step": top // 5},
    }  # fmt: skip


def _points(rng: np.random.Generator, count: int, correlation: str) -> list[list[float]]:
    """Points in the unit square that do not touch and whose correlation is plain to see."""
    points: list[list[float]] = []
    for _ in range(count * 12):
        x = float(rng.uniform(0.06, 0.94))
        y = float(rng.uniform(0.06, 0.94))
        if correlation != "none":
            along = x if correlation == "positive" else 1 - x
            y = float(np.clip(0.1 + 0.8 * along + rng.normal(0, 0.07), 0.05, 0.95))
        if all(max(abs(x - a), abs(y - b)) > 0.055 for a, b in points):
            points.append([x, y])
        if len(points) == count:
            break
    spread = np.array(points).T
    r = float(np.corrcoef(spread)[0, 1])
    clear = abs(r) < 0.2 if correlation == "none" else abs(r) > 0.85
    return points if clear else []
