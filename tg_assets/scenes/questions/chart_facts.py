"""A chart's truth as its templates need it."""

from dataclasses import dataclass
from typing import Any

from tg_assets.scenes.families.chart_topics import PLACES
from tg_assets.scenes.questions.asking import Asker


@dataclass(frozen=True)
class Mark:
    """One value of the chart and the words that single it out."""

    label: str
    series: str
    value: int
    name: str  # "Paris", or "Paris (Coast)" where there are several series


class Chart:
    """A chart's truth as the templates need it."""

    def __init__(self, asker: Asker) -> None:
        """Read the facts of the asker's scene."""
        self.asker = asker
        self.facts: dict[str, Any] = asker.scene.facts
        self.kind = str(self.facts["chart"])
        self.title = str(self.facts["title"])
        self.series: list[dict[str, Any]] = self.facts["series"]
        self.categories: list[str] = self.facts["categories"]
        self.percent = "%" if self.kind == "pie chart" else ""
        several = len(self.series) > 1
        self.marks = [
            Mark(label, s["name"], value, f"{label} ({s['name']})" if several else label)
            for s in self.series
            for label, value in zip(self.categories, s.get("values", []), strict=False)
        ]
        self.margin = max(1, int(self.facts["axis"]["max"]) // 50)

    @property
    def measure(self) -> str:
        """What the values are, for use inside a sentence."""
        return "share" if self.percent else f"value of {self.facts['y_label']}"

    def figure(self, value: float) -> str:
        """A value as it is said."""
        return f"{value:g}{self.percent}"

    def off(self, value: int) -> list[str]:
        """False values near `value`."""
        step = max(1, int(self.facts["axis"]["step"]) // 2) if not self.percent else 3
        return [self.figure(v) for v in (value + step, value - step, value + 2 * step) if v >= 0]


def other_titles(chart: Chart) -> list[str]:
    """False titles close to the true one."""
    words = [w for w in PLACES if w not in chart.title]
    year = next((w for w in chart.title.split() if w.isdigit()), None)
    if year:
        return [chart.title.replace(year, str(int(year) + d)) for d in (1, -1, 2)]
    place = next((w for w in PLACES if w in chart.title), None)
    if place is None:
        return [f"{chart.title} in {w}" for w in words[:3]]
    return [chart.title.replace(place, w) for w in words[:3]]
