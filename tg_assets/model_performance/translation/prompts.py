"""What a chat model is asked to make a query of words, and what of its reply is taken.

The model says what is asked; what may be bought, and how sure intervals are, a person says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resources.chat.messages import Json
from resources.chat.replies import object_in
from resources.chat.stages import Question, Stage, UnusableReply, with_data
from tg_assets.ids import digest
from tg_assets.model_performance.evidence import VALUED, Evidence
from tg_assets.model_performance.queries.errors import QueryError
from tg_assets.model_performance.queries.query import Query, make_query
from tg_assets.model_performance.translation.reply_schema import REPLY_SCHEMA
from tg_assets.task_space.space import PLAN

SHOWN_VALUES = 40
"""So many values of a column are shown to the model, the most frequent first."""
NONE: Mapping[str, Any] = {"values": ()}
A_PERSONS = ("budget", "confidence", "way", "seed")
"""Fields of a query that a reply cannot set: they decide what is bought and how it is computed."""

PROMPT = """\
Someone asks in plain words about what vision models can and cannot do. You turn the words into \
one query that a program can answer; you do not answer it yourself.

Models were tested with tasks whose right answers are known. Each task follows a plan, a row of \
columns. The object under DATA lists under "columns" every column with its most frequent values \
and how many others there are, under "models" the models that were tested, and under "words" what \
is asked. A model's score on a plan is its share of right answers, from 0 to 1.

What the columns hold: "generator" is the kind of task (what is it, where is it, how many are \
there, which attribute; in a flat picture "-2d", in a scene "-3d", in a "-video"). "target" is the \
category of the object that the task is about, "reference" that of the object it is seen from. \
"attribute_type" and "attribute_value" are what the target is told by, such as color and red. \
"grid" is the number of rows and columns of a flat picture, "cell" the place in it, "position" \
where the target lies from the reference, "count" how many there are, "size" and "distance" \
whether the target is the largest or smallest, the closest or the farthest, "motion" how it moves.

The four kinds of query:
- "top-k": the k units that "model" is worst, or best, at. For "which ... is it worst at", \
"what does it confuse", "where does it fail most". k is 10 unless a number is said.
- "threshold": the units on which the share of right answers is below, or above, "threshold". Only \
when a value is said or plainly meant.
- "compare": the units on which "model" is better than all of "others", or worse than all of them.
- "debug": the units that are unusually bad for the model, and the patterns that they share. For \
"why", "what do its mistakes have in common", "what is wrong with it".

"by" lists the columns that make the units: plans that agree in them are judged together. "which \
objects" means by target, "which colors" by attribute_value, "which kinds of task" by generator. \
An empty list judges each plan by itself.

"plans" restricts what is looked at: a value for a column, or null where the words do not restrict \
it. Use the values as DATA spells them; what "names" gives another name \
is written as its value. A target or reference may also be a broader category than \
those listed, such as animal. "far apart" means that distance is farthest, "close" that it is \
closest.

Use no column, value or model that DATA does not have, and do not guess what the words do not say. \
Where the words ask for something that no such query answers, or for a model or thing that is not \
there, the query is null and "reason" says in one sentence what is missing. Otherwise "reason" is \
null.

Reply with one JSON object and nothing else, such as
{"query": {"kind": "top-k", "model": "NAME", "k": 10, "order": "worst", "by": ["target"], \
"plans": {"distance": "farthest"}}, "reason": null}
"""


def asked(words: str, evidence: Evidence) -> Question:
    """Return the question about someone's words, with all that there is to ask about."""
    columns: dict[str, dict[str, Any]] = {
        name: {"values": list(values)[:SHOWN_VALUES], "others": max(0, len(values) - SHOWN_VALUES)}
        for name, values in evidence.values.items()
        if values
    }
    shown = {one for name in ("target", "reference") for one in columns.get(name, NONE)["values"]}
    names = {one: evidence.names.get(one, one) for one in sorted(shown)}
    return Question(
        {
            "words": words,
            "models": list(evidence.models),
            "columns": columns,
            "names": {one: name for one, name in names.items() if name != one},
        }
    )


def query_of(fields: Mapping[str, Json], **a_persons: Any) -> Query:
    """Return the query that a reply says, with what a person decides.

    Raises:
        QueryError: It is none; the message names each field and what is wrong with it.
    """
    said = {name: value for name, value in fields.items() if value is not None}
    kind = said.pop("kind", None)
    if not isinstance(kind, str):
        raise QueryError("kind: it names none of top-k, threshold, compare, debug")
    said = {name: value for name, value in said.items() if name not in A_PERSONS}
    plans = {**_plans(said.pop("plans", {})), "at_most": a_persons.pop("at_most", 3000)}
    return make_query(kind, plans=plans, **{**said, **a_persons})


def _plans(said: Any) -> dict[str, Any]:
    """Return the fields of `query.Plans`; a model writes all columns side by side."""
    if not isinstance(said, dict):
        raise QueryError("plans: it is to be an object of columns and values")
    flat = {**said, **(said.get("slots") or {})}
    values = {name: one for name, one in flat.items() if one is not None and name != "slots"}
    unknown = [name for name in values if name not in PLAN or name == "index"]
    if unknown:
        there = ", ".join(name for name in PLAN if name != "index")
        raise QueryError(f"plans: there is no column {unknown[0]!r}; there are {there}")
    slots = {name: value for name, value in values.items() if name not in VALUED}
    return {**{name: values[name] for name in VALUED if name in values}, "slots": slots}


def _render(questions: Sequence[Question]) -> str:
    return with_data(PROMPT, questions[0].item)


def _parse(text: str, questions: Sequence[Question]) -> list[Json]:
    """Take the query, or the reason why there is none, from a reply."""
    reply = object_in(text)
    fields, reason = reply.get("query"), reply.get("reason")
    if fields is None and isinstance(reason, str) and reason.strip():
        return [{"reason": reason.strip()}]
    if not isinstance(fields, dict):
        raise UnusableReply("the reply has neither a query nor a reason why there is none")
    try:
        query = query_of(fields)
    except QueryError as error:
        raise UnusableReply(f"the reply's query is none: {error}") from None
    models = questions[0].item["models"]
    unknown = [model for model in query.models if model not in models]
    if unknown:
        raise UnusableReply(
            f"the reply asks about the model {unknown[0]!r}; there are {', '.join(models)}"
        )
    kept = query.model_dump(mode="json", exclude={*A_PERSONS})
    kept["plans"].pop("at_most")
    return [{"query": kept}]


STAGE = Stage(
    name="translation",
    prompt_version=digest(PROMPT)[:16],
    render=_render,
    parse=_parse,
    schema_name="translation",
    schema=lambda _: REPLY_SCHEMA,
    shared=False,
)
