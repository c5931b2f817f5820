"""`tg ledger ...` and `tg costs`: what the ledger knows, for people and for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tg_assets.commanding import ConfigOption, plain_words, say, settings_of
from tg_assets.plain import plain

if TYPE_CHECKING:
    from resources.chat.ledger import Change, Ledger, Replayed
    from resources.chat.openai_wire import Spoken
    from resources.chat.stages import Stage
    from tg_assets.settings import Settings

WIDTH = 120
"""Columns where there is no terminal to ask."""
SHOWN_CHARS = 300

app = typer.Typer(help="What was asked and what came back.", no_args_is_help=True)

StageOption = Annotated[str | None, typer.Option(help="Only of this stage.")]
ModelOption = Annotated[str | None, typer.Option(help="Only of this model of the settings.")]
LimitOption = Annotated[int, typer.Option(help="How many to show.", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="One line of JSON instead of tables.")]


@app.command()
def failures(
    config: ConfigOption = None,
    stage: StageOption = None,
    model: ModelOption = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
) -> None:
    """List the questions that have no answer, and why: counts first, then each."""
    with plain_words(), _ledger(config) as ledger:
        from resources.chat.ledger import reports

        _stages(stage)
        counts = [] if ledger is None else reports.reasons(ledger, stage, model, limit).to_dicts()
        each = [] if ledger is None else reports.failures(ledger, stage, model, limit)
        if json:
            _print_json({"reasons": counts, "failures": each})
        elif each:
            _print_table("why there is no answer", counts)
            _print_table(
                f"the first {len(each)}" if len(each) == limit else "each",
                [
                    {
                        "stage": item.stage,
                        "model": item.model,
                        "outcome": item.outcome,
                        "image": item.image_id,
                        "item": _short(item.item),
                        "reason": item.reason,
                        "paid": item.attempts,
                    }
                    for item in each
                ],
            )
        elif ledger is not None:
            whose = f" of stage {stage}" if stage else ""
            say(f"Every question{whose} that was asked has its answer.", "green")


@app.command()
def outcomes(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Count answers by stage, model and outcome."""
    with plain_words(), _ledger(config) as ledger:
        from resources.chat.ledger import reports

        counts = [] if ledger is None else reports.outcomes(ledger).to_dicts()
        if json:
            _print_json({"outcomes": counts})
        elif counts:
            _print_table("how questions ended", counts)
        elif ledger is not None:
            say("Nothing was asked yet.", "yellow")


@app.command()
def replay(
    config: ConfigOption = None,
    stage: StageOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, change nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also replace answers that read differently now.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Parse every paid response again, for free, with the present parsers.

    Questions that had no usable reply get the answer that is found now; `tg run` then takes it up.
    An answer that would read differently is shown and stays, unless --replace is given. One that
    the present parser cannot read any more is shown and stays in any case.
    """
    with plain_words(), _ledger(config) as ledger:
        from resources.chat.ledger import Replayed

        chosen = _stages(stage)
        found = Replayed()
        if ledger is not None:
            models = _spoken(settings_of(config, to_read=True))
            found = ledger.replay(chosen, dry_run=dry_run, replace=replace, models=models)
        if json:
            _print_json(found)
        elif ledger is not None:
            _tell_replay(found, dry_run, replace)


def _stages(name: str | None) -> tuple[Stage, ...]:
    from tg_assets.asked_stages import UnknownStage, stages_called

    try:
        return stages_called(name)
    except UnknownStage as error:
        raise typer.BadParameter(str(error), param_hint="--stage") from None


def costs(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Say what the dataset cost in all, by stage and model, whatever run paid for it."""
    with plain_words(), _ledger(config) as ledger:
        from resources.chat.ledger import reports

        spent = [] if ledger is None else reports.spending(ledger).to_dicts()
        summed = ("requests", "prompt_tokens", "completion_tokens", "cost_usd", "failed")
        total = {name: sum(line[name] for line in spent) for name in summed}
        total["cost_usd"] = round(total["cost_usd"], 6)
        if json:
            _print_json({"stages": spent, "total": total})
        elif spent:
            _print_table(
                "what was paid, by this and earlier runs", [*spent, {"stage": "in all", **total}]
            )
        elif ledger is not None:
            say("Nothing was asked yet, so nothing was paid.", "yellow")


@contextmanager
def _ledger(config: Path | None) -> Iterator[Ledger | None]:
    """Open the settings' ledger; null, and a word about it, where there is none yet."""
    settings = settings_of(config, to_read=True)
    from resources.chat.ledger import Ledger, holds_ledger
    from resources.chat.ledger.opening import parsed, shown
    from resources.galaxy import ledger_url

    url = ledger_url(settings)
    if not holds_ledger(url):
        say(f"There is no ledger at {shown(parsed(url))} yet: tg run makes it.", "yellow")
        yield None
        return
    ledger = Ledger(url)
    try:
        yield ledger
    finally:
        ledger.close()


def _spoken(settings: Settings) -> Mapping[str, Spoken]:
    """Return the models that are spoken to in OpenAI's protocol."""
    from tg_assets.settings import EmbeddedModel

    return {
        name: model
        for name, model in settings.models.items()
        if not isinstance(model, EmbeddedModel)
    }


def _tell_replay(found: Replayed, dry_run: bool, replace: bool) -> None:
    would, kept = ("would be", " (not kept)") if dry_run else ("were", "")
    replaced = f"of which {found.replaced:,} {would} replaced" if replace else "kept as they were"
    lines = [
        f"{found.responses:,} responses about {found.items:,} items were parsed again.",
        f"{found.answered:,} items that had no answer have one now{kept}.",
        f"{found.changed:,} answers read differently now, {replaced}.",
        f"{found.lost:,} answers cannot be read any more; they stay.",
    ]
    if found.unread:
        lines.append(f"{found.unread:,} responses hold no reply that this version can read.")
    if found.other_prompts:
        lines.append(f"{found.other_prompts:,} responses are to prompts that are no longer asked.")
    for line in lines:
        Console(soft_wrap=True).print(line, highlight=False, markup=False)
    for kind, title in (
        ("answered", "answered now"),
        ("changed", "read differently now"),
        ("lost", "not readable any more"),
    ):
        if found.changes[kind]:
            _print_table(title, map(_change_cells, found.changes[kind]))
    if found.changed and not replace:
        say("To take the new readings: tg ledger replay --replace", "yellow")


def _change_cells(change: Change) -> dict[str, Any]:
    before, after = change.before, change.after
    return {
        "stage": change.stage,
        "image": change.image_id,
        "item": _short(change.item),
        "before": before.outcome if before.value is None else _short(before.value),
        "after": after.outcome if after.value is None else _short(after.value),
    }


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"


def _print_table(title: str, lines: Iterable[dict[str, Any]]) -> None:
    """Print lines of the same columns; a long cell folds, because a cut one says nothing."""
    shown: Sequence[dict[str, Any]] = list(lines)
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1))
    for name, value in shown[0].items():
        number = isinstance(value, int | float)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for line in shown:
        table.add_row(*(Text(plain(_cell(name, line.get(name)))) for name in shown[0]))
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH)).print(table)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "cost_usd":
        return f"{value:,.4f}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _print_json(found: Any) -> None:
    typer.echo(orjson.dumps(found).decode())
