"""Pictures in zip archives: ``zip://<container>!<member>``."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack

from tg_assets.image_pool.kept_open import KeptOpen
from tg_assets.image_pool.listed import Member, Problem, is_image
from tg_assets.image_pool.locations import Inside, climbs_out, is_utf8, printable
from tg_assets.image_pool.storages import opened, speaking_of
from tg_assets.image_pool.unreadable import ImageUnreadable, too_large

_ENCRYPTED = 0x1
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
)
_FORKS = "__MACOSX/"  # what macOS keeps beside each file, under the file's own name


class _Archive:
    """An archive that is kept open, with its directory in memory."""

    def __init__(self, url: str) -> None:
        self._held = ExitStack()
        self._file = self._held.enter_context(opened(url, random=True))
        with speaking_of(url):
            self.zip = zipfile.ZipFile(self._file)

    def __del__(self) -> None:
        self._held.close()


_ARCHIVES: KeptOpen[_Archive] = KeptOpen(_Archive)


def members(url: str) -> Iterator[Member | Problem]:
    """Yield the pictures of an archive, in the order of its directory."""
    with opened(url) as file:
        try:
            with speaking_of(url):
                archive = zipfile.ZipFile(file)
        except _DAMAGE as error:
            yield Problem(
                printable(url),
                "unreadable",
                f"no whole zip archive ({error}): its directory, which stands at its end, is "
                "missing or damaged; copy it again",
            )
            return
        for info in archive.infolist():
            if not info.is_dir() and is_image(info.filename) and not _is_fork(info.filename):
                yield _listed(url, info)


def read(there: Inside, limit: int) -> bytes:
    """Return a member's bytes, never unpacking more than the limit."""
    try:
        archive = _ARCHIVES.get(there.container)
    except _DAMAGE as error:
        raise _damaged(there, error) from error
    try:
        info = archive.zip.getinfo(there.place)
    except KeyError:
        raise ImageUnreadable(there.uri, "unreadable", "the archive has no such member") from None
    if info.file_size > limit:
        raise too_large(there.uri, limit, info.file_size)
    try:
        with speaking_of(there.container), archive.zip.open(info) as file:
            return file.read(limit + 1)  # the size that the directory states may be a lie
    except _DAMAGE as error:
        raise _damaged(there, error) from error


def _listed(url: str, info: zipfile.ZipInfo) -> Member | Problem:
    uri = Inside("zip", url, info.filename).uri
    if climbs_out(info.filename):
        detail = "the member's name leads out of the archive, as no honest one does"
        return Problem(printable(uri), "climbs_out", detail)
    if not is_utf8(uri):
        return Problem(printable(uri), "not_utf8", "the name is not UTF-8")
    if info.flag_bits & _ENCRYPTED:
        return Problem(uri, "encrypted", "it wants a password; pack it again without one")
    return Member(uri)


def _is_fork(name: str) -> bool:
    return name.startswith(_FORKS) or f"/{_FORKS}" in name


def _damaged(there: Inside, error: Exception) -> ImageUnreadable:
    return ImageUnreadable(there.uri, "unreadable", f"damaged in the archive: {error}")
