"""Pictures and labels as rows of embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from resources import progress
from resources.picture_decoders import Registered
from tg_assets.clip_similarity.labels import fit_labels
from tg_assets.tables import IMAGE_EMBEDDINGS, TASK_EMBEDDINGS

if TYPE_CHECKING:
    from resources.clip import ClipEncoder
    from resources.clip_pictures import Pixels
    from resources.device import DeviceClock
    from resources.picture_decoders import PictureDecoders

NOT_A_NUMBER = "the encoder's vector holds values that are no numbers"
WITHOUT_LENGTH = "the encoder's vector has no length, and so no direction"


def embed_labels(
    tree: pl.DataFrame, encoder: ClipEncoder, clock: DeviceClock | None = None
) -> tuple[pl.DataFrame, int]:
    """Embed the task types of a batch, all in one pass of the text tower.

    Args:
        tree: ``TASK_TREE``.
        encoder: The encoder; its settings hold the label template.
        clock: Told when the device computes.

    Returns:
        ``TASK_EMBEDDINGS``, and how many labels were shortened to fit the text tower. A task type
        whose vector cannot be used is a row with its reason.
    """
    labels = fit_labels(tree["path"].to_list(), encoder.settings.label_template, encoder.fits)
    texts = [label.text for label in labels]
    if clock is not None:
        clock.start()
    embedding, reason = _columns(encoder.encode_texts(texts, clock))
    frame = pl.DataFrame(
        {
            "task_id": tree["task_id"],
            "text": pl.Series(texts, dtype=pl.String),
            "embedding": embedding,
            "reason": reason,
        },
        schema=dict(TASK_EMBEDDINGS.columns),
    )
    return frame, sum(label.shortened for label in labels)


def embed_images(
    pool: pl.DataFrame,
    encoder: ClipEncoder,
    decoders: PictureDecoders,
    what: str,
    clock: DeviceClock | None = None,
) -> pl.DataFrame:
    """Embed the images of a shard, which are read and decoded ahead of the encoder.

    Args:
        pool: ``IMAGE_POOL``.
        encoder: The encoder.
        decoders: What reads and decodes.
        what: What progress is reported as.
        clock: Told when the device computes.

    Returns:
        ``IMAGE_EMBEDDINGS``: an image that cannot be read any more, or whose vector cannot be
        used, is a row with its reason.
    """
    reasons: dict[str, str] = {}
    read: list[str] = []
    fit = encoder.fit  # loads the model, which is no time that the device waits
    if clock is not None:
        clock.start()
    # in the order of uris, which is that of a container's rows: they are read as they lie
    in_place = pool.sort("uri").select("image_id", "uri")
    images = [Registered(*row) for row in in_place.iter_rows()]

    def pictures() -> Iterator[Pixels]:
        fitted = decoders.fitted(images, fit, ahead=2 * encoder.batch_size)
        for done, image in enumerate(fitted, start=1):
            if image.pixels is None:
                reasons[image.image_id] = str(image.reason)
            else:
                read.append(image.image_id)
                yield image.pixels
            progress.report(what, done, pool.height)

    embedding, reason = _columns(encoder.encode_fitted(pictures(), clock))
    kinds = dict(IMAGE_EMBEDDINGS.columns)
    there = pl.DataFrame({"image_id": read, "embedding": embedding, "reason": reason}, schema=kinds)
    gone = pl.DataFrame(
        {
            "image_id": list(reasons),
            "embedding": [None] * len(reasons),
            "reason": list(reasons.values()),
        },
        schema=kinds,
    )
    return pl.concat([there, gone])


def _columns(vectors: NDArray[np.float32]) -> tuple[pl.Series, pl.Series]:
    """Return vectors as a column of half precision, and the reasons of those that are left out."""
    reasons = _reasons(vectors)
    reason = pl.Series("reason", reasons, dtype=pl.String)
    halves = pl.List(pl.Float16)
    if not len(vectors):
        return pl.Series("embedding", [], dtype=halves), reason
    embedding = pl.Series("embedding", vectors.astype(np.float16)).cast(halves)
    frame = pl.DataFrame({"embedding": embedding, "reason": reason})
    kept = frame.select(pl.when(pl.col("reason").is_null()).then("embedding"))
    return kept["embedding"], reason


def _reasons(vectors: NDArray[np.float32]) -> Sequence[str | None]:
    lengths = np.linalg.norm(vectors, axis=1)
    return [
        NOT_A_NUMBER if not np.isfinite(length) else WITHOUT_LENGTH if length < 0.5 else None
        for length in lengths
    ]
