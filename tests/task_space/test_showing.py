"""The page of tasks shows what a model would meet, whatever names a library has."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from drawn_pictures import clip, picture
from sound_instances import instance, library

from tg_assets.task_space.instance import Option
from tg_assets.task_space.showing import Group, card, render_page

LIBRARY = library()
HOSTILE = '<script>alert("&")</script>'


class Reader(HTMLParser):
    """Collects tags and texts, and the attributes that could load something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.right: list[str] = []
        self.texts: list[str] = []
        self._in_right = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        held = dict(attrs)
        self.sources += [str(held[name]) for name in ("src", "href") if name in held]
        self._in_right = tag == "li" and held.get("class") == "right"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._in_right:
            self.right.append(data)
            self._in_right = False


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_a_task_is_shown_with_its_picture_question_options_and_plan() -> None:
    shown = instance("where beside")
    one = card(LIBRARY, shown, picture(LIBRARY, shown.world))
    found = read(render_page("Tasks", [Group("where-2d", [one], "12 plans.")]))
    assert found.tags.count("img") == 1
    assert "video" not in found.tags
    assert found.right == ["left"]
    for text in (shown.asked.question, "where-2d", "12 plans.", "right", "top", "bottom", "ball"):
        assert text in found.texts
    assert "Perception › Test › Family" in found.texts


def test_a_video_is_shown_as_frames_and_as_film() -> None:
    shown = instance("what move")
    one = card(LIBRARY, shown, clip(LIBRARY, shown.world))
    assert one.video is not None
    assert one.video[4:8] == b"ftyp"
    found = read(render_page("Tasks", [Group("what-move-video", [one])]))
    assert (found.tags.count("img"), found.tags.count("video")) == (4, 1)


def test_names_cannot_become_part_of_the_page() -> None:
    shown = instance("what")
    asked = replace(shown.asked, question=HOSTILE, options=(Option(HOSTILE, "apple"),) * 2)
    names = {**LIBRARY.names, "apple": HOSTILE}
    one = card(
        replace(LIBRARY, names=names),
        replace(shown, asked=asked, task_type=f"{HOSTILE}~b"),
        picture(LIBRARY, shown.world),
    )
    found = read(render_page(HOSTILE, [Group(HOSTILE, [one], HOSTILE)]))
    assert "script" not in found.tags
    assert found.texts.count(HOSTILE) >= 7


def test_the_page_loads_nothing_from_elsewhere() -> None:
    shown = instance("what")
    one = card(LIBRARY, shown, picture(LIBRARY, shown.world))
    page = render_page("Tasks", [Group("what-2d", [one]), Group("where-2d", [])])
    assert all(source.startswith(("data:", "#")) for source in read(page).sources)
    assert "default-src 'none'" in page
    assert not re.search(r"https?://", page)
