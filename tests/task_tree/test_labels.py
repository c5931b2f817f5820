"""Names have one spelling, however they were written."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tg_assets import ids
from tg_assets.task_tree.labels import (
    join_path,
    level_of,
    normalise_label,
    normalise_path,
    parent_of,
    split_path,
)

CALM = settings(deadline=None)  # the machine is shared

MESSY = st.text(
    st.one_of(
        st.characters(), st.sampled_from(" \t\n~∼˜～\\-*•_`'\"()[]{}<>#.,:;!?1234567890abAB℃İ")
    )
)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("Bill   OCR", "bill ocr"),
        ("1. Bill OCR", "bill ocr"),
        ("2) bill ocr", "bill ocr"),
        ("(3) bill ocr", "bill ocr"),
        ("[4] bill ocr", "bill ocr"),
        ("a. bill ocr", "bill ocr"),
        ("(b) bill ocr", "bill ocr"),
        ("1.2 bill ocr", "bill ocr"),
        ("1.bill ocr", "bill ocr"),
        ("- bill ocr", "bill ocr"),
        ("* bill ocr", "bill ocr"),
        ("•\tbill ocr", "bill ocr"),
        ("**Bill OCR**", "bill ocr"),
        ("**1. Bill OCR**", "bill ocr"),
        ("- [x] `bill ocr`.", "bill ocr"),
        ('"bill ocr",', "bill ocr"),
        ("“bill ocr”", "bill ocr"),
        ("[bill ocr]", "bill ocr"),
        ("bill_ocr", "bill ocr"),
        ("ｂｉｌｌ　ｏｃｒ", "bill ocr"),
        ("bill\u200b ocr\ufeff", "bill ocr"),
        ("human–object interaction", "human-object interaction"),
        ("Children’s books", "children's books"),
        ("🔍 object detection", "object detection"),
    ],
)
def test_layout_goes_and_the_name_stays(written: str, label: str) -> None:
    assert normalise_label(written) == label


@pytest.mark.parametrize(
    "label",
    [
        "3d object recognition",
        "2.5d",
        "2.5 dimensional maps",
        "q&a",
        "c++ code",
        "c# code",
        "16:9 pictures",
        "u.s. maps",
        "(3d) object (recognition)",
        "x-ray images",
        "rotation by 90°",
        "物体识别",
    ],
)
def test_what_looks_like_layout_but_is_the_name_stays(label: str) -> None:
    assert normalise_label(label) == label


@pytest.mark.parametrize("text", ["", "   ", "~", "1.", "...", "123", "24/7", "()", "\ud800", "**"])
def test_text_without_a_letter_names_nothing(text: str) -> None:
    assert normalise_label(text) == ""


@CALM
@given(MESSY)
@example("1. 2. a")
@example("e\u200b\u0301")
@example("_ \u02dc a")
@example("1" * 30 + ". a)")
def test_normalising_twice_changes_nothing(text: str) -> None:
    label = normalise_label(text)
    assert normalise_label(label) == label


@CALM
@given(MESSY)
def test_labels_can_be_stored_hashed_and_joined(text: str) -> None:
    label = normalise_label(text)
    assert "~" not in label
    assert "\n" not in label
    ids.task_id(label)


@CALM
@given(MESSY)
def test_a_normalised_path_is_its_own_normal_form(text: str) -> None:
    labels = normalise_path(text)
    assert normalise_path(join_path(labels)) == labels
    assert split_path(join_path(labels)) == labels


@pytest.mark.parametrize(
    "written",
    [
        "OCR~Bill OCR~x ray",
        "ocr ∼ bill ocr ∼ x ray",
        "ocr～bill ocr˜x ray",
        r"ocr \sim bill ocr $\sim$ x ray",
        "1. ~ocr~~bill ocr~ ~x ray~",
        "[ocr~bill ocr~x ray]",
    ],
)
def test_paths_are_split_on_the_tilde_and_its_look_alikes(written: str) -> None:
    assert normalise_path(written) == ("ocr", "bill ocr", "x ray")


def test_parents_and_levels_follow_from_the_path() -> None:
    assert parent_of("ocr~bill ocr") == "ocr"
    assert parent_of("ocr") == ""
    assert [level_of(path) for path in ("", "ocr", "ocr~bill ocr")] == [0, 1, 2]


def test_very_long_garbage_is_normalised_quickly() -> None:
    assert normalise_label("(" * 100_000) == ""
    assert len(normalise_label("a" * 100_000)) <= 1000
