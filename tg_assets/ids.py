"""Identifiers: every one is a hash of what it names, never of when it was met."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

ID_CHARS = 32
"""Hexadecimal characters kept of a digest: 128 bits, too many for any two things to share one."""


def digest(*parts: str | bytes | int) -> str:
    """Hash the parts, each with its length, so that no two lists of parts share a digest.

    Args:
        *parts: What is to be identified; integers are written in decimal.

    Returns:
        ``ID_CHARS`` hexadecimal characters.
    """
    state = hashlib.blake2b(digest_size=ID_CHARS // 2)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def image_id(content: bytes) -> str:
    """Return the id of an image: a hash of its file's bytes."""
    return digest("image", content)


def video_id(frames: Iterable[str]) -> str:
    """Return the id of a video: a hash of its frames' ids, in order."""
    return digest("video", *frames)


def task_id(path: str) -> str:
    """Return the id of a task type: a hash of its normalised path."""
    return digest("task", path)


def qa_id(image: str, task: str, question: str, answer: str) -> str:
    """Return the id of a question with its answer about one image under one task type."""
    return digest("qa", image, task, question, answer)


def sample_id(qa: str) -> str:
    """Return the id of a sample of the balanced dataset."""
    return digest("sample", qa)


def unit_interval(*parts: str | bytes | int) -> float:
    """Return a number in [0, 1) that depends on the parts alone: the project's only dice."""
    return int(digest(*parts)[:13], 16) / float(1 << 52)


def fingerprint(parts: Iterable[str]) -> str:
    """Return a short fingerprint (16 characters) of an ordered list of strings."""
    return digest("fingerprint", *parts)[:16]
