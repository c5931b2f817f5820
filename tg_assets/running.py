"""`tg run`: a pass with its progress on the console and its summary at the end."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from resources import progress
from resources.chat.ledger import LedgerError
from resources.clip_settings import ClipError
from resources.galaxy import Galaxy
from tg_assets.checking import remarks
from tg_assets.clip_similarity.showing_matches import NoSuchImage
from tg_assets.engine.away import Away, away_said
from tg_assets.image_pool.excluded import ExcludedError
from tg_assets.image_pool.sources import FolderError, ListError
from tg_assets.image_pool.storages import StorageError
from tg_assets.instance import Busy, open_instance
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.pass_report import PassReport, StageReport, Watcher
from tg_assets.plain import plain
from tg_assets.settings import Settings
from tg_assets.tables import TableError
from tg_assets.task_space.errors import TaskSpaceError
from tg_assets.task_tree.proposals import ProposalError
from tg_assets.task_tree.seeds import SeedsError
from tg_assets.tracing.finding import NothingTraced
from tg_assets.walk import walk
from tg_assets.withdrawals.listed import WithdrawalsError

if TYPE_CHECKING:
    from rich.progress import TaskID

    from tg_assets.definitions import Job

WIDTH = 100
"""Columns of the summary where there is no terminal to ask."""

SAID_EVERY_S = 30.0
"""How long a pass may say nothing where there is no terminal to draw bars on."""

USER_ERRORS = (
    Away,
    Busy,
    ClipError,
    ExcludedError,
    FolderError,
    LedgerError,
    ListError,
    NoSuchImage,
    QueryError,
    NothingTraced,
    ProposalError,
    SeedsError,
    StorageError,
    TableError,
    TaskSpaceError,
    WithdrawalsError,
)
"""What a person can put right: the message says how, and a traceback would only hide it."""


class Shown(Watcher):
    """Shows a pass while it goes on."""

    def say(self, line: str) -> None:
        """Show a line of its own."""

    def inside(self, what: str, done: int, total: int) -> None:
        """Show progress within a partition."""


class Bars(Shown):
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

    def say(self, line: str) -> None:
        """Show a line above the bars."""
        self._bars.console.print(plain(line), markup=False, highlight=False)

    def inside(self, what: str, done: int, total: int) -> None:
        """Show progress within a partition."""
        self._bars.update(
            self._inner, description=f"  {what}", completed=done, total=total, visible=done < total
        )


class Lines(Shown):
    """Writes lines to a log: one as a stage begins, and one whenever it was quiet for long."""

    def __init__(self, console: Console, every_s: float = SAID_EVERY_S) -> None:
        self._console = console
        self._every_s = every_s
        self._began = time.monotonic()
        self._stage, self._done, self._total = "starting", 0, 0
        self._inside = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._speak_up, name="log", daemon=True)

    def __enter__(self) -> Lines:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def started(self, job: Job, partitions: int) -> None:
        """Write what begins."""
        self._stage, self._done, self._total = ", ".join(job.assets), 0, partitions
        self._inside = ""
        self.say(f"{self._stage}: {partitions} partition{'' if partitions == 1 else 's'}")

    def finished(self, job: Job, partition: str | None) -> None:
        """Remember how far the stage is."""
        self._done += 1
        self._inside = ""

    def say(self, line: str) -> None:
        """Write a line with the time since the pass began."""
        seconds = int(time.monotonic() - self._began)
        clock = f"{seconds // 60:3d}:{seconds % 60:02d}"
        self._console.print(f"{clock} {plain(line)}", markup=False, highlight=False, soft_wrap=True)

    def inside(self, what: str, done: int, total: int) -> None:
        """Remember how far the partition is."""
        self._inside = f"; {what}: {done} of {total}"

    def _speak_up(self) -> None:
        while not self._over.wait(self._every_s):
            self.say(f"{self._stage}: {self._done} of {self._total} done{self._inside}")


@contextmanager
def shown_on(console: Console) -> Iterator[Shown]:
    """Show a pass: bars on a terminal, lines in a log."""
    if not console.is_terminal:
        with Lines(console) as lines:
            yield lines
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
        yield Bars(bars)


def run_pass(settings: Settings, *, as_json: bool, config: Path | None) -> PassReport:
    """Run a pass and show it.

    Args:
        settings: The settings.
        as_json: Whether standard output gets one line of JSON, and nothing else.
        config: The settings file, for the hint how to open the UI.
    """
    _quiet_libraries()
    console = Console(stderr=as_json)
    if not console.is_terminal:
        console = Console(stderr=as_json, width=WIDTH)
    galaxy = Galaxy(settings)
    with (
        away_said(settings),
        open_instance(settings) as instance,
        shown_on(console) as shown,
        progress.reported_to(shown.inside),
    ):
        for line in remarks(settings):
            shown.say(line)
        report = walk(galaxy, instance, shown.say, shown)
    if as_json:
        print(report.to_json(), flush=True)
    _summary(console, report, galaxy, config)
    return report


def _quiet_libraries() -> None:
    """Let only this project speak; what libraries have to say in a run is in its log in the UI."""
    warnings.filterwarnings("ignore", module="dagster")
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    for ours in ("tg_assets", "resources", "sensors"):
        logging.getLogger(ours).setLevel(logging.WARNING)


def _summary(console: Console, report: PassReport, galaxy: Galaxy, config: Path | None) -> None:
    console.print(_table(report, galaxy.settings.name))
    if not any(stage.ran for stage in report.stages.values()) and not report.failures:
        console.print("Everything was done already; nothing was asked.")
    if report.refused_files:
        _print(
            console,
            f"{report.refused_files} files cannot be listed, each with its reason: "
            f"{galaxy.tables.path('refused_files')}",
        )
    for line in report.failures:
        _print(console, line, "red")
    if report.held:
        held = f"{len(report.held)} partitions wait behind a gate, the first: {report.held[0]}"
        _print(console, held, "yellow")
    for line in report.remarks:
        _print(console, line, "yellow")
    for asset, count in report.unanswered.items():
        line = f"{count:,} questions of {asset} have no answer; the next run asks them again"
        _print(
            console, f"{line}. Why: the reasons in its tables, {_tables(galaxy, asset)}", "yellow"
        )
    for referee, counts in report.votes.items():
        said = f"votes of {referee}: {counts['1']:,} fit, {counts['0']:,} do not"
        _print(console, f"{said}, {counts['none']:,} no verdict" if counts["none"] else said)
    _print(console, f"cost of the dataset in all: ${report.dataset_cost_usd:,.2f}")
    for name, path in report.paths.items():
        _print(console, f"{name}: {path}")
    command = "make ui" if config is None else f"tg ui --config {config}"
    _print(console, f"To see it in Dagster: {command}")


def _tables(galaxy: Galaxy, asset: str) -> str:
    beside = {"task_tree": "rejected_task_types", "raw_qa": "qa_failures"}
    return str(galaxy.tables.root / "tables" / beside.get(asset, asset))


def _print(console: Console, line: str, style: str | None = None) -> None:
    console.print(plain(line), style=style, markup=False, soft_wrap=True, highlight=False)


def _table(report: PassReport, name: str) -> Table:
    """Return the stages as a table; what is asked is known from the ledger or paid."""
    table = Table(title=f"{name}: {report.seconds:.1f} s", box=box.SIMPLE_HEAD, padding=(0, 0))
    table.add_column("stage", no_wrap=True)
    for title in ("ran", "in", "out", "asked", "known", "paid", "$", "s"):
        table.add_column(title, justify="right", overflow="fold")  # a cut number is a wrong one
    for stage_name, stage in report.stages.items():
        table.add_row(stage_name, *_cells(stage))
    return table


def _cells(stage: StageReport) -> list[str]:
    asked = [_short(number) for number in (stage.questions, stage.known, stage.requests)]
    return [
        f"{stage.ran}/{stage.partitions}",
        _short(stage.rows_in),
        _short(stage.rows_out),
        *(asked if stage.questions else ["", "", ""]),
        _short(stage.cost_usd, 2) if stage.requests else "",
        _short(stage.seconds, 1),
    ]


def _short(number: float, digits: int = 0) -> str:
    """Return a number in at most seven characters up to a billion; JSON has it exactly."""
    if number >= 1_000_000:
        return f"{number / 1e6:.1f}M"
    return f"{number:,.0f}" if number >= 1000 else f"{number:.{digits}f}"
