"""What a source lists: files, and what cannot be one."""

from __future__ import annotations

from dataclasses import dataclass

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""How names of images end, in lower case."""


def is_image(name: str) -> bool:
    """Tell whether a name ends as an image's does, in any case."""
    return name.lower().endswith(IMAGE_SUFFIXES)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A picture that a source lists.

    Attributes:
        uri: Where it is: see :mod:`tg_assets.image_pool.locations`.
        source: Name of the source.
        license: The picture's licence.
    """

    uri: str
    source: str
    license: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that a source lists but that cannot be a picture of the pool.

    Attributes:
        uri: What it is, in valid UTF-8, which its name may not be.
        source: Name of the source.
        reason: ``not_utf8``, ``already_listed``, ``dangling_link``, ``not_a_file``,
            ``unreadable``, ``truncated``, ``encrypted``, ``climbs_out``, ``no_images``,
            ``missing`` or ``scheme_not_allowed``.
        detail: What is wrong, in words, and what to do.
    """

    uri: str
    source: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Member:
    """A picture in a container.

    Attributes:
        uri: Where it is.
        license: Its own licence, where the container gives one.
    """

    uri: str
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a container, or the container, that cannot be a picture; as `Refused`."""

    uri: str
    reason: str
    detail: str
