"""What a source lists: files, and what cannot be one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A picture that a source lists.

    Attributes:
        uri: A local path, a URL, or ``rendered:<family>/<seed>``.
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
        reason: ``not_utf8``, ``already_listed``, ``dangling_link``, ``not_a_file``, ``unreadable``.
        detail: What is wrong, in words.
    """

    uri: str
    source: str
    reason: str
    detail: str
