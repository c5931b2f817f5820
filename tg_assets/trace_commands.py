"""`tg trace`: a sample's whole way, or what became of an image or a task type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from tg_assets.commanding import ConfigOption, plain_words, settings_of
from tg_assets.plain import plain


def trace(
    name: Annotated[
        str,
        typer.Argument(help="A sample, question or image by its id or uri, or a task type's path."),
    ],
    config: ConfigOption = None,
    json: Annotated[
        bool, typer.Option("--json", help="One line of JSON, responses whole.")
    ] = False,
) -> None:
    """Show where a sample came from, or what became of an image or a task type.

    Of a withdrawn image, left_in lists every table and every file that still
    holds it: none after the next refresh.
    """
    with plain_words():
        from resources.galaxy import Galaxy
        from tg_assets.tracing.fates import trace_image, trace_task_type
        from tg_assets.tracing.finding import find
        from tg_assets.tracing.samples import trace_sample

        galaxy = Galaxy(settings_of(config, to_read=True))
        found = find(galaxy.tables, name)
        if found.kind == "sample":
            traced = trace_sample(galaxy, found.id, found.shard or "")
        elif found.kind == "image":
            traced = trace_image(galaxy, found.id, found.shard)
        else:
            traced = trace_task_type(galaxy, found.id)
    if json:
        print(orjson.dumps({"kind": found.kind, **traced}).decode())
        return
    console = Console()
    for line in _lines(traced):
        console.print(plain(line), markup=False, highlight=False, soft_wrap=True)


def _lines(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield a traced thing as indented lines; what was said raw is in the JSON alone."""
    indent = "  " * depth
    for name, part in value.items() if isinstance(value, dict) else enumerate(value, start=1):
        if name == "raw":
            continue
        if isinstance(part, dict | list) and part:
            yield f"{indent}{name}:"
            yield from _lines(part, depth + 1)
        else:
            yield f"{indent}{name}: {'none' if part in (None, [], {}) else part}"
