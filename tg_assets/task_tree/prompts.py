"""What a language model is asked when the tree grows, and how its reply must look.

Two prompts, at every level: one for a parent that has children already, which must be added to
without overlap, and one for a parent that has none. What is asked about stands at the end as
JSON, so that the answer to a question depends on nothing but its text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tg_assets import ids

DATA_MARK = "\nDATA\n"
"""What stands between the instructions and the JSON object that ends every question."""

GROWTH_SCHEMA: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "properties": {"labels": {"type": "array", "items": {"type": "string"}}},
        "required": ["labels"],
        "additionalProperties": False,
    }
)
"""The JSON schema of a reply."""

_FRAME = """\
You know computer vision and language well, and you are drawing up a catalogue of everything that \
a model can be asked to do with one picture and a text. What goes in is a picture with a text; \
what comes out is text. The catalogue is a tree: a branch is a field of work, what hangs under it \
is a narrower kind of the same work.

The object under DATA says which branch is meant. "parent" is its path from the root, level by \
level with "~" between, or empty where the fields of level 1 themselves are meant. "existing" \
lists what hangs directly under it today, "level" is the level of the names that are wanted, \
"round" says how often you have been asked about this branch, this time included, and "limit" is \
how many names you may give at most.
"""

_RULES = """\
Every name must
- be a kind of its parent's work, one step narrower, and possible with nothing but a picture and a \
text;
- be a short noun phrase of one to six words in lower case, understandable on its own, without \
numbering, explanation or "~";
- be clearly different in meaning from every other name, not another wording of it.

Put the most useful names first. Give fewer than "limit" rather than force one, and an empty list \
when nothing is missing.

Reply with one JSON object and nothing else: {"labels": ["first name", "second name"]}
"""

EXTEND_PROMPT = f"""\
{_FRAME}
The branch has names already. Find the tasks of this field that none of them covers, and name \
these. Do not repeat, reword, translate or merge a name of "existing", and do not name a special \
case of one: it would belong one level below.

{_RULES}"""
"""For a parent that has children already."""

START_PROMPT = f"""\
{_FRAME}
The branch has no names yet. Divide this field of work into names that together cover all of it \
and do not overlap.

{_RULES}"""
"""For a parent that has none."""

PROMPTS: Mapping[str, str] = MappingProxyType({"extend": EXTEND_PROMPT, "start": START_PROMPT})

PROMPT_VERSION: Mapping[str, str] = MappingProxyType(
    {name: ids.digest(text)[:16] for name, text in PROMPTS.items()}
)
"""The version of each prompt: a hash of its text."""


@dataclass(frozen=True)
class GrowthQuestion:
    """One request for new task types under one parent.

    Attributes:
        parent: Path of the parent, "" for level 1.
        existing: Labels of the children that it has now, sorted.
        round: How often this parent has been asked about, from 1.
        level: Level of the labels that are wanted.
        limit: How many labels may be given at most.
    """

    parent: str
    existing: tuple[str, ...]
    round: int
    level: int
    limit: int = 20

    @property
    def prompt(self) -> str:
        """The name of the prompt that this question is asked with."""
        return "extend" if self.existing else "start"

    @property
    def prompt_version(self) -> str:
        """The version of the prompt that this question is asked with."""
        return PROMPT_VERSION[self.prompt]


def render(question: GrowthQuestion) -> str:
    """Return the text of a question: the prompt, then ``DATA`` and what it is about as JSON."""
    data = {
        "parent": question.parent,
        "existing": list(question.existing),
        "level": question.level,
        "round": question.round,
        "limit": question.limit,
    }
    return PROMPTS[question.prompt] + DATA_MARK + json.dumps(data, ensure_ascii=False)


def data_of(text: str) -> dict[str, Any]:
    """Return the object at the end of a rendered question.

    Raises:
        ValueError: The text is no rendered question.
    """
    _, mark, data = text.rpartition(DATA_MARK)
    if not mark:
        raise ValueError("not a question about the task tree: it has no line DATA before its JSON")
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError(f"not a question about the task tree: DATA holds {type(value).__name__}")
    return value
