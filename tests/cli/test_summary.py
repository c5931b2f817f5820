"""The summary of a pass is readable on any terminal."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from tg_assets.definitions import JOBS
from tg_assets.pass_report import PassReport, StageReport
from tg_assets.running import Lines, _table

LARGE = StageReport(
    2400, 2400, 0, 12_000_000, 413_648, 812_345, 11_999_999, 9_876_543, 12_345.6, 1e5
)
SMALL = StageReport(3, 3, 0, 330, 330, 12, 120, 0, 0.004, 12.34)


def shown(width: int, stage: StageReport) -> list[str]:
    report = PassReport(stages={asset: stage for job in JOBS for asset in job.assets})
    console = Console(width=width, file=io.StringIO())
    console.print(_table(report, "photos"))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("stage", [LARGE, SMALL])
@pytest.mark.parametrize("width", [80, 100])
def test_every_stage_is_one_line_of_a_narrow_terminal(width: int, stage: StageReport) -> None:
    lines = shown(width, stage)
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if "/" in line]
    assert len(rows) == sum(len(job.assets) for job in JOBS)
    assert all(len(row.split()) == 9 for row in rows)


def test_a_log_is_written_to_also_while_nothing_happens() -> None:
    console = Console(file=io.StringIO(), width=100)
    with Lines(console, every_s=0.05) as lines:
        lines.started(JOBS[0], 7)
        lines.finished(JOBS[0], "0000")
        lines.inside("image_pool 00000-photos", 20, 100)
        time.sleep(0.3)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    assert "0:00 task_tree, task_embeddings: 7 partitions" in said
    assert "1 of 7 done; image_pool 00000-photos: 20 of 100" in said
