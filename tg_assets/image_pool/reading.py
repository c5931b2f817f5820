"""The bytes of a picture: read from where it is, and held to what was registered."""

from __future__ import annotations

import errno
import os
import stat

from tg_assets import ids
from tg_assets.image_pool import containers
from tg_assets.image_pool.locations import BadLocation, inside, is_rendered, local_path
from tg_assets.image_pool.storages import StorageError, read_range
from tg_assets.image_pool.unreadable import ImageUnreadable, gone, too_large

__all__ = [
    "MAX_FILE_BYTES",
    "ImageChanged",
    "ImageUnreadable",
    "StorageError",
    "read_bytes",
    "read_registered",
]

MAX_FILE_BYTES = 256 * 1024 * 1024
"""A file above this many bytes is refused: as many of them are in memory as there are workers."""

# These say that the machine is short of something, not that the file is bad: were they taken for
# the file's fault, a busy machine would throw out good pictures without a word.
_MACHINE_ERRORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})

# A FIFO would hold its reader until somebody writes; systems without the flag have no such files.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class ImageChanged(Exception):  # noqa: N818 - it says what is wrong already
    """The file behind a uri is no longer the one that was registered.

    Attributes:
        uri: The file.
        image_id: The id it was registered under.
        found_id: The id of the bytes that are there now.
    """

    def __init__(self, uri: str, image_id: str, found_id: str) -> None:
        super().__init__(
            f"{uri} changed after it was registered: it was image {image_id} and its bytes are now "
            f"image {found_id}. Put the old file back, or give the new one a name of its own so "
            f"that it arrives as a new image, and withdraw image {image_id}"
        )
        self.uri = uri
        self.image_id = image_id
        self.found_id = found_id


def read_bytes(uri: str, limit: int = MAX_FILE_BYTES) -> bytes:
    """Return the bytes of a file.

    Args:
        uri: A local path, a ``file://`` URL, the URL of a storage that fsspec knows (s3://...), or
            a place in a container: see :mod:`tg_assets.image_pool.locations`.
        limit: Most bytes a file may have.

    Raises:
        ImageUnreadable: The file is gone, may not be read, is no regular file or is too large.
        StorageError: A storage cannot be reached, refuses the key or lacks the bucket.
        OSError: The machine or the storage fails, which says nothing about the file.
    """
    if is_rendered(uri):
        raise ImageUnreadable(uri, "unreadable", "the picture is still to be drawn")
    try:
        there = inside(uri)
    except BadLocation as error:
        raise ImageUnreadable(uri, "unreadable", str(error)) from None
    path = local_path(uri)
    if there is not None:
        content = containers.read(there, limit)
    elif path is None:
        content = _read_remote(uri, limit)
    else:
        content = _read_local(uri, path, limit)
    if len(content) > limit:
        raise too_large(uri, limit)
    return content


def read_registered(uri: str, image_id: str, limit: int = MAX_FILE_BYTES) -> bytes:
    """Return the bytes of a registered image, after making sure that they are still the same.

    Raises:
        ImageChanged: The bytes no longer hash to ``image_id``.
        ImageUnreadable: As for :func:`read_bytes`.
        OSError: As for :func:`read_bytes`.
    """
    content = read_bytes(uri, limit)
    found = ids.image_id(content)
    if found != image_id:
        raise ImageChanged(uri, image_id, found)
    return content


def _read_local(uri: str, path: str, limit: int) -> bytes:
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise ImageUnreadable(uri, "unreadable", "it is not a regular file")
            if facts.st_size > limit:
                raise too_large(uri, limit, facts.st_size)
            return file.read(limit + 1)
    except OSError as error:
        if error.errno in _MACHINE_ERRORS:
            raise
        raise gone(uri, error) from error
    except ValueError as error:  # a name that no file can have, such as one with a NUL
        raise ImageUnreadable(uri, "unreadable", f"no file has such a name ({error})") from error


def _read_remote(uri: str, limit: int) -> bytes:
    # Only these two are about the file. A storage that cannot be reached fails the run, which
    # is then tried again; were it taken for the file's fault, an outage would empty the pool.
    try:
        return read_range(uri, 0, limit + 1)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise gone(uri, error) from error
