"""Pictures and labels as rows of embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from resources import progress
from tg_assets.clip_similarity.labels import fit_label
from tg_assets.image_pool.decoding import BadImage, decode
from tg_assets.image_pool.reading import ImageChanged, ImageUnreadable, read_registered
from tg_assets.tables import IMAGE_EMBEDDINGS, TASK_EMBEDDINGS

if TYPE_CHECKING:
    from PIL import Image

    from resources.clip import ClipEncoder


def embed_labels(tree: pl.DataFrame, encoder: ClipEncoder) -> tuple[pl.DataFrame, int]:
    """Embed the task types of a batch.

    Args:
        tree: ``TASK_TREE``.
        encoder: The encoder; its settings hold the label template.

    Returns:
        ``TASK_EMBEDDINGS``, and how many labels were shortened to fit the text tower.
    """
    template = encoder.settings.label_template
    labels = [fit_label(path, template, encoder.fits) for path in tree["path"]]
    vectors = encoder.encode_texts([label.text for label in labels])
    frame = pl.DataFrame(
        {
            "task_id": tree["task_id"],
            "text": [label.text for label in labels],
            "embedding": pl.Series(list(vectors), dtype=pl.List(pl.Float32)),
        },
        schema=dict(TASK_EMBEDDINGS.columns),
    )
    return frame, sum(label.shortened for label in labels)


def embed_images(pool: pl.DataFrame, encoder: ClipEncoder, what: str) -> pl.DataFrame:
    """Embed the images of a shard, reading each as it is needed.

    Args:
        pool: ``IMAGE_POOL``.
        encoder: The encoder.
        what: What progress is reported as.

    Returns:
        ``IMAGE_EMBEDDINGS``: an image that cannot be read any more is a row with its reason.
    """
    reasons: dict[str, str] = {}
    read: list[str] = []

    def pictures() -> Iterator[Image.Image]:
        for done, (name, uri) in enumerate(pool.select("image_id", "uri").iter_rows(), start=1):
            try:
                picture = decode(read_registered(uri, name))
            except (ImageChanged, ImageUnreadable, BadImage) as error:
                reasons[name] = str(error)
                continue
            read.append(name)
            yield picture
            progress.report(what, done, pool.height)

    vectors = encoder.encode_images(pictures())
    rows = [
        {"image_id": name, "embedding": vector.tolist(), "reason": None}
        for name, vector in zip(read, vectors, strict=True)
    ]
    rows += [
        {"image_id": name, "embedding": None, "reason": reason} for name, reason in reasons.items()
    ]
    return pl.DataFrame(rows, schema=dict(IMAGE_EMBEDDINGS.columns))
