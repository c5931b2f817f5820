"""Words to a query, by a chat model of the settings, through the ledger like every question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resources.chat.asking import StopAsking, ask
from resources.chat.limits import limits_of
from tg_assets.model_performance.evidence import Evidence
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.query import Query
from tg_assets.model_performance.translation.prompts import STAGE, asked, query_of

if TYPE_CHECKING:
    from resources.galaxy import Galaxy


class NoTranslation(QueryError):  # noqa: N818 - words that no query came of
    """Words that no query came of: the model could not be asked, refused, or said no query."""


@dataclass(frozen=True)
class Translated:
    """A query made of words.

    Attributes:
        query: The query.
        bought: Whether a reply was paid for; else the ledger knew.
        cost_usd: What it cost now.
    """

    query: Query
    bought: bool
    cost_usd: float


def translate(
    words: str, model: str, galaxy: Galaxy, evidence: Evidence, **a_persons: Any
) -> Translated:
    """Have a model turn words into a query, and make sure that it can be asked.

    Args:
        words: What someone wants to know.
        model: Its name in the settings.
        galaxy: Has the models, the ledger and the budget.
        evidence: What there is to ask about.
        a_persons: Fields of the query that no model decides, such as budget.

    Raises:
        NoTranslation: There is no query; the message says why. A reply that is none is in the
            ledger with its reason.
        QueryError: The query names a value that is not there; the message offers what is.
    """
    if not words.strip():
        raise NoTranslation("there is no question: say in words what you want to know")
    models = galaxy.settings.models
    if model not in models:
        raise NoTranslation(f"the settings have no model {model!r}; they have {', '.join(models)}")
    try:
        (answer,), tally = ask(
            STAGE,
            [asked(words.strip(), evidence)],
            galaxy.chat_model(model),
            galaxy.ledger,
            limits=limits_of(models[model]),
            budget=galaxy.budget,
        )
    except StopAsking as error:
        raise NoTranslation(f"{model} cannot be asked: {error}") from None
    if answer.value is None:
        again = "; the same command asks again" if answer.asked_again else ""
        raise NoTranslation(f"{model} gave no query ({answer.outcome}): {answer.reason}{again}")
    if "reason" in answer.value:
        raise NoTranslation(f"{model} says that no query answers this: {answer.value['reason']}")
    query = query_of(answer.value["query"], **a_persons)
    evidence.require(query)
    return Translated(query, answer.bought, tally.cost_usd)
