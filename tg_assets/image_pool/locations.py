"""Where a picture is: what a uri says before anything is opened.

A picture is a file (a local path, or the URL of a storage), one that is still to be drawn
(``rendered:<family>/<seed>``), or lies in a container, which is never unpacked:

    zip://<container>!<member>
    tar://<container>!<offset>+<size>!<member>
    parquet://<container>!<column>!<row>

The container is itself a local path or a URL: ``zip:///data/a.zip!cats/1.jpg``,
``tar://s3://bucket/00000.tar!1536+20480!0001.jpg``. In it, and in the name of a column, ``%`` and
``!`` are written ``%25`` and ``%21``; a member's name stands as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

RENDERED_PREFIX = "rendered:"
"""How the uri of a picture begins that is still to be drawn: ``rendered:<family>/<seed>``."""

LOCAL, RENDERED = "file", "rendered"
"""The schemes of what has no URL of its own: a local path, and a picture still to be drawn."""

ContainerKind = Literal["zip", "tar", "parquet"]

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_CONTAINER = re.compile(r"(zip|tar|parquet)://(.*)", re.DOTALL)
_FILE_URL = "file://"


class BadLocation(ValueError):  # noqa: N818 - it says what is wrong already
    """A uri that names nothing; the message says how such uris are written."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A place inside a container.

    Attributes:
        kind: What the container is.
        container: Its local path or URL.
        place: What comes after the container: a member, an offset and a size, a column and a row.
    """

    kind: ContainerKind
    container: str
    place: str

    @property
    def uri(self) -> str:
        """The place as a uri."""
        return f"{self.kind}://{escaped(self.container)}!{self.place}"


def inside(uri: str) -> Inside | None:
    """Return which place of which container the uri names, or None when it names none.

    Raises:
        BadLocation: It begins as such a uri and is none.
    """
    found = _CONTAINER.fullmatch(uri)
    if found is None:
        return None
    kind, rest = found.groups()
    container, separator, place = rest.partition("!")
    if not (container and separator and place):
        raise BadLocation(
            f"{uri} names no place in a container; write {kind}://<container>!<place>, with ! in "
            "the container's own name as %21"
        )
    return Inside(cast(ContainerKind, kind), unescaped(container), place)


def escaped(text: str) -> str:
    """Write a name so that it can stand before a ``!``."""
    return text.replace("%", "%25").replace("!", "%21")


def unescaped(text: str) -> str:
    """Return the name that :func:`escaped` wrote."""
    return text.replace("%21", "!").replace("%25", "%")


def scheme(uri: str) -> str:
    """Return the scheme of the storage that a uri reads from: file, s3, ..., or rendered.

    Of a place in a container it is the container's.

    Raises:
        BadLocation: As for :func:`inside`.
    """
    if is_rendered(uri):
        return RENDERED
    there = inside(uri)
    found = _URL.match(uri if there is None else there.container)
    return LOCAL if found is None else found.group(1).lower()


def local_path(uri: str) -> str | None:
    """Return the local path that the uri names, or None when it is a URL of another storage.

    A ``file://`` URL is taken literally: ``%20`` in it is three characters of a name, as fsspec
    has it, and not a blank.
    """
    if uri.startswith(_FILE_URL):
        return uri[len(_FILE_URL) :]
    return None if _URL.match(uri) else uri


def is_rendered(uri: str) -> bool:
    """Tell whether the uri names a picture that is still to be drawn."""
    return uri.startswith(RENDERED_PREFIX)


def climbs_out(name: str) -> bool:
    """Tell whether a relative name leads out of the folder it is taken from, or is not relative."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or bool(re.match("[A-Za-z]:", name))


def printable(text: str) -> str:
    r"""Return the text as valid UTF-8, what is not so written as ``\xNN`` or ``\udNNN``."""
    # The names of files that are not UTF-8 come as lone surrogates, which stand for one byte each.
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_utf8(text: str) -> bool:
    """Tell whether the text can be written as UTF-8, as tables and logs need it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
