"""A page of tasks: what a model would be shown and asked, as one HTML file."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from tg_assets.balanced_dataset.html_parts import figures, section
from tg_assets.scenes.movies import film
from tg_assets.scenes.picture import Clip, Picture
from tg_assets.scenes.worlds import draw
from tg_assets.tables import PATH_SEPARATOR
from tg_assets.task_space.instance import Asked, Instance, NoInstance
from tg_assets.task_space.library import Library
from tg_assets.task_space.space import TaskSpace
from tg_assets.task_space.verifying import made

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
        captions: Stand under the pictures, as (what, what it shows).
    """

    pictures: Sequence[Image.Image]
    asked: Asked
    plan: Sequence[tuple[str, str]]
    task_type: str
    video: bytes | None = None
    captions: Sequence[tuple[str, str]] = ()


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


def example_group(space: TaskSpace, generator: str, n: int, seed: int) -> Group:
    """Return drawn examples of a generator.

    Args:
        space: Over a library whose objects can be drawn.
        generator: Its name.
        n: How many.
        seed: The same seed shows the same.

    Raises:
        TaskSpaceError: An object cannot be drawn.
    """
    cards, reasons = [], Counter[str]()
    for outcome in made(space, generator, n, seed):
        if isinstance(outcome, NoInstance):
            reasons[outcome.reason] += 1
        else:
            cards.append(card(space.library, outcome, draw(space.library, outcome.world)))
    without = "; ".join(f"{count} because {reason}" for reason, count in reasons.most_common())
    note = f"{space.counts[generator]:,} plans."
    if generator in space.without_plans:
        note = f"No plans: {space.without_plans[generator]}."
    return Group(
        generator, cards, f"{note} Drawn without an instance: {without}." if without else note
    )


def card(library: Library, instance: Instance, shown: Picture | Clip) -> Card:
    """Return an instance as a card.

    Args:
        library: Has the names of categories.
        instance: The task.
        shown: Its world, drawn.
    """
    plan, asked = list(plan_in_words(library, instance.plan)), instance.asked
    if isinstance(shown, Picture):
        return Card([shown.image], asked, plan, instance.task_type)
    frames = [shown.frames[n].image for n in STRIP]
    return Card(frames, asked, plan, instance.task_type, film(shown))


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
    tasks = sum(len(group.cards) for group in all_groups)
    numbers = figures(
        [
            (f"{len(all_groups):,}", "generator" if len(all_groups) == 1 else "generators"),
            (f"{tasks:,}", "task" if tasks == 1 else "tasks"),
        ]
    )
    links = "".join(
        f'<a href="#g{place}">{escape(group.name)}</a>' for place, group in enumerate(all_groups)
    )
    header = f"<header>\n<h1>{escape(title)}</h1>\n{numbers}\n<nav>{links}</nav>\n</header>"
    sections = (_section(place, group) for place, group in enumerate(all_groups))
    page = Template(_PAGE.read_text(encoding="utf-8"))
    return page.substitute(title=escape(title), body="\n".join([header, *sections]))


def _section(place: int, group: Group) -> str:
    tasks = "".join(map(_task, group.cards))
    shown = f'<div class="tasks" id="g{place}">{tasks}</div>' if tasks else ""
    return section(group.name, shown or "<p>No task of it was made.</p>", group.note)


def _task(card: Card) -> str:
    path = " › ".join(card.task_type.split(PATH_SEPARATOR))
    options = "".join(
        f"<li{' class=right' if place == card.asked.right else ''}>{escape(option.text)}</li>"
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
    shown = f'<div class="{kind}">{images}</div>' if images else ""
    return f"{shown}{video}{_captions(card)}"


def _captions(card: Card) -> str:
    lines = "".join(
        f"<p><b>{escape(what)}</b> {escape(shows)}</p>" for what, shows in card.captions
    )
    return f'<div class="captions">{lines}</div>' if lines else ""


def _inline(image: Image.Image, width: int) -> str:
    height = round(image.height * width / image.width)
    held = BytesIO()
    image.resize((width, height)).save(held, "WEBP", quality=82)
    return f"data:image/webp;base64,{b64encode(held.getvalue()).decode()}"
