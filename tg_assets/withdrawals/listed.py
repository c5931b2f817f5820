"""Reading the list of what is withdrawn: images and task types that must not be used any more."""

from __future__ import annotations

import io

import polars as pl
from upath import UPath

from tg_assets.ids import task_id
from tg_assets.tables import WITHDRAWALS

KINDS = ("image", "task_type")
EMPTY = b"kind,id,reason\n"


class WithdrawalsError(ValueError):
    """The list cannot be used; the message names the file and the row."""


def listed_content(path: str | None) -> bytes:
    """Return the list's bytes; an empty list when there is none."""
    return EMPTY if path is None else UPath(path).read_bytes()


def read_withdrawals(path: str | None) -> pl.DataFrame:
    """Read a CSV with the columns kind (image, task_type), id and, optionally, reason.

    A task type may be named by its path, an image by its image_id.

    Returns:
        The table ``withdrawals``; a task type's descendants are not added here.

    Raises:
        WithdrawalsError: The file is no such list.
    """
    try:
        frame = pl.read_csv(io.BytesIO(listed_content(path)), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise WithdrawalsError(f"{path}: is not a CSV file: {error}") from error
    if not {"kind", "id"} <= set(frame.columns):
        raise WithdrawalsError(f"{path}: needs the columns kind and id, it has {frame.columns}")
    if "reason" not in frame.columns:
        frame = frame.with_columns(reason=pl.lit(None, pl.String))
    for number, (kind, name) in enumerate(frame.select("kind", "id").iter_rows(), start=2):
        if kind not in KINDS or not name:
            raise WithdrawalsError(
                f"{path}, line {number}: kind {kind!r} with id {name!r}; kind is one of {KINDS} "
                "and id is not empty"
            )
    ids = [
        task_id(name) if kind == "task_type" and not _is_id(name) else name
        for kind, name in frame.select("kind", "id").iter_rows()
    ]
    rows = frame.with_columns(id=pl.Series(ids, dtype=pl.String))
    return WITHDRAWALS.enforce(rows.select("kind", "id", "reason").unique(["kind", "id"]))


def _is_id(name: str) -> bool:
    return len(name) == 32 and all(char in "0123456789abcdef" for char in name)
