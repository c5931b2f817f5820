"""Reading the list of what is withdrawn: images and task types that must not be used any more."""

from __future__ import annotations

import io

import polars as pl
from upath import UPath

from tg_assets.ids import ID_CHARS, task_id
from tg_assets.tables import PATH_SEPARATOR, WITHDRAWALS
from tg_assets.task_tree.labels import join_path, normalise_path

BRANCH = "task_branch"
"""A task type with everything below it; `task_type` is that one alone."""

KINDS = ("image", "task_type", BRANCH)
EMPTY = b"kind,id,reason\n"


class WithdrawalsError(ValueError):
    """The list cannot be used; the message names the file and the row."""


def listed_content(path: str | None) -> bytes:
    """Return the list's bytes; an empty list when there is none.

    Raises:
        WithdrawalsError: The file is gone or cannot be read.
    """
    if path is None:
        return EMPTY
    try:
        return UPath(path).read_bytes()
    except OSError as error:
        raise WithdrawalsError(
            f"{path}: the list of withdrawals cannot be read: {error.strerror or error}"
        ) from error


def read_withdrawals(path: str | None) -> pl.DataFrame:
    """Read a CSV with the columns kind (image, task_type, task_branch), id and, optionally, reason.

    A task type may be named by its path, an image by its image_id. What is listed twice counts
    once, with the first reason.

    Returns:
        The table ``withdrawals``; what is below a task_branch is not added here.

    Raises:
        WithdrawalsError: The file is no such list.
    """
    content = listed_content(path)
    try:
        frame = pl.read_csv(io.BytesIO(content), infer_schema=False)
    except pl.exceptions.NoDataError:
        raise WithdrawalsError(f"{path}: is empty; write the header kind,id,reason") from None
    except pl.exceptions.PolarsError as error:
        raise WithdrawalsError(f"{path}: is not a CSV file: {error}") from error
    if not {"kind", "id"} <= set(frame.columns):
        raise WithdrawalsError(f"{path}: needs the columns kind and id, it has {frame.columns}")
    if "reason" not in frame.columns:
        frame = frame.with_columns(reason=pl.lit(None, pl.String))
    rows = [
        (*_entry(f"{path}, row {number}", kind, name), reason)
        for number, (kind, name, reason) in enumerate(
            frame.select("kind", "id", "reason").iter_rows(), start=1
        )
    ]
    listed = pl.DataFrame(rows, schema=dict(WITHDRAWALS.columns), orient="row")
    return WITHDRAWALS.enforce(listed.unique(["kind", "id"], keep="first", maintain_order=True))


def with_branches(listed: pl.DataFrame, tree: pl.DataFrame) -> pl.DataFrame:
    """Add the task types of withdrawn branches: the branch itself and everything below it.

    Args:
        listed: ``WITHDRAWALS``.
        tree: ``TASK_TREE`` over all batches.

    Returns:
        ``WITHDRAWALS``; a task type that is listed itself keeps its own reason.
    """
    paths = dict(tree.select("task_id", "path").iter_rows())
    rows = []
    for name, reason in listed.filter(pl.col("kind") == BRANCH).select("id", "reason").iter_rows():
        rows.append(("task_type", name, reason))
        if name not in paths:
            continue
        below = tree.filter(pl.col("path").str.starts_with(paths[name] + PATH_SEPARATOR))
        said = f"below {paths[name]}" + (f": {reason}" if reason else "")
        rows += [("task_type", task, said) for task in below["task_id"]]
    added = pl.DataFrame(rows, schema=dict(WITHDRAWALS.columns), orient="row")
    both = pl.concat([listed, added])
    return WITHDRAWALS.enforce(both.unique(["kind", "id"], keep="first", maintain_order=True))


def _entry(place: str, kind: str | None, name: str | None) -> tuple[str, str]:
    """Return kind and id of an entry."""
    kind, name = (kind or "").strip(), (name or "").strip()
    if kind not in KINDS:
        raise WithdrawalsError(f"{place}: kind is {kind!r}, it is one of {', '.join(KINDS)}")
    if not name:
        raise WithdrawalsError(f"{place}: there is no id; name what is withdrawn or delete the row")
    if _is_id(name):
        return kind, name
    if kind == "image":
        raise WithdrawalsError(
            f"{place}: {name!r} is no image_id; give the {ID_CHARS} hexadecimal digits that the "
            "table image_pool has for its uri"
        )
    path = join_path(normalise_path(name))
    if not path:
        raise WithdrawalsError(f"{place}: {name!r} is no path of a task type, such as ocr~bill ocr")
    return kind, task_id(path)


def _is_id(name: str) -> bool:
    return len(name) == ID_CHARS and all(char in "0123456789abcdef" for char in name)
