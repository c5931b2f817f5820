"""`tg ask`: a question in words, turned into a query that is shown before it runs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from tg_assets.commanding import ConfigOption, plain_words, say, settings_of
from tg_assets.query_commands import (
    AnswersOption,
    BudgetOption,
    BuyOption,
    ConfidenceOption,
    DataOption,
    JsonOption,
    PlansOption,
    RowsOption,
    SeedOption,
    SimulateOption,
    WayOption,
    answer_and_show,
    evidence_of,
)


def ask(
    words: Annotated[str, typer.Argument(help="What you want to know, in words.")],
    model: Annotated[
        str, typer.Option("--model", help="The chat model of the settings that translates.")
    ],
    config: ConfigOption = None,
    answers: AnswersOption = None,
    simulate: SimulateOption = None,
    data: DataOption = None,
    buy: BuyOption = False,
    budget: BudgetOption = 500,
    plans: PlansOption = None,
    confidence: ConfidenceOption = 0.9,
    way: WayOption = "columns",
    seed: SeedOption = 0,
    rows: RowsOption = 20,
    json: JsonOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run the query without asking.")] = False,
) -> None:
    """Ask in words what models can and cannot do.

    A chat model turns the words into a query. It is shown, as the command
    that asks the same and in words, and run when you say so.

    tg ask "which objects does A confuse when they are far apart?" --model gpt
    """
    with plain_words():
        from resources.galaxy import Galaxy
        from tg_assets.model_performance.queries.showing import said
        from tg_assets.model_performance.translation.translating import translate

        galaxy = Galaxy(settings_of(config))
        try:
            evidence = evidence_of(answers, simulate, data, config, buy)
            fields = {"confidence": confidence, "way": way, "seed": seed}
            bought = budget if evidence.evaluator is not None else 0
            found = translate(
                words, model, galaxy, evidence, budget=bought, at_most=plans or 3000, **fields
            )
        finally:
            galaxy.close()
        paid = f"for {found.cost_usd:.4f} USD" if found.bought else "from the ledger"
        console = Console(stderr=True)
        for line in (
            f"{model} understands ({paid}): {said(found.query)}",
            f"  {evidence.command(found.query, plans or 0)}",
        ):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if not yes and not _agreed():
            say("Not run.", "yellow")
            raise typer.Exit(1)
        answer_and_show(found.query, evidence, plans or 0, rows, json)


def _agreed() -> bool:
    """Ask whether to run it; where nobody can be asked, the answer is no."""
    try:
        return typer.confirm("Run it?", err=True)
    except typer.Abort:
        return False
