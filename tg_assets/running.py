"""`tg run`: a pass with its progress on the console and its summary at the end."""

from __future__ import annotations

import logging
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from resources import progress
from resources.galaxy import Galaxy
from tg_assets.instance import open_instance
from tg_assets.settings import Settings
from tg_assets.walk import PassReport, Watcher, walk

if TYPE_CHECKING:
    from rich.progress import TaskID

    from tg_assets.definitions import Job


class ConsoleWatcher(Watcher):
    """Shows a bar for each stage, and beneath it what is going on inside."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._stage: TaskID | None = None
        self._inner: TaskID = bars.add_task("", total=None, visible=False)

    def started(self, job: Job, partitions: int) -> None:
        """Open the stage's bar."""
        self._stage = self._bars.add_task(", ".join(job.assets), total=partitions)

    def finished(self, job: Job, partition: str | None) -> None:
        """Advance the stage's bar."""
        if self._stage is not None:
            self._bars.advance(self._stage)
        self._bars.update(self._inner, visible=False)

    def inside(self, what: str, done: int, total: int) -> None:
        """Show progress within a partition."""
        self._bars.update(
            self._inner, description=f"  {what}", completed=done, total=total, visible=done < total
        )


def run_pass(settings: Settings, *, as_json: bool, config: Path | None) -> PassReport:
    """Run a pass and show it.

    Args:
        settings: The settings.
        as_json: Whether standard output gets one line of JSON, and nothing else.
        config: The settings file, for the hint how to open the UI.
    """
    warnings.filterwarnings("ignore", module="dagster")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    console = Console(stderr=as_json)
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
    galaxy = Galaxy(settings)
    with open_instance(settings) as instance, bars:
        watcher = ConsoleWatcher(bars)
        with progress.reported_to(watcher.inside):
            report = walk(galaxy, instance, lambda line: bars.console.print(line), watcher)
    if as_json:
        print(report.to_json())
    _summary(console, report, galaxy, config)
    return report


def _summary(console: Console, report: PassReport, galaxy: Galaxy, config: Path | None) -> None:
    table = Table(title=f"{galaxy.settings.name}: {report.seconds:.1f} s")
    table.add_column("stage", no_wrap=True)
    for name in ("parts", "ran", "rows", "asked", "known", "bought", "$", "s"):
        table.add_column(name, justify="right")
    for name, stage in report.stages.items():
        table.add_row(
            name,
            str(stage.partitions),
            str(stage.ran),
            f"{stage.rows:,}",
            f"{stage.questions:,}",
            f"{stage.known:,}",
            f"{stage.requests:,}",
            f"{stage.cost_usd:.2f}",
            f"{stage.seconds:.1f}",
        )
    console.print(table)
    if not any(stage.ran for stage in report.stages.values()) and not report.failures:
        console.print("Everything was done already; nothing was asked.")
    for line in report.failures:
        console.print(line, style="red", markup=False, soft_wrap=True)
    if report.held:
        console.print(
            f"{len(report.held)} partitions wait behind a gate, the first: {report.held[0]}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    for name, path in report.paths.items():
        console.print(f"{name}: {path}", markup=False, soft_wrap=True, highlight=False)
    command = "make ui" if config is None else f"tg ui --config {config}"
    console.print(f"To see it in Dagster: {command}" if shutil.which("make") else command)
