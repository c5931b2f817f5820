"""Files and folders wherever they lie, and whose fault it is when they cannot be read.

A file that is gone is the file's fault: it is quarantined, and nothing else stops. A storage that
cannot be reached, a bucket that is not there and a key that is denied are not: were they taken
for the files', an outage or a key that ran out would empty the pool, for good.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from upath import UPath

from tg_assets.image_pool.locations import local_path
from tg_assets.settings_sources import S3

_RANDOM_BLOCK = 256 * 1024  # about a picture
_NO_BUCKET = frozenset({"NoSuchBucket", "NoSuchContainer"})


class StorageError(OSError):
    """A storage cannot be used; the message names what was to be read and what to do."""


@contextmanager
def opened(url: str, random: bool = False) -> Iterator[BinaryIO]:
    """Open a file for reading, seekable.

    Args:
        url: A local path, or the URL of a storage that fsspec knows.
        random: Whether it is read here and there: little is then fetched ahead.

    Raises:
        FileNotFoundError: There is no such file.
        StorageError: The storage of a URL cannot be reached, refuses the key, or lacks the bucket.
    """
    local = local_path(url)
    if local is not None:
        with open(local, "rb") as file:
            yield file
        return
    options: dict[str, Any] = (
        {"block_size": _RANDOM_BLOCK, "cache_type": "readahead"} if random else {}
    )
    with speaking_of(url):
        remote = UPath(url).open("rb", **options)
    with remote:
        yield cast(BinaryIO, remote)


def read_range(url: str, start: int, size: int) -> bytes:
    """Return so many bytes of a file from an offset on, fewer where the file ends; one request.

    Raises:
        FileNotFoundError: There is no such file.
        StorageError: As for :func:`opened`.
    """
    local = local_path(url)
    if local is not None:
        with open(local, "rb", buffering=0) as file:
            return os.pread(file.fileno(), size, start)
    with speaking_of(url):
        path = UPath(url)
        try:
            return bytes(path.fs.cat_file(path.path, start=start, end=start + size))
        except OSError as error:
            if _code(error) == "InvalidRange":  # nothing lies there: so S3 says of an empty file
                return b""
            raise


def look(url: str) -> tuple[int, str]:
    """Return a file's size and a text that changes when its content does: ETag or time.

    Raises:
        FileNotFoundError: There is no such file.
        StorageError: As for :func:`opened`.
    """
    local = local_path(url)
    if local is not None:
        facts = os.stat(local)
        return facts.st_size, str(facts.st_mtime_ns)
    with speaking_of(url):
        path = UPath(url)
        info = path.fs.info(path.path)
    stamps = (info.get(name) for name in ("ETag", "etag", "mtime", "LastModified", "created"))
    return int(info["size"]), str(next((stamp for stamp in stamps if stamp), ""))


def is_file(url: str) -> bool:
    """Tell whether there is such a file.

    Raises:
        StorageError: As for :func:`opened`.
    """
    local = local_path(url)
    if local is not None:
        return os.path.isfile(local)
    with speaking_of(url):
        return UPath(url).is_file()


def is_folder(url: str) -> bool:
    """Tell whether there is such a folder.

    Raises:
        StorageError: As for :func:`opened`.
    """
    local = local_path(url)
    if local is not None:
        return os.path.isdir(local)
    with speaking_of(url):
        return UPath(url).is_dir()


@contextmanager
def speaking_of(url: str) -> Iterator[None]:
    """Turn what a storage raises about itself into a StorageError; files' own errors pass."""
    if local_path(url) is not None:
        yield
        return
    try:
        yield
    except StorageError:
        raise
    except PermissionError as error:
        raise StorageError(
            f"{url}: the storage refuses the key ({_said(error)}); check the credentials and what "
            "they may list and read (for S3 the AWS_... variables or profile), then run again"
        ) from error
    except FileNotFoundError as error:
        if _code(error) in _NO_BUCKET:
            raise StorageError(
                f"{url}: there is no such bucket ({_said(error)}); check its name and the endpoint"
            ) from error
        raise
    except Exception as error:
        if (private := _private(error)) is not None:
            raise private from None
        if not _is_clients(error):
            raise
        raise StorageError(
            f"{url}: the storage cannot be used: {_said(error)}; check the network, the endpoint "
            "(settings `s3.endpoint_url`, or AWS_ENDPOINT_URL) and the credentials, then run again"
        ) from error


def use_s3(settings: S3) -> None:
    """Reach S3 as the settings say, in this process and in those that it starts from now on."""
    import fsspec.config
    import orjson

    said: dict[str, Any] = {}
    if settings.endpoint_url:
        said["endpoint_url"] = settings.endpoint_url
    if settings.anonymous:
        said["anon"] = True
    if settings.region:
        said["client_kwargs"] = {"region_name": settings.region}
    if said:
        fsspec.config.conf["s3"] = {**fsspec.config.conf.get("s3", {}), **said}
        # What started processes get holds what the settings say, never a key from fsspec's files.
        os.environ["FSSPEC_S3"] = orjson.dumps(said).decode()


def _private(error: BaseException) -> FileNotFoundError | None:
    """Return the refusal to reach a private address that an error was raised for."""
    from tg_assets.image_pool.public_hosts import PrivateAddress

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, PrivateAddress):
        cause = cause.__cause__ or getattr(cause, "_os_error", None)
    return cause


def _is_clients(error: Exception) -> bool:
    """Tell whether an error is one of the libraries that speak to storages, by its type."""
    modules = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return bool(modules & {"botocore", "aiobotocore", "aiohttp", "google", "gcsfs", "azure"})


def _code(error: BaseException) -> str | None:
    cause: BaseException | None = error
    while cause is not None:
        response = getattr(cause, "response", None)
        if isinstance(response, dict):
            return cast("str | None", response.get("Error", {}).get("Code"))
        cause = cause.__cause__
    return None


def _said(error: BaseException) -> str:
    return _code(error) or str(error).strip() or type(error).__name__
