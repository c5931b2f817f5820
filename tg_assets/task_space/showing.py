"""A page of tasks: what a model would be shown and asked, as one HTML file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from tg_assets.balanced_dataset.html_parts import figures, section
from tg_assets.scenes.picture import Clip, Picture
from tg_assets.tables import PATH_SEPARATOR
from tg_assets.task_space.instance import Asked, Instance
from tg_assets.task_space.library import Library

if TYPE_CHECKING:
    from PIL import Image

_PAGE = Path(__file__).with_name("show.html")
STRIP = (0, 5, 10, 15)
"""The frames of a video that are shown beside each other."""
WIDE, NARROW = 400, 200
"""Widths in pixels of a picture and of a frame in a strip."""


@dataclass(frozen=True)
class Card:
    """A task on the page.

    Attributes:
        pictures: Beside each other: one, or some frames of a video.
        asked: The question.
        plan: What the plan names, as (what, value).
        task_type: Its path in the tree.
        video: As mp4, where there is one.
    """

    pictures: Sequence[Image.Image]
    asked: Asked
    plan: Sequence[tuple[str, str]]
    task_type: str
    video: bytes | None = None


@dataclass(frozen=True)
class Group:
    """The tasks of one generator.

    Attributes:
        name: Of the generator.
        cards: Its tasks.
        note: What is to be said of it, in a sentence.
    """

    name: str
    cards: Sequence[Card]
    note: str = ""


def card(library: Library, instance: Instance, shown: Picture | Clip) -> Card:
    """Return an instance as a card.

    Args:
        library: Has the names of categories.
        instance: The task.
        shown: Its world, drawn.
    """
    frames = shown.frames if isinstance(shown, Clip) else (shown,)
    chosen = [frames[n].image for n in STRIP] if isinstance(shown, Clip) else [shown.image]
    return Card(
        chosen,
        instance.asked,
        list(plan_in_words(library, instance.plan)),
        instance.task_type,
        _encoded(frames) if isinstance(shown, Clip) else None,
    )


def plan_in_words(library: Library, plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a plan names, categories by their names."""
    for column, value in plan.items():
        if value is None or column == "generator":
            continue
        if column in ("target", "reference"):
            yield column, library.names[value]
        else:
            yield column.replace("_", " "), f"{value:,}" if column == "index" else str(value)


def render_page(title: str, groups: Iterable[Group]) -> str:
    """Return the page, with nothing loaded from elsewhere."""
    all_groups = list(groups)
    numbers = figures(
        [
            (f"{len(all_groups):,}", "generators"),
            (f"{sum(len(group.cards) for group in all_groups):,}", "tasks"),
        ]
    )
    header = f"<header>\n<h1>{escape(title)}</h1>\n{numbers}\n</header>"
    sections = [
        section(group.name, f'<div class="tasks">{"".join(map(_task, group.cards))}</div>',
                group.note, wide=True)
        for group in all_groups
    ]  # fmt: skip
    page = Template(_PAGE.read_text(encoding="utf-8"))
    return page.substitute(title=escape(title), body="\n".join([header, *sections]))


def _task(card: Card) -> str:
    path = " › ".join(card.task_type.split(PATH_SEPARATOR))
    options = "".join(
        f'<li{" class=right" if place == card.asked.right else ""}>{escape(option.text)}</li>'
        for place, option in enumerate(card.asked.options)
    )
    plan = "".join(f"<dt>{escape(what)}</dt><dd>{escape(value)}</dd>" for what, value in card.plan)
    return (
        f'<div class="task">{_pictures(card)}<div class="text">'
        f'<div class="path">{escape(path)}</div>'
        f'<div class="question">{escape(card.asked.question)}</div>'
        f'<ol type="A">{options}</ol><dl>{plan}</dl></div></div>\n'
    )


def _pictures(card: Card) -> str:
    width = WIDE if len(card.pictures) == 1 else NARROW
    images = "".join(f'<img alt="" src="{_inline(one, width)}">' for one in card.pictures)
    kind = "picture" if len(card.pictures) == 1 else "strip"
    video = ""
    if card.video is not None:
        source = f"data:video/mp4;base64,{b64encode(card.video).decode()}"
        video = f'<video controls loop muted playsinline src="{source}"></video>'
    return f'<div class="{kind}">{images}</div>{video}'


def _inline(image: Image.Image, width: int) -> str:
    height = round(image.height * width / image.width)
    held = BytesIO()
    image.resize((width, height)).save(held, "WEBP", quality=82)
    return f"data:image/webp;base64,{b64encode(held.getvalue()).decode()}"
