"""What is known of models: the table of a galaxy, a file, or a simulation; and what they are asked.

Whoever asks a query, from the command line, in words or from the page, asks it of an `Evidence`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from tg_assets.model_performance.queries.answering import Answer, Surroundings, answer
from tg_assets.model_performance.queries.column_kernel import Ancestors
from tg_assets.model_performance.queries.command_line import as_command
from tg_assets.model_performance.queries.drawing import (
    Drawn,
    counts_by_generator,
    draw,
    plans_of,
    within,
)
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.evaluations import KNOWN, Evaluate
from tg_assets.model_performance.queries.known import nobody, read_known
from tg_assets.model_performance.queries.query import BUDGET, Plans, Query, TopK
from tg_assets.model_performance.queries.simulated import simulated
from tg_assets.task_space.space import PLAN, TaskSpace

if TYPE_CHECKING:
    from tg_assets.task_space.library import Library

SAMPLED = 3000
"""Plans whose values stand for those of a space that nobody was asked about yet."""
SIMULATED = ("A", "B")
"""The names of simulated models, where none are given."""
GENEROUS = 200
"""So many values of a column are named in an error, at most."""
VALUED = ("generator", "target", "attribute_type", "attribute_value", "reference")


@dataclass(frozen=True)
class Evidence:
    """What is known of models, and who can be asked for more.

    Attributes:
        models: Who was evaluated, or can be.
        plans: The columns of plans: those that were evaluated, or a sample of all.
        known: Rows of `evaluations.KNOWN`; None: nothing is known before it is bought.
        evaluator: Makes what evaluates the models of a query; None: nobody can be asked.
        space: Opens the space that further plans are drawn from.
        ancestors: Of categories: what lies above each.
        names: Of categories.
        options: How `tg query` is told of it.
        answers: ``MODEL_ANSWERS`` of all models, where single answers are known.
        to_buy: How `tg query` is told to buy, where it does not by itself.
    """

    models: tuple[str, ...]
    plans: pl.DataFrame
    known: pl.DataFrame | None
    evaluator: Callable[[Query], Evaluate] | None
    space: Callable[[], TaskSpace]
    ancestors: Ancestors
    names: Mapping[str, str]
    options: tuple[str, ...]
    answers: pl.DataFrame | None = field(default=None, repr=False)
    to_buy: tuple[str, ...] = ()

    @cached_property
    def values(self) -> dict[str, dict[str, int]]:
        """The values of each column, the most frequent first, with how many plans have each."""
        return {name: _values(self.plans, name) for name in PLAN if name != "index"}

    def answer(self, query: Query, more: int = 0) -> Answer:
        """Answer a query.

        Args:
            query: The query.
            more: So many plans beyond the known ones are drawn from the space and predicted; where
                nothing is known, `query.plans.at_most` are drawn.

        Raises:
            QueryError: It names a model or a value that is not there, or no plan is left.
        """
        self.require(query, beyond=more > 0)
        drawn = self.drawn(query, more)
        evaluate = nobody if self.evaluator is None else self.evaluator(query)
        around = Surroundings(evaluate, self.known, self.ancestors, dict(self.names))
        return answer(query, drawn.plans, around, total=drawn.total)

    def command(self, query: Query, more: int = 0) -> str:
        """Return the command that asks the same; a budget is named where one can be spent."""
        if self.evaluator is None or (self.to_buy and not query.budget):
            return as_command(query.model_copy(update={"budget": BUDGET}), self.options, more)
        return as_command(query, (*self.options, *self.to_buy), more)

    def drawn(self, query: Query, more: int) -> Drawn:
        """Return the plans of a query: the known ones that its filters let through, and more.

        Known plans in groups stand for all those like them, so that a group's interval says how far
        a dozen evaluations can be trusted; single plans stand for themselves.
        """
        if self.known is None:
            return draw(self.space(), query)
        mine = self.known.filter(pl.col("model").is_in(query.models))
        if mine.is_empty():
            raise QueryError(
                f"of {' and '.join(query.models)} no reply named an option: nothing is known of "
                "what is right or wrong"
            )
        there = self.plans.join(mine, on=["generator", "index"], how="semi")
        plans = within(there, query.plans.where, self.ancestors)
        if not more:
            return Drawn(plans, self._meant(plans, query) if query.by else plans.height)
        wanted = query.model_copy(
            update={"plans": query.plans.model_copy(update={"at_most": more})}
        )
        further = draw(self.space(), wanted)
        both = pl.concat([plans, further.plans]).unique(["generator", "index"], maintain_order=True)
        return Drawn(both, max(further.total, both.height))

    def _meant(self, plans: pl.DataFrame, query: Query) -> int:
        """Return how many plans of the same generators the query's filters let through."""
        counts = counts_by_generator(self.space(), query.plans.where)
        generators = plans["generator"].unique()
        return max(plans.height, sum(counts.get(name, 0) for name in generators))

    def require(self, query: Query, *, beyond: bool = False) -> None:
        """Refuse models and filter values that are not there.

        Args:
            query: The query.
            beyond: Whether plans of the space are meant too, which has values of its own.

        Raises:
            QueryError: The message says what there is.
        """
        self.require_models(query.models)
        where = query.plans.where
        asked = {name: getattr(where, name) for name in VALUED} | dict(where.slots)
        for column, value in asked.items():
            if value is not None:
                self._require_value(column, str(value), beyond or self.known is None)

    def require_models(self, models: Sequence[str]) -> None:
        """Refuse models that are not there; who is simulated may have any name."""
        if self.known is None:
            return
        unknown = [model for model in models if model not in self.models]
        if unknown:
            raise QueryError(
                f"there are no evaluations of {', '.join(unknown)}; there are some of "
                f"{', '.join(self.models)}"
            )

    def _require_value(self, column: str, value: str, beyond: bool) -> None:
        if column not in self.values:
            raise QueryError(f"plans have no column {column!r}; they have {', '.join(self.values)}")
        there = self.values[column]
        above = {one for each in there for one in self.ancestors.get(each, ())}
        if value in there or (column in ("target", "reference") and value in above):
            return
        if beyond:
            return  # drawing from the space refuses what it does not have
        raise QueryError(f"no plan has {column} {value!r}; {offered(value, there)}")


def offered(value: str, there: Iterable[str]) -> str:
    """Return which values there are instead, those that are spelt alike first."""
    names = list(there)
    if not names:
        return "none names it"
    alike = difflib.get_close_matches(value, names, n=3)
    rest = [name for name in names if name not in alike]
    shown = [*alike, *rest][:12]
    more = len(names) - len(shown)
    return f"there are {', '.join(shown)}" + (f" and {more:,} more" if more else "")


def _values(plans: pl.DataFrame, name: str) -> dict[str, int]:
    counted = plans[name].drop_nulls().value_counts(sort=True, name="plans")
    ordered = counted.sort(["plans", name], descending=[True, False])
    return {str(value): number for value, number in ordered.iter_rows()}


def ancestors_of(library: Library) -> Ancestors:
    """Return what lies above each category."""
    tree = library.taxonomy
    return {category: tree.ancestors(category) for category in tree.concepts}


def of_answers(
    answers: pl.DataFrame,
    library: Library,
    space: Callable[[], TaskSpace],
    options: Sequence[str] = (),
) -> Evidence:
    """Return what ``MODEL_ANSWERS`` say.

    A plan's correctness is the mean over its replies that name an option; a reply that names none,
    or was never had, says nothing of it.
    """
    plans = (
        answers.rename({"plan_index": "index"})
        .select(pl.col(name).cast(kind) for name, kind in PLAN.items())
        .unique(["generator", "index"], maintain_order=True)
        .sort("generator", "index")
    )
    known = (
        answers.filter(pl.col("correct").is_not_null())
        .group_by("generator", pl.col("plan_index").alias("index"), "model")
        .agg(pl.col("correct").cast(pl.Float64).mean())
        .select(pl.col(name).cast(kind) for name, kind in KNOWN.items())
        .sort("model", "generator", "index")
    )
    models = tuple(answers["model"].unique().sort().to_list())
    around = ancestors_of(library)
    return Evidence(
        models, plans, known, None, space, around, library.names, tuple(options), answers
    )


def of_file(file: Path, library: Library, options: Sequence[str]) -> Evidence:
    """Return what a table of evaluations says: generator, index, model, correct.

    Raises:
        QueryError: It is no such table.
        NoSuchPlan: A plan of it is not of this library.
    """
    known = read_known(file)
    space = TaskSpace(library)
    models = tuple(known["model"].unique().sort().to_list())
    plans, around = plans_of(space, known), ancestors_of(library)
    return Evidence(
        models, plans, known, None, lambda: space, around, library.names, tuple(options)
    )


def of_simulation(competence: str, library: Library, options: Sequence[str]) -> Evidence:
    """Return models of known competence, evaluated as a query buys them.

    Raises:
        QueryError: There is no such competence.
    """
    space, around = TaskSpace(library), ancestors_of(library)
    simulated(competence, SIMULATED, 0, around)
    return Evidence(
        SIMULATED,
        draw(
            space, TopK(model=SIMULATED[0], by=("generator",), plans=Plans(at_most=SAMPLED))
        ).plans,
        None,
        lambda query: simulated(competence, query.models, query.seed, around),
        lambda: space,
        around,
        library.names,
        tuple(options),
    )
