"""What referees are tried on is right or wrong beyond doubt, and the same every time."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest
from known_pictures import scene_of, shard

from tg_assets.referee_calibration.faults import (
    ATTRIBUTE,
    EVASION,
    EVASIONS,
    FAULTS,
    INVENTED,
    KINDS,
    NUMBER,
    RIGHT,
    UNFIT,
)
from tg_assets.referee_calibration.pairs import ShardAnswers, choose_pairs, kinds_for
from tg_assets.scenes.judging import judge
from tg_assets.scenes.questions import asked

EACH = 8


@pytest.fixture(scope="module")
def pairs() -> pl.DataFrame:
    return choose_pairs([shard(0, 30)], EACH, KINDS)


def test_there_are_so_many_of_each_kind_and_none_twice(pairs: pl.DataFrame) -> None:
    counts = dict(pairs.group_by("kind").len().iter_rows())
    assert counts == dict.fromkeys(KINDS, EACH)
    assert not pairs["qa_id"].is_duplicated().any()


def test_a_second_opinion_calls_each_pair_what_it_is(pairs: pl.DataFrame) -> None:
    """The judge of scenes compares with everything it can ask; faults are made otherwise."""
    for row in pairs.iter_rows(named=True):
        truth = judge(scene_of(row["image_id"]), row["path"], row["question"], row["answer"])
        assert truth is (row["kind"] == RIGHT), row


def test_an_invented_object_is_nowhere_in_the_picture(pairs: pl.DataFrame) -> None:
    for row in pairs.filter(pl.col("kind") == INVENTED).iter_rows(named=True):
        shown = {thing.category for thing in scene_of(row["image_id"]).objects}
        assert row["answer"] not in shown, row


def test_a_wrong_value_or_number_answers_the_question_as_it_was_asked(pairs: pl.DataFrame) -> None:
    for row in pairs.filter(pl.col("kind").is_in([ATTRIBUTE, NUMBER])).iter_rows(named=True):
        known = asked(scene_of(row["image_id"]), row["question"])
        assert known is not None
        assert known.answer == row["known_answer"] != row["answer"]
        assert (row["kind"] == NUMBER) == row["answer"].isdecimal()


def test_a_question_that_does_not_fit_is_another_pictures_own(pairs: pl.DataFrame) -> None:
    rows = pairs.filter(pl.col("kind") == UNFIT)
    known = shard(0, 30).known
    owners = rows.join(known, on=["path", "question", "answer"], suffix=" of the owner")
    assert set(owners["qa_id"]) == set(rows["qa_id"])
    assert not (owners["image_id"] == owners["image_id of the owner"]).any()
    assert rows["known_answer"].null_count() == EACH


def test_an_evasion_answers_nothing(pairs: pl.DataFrame) -> None:
    assert set(pairs.filter(pl.col("kind") == EVASION)["answer"]) <= set(EVASIONS)


def test_a_new_shard_leaves_the_pairs_alone_once_there_are_enough(pairs: pl.DataFrame) -> None:
    def shards() -> Iterator[ShardAnswers]:
        yield shard(0, 30)
        raise AssertionError("it was read although nothing is missing")

    assert choose_pairs(shards(), EACH, KINDS).equals(pairs)


def test_what_one_shard_lacks_the_next_one_gives() -> None:
    few = choose_pairs([shard(0, 2)], EACH, KINDS)
    more = choose_pairs([shard(0, 2), shard(30, 30)], EACH, KINDS)
    assert few.height < more.height == EACH * len(KINDS)
    assert few.join(more, on=["kind", "qa_id"], how="anti").height == 0  # votes stay in use


def test_no_pairs_are_wanted_or_no_picture_is_known_so_there_are_none() -> None:
    assert choose_pairs([shard(0, 2)], 0, KINDS).height == 0
    assert choose_pairs([], EACH, KINDS).height == 0


def test_who_does_not_see_the_answer_is_tried_on_questions_alone() -> None:
    assert set(kinds_for("question")) == {RIGHT, UNFIT}
    assert set(kinds_for("answer")) == {RIGHT, *FAULTS}
