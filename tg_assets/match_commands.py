"""`tg match`: how images were matched to task types."""

from __future__ import annotations

from typing import Annotated

import typer

from tg_assets.commanding import ConfigOption, plain_words, settings_of

app = typer.Typer(help="Look at how images were matched.", no_args_is_help=True)


@app.callback()
def _match() -> None:
    """Look at how images were matched."""


@app.command()
def show(
    image: Annotated[str, typer.Argument(help="An image's id or its beginning, path, or URL.")],
    config: ConfigOption = None,
) -> None:
    """Print an image's task types with their scores, and what the filter said of them."""
    with plain_words():
        from tg_assets.clip_similarity.showing_matches import show as shown

        shown(settings_of(config, to_read=True), image)
