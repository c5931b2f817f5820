"""What can be wrong with an instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    # the world
    "grid",
    "cell taken twice",
    "order of things",
    "same id",
    "unknown object",
    "size range",
    "motion",
    # the plan
    "claim",
    "staging",
    "others",
    # what the question picks out
    "nothing fits",
    "several fit",
    "another may fit",
    "no reference",
    "several references",
    "reference fits",
    "sizes alike",
    "turn unseen",
    "attribute not single",
    # the options
    "options",
    "options alike",
    "option text",
    "option meaning",
    "marked option false",
    "wrong option true",
    "wrong option may be true",
    "wrong option relevant",
    "option too general",
    # the words
    "question says too little",
    "question gives the answer",
    "question form",
    "task type",
]
SeenKind = Literal[
    "mask",
    "not visible",
    "cut off",
    "outside its cell",
    "size differs",
    "size not seen",
    "colour missing",
    "colour elsewhere",
    "motion not seen",
    "motion unasked",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What is wrong without a picture."""
SEEN_KINDS: tuple[SeenKind, ...] = get_args(SeenKind)
"""What is wrong with a picture or video."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that makes an instance unsound.

    Attributes:
        kind: One of `KINDS` or `SEEN_KINDS`.
        message: Names the thing, option or word.
    """

    kind: Kind | SeenKind
    message: str
