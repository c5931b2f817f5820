"""`tg performance`: the page over queries and instances, at a port of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tg_assets.commanding import ConfigOption, plain_words, say, settings_of
from tg_assets.query_commands import AnswersOption, DataOption, SimulateOption, evidence_of

if TYPE_CHECKING:
    import polars as pl

    from tg_assets.settings import Settings


def performance(
    config: ConfigOption = None,
    answers: AnswersOption = None,
    simulate: SimulateOption = None,
    data: DataOption = None,
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8780,
) -> None:
    """Open a page on what models can and cannot do: queries, and the instances behind them.

    Only this machine can reach it. Ctrl-C ends it.
    """
    with plain_words():
        from tg_assets.model_performance.page.pictures import Pictures
        from tg_assets.model_performance.page.serving import PerformancePage, serve

        evidence = evidence_of(answers, simulate, data, config, buy=True)
        galaxy_is_meant = answers is None and simulate is None
        tasks = _tasks(settings_of(config)) if galaxy_is_meant else None
        source = "what the models of the galaxy said"
        if answers is not None:
            source = f"the evaluations in {answers}"
        elif simulate is not None:
            source = f"simulated models ({simulate}), evaluated when bought"
        page = PerformancePage(evidence, Pictures.of(evidence.answers, tasks), source)
        try:
            serve(page, port, _ready)
        except OSError as error:
            say(f"port {port}: {error.strerror or error}; name another: --port {port + 1}")
            raise typer.Exit(2) from None


def _ready(port: int) -> None:
    print(f"listening on http://127.0.0.1:{port}", flush=True)


def _tasks(settings: Settings) -> pl.DataFrame | None:
    """Return the tasks that were asked, which name a video's frames; null where none are kept."""
    from tg_assets.tables_io import TableStore

    tables = TableStore(settings.home)
    there = tables.rows("evaluation_tasks") is not None
    return tables.read("evaluation_tasks") if there else None
