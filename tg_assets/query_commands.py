"""`tg query`: questions about models' performance, from the command line."""

from __future__ import annotations

import inspect
import json as plain_json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tg_assets.commanding import ConfigOption, console_of_tables, plain_words, settings_of
from tg_assets.model_performance.queries.errors import QueryError

if TYPE_CHECKING:
    from tg_assets.model_performance.evidence import Evidence
    from tg_assets.model_performance.queries.query import Query

app = typer.Typer(
    help="Questions about models' performance, answered within a budget of evaluations.",
    no_args_is_help=True,
)

ModelOption = Annotated[
    str,
    typer.Option("--model", help="Whose performance; a model that was evaluated."),
]
ByOption = Annotated[
    list[str] | None, typer.Option("--by", help="Group plans by this column; may be repeated.")
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(help="Only plans with COLUMN=VALUE; a category with all below; may be repeated."),
]
AnswersOption = Annotated[
    Path | None,
    typer.Option(
        help="Evaluations as .parquet or .csv: generator, index, model, correct; what the models "
        "of the galaxy said (model_answers) when absent."
    ),
]
SimulateOption = Annotated[
    str | None, typer.Option(help="Ask simulated models: smooth, spiky or interacting.")
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="The folder of a library, in the project's own or in Task-Me-Anything's format; the "
        "one that comes with the project when absent.",
    ),
]
BuyOption = Annotated[
    bool, typer.Option("--buy", help="Ask the galaxy's models for more, within the budget.")
]
BudgetOption = Annotated[int, typer.Option(help="Evaluations that may be bought.", min=0)]
PlansOption = Annotated[
    int | None,
    typer.Option(
        help="So many plans are drawn to stand for all; where some are known: beside these."
    ),
]
ConfidenceOption = Annotated[float, typer.Option(help="Of the intervals.")]
WayOption = Annotated[str, typer.Option(help="columns, random, fitting or active.")]
SeedOption = Annotated[int, typer.Option(help="The same seed gives the same answer.")]
RowsOption = Annotated[int, typer.Option(help="So many rows are shown.", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of tables.")]


def _common(
    model: ModelOption = "model",
    by: ByOption = None,
    where: WhereOption = None,
    answers: AnswersOption = None,
    simulate: SimulateOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    buy: BuyOption = False,
    budget: BudgetOption = 500,
    plans: PlansOption = None,
    confidence: ConfidenceOption = 0.9,
    way: WayOption = "columns",
    seed: SeedOption = 0,
    rows: RowsOption = 20,
    json: JsonOption = False,
) -> None:
    """Hold the options that all kinds of query share: their names, types and defaults."""


def _query_command(
    name: str,
) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., None]]:
    """Make a command of a function from a kind's own options to the query's fields."""

    def register(own: Callable[..., dict[str, Any]]) -> Callable[..., None]:
        def command(**options: Any) -> None:
            mine = {key: options.pop(key) for key in inspect.signature(own).parameters}
            with plain_words():
                _answer(name, own(**mine), Options(**options))

        shared = inspect.signature(_common, eval_str=True).parameters.values()
        parameters = [*inspect.signature(own, eval_str=True).parameters.values(), *shared]
        keyword = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
        command.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in keyword}
        command.__doc__ = own.__doc__
        app.command(name)(command)
        return command

    return register


@_query_command("top-k")
def top_k(
    k: Annotated[int, typer.Option("-k", help="How many.", min=1)] = 10,
    best: Annotated[bool, typer.Option("--best", help="The best instead of the worst.")] = False,
) -> dict[str, Any]:
    """Find the plans, or groups of them, that a model is worst at."""
    return {"k": k, "order": "best" if best else "worst"}


@_query_command("threshold")
def threshold(
    below: Annotated[float | None, typer.Option(help="Correctness below this.")] = None,
    above: Annotated[float | None, typer.Option(help="Correctness above this.")] = None,
) -> dict[str, Any]:
    """Find the plans, or groups of them, with a correctness below or above a value."""
    if (below is None) == (above is None):
        raise QueryError("a threshold query takes either --below or --above, and a value")
    if below is not None:
        return {"threshold": below, "side": "below"}
    return {"threshold": above, "side": "above"}


@_query_command("compare")
def compare(
    with_: Annotated[list[str], typer.Option("--with", help="Another model; may be repeated.")],
    margin: Annotated[float, typer.Option(help="By how much at least.", min=0)] = 0.0,
    worse: Annotated[bool, typer.Option("--worse", help="Where it is worse than all.")] = False,
) -> dict[str, Any]:
    """Find where a model is better than all others."""
    return {"others": with_, "margin": margin, "finding": "worse" if worse else "better"}


@_query_command("debug")
def debug(
    below: Annotated[float | None, typer.Option(help="What counts as bad.")] = None,
    deviations: Annotated[
        float, typer.Option(help="Without --below: so many standard deviations below the mean.")
    ] = 1.0,
    patterns: Annotated[int, typer.Option(help="How many patterns to show.", min=0)] = 10,
) -> dict[str, Any]:
    """Find what is unusually bad for a model, and what it has in common."""
    return {"threshold": below, "deviations": deviations, "patterns": patterns}


@dataclass(frozen=True)
class Options:
    """What all kinds of query are told on the command line; see `_common`."""

    model: str
    by: list[str] | None
    where: list[str] | None
    answers: Path | None
    simulate: str | None
    data: Path | None
    config: Path | None
    buy: bool
    budget: int
    plans: int | None
    confidence: float
    way: str
    seed: int
    rows: int
    json: bool


def _answer(kind: str, own: dict[str, Any], options: Options) -> None:
    from tg_assets.model_performance.queries.query import make_query

    evidence = evidence_of(
        options.answers, options.simulate, options.data, options.config, options.buy
    )
    query = make_query(
        kind,
        model=options.model,
        by=options.by or (),
        plans={**_filters(options.where or []), "at_most": options.plans or 3000},
        budget=0 if evidence.evaluator is None else options.budget,
        confidence=options.confidence,
        way=options.way,
        seed=options.seed,
        **own,
    )
    answer_and_show(query, evidence, options.plans or 0, options.rows, options.json)


def evidence_of(
    answers: Path | None,
    simulate: str | None,
    data: Path | None,
    config: Path | None,
    buy: bool = False,
) -> Evidence:
    """Open what is known of models; the settings are read only where their galaxy is meant."""
    from tg_assets.model_performance.opening import of_galaxy, open_evidence

    if answers is not None or simulate is not None:
        return open_evidence(answers, simulate, data)
    from resources.galaxy import Galaxy

    told = ("--config", str(config)) if config else ()
    return of_galaxy(Galaxy(settings_of(config)), told, buys=buy)


def answer_and_show(query: Query, evidence: Evidence, more: int, rows: int, json: bool) -> None:
    """Answer a query and print the answer, as a table or as JSON."""
    from tg_assets.model_performance.queries.showing import as_json, show

    found = evidence.answer(query, more)
    if json:
        print(plain_json.dumps(as_json(found)))
    else:
        show(found, console_of_tables(), rows)


def _filters(conditions: list[str]) -> dict[str, Any]:
    """Return the fields of `query.Plans` that conditions of the form COLUMN=VALUE say."""
    from tg_assets.model_performance.queries.query import Plans, require_columns

    fields: dict[str, Any] = {"slots": {}}
    for condition in conditions:
        column, equals, value = condition.partition("=")
        if not equals:
            raise QueryError(f"--where takes COLUMN=VALUE, not {condition!r}")
        require_columns([column])
        (fields if column in Plans.model_fields else fields["slots"])[column] = value
    return fields
