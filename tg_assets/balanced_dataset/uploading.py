"""Putting what is published into a bucket, where no folder can be renamed.

Every publication lies under a prefix of its own, named by its content, and one small object,
``CURRENT``, which is put whole, says which of them counts. Who reads ``CURRENT`` first never meets
half of a dataset. The one before is kept for those who still read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tg_assets.ids import digest

CURRENT = "CURRENT"
WORKERS = 8
KEYS_A_REQUEST = 1000
"""Most objects that one request to S3 may delete."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place in S3.

    Attributes:
        client: boto3's.
        name: The bucket.
        prefix: Of all keys, without a slash at its end.
    """

    client: Any
    name: str
    prefix: str

    @classmethod
    def at(cls, client: Any, url: str) -> Bucket:
        """Return the place that an ``s3://`` URL names."""
        name, _, prefix = url.removeprefix("s3://").partition("/")
        return cls(client, name, prefix.strip("/"))

    def key(self, *parts: str) -> str:
        """Return a key below the prefix."""
        return "/".join(part for part in (self.prefix, *parts) if part)

    def url(self, *parts: str) -> str:
        """Return the URL of a key below the prefix."""
        return f"s3://{self.name}/{self.key(*parts)}"

    def objects(self) -> Iterator[str]:
        """Yield every key below the prefix."""
        pages = self.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.name, Prefix=f"{self.prefix}/"):
            yield from (entry["Key"] for entry in page.get("Contents", ()))


def put_dataset(folder: Path, bucket: Bucket) -> str:
    """Put a published folder into a bucket and make it the current one.

    Args:
        folder: With everything that is published.
        bucket: Where publications lie, each under a prefix of its own.

    Returns:
        The URL of this publication.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in files]
    with ThreadPoolExecutor(WORKERS) as threads:
        hashes = list(threads.map(_hash, files))
        version = digest(
            "publication", *(part for pair in zip(names, hashes, strict=True) for part in pair)
        )
        before = current(bucket)

        def put(name: str, file: Path) -> None:
            bucket.client.upload_file(str(file), bucket.name, bucket.key(version, name))

        list(threads.map(put, names, files))
    if before != version:
        body = orjson.dumps({"version": version, "before": before})
        bucket.client.put_object(Bucket=bucket.name, Key=bucket.key(CURRENT), Body=body)
        _delete_all_but(bucket, {version, before, CURRENT})
    return bucket.url(version)


def current(bucket: Bucket) -> str | None:
    """Return the name of the publication that counts, null before there is one."""
    try:
        found = bucket.client.get_object(Bucket=bucket.name, Key=bucket.key(CURRENT))
    except bucket.client.exceptions.NoSuchKey:
        return None
    return str(orjson.loads(found["Body"].read())["version"])


def _delete_all_but(bucket: Bucket, kept: set[str | None]) -> None:
    start = len(bucket.key("x")) - 1
    old = [key for key in bucket.objects() if key[start:].split("/")[0] not in kept]
    for first in range(0, len(old), KEYS_A_REQUEST):
        keys = [{"Key": key} for key in old[first : first + KEYS_A_REQUEST]]
        answer = bucket.client.delete_objects(Bucket=bucket.name, Delete={"Objects": keys})
        for error in answer.get("Errors", ()):
            raise OSError(
                f"s3://{bucket.name}/{error['Key']} of an earlier publication cannot be deleted "
                f"({error['Code']}); allow s3:DeleteObject below {bucket.url()}"
            )


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
