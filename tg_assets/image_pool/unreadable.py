"""Bytes that cannot be had, for a reason that lies with the file alone."""

from __future__ import annotations

from typing import Literal

UnreadableReason = Literal["unreadable", "too_large"]


class ImageUnreadable(Exception):  # noqa: N818 - it says what is wrong already
    """The bytes behind a uri cannot be had.

    Attributes:
        uri: What was to be read.
        reason: ``unreadable`` or ``too_large``, as in the table of rejected images.
        detail: What is wrong with it, in words.
    """

    def __init__(self, uri: str, reason: UnreadableReason, detail: str) -> None:
        super().__init__(f"{uri}: {detail}")
        self.uri = uri
        self.reason: UnreadableReason = reason
        self.detail = detail


def gone(uri: str, error: OSError) -> ImageUnreadable:
    """Return what to say of a file that is not there or may not be read."""
    return ImageUnreadable(uri, "unreadable", error.strerror or type(error).__name__)


def too_large(uri: str, limit: int, size: int | None = None) -> ImageUnreadable:
    """Return what to say of a file above the limit."""
    found = "the file has" if size is None else f"the file has {size:,} bytes,"
    return ImageUnreadable(uri, "too_large", f"{found} more than the limit of {limit:,} bytes")
