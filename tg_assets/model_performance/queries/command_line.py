"""A query as the `tg query` command that asks it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from tg_assets.model_performance.queries.query import Compare, Debug, Query, Threshold, TopK


def as_command(query: Query, options: Sequence[str] = (), more: int = 0) -> str:
    """Return the command, quoted for a shell; what is as by default is left out.

    Args:
        query: The query.
        options: What is known of models, as `tg query` is told.
        more: So many further plans are drawn.
    """
    words = ["tg", "query", query.kind, *_of_kind(query), *_shared(query)]
    if more:
        words += ["--plans", str(more)]
    return shlex.join([*words, *options])


def _of_kind(query: Query) -> Iterator[str]:
    if isinstance(query, TopK):
        yield from ("-k", str(query.k))
        if query.order == "best":
            yield "--best"
    elif isinstance(query, Threshold):
        yield from (f"--{query.side}", str(query.threshold))
    elif isinstance(query, Compare):
        yield from _compared(query)
    else:
        yield from _debugged(query)


def _compared(query: Compare) -> Iterator[str]:
    for other in query.others:
        yield from ("--with", other)
    if query.margin:
        yield from ("--margin", str(query.margin))
    if query.finding == "worse":
        yield "--worse"


def _debugged(query: Debug) -> Iterator[str]:
    default = Debug(model=query.model)
    if query.threshold is not None:
        yield from ("--below", str(query.threshold))
    if query.deviations != default.deviations:
        yield from ("--deviations", str(query.deviations))
    if query.patterns != default.patterns:
        yield from ("--patterns", str(query.patterns))


def _shared(query: Query) -> Iterator[str]:
    yield from ("--model", query.model)
    for column in query.by:
        yield from ("--by", column)
    where = query.plans.model_dump(exclude={"at_most", "slots"}, exclude_none=True)
    for column, value in {**where, **query.plans.slots}.items():
        yield from ("--where", f"{column}={value}")
    default = type(query).model_fields
    for name in ("budget", "confidence", "way", "seed"):
        if getattr(query, name) != default[name].default:
            yield from (f"--{name}", str(getattr(query, name)))
