"""What is asked about each sample when step-by-step answers are wanted."""

from __future__ import annotations

import polars as pl

from resources.chat.messages import ImageRef
from resources.chat.stages import Question


def questions(samples: pl.DataFrame) -> list[Question]:
    """Return one question a sample.

    Args:
        samples: ``BALANCED_DATASET``, in the order they are asked.
    """
    return [
        Question({"question": question}, ImageRef(image, uri))
        for image, uri, question in samples.select("image_id", "uri", "question").iter_rows()
    ]
