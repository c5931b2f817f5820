"""The tree grows level by level to its targets, and says what it did not take."""

import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_assets import ids, tables
from tg_assets.task_tree.growth import Growth, GrowthAnswer, grow
from tg_assets.task_tree.prompts import GrowthQuestion
from tg_assets.task_tree.task_types import TaskType, task_types_of

Reply = tuple[str, ...] | None


class Script:
    """Answers by (parent, round); what the script does not name gets an empty list."""

    def __init__(self, replies: dict[tuple[str, int], Reply]) -> None:
        self.replies = replies
        self.rounds: list[list[GrowthQuestion]] = []

    def __call__(self, questions: Sequence[GrowthQuestion]) -> list[GrowthAnswer]:
        self.rounds.append(list(questions))
        return [self._answer(question) for question in questions]

    def _answer(self, question: GrowthQuestion) -> GrowthAnswer:
        labels = self.replies.get((question.parent, question.round), ())
        reason = "timeout" if labels is None else None
        return GrowthAnswer(labels, "a model", question.prompt_version, reason)


def batch(
    script: Callable[[Sequence[GrowthQuestion]], Sequence[GrowthAnswer]],
    targets: dict[int, int],
    seeds: Sequence[str] = (),
    existing: Sequence[str] = (),
    **options: object,
) -> Growth:
    settled = {"max_rounds": 5, "per_request": 10} | options
    tree = [TaskType(path) for path in existing]
    return grow(tree, seeds, targets, ask=script, **settled)  # type: ignore[arg-type]


def grown(growth: Growth) -> list[str]:
    return sorted(growth.task_types["path"])


def reasons(growth: Growth) -> dict[str, str]:
    return dict(zip(growth.rejected["label"], growth.rejected["reason"], strict=True))


def never(questions: Sequence[GrowthQuestion]) -> list[GrowthAnswer]:
    raise AssertionError(f"asked {questions}")


def test_seeds_alone_make_a_batch_and_nobody_is_asked() -> None:
    growth = batch(never, {}, seeds=["a~b"])
    rows = growth.task_types.sort("path").to_dicts()
    assert rows[1] == {
        "task_id": ids.task_id("a~b"),
        "path": "a~b",
        "level": 2,
        "parent_id": ids.task_id("a"),
        "origin": "seed",
        "prompt_version": None,
        "model": None,
    }
    assert (rows[0]["path"], rows[0]["parent_id"]) == ("a", None)
    assert growth.rejected.is_empty()


def test_both_tables_hold_their_schema() -> None:
    growth = batch(Script({("", 1): ("b", "a")}), {1: 5}, seeds=["a"])
    tables.TASK_TREE.enforce(growth.task_types)
    tables.REJECTED_TASK_TYPES.enforce(growth.rejected)


def test_a_level_is_asked_about_until_its_target_is_reached() -> None:
    script = Script({("", 1): ("b", "c"), ("", 2): ("d", "e", "f")})
    growth = batch(script, {1: 5}, seeds=["a"])
    assert grown(growth) == ["a", "b", "c", "d", "e"]
    assert reasons(growth) == {"f": "over_target"}
    assert [q.existing for (q,) in script.rounds] == [("a",), ("a", "b", "c")]
    assert [(q.round, q.limit) for (q,) in script.rounds] == [(1, 4), (2, 2)]


def test_new_types_carry_model_and_prompt_version() -> None:
    growth = batch(Script({("", 1): ("b",)}), {1: 2}, seeds=["a"])
    row = growth.task_types.filter(path="b").to_dicts()[0]
    question = GrowthQuestion("", ("a",), 1, 1)
    assert (row["origin"], row["model"]) == ("expanded", "a model")
    assert row["prompt_version"] == question.prompt_version


def test_a_level_ends_with_a_round_that_yields_nothing() -> None:
    script = Script({("", 1): ("b",), ("", 3): ("never asked for",)})
    assert grown(batch(script, {1: 9}, seeds=["a"])) == ["a", "b"]
    assert len(script.rounds) == 2


def test_a_level_ends_after_its_rounds() -> None:
    script = Script({("", number): (f"name {chr(96 + number)}",) for number in range(1, 9)})
    assert len(grown(batch(script, {1: 99}, max_rounds=3))) == 3


def test_nobody_is_asked_when_targets_are_reached() -> None:
    batch(never, {1: 2, 2: 1}, seeds=["a~b"], existing=["c"])


def test_every_parent_of_the_batch_is_asked_in_one_call_also_the_new_ones() -> None:
    script = Script({("", 1): ("c",), ("a", 1): ("x",), ("b", 1): ("x", "y"), ("c", 1): ("z",)})
    growth = batch(script, {1: 3, 2: 9}, seeds=["a", "b"])
    assert [q.parent for q in script.rounds[1]] == ["a", "b", "c"]
    assert grown(growth) == ["a", "a~x", "b", "b~x", "b~y", "c", "c~z"]


def test_parents_of_earlier_batches_are_neither_asked_about_nor_repeated() -> None:
    script = Script({("new", 1): ("x",)})
    growth = batch(script, {1: 2, 2: 9}, seeds=["new", "old~more"], existing=["old"])
    assert {q.parent for asked in script.rounds for q in asked} == {"new"}
    assert grown(growth) == ["new", "new~x", "old~more"]


def test_parents_of_earlier_batches_are_asked_about_on_request() -> None:
    script = Script({("old", 1): ("x", "known")})
    growth = batch(script, {2: 9}, existing=["old", "old~known", "other"], also_under=["old"])
    assert grown(growth) == ["old~x"]
    assert reasons(growth) == {"known": "duplicate"}


def test_an_unknown_path_to_grow_under_is_named() -> None:
    with pytest.raises(ValueError, match="no such task type in the tree: nowhere"):
        batch(never, {2: 9}, also_under=["nowhere"])


def test_names_over_the_target_are_shared_out_fairly() -> None:
    script = Script({(parent, 1): ("x", "y", "z") for parent in ("a", "b", "c")})
    growth = batch(script, {2: 5}, seeds=["a", "b", "c"])
    assert [path for path in grown(growth) if "~" in path] == ["a~x", "a~y", "b~x", "b~y", "c~x"]
    over = growth.rejected.filter(reason="over_target")
    assert over.select("parent", "label").rows() == [
        ("a", "z"),
        ("b", "z"),
        ("c", "y"),
        ("c", "z"),
    ]


def test_parents_are_asked_for_twice_their_share_and_never_for_more_than_allowed() -> None:
    script = Script({("a", 1): ("x",), ("b", 1): ("x",)})
    batch(script, {2: 6}, seeds=["a", "b", "c", "d"])
    assert [{q.limit for q in asked} for asked in script.rounds] == [{3}, {4}]
    script = Script({})
    batch(script, {2: 600}, seeds=["a"], per_request=7)
    assert script.rounds[0][0].limit == 7


def test_a_parent_with_bad_labels_does_not_lose_its_turn() -> None:
    script = Script({("a", 1): ("", "a", "x"), ("b", 1): ("x", "y")})
    growth = batch(script, {2: 2}, seeds=["a", "b"])
    assert {"a~x", "b~x"} <= set(grown(growth))


BAD = {
    "   ": "empty",
    "123": "empty",
    "~": "empty",
    "w" * 121: "too_long",
    "Bill OCR": "duplicate",
    "1. ocr~BILL OCR": "duplicate",
    "ocr of bills": "reworded",
    "billocr": "reworded",
    "OCR": "same_as_parent",
    "ocr~ocr": "same_as_parent",
    "detection~menu ocr": "parent",
    "menu ocr~dish ocr": "parent",
    "bad \ud800 detection~x": "parent",
}


def test_every_kind_of_bad_label_is_a_row_with_its_reason() -> None:
    script = Script({("ocr", 1): (*BAD, *BAD, "ocr ∼ Sign OCR ∼ road signs", "- **Menu OCR**")})
    growth = batch(script, {2: 50}, seeds=["ocr~bill ocr", "detection"])
    assert grown(growth) == ["detection", "ocr", "ocr~bill ocr", "ocr~menu ocr", "ocr~sign ocr"]
    expected = {label.replace("\ud800", "?"): reason for label, reason in BAD.items()}
    assert reasons(growth) == expected
    details = dict(growth.rejected.select("label", "detail").iter_rows())
    assert details["ocr of bills"] == "ocr~bill ocr"
    assert "is not under ocr" in details["detection~menu ocr"]


def test_a_label_of_any_length_is_rejected_and_stored_short() -> None:
    growth = batch(Script({("", 1): ("y" * 1_000_000,)}), {1: 5}, seeds=["a"])
    assert growth.rejected["reason"].to_list() == ["too_long"]
    assert len(growth.rejected["label"][0]) <= 500


def test_deeper_levels_take_the_label_from_any_way_of_writing_its_path() -> None:
    labels = ("x", "b~y", "a~b~z", "a~b~z~deeper", "c~b~w")
    growth = batch(Script({("a~b", 1): labels}), {3: 9}, seeds=["a~b"])
    assert [path for path in grown(growth) if path.count("~") == 2] == ["a~b~x", "a~b~y", "a~b~z"]
    assert reasons(growth) == {"a~b~z~deeper": "duplicate", "c~b~w": "parent"}


def test_a_failed_request_is_a_row_and_the_others_go_on() -> None:
    script = Script({("a", 1): None, ("b", 1): ("x",), ("a", 2): ("late",)})
    growth = batch(script, {2: 9}, seeds=["a", "b"])
    assert grown(growth) == ["a", "a~late", "b", "b~x"]
    failed = growth.rejected.row(0, named=True)
    assert failed == {
        "parent": "a",
        "label": "",
        "round": 1,
        "reason": "request_failed",
        "detail": "timeout",
    }


def test_a_parent_that_yielded_nothing_is_not_paid_for_again() -> None:
    script = Script({("a", 1): (), ("b", 1): ("x",), ("b", 2): ("y",)})
    batch(script, {2: 9}, seeds=["a", "b"])
    assert [[q.parent for q in asked] for asked in script.rounds] == [["a", "b"], ["b"], ["b"]]


def test_a_wrong_number_of_answers_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 answers to 1 questions of level 1, round 1"):
        batch(lambda questions: [], {1: 5}, seeds=["a"])


@pytest.mark.parametrize("seed", ["A", "a~", "", "a ~ b"])
def test_seeds_must_be_normalised(seed: str) -> None:
    with pytest.raises(ValueError, match="is not a normalised path"):
        batch(never, {}, seeds=[seed])


def test_no_batch_repeats_a_type_of_an_earlier_one() -> None:
    first = batch(Script({("", 1): ("b",)}), {1: 2}, seeds=["a"])
    earlier = task_types_of(first.task_types)
    second = grow(earlier, ["a", "c"], {1: 4}, 3, 10, Script({("", 1): ("b", "d")}))
    assert grown(second) == ["c", "d"]
    assert earlier == [TaskType("a"), *earlier[1:]]


WORDS = st.sampled_from(["x", "y", "ys", "z w", "w of z", "a", "b~q", "a~x", "", "9", "a~b~c"])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(1, 3)),
        st.none() | st.lists(WORDS, max_size=6).map(tuple),
    ),
    st.integers(0, 6),
    st.integers(0, 9),
)
def test_whatever_is_replied_the_tree_is_whole_and_within_its_targets(
    replies: dict[tuple[str, int], Reply], level_1: int, level_2: int
) -> None:
    growth = batch(Script(replies), {1: level_1, 2: level_2}, seeds=["a", "b"])
    paths = set(growth.task_types["path"])
    assert all("~" not in path or path.rpartition("~")[0] in paths for path in paths)
    assert sum("~" not in path for path in paths) <= max(level_1, 2)
    assert sum("~" in path for path in paths) <= level_2
    backwards = dict(reversed(list(replies.items())))
    again = batch(Script(backwards), {2: level_2, 1: level_1}, seeds=["b", "a"])
    assert again.task_types.equals(growth.task_types)
    assert again.rejected.equals(growth.rejected)


PROGRAM = """
from tg_assets.task_tree.growth import GrowthAnswer, grow
def ask(questions):
    return [GrowthAnswer(tuple("red blue green reds x~y".split()), "m", "v") for q in questions]
growth = grow([], ["b", "a", "c~d"], {1: 5, 2: 9}, 4, 10, ask)
print(growth.task_types.write_json(), growth.rejected.write_json())
"""


def test_the_hash_seed_of_the_process_does_not_matter() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop()
