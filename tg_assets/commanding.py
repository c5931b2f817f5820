"""What all `tg` commands do alike: settings, and plain words instead of tracebacks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tg_assets.plain import plain

if TYPE_CHECKING:
    from tg_assets.settings import Settings

errors = Console(stderr=True)

WIDTH = 110
"""Columns of tables where there is no terminal to ask."""

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings file; the embedded default when absent."),
]


def settings_of(config: Path | None, *, to_read: bool = False) -> Settings:
    """Read the settings; one that is wrong is said and ends the command.

    Args:
        config: The settings file; what ``TG_CONFIG`` names when absent.
        to_read: The command asks no model, and needs no model's key.
    """
    from tg_assets.settings import SettingsError, load_settings

    try:
        return load_settings(config or os.environ.get("TG_CONFIG"), to_read=to_read)
    except SettingsError as error:
        say(str(error))
        raise typer.Exit(2) from None


def console_of_tables() -> Console:
    """Return standard output, wide enough for a table also where it is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def say(problem: str, style: str = "red") -> None:
    """Say something on standard error, as it is."""
    for line in problem.splitlines():
        errors.print(plain(line), style=style, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def plain_words() -> Iterator[None]:
    """Say what a person interrupted or can put right, without a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        say(
            "Interrupted. What was answered is in the ledger and what was finished is in the "
            "tables; the same command goes on from there."
        )
        raise typer.Exit(130) from None
    except (typer.Exit, typer.BadParameter):
        raise
    except Exception as error:
        from tg_assets.running import USER_ERRORS

        if not isinstance(error, USER_ERRORS):
            raise
        say(str(error))
        raise typer.Exit(2) from None
