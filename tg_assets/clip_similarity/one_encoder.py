"""Vectors are compared only when one encoder made them."""

from __future__ import annotations

from resources.clip_settings import ClipError
from tg_assets.tables_io import TableStore

ENCODER = "encoder"
"""The fact of a file of embeddings that says which encoder made them: its fingerprint."""


class EncodersDiffer(ClipError):  # noqa: N818 - it says what is wrong already
    """Images and task types have vectors of different encoders; the message says what to do."""


def require_one_encoder(tables: TableStore, shard: str, batch: str) -> None:
    """Refuse to compare vectors that two encoders made.

    Their cosines would be numbers like any other, and mean nothing.

    Args:
        tables: Where the embeddings are.
        shard: Of the images.
        batch: Of the task types.

    Raises:
        EncodersDiffer: The two files name different encoders, or one of them names none.
    """
    images = _encoder_of(tables, "image_embeddings", shard)
    tasks = _encoder_of(tables, "task_embeddings", batch)
    if images is None or images != tasks:
        raise EncodersDiffer(
            f"image_embeddings[{shard}] were made by {_said(images)} and "
            f"task_embeddings[{batch}] by {_said(tasks)}, and vectors of two encoders cannot be "
            "compared: materialize both again with the clip settings as they are now"
        )


def _encoder_of(tables: TableStore, table: str, key: str) -> str | None:
    stamp = tables.stamp(table, key)
    found = stamp.facts.get(ENCODER) if stamp else None
    return None if found is None else str(found)


def _said(encoder: str | None) -> str:
    return "an encoder that the file does not name" if encoder is None else f"encoder {encoder}"
