"""What the UI shows of a materialization: previews, plots, thumbnails.

Metadata lives in the event log, so pictures are thumbnails and tables are a few rows. Plots import
matplotlib when they are made, never when definitions are loaded.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg
import polars as pl

from tg_assets.ids import digest
from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable, read_registered

PREVIEW_ROWS = 8
PREVIEW_CHARS = 90
THUMBNAILS = 8


def preview(rows: pl.DataFrame) -> dg.MetadataValue[Any]:
    """Return the first rows as a table, long values cut."""
    shown = rows.head(PREVIEW_ROWS)
    records = [
        dg.TableRecord({name: _cut(value) for name, value in row.items()})
        for row in shown.iter_rows(named=True)
    ]
    schema = dg.TableSchema([dg.TableColumn(name, str(kind)) for name, kind in rows.schema.items()])
    return dg.MetadataValue.table(records, schema)


def _cut(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and value and isinstance(value[0], float):
        return f"[{value[0]:.3f}, ...] ({len(value)} values)"
    text = str(value).replace("\n", " ")
    return text if len(text) <= PREVIEW_CHARS else text[: PREVIEW_CHARS - 1] + "…"


def plot(png: bytes) -> dg.MetadataValue[Any]:
    """Return a plot as Markdown that holds the picture."""
    return dg.MetadataValue.md(f"![plot](data:image/png;base64,{b64encode(png).decode()})")


def thumbnails(
    rows: Iterable[tuple[str, str, str, str, str]],
    heads: tuple[str, str, str] = ("task type", "question", "answer"),
) -> dg.MetadataValue[Any]:
    """Return small pictures with three texts each.

    Args:
        rows: (uri, image_id, and the texts); pictures that are gone are left out.
        heads: What the three texts are.
    """
    from tg_assets.balanced_dataset.plots import thumbnails_markdown

    shown = []
    for uri, image_id, *texts in rows:
        try:
            shown.append((read_registered(uri, image_id), *texts))
        except (ImageChanged, ImageUnreadable):
            continue  # the table of what was left out names it
    return dg.MetadataValue.md(thumbnails_markdown(shown, heads))  # type: ignore[arg-type]


def some(frame: pl.DataFrame, key: str, count: int = THUMBNAILS) -> pl.DataFrame:
    """Return a few rows, drawn by a hash of their key: the same rows every time."""
    draws = pl.Series("draw", [digest("shown", name) for name in frame[key]], dtype=pl.String)
    return frame.with_columns(draws).sort("draw").head(count).drop("draw")


def histogram(title: str, values: Sequence[float], bins: int = 20) -> dg.MetadataValue[Any]:
    """Return a histogram as a plot."""
    from tg_assets.balanced_dataset.plots import plot_histogram

    return plot(plot_histogram(title, values, bins))
