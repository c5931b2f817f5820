"""Evaluations that a query buys: plans become tasks, are drawn, and asked through the ledger.

They are asked as `model_answers` asks them, so that neither buys what the other has bought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from resources.chat.asking import StopAsking, ask
from resources.chat.limits import limits_of
from tg_assets.model_answers.answering import answer_rows, permuted, questions
from tg_assets.model_answers.prompts import STAGE
from tg_assets.model_answers.tasks import task_row
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.evaluations import OUTCOME
from tg_assets.tables import EVALUATION_TASKS
from tg_assets.task_space.instance import NoInstance
from tg_assets.task_space.instancing import instances

if TYPE_CHECKING:
    from resources.galaxy import Galaxy


class Buyer:
    """Evaluates plans with the models of a galaxy: an `evaluations.Evaluate`.

    Args:
        galaxy: Has library, renderer, models, ledger and budget.
    """

    def __init__(self, galaxy: Galaxy) -> None:
        self._galaxy = galaxy

    def __call__(self, model: str, plans: pl.DataFrame) -> pl.DataFrame:
        """Return the columns of `evaluations.OUTCOME`, a row a plan, in the order of the plans.

        A plan of which there is no task, or to which no reply named an option, has a reason.

        Raises:
            QueryError: The settings have no such model, or it cannot be asked.
        """
        settings = self._galaxy.settings
        if model not in settings.models:
            raise QueryError(
                f"{model} cannot be asked: the settings have no model of that name; they have "
                f"{', '.join(settings.models)}"
            )
        tasks, reasons = self._tasks(plans)
        asked = permuted(tasks, settings.evaluation.permutations)
        try:
            answers, _ = ask(
                STAGE,
                questions(asked),
                self._galaxy.chat_model(model),
                self._galaxy.ledger,
                limits=limits_of(settings.models[model]),
                budget=self._galaxy.budget,
            )
        except StopAsking as error:
            raise QueryError(f"{model} cannot be asked: {error}") from None
        return outcomes(plans, answer_rows(asked, answers, model), reasons)

    def _tasks(self, plans: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the tasks of plans, and why others have none: generator, index, reason."""
        galaxy = self._galaxy
        library, draw = galaxy.library, galaxy.renderer.render
        folder = galaxy.tables.root / "images" / "evaluation"
        rows, lost = [], []
        seed = galaxy.settings.evaluation.seed
        for one in instances(library.library, plans.iter_rows(named=True), seed):
            if isinstance(one, NoInstance):
                lost.append((one.plan["generator"], one.plan["index"], one.reason))
            else:
                rows.append(task_row(one, library, draw, folder))
        frame = pl.DataFrame(rows, schema=dict(EVALUATION_TASKS.columns))
        schema = {"generator": pl.String, "index": pl.Int64, "reason": pl.String}
        return frame, pl.DataFrame(lost, schema=schema, orient="row")


def outcomes(plans: pl.DataFrame, answers: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """Return what answers say of each plan: its share of right ones, or why there is none."""
    said = answers.group_by("generator", pl.col("plan_index").alias("index")).agg(
        pl.col("correct").cast(pl.Float64).mean(),
        said=pl.coalesce(pl.col("reason").drop_nulls().first(), pl.lit("no reply named an option")),
    )
    joined = (
        plans.select("generator", "index")
        .join(said, on=["generator", "index"], how="left", maintain_order="left")
        .join(lost, on=["generator", "index"], how="left", maintain_order="left")
    )
    reason = pl.when(pl.col("correct").is_null()).then(pl.coalesce("reason", "said"))
    return joined.select("correct", reason=reason).cast(OUTCOME)  # type: ignore[arg-type]
