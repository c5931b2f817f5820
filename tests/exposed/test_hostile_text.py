"""What files and models say is shown as it is: nothing in it is obeyed, linked, drawn or run."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tg_assets.commanding import errors, say
from tg_assets.plain import markdown, plain

HOSTILE = (
    "<script>alert(1)</script>",
    "![x](http://evil/pixel.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; & &#60;",
    "| a | b |\n|---|---|",
    "# heading\n- item\n1. one\n> quote\n```\ncode",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",
    "[red]markup[/red]",
    "safe\u202egnp.exe",
    "a\\`b\\\\*c*",
)
TAG = re.compile(r"<[^>]*>")


def shown(text: str) -> str:
    """Return what a reader sees of rendered Markdown, having made sure that it is text alone."""
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert set(TAG.findall(page)) <= {"<p>", "</p>"}, page
    return html.unescape(TAG.sub("", page)).strip()


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_hostile_text_as_it_is(text: str) -> None:
    assert shown("x" + markdown(text)) == "x" + " ".join(plain(text).split())


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60))
def test_markdown_shows_any_text_as_it_is(text: str) -> None:
    assert shown("x" + markdown(text)) == "x" + " ".join(plain(text).split())


@given(st.text(max_size=60))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    left = {ord(char) for char in plain(text)} - {ord("\t"), ord("\n")}
    assert not left & {*range(32), *range(127, 160)}


@pytest.mark.parametrize("text", HOSTILE)
def test_the_console_gets_no_escape_sequence_and_no_markup(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    errors.file = None  # the stream that pytest captures, not the one of the import
    say(text)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[red]" in said or "[red]" not in text
