"""Archives and tables that hold many pictures each: what is in them, and one picture's bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from tg_assets.image_pool import parquets, tars, zips
from tg_assets.image_pool.listed import Member, Problem
from tg_assets.image_pool.locations import ContainerKind, Inside, printable
from tg_assets.image_pool.storages import StorageError
from tg_assets.image_pool.unreadable import ImageUnreadable, gone

SUFFIXES: Mapping[ContainerKind, tuple[str, ...]] = MappingProxyType(
    {
        "zip": (".zip",),
        "tar": (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz"),
        "parquet": (".parquet",),
    }
)
"""How the names of containers end, in lower case; compressed tars are found to be refused."""

_READERS: Mapping[ContainerKind, Callable[[Inside, int], bytes]] = MappingProxyType(
    {"zip": zips.read, "tar": tars.read, "parquet": parquets.read}
)


def read(there: Inside, limit: int) -> bytes:
    """Return the bytes of a picture in a container.

    Raises:
        ImageUnreadable: The container or the picture is gone, damaged, or above the limit.
        StorageError: The storage of the container cannot be used.
    """
    try:
        return _READERS[there.kind](there, limit)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise gone(there.uri, error) from error
    except StorageError:
        raise
    except PermissionError as error:
        raise gone(there.uri, error) from error
    except ValueError as error:  # a name that no file can have, such as one with a NUL
        raise ImageUnreadable(
            there.uri, "unreadable", f"no file has such a name ({error})"
        ) from error


def members(
    kind: ContainerKind, url: str, column: str | None = None, license_column: str | None = None
) -> Iterator[Member | Problem]:
    """Yield the pictures of a container in its own order, as a stream.

    A container that is damaged or cut short yields what can be read of it, then a problem that
    says what could not; none stops the listing of the others.

    Args:
        kind: What it is.
        url: Its local path or URL.
        column: Of Parquet: the column that holds the pictures; null finds it.
        license_column: Of Parquet: the column that holds each picture's licence.

    Raises:
        StorageError: The storage of the container cannot be used.
    """
    try:
        if kind == "parquet":
            yield from parquets.members(url, column, license_column)
        else:
            yield from (zips.members if kind == "zip" else tars.members)(url)
    except StorageError:
        raise
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        detail = f"the container cannot be read: {error.strerror or type(error).__name__}"
        yield Problem(printable(url), "unreadable", detail)
