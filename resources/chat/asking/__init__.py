"""Asking: questions in, answers out, each bought once.

What the ledger knows is not asked, nor is what another run asks just now (`buying`). The rest is
packed into requests as they are taken (`packing`), prepared, admitted within limits and budget and
sent (`online`), understood (`understanding`), and committed at once (`writer`). Retries wait in a
line and hold no slot; nothing else retries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from resources.chat.asking.buying import Buying
from resources.chat.asking.online import received_from
from resources.chat.asking.packing import PAID_ATTEMPTS, Pending, is_settled
from resources.chat.asking.tally import Counter, Progress, Tally
from resources.chat.asking.understanding import understand
from resources.chat.ledger import Known, Ledger
from resources.chat.limits import NO_LIMITS, Limits
from resources.chat.limits.budget import Budget
from resources.chat.messages import Answer, ChatModel, Outcome, StopAsking
from resources.chat.stages import Question, Stage

__all__ = [
    "PAID_ATTEMPTS",
    "Counter",
    "Pending",
    "StopAsking",
    "Tally",
    "ask",
    "received_from",
    "understand",
]


def ask(
    stage: Stage,
    questions: Sequence[Question],
    model: ChatModel,
    ledger: Ledger,
    progress: Progress | None = None,
    limits: Limits = NO_LIMITS,
    budget: Budget | None = None,
) -> tuple[list[Answer], Tally]:
    """Answer every question, from the ledger where it knows, from the model where it does not.

    Args:
        stage: What is asked and how replies are understood.
        questions: The questions; equal ones are asked once.
        model: The chat model.
        ledger: Where answers are looked up and kept.
        progress: Called with (answered, in all).
        limits: What the model's settings allow: rates, deadlines.
        budget: What may be spent; no limit when absent.

    Returns:
        One answer per question, in the order of the questions, and what the pass did.

    Raises:
        StopAsking: No request can succeed, or the budget is spent. Answers received until then
            are in the ledger.
        LedgerError: The ledger stopped taking answers.
    """
    keys = [stage.key(model.identity, question) for question in questions]
    found = ledger.known(sorted(set(keys)))
    answers = {key: known.answer for key, known in found.items() if is_settled(known)}
    tally = Tally(questions=len(questions), known=sum(key in answers for key in keys))
    still_open = {
        key: question for key, question in zip(keys, questions, strict=True) if key not in answers
    }
    if still_open:
        counter = Counter(len(answers), len(set(keys)), progress)
        buying = Buying(stage, model, ledger, tally, counter, limits, budget or Budget())
        bought = buying.buy(still_open, found)
        # the ledger's word counts, also where another process bought the same answer first
        answers |= {
            key: _answer(known, bought=key in bought)
            for key, known in ledger.known(sorted(still_open)).items()
        }
        tally.known = sum(key in answers and key not in bought for key in keys)
        answers |= _left_over(still_open, answers, limits, tally)
    for key in keys:
        outcome = answers[key].outcome
        tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + 1
        tally.asked_again += answers[key].asked_again
    return [answers[key] for key in keys], tally


def _answer(known: Known, *, bought: bool) -> Answer:
    return replace(known.answer, bought=bought, asked_again=not is_settled(known))


def _left_over(
    still_open: Mapping[str, Question],
    answers: Mapping[str, Answer],
    limits: Limits,
    tally: Tally,
) -> dict[str, Answer]:
    """Return an answer that says why for every question that the pass did not come to."""
    why = "the pass ended before it was asked; the next run asks it"
    if limits.deadline_s is not None:
        why = f"not asked before the pass's deadline of {limits.deadline_s} s; the next run asks it"
    missing = [key for key in still_open if key not in answers]
    tally.not_asked = len(missing)
    return {key: Answer(Outcome.FAILED, None, why, asked_again=True) for key in missing}
