"""Pictures in tar archives, such as WebDataset's: ``tar://<container>!<offset>+<size>!<member>``.

The uri says where the bytes lie, so that reading one takes one read and no index.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from tg_assets.image_pool.listed import Member, Problem, is_image
from tg_assets.image_pool.locations import Inside, climbs_out, is_utf8, printable
from tg_assets.image_pool.storages import opened, read_range
from tg_assets.image_pool.unreadable import ImageUnreadable, too_large

_BLOCK = tarfile.BLOCKSIZE
_PLACE = re.compile(r"(\d{1,18})\+(\d{1,18})!(.+)", re.DOTALL)


def members(url: str) -> Iterator[Member | Problem]:
    """Yield the pictures of an archive, in its order."""
    with opened(url) as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        try:
            archive = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - the file is closed
        except tarfile.TarError as error:
            yield Problem(printable(url), "unreadable", _no_tar(error))
            return
        yield from _walked(url, archive, file, length)


def read(there: Inside, limit: int) -> bytes:
    """Return a member's bytes."""
    found = _PLACE.fullmatch(there.place)
    if found is None or int(found[1]) < _BLOCK:
        detail = "names no place in a tar; such uris end in !<offset>+<size>!<member>"
        raise ImageUnreadable(there.uri, "unreadable", detail)
    offset, size = int(found[1]), int(found[2])
    if size > limit:
        raise too_large(there.uri, limit, size)
    content = read_range(there.container, offset - _BLOCK, _BLOCK + size)
    if not _begins_a_file_of(content[:_BLOCK], size):
        detail = "the tar changed after it was listed: no such member begins there any more"
        raise ImageUnreadable(there.uri, "unreadable", detail)
    if len(content) < _BLOCK + size:
        raise ImageUnreadable(there.uri, "unreadable", "the tar was cut short after it was listed")
    return content[_BLOCK:]


def _walked(
    url: str, archive: tarfile.TarFile, file: BinaryIO, length: int
) -> Iterator[Member | Problem]:
    count = 0
    try:
        while (info := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined] # it grows with the archive
            if info.offset_data + info.size > length and info.isreg():
                break
            count += 1
            if is_image(info.name):
                yield _listed(url, info)
    except (tarfile.TarError, EOFError):
        pass  # told below, with everything else that ends an archive early
    if not _ends_here(file, archive.offset):
        yield Problem(
            printable(url),
            "truncated",
            f"the tar is cut short or damaged at byte {min(archive.offset, length):,} of "
            f"{length:,}: the {count:,} members before it are used; copy it again, and what "
            "follows is found by the next look",
        )


def _listed(url: str, info: tarfile.TarInfo) -> Member | Problem:
    uri = Inside("tar", url, f"{info.offset_data}+{info.size}!{info.name}").uri
    if not is_utf8(uri):
        return Problem(printable(uri), "not_utf8", "the name is not UTF-8")
    if climbs_out(info.name):
        detail = "the member's name leads out of the archive, as no honest one does"
        return Problem(uri, "climbs_out", detail)
    if not info.isreg() or info.issparse():
        detail = "it is a link, a device or a sparse file, whose bytes do not lie in the tar"
        return Problem(uri, "not_a_file", detail)
    return Member(uri)


def _ends_here(file: BinaryIO, offset: int) -> bool:
    """Tell whether the mark that ends an archive stands there; tarfile stops without it too."""
    file.seek(offset)
    return file.read(_BLOCK) == bytes(_BLOCK)


def _begins_a_file_of(block: bytes, size: int) -> bool:
    try:
        header = tarfile.TarInfo.frombuf(block, tarfile.ENCODING, "surrogateescape")
    except tarfile.TarError:
        return False
    return header.isreg() and header.size == size


def _no_tar(error: Exception) -> str:
    return (
        f"no tar archive ({error}); a compressed one cannot be read at random: uncompress it "
        "(gunzip, zstd -d), pictures hardly shrink anyway"
    )
