"""The pictures and frames that instances show: those of the tables, and no other file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from PIL import Image, UnidentifiedImageError

from tg_assets.image_pool.reading import ImageUnreadable, read_bytes, read_registered

STRIP = 4
"""So many frames of a video are shown beside each other."""


@dataclass(frozen=True)
class Shown:
    """A picture of the tables.

    Attributes:
        uri: Where it lies.
        is_file: Whether its id is the digest of this file; a video's is one of all its frames.
    """

    uri: str
    is_file: bool = True


@dataclass(frozen=True)
class Pictures:
    """What can be shown, by its id.

    Attributes:
        shown: Pictures and frames.
        frames: Of a video: the ids of the frames that are shown.
    """

    shown: Mapping[str, Shown]
    frames: Mapping[str, list[str]]

    @classmethod
    def of(cls, answers: pl.DataFrame | None, tasks: pl.DataFrame | None) -> Pictures:
        """Return the pictures that answers, and the tasks that were asked, name.

        Args:
            answers: ``MODEL_ANSWERS``.
            tasks: ``EVALUATION_TASKS``: they alone name more than a video's first frame.
        """
        if answers is None:
            return cls({}, {})
        rows = answers.unique("image_id").select("image_id", "uri", "kind").iter_rows()
        shown = {name: Shown(uri, kind != "video") for name, uri, kind in rows}
        frames: dict[str, list[str]] = {}
        if tasks is not None:
            films = tasks.filter(pl.col("frames").list.len() > 0).unique("image_id")
            for name, those in films.select("image_id", "frames").iter_rows():
                some = those[:: max(1, -(-len(those) // STRIP))]
                frames[name] = [one["image_id"] for one in some]
                shown |= {one["image_id"]: Shown(one["uri"]) for one in some}
        return cls(shown, frames)

    def ids(self, image: str) -> list[str]:
        """Return what is shown of a picture or video, by its id."""
        return self.frames.get(image, [image])

    def read(self, image: str) -> tuple[bytes, str]:
        """Return a picture's bytes and their media type.

        Raises:
            ImageUnreadable: It is gone, has changed, or is no picture.
        """
        one = self.shown[image]
        content = read_registered(one.uri, image) if one.is_file else read_bytes(one.uri)
        try:
            with Image.open(io.BytesIO(content)) as opened:
                kind = opened.get_format_mimetype()
        except (UnidentifiedImageError, OSError) as error:
            raise ImageUnreadable(one.uri, "unreadable", str(error)) from None
        if kind is None or not kind.startswith("image/"):
            raise ImageUnreadable(one.uri, "unreadable", "its format has no media type")
        return content, kind
