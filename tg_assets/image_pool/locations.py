"""Where a picture is: what a uri says before anything is opened."""

from __future__ import annotations

import re

RENDERED_PREFIX = "rendered:"
"""How the uri of a picture begins that is still to be drawn: ``rendered:<family>/<seed>``."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_FILE_URL = "file://"


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
