"""Which evidence a command speaks of: a file, a simulation, or what the galaxy's models said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from tg_assets.model_performance.evidence import Evidence, of_answers, of_file, of_simulation
from tg_assets.model_performance.queries.errors import QueryError

if TYPE_CHECKING:
    from resources.galaxy import Galaxy
    from tg_assets.task_space.library import Library


def open_evidence(answers: Path | None, simulate: str | None, data: Path | None) -> Evidence:
    """Return the evidence that options name.

    Args:
        answers: A file of evaluations.
        simulate: A competence.
        data: The folder of the library that file or simulation speak of.

    Raises:
        QueryError: Not one of them is given, or it is no such file or competence.
    """
    if (answers is None) == (simulate is None):
        raise QueryError("say what is known of models once: --answers FILE, or --simulate smooth")
    told = ["--data", str(data)] if data else []
    if answers is not None:
        return of_file(answers, _library(data), ["--answers", str(answers), *told])
    return of_simulation(str(simulate), _library(data), ["--simulate", str(simulate), *told])


def of_galaxy(galaxy: Galaxy, options: tuple[str, ...] = (), *, buys: bool = False) -> Evidence:
    """Return what the models of a galaxy said.

    Args:
        galaxy: The galaxy.
        options: How `tg query` is told of it.
        buys: Whether its models may be asked for more, within a query's budget.

    Raises:
        QueryError: None was evaluated there.
    """
    models = galaxy.tables.partitions("model_answers")
    parts = [galaxy.tables.read("model_answers", model) for model in models]
    rows = pl.concat(parts) if parts else pl.DataFrame()
    if rows.is_empty():
        raise QueryError(
            f"no model was evaluated in {galaxy.tables.root}: materialize model_answers, or say "
            "what is known of models: --answers FILE, or --simulate smooth"
        )
    known = of_answers(rows, galaxy.library.library, lambda: galaxy.library.space, options)
    if not buys:
        return known
    from tg_assets.model_performance.buying import Buyer

    buyer = Buyer(galaxy)
    return replace(known, evaluator=lambda _: buyer, to_buy=("--buy",))


def _library(data: Path | None) -> Library:
    from tg_assets.task_space.own_library import open_library

    return open_library([data] if data else [])
