"""Questions, their judge and the task types that they serve."""

import time

import numpy as np
import pytest

from tg_assets.scenes.graph import Scene
from tg_assets.scenes.judging import hallucinate, judge
from tg_assets.scenes.questions import by_path, questions, serves
from tg_assets.scenes.questions.asking import normalized
from tg_assets.scenes.render import FAMILIES, compose
from tg_assets.scenes.vocabulary import children, decoys, leaf_paths, served_paths

SCENES = [compose(family, seed) for family in sorted(FAMILIES) for seed in range(28)]


def test_tree_has_three_levels_and_enough_paths() -> None:
    paths = served_paths()
    depth = [path.count("~") for path in paths]
    assert paths == tuple(sorted(set(paths)))
    assert len(paths) >= 380
    assert depth.count(0) >= 14
    assert depth.count(1) >= 55
    assert max(depth) == 2
    assert all(path == path.lower() for path in paths)


def test_children_join_to_the_tree() -> None:
    found, front = [], [""]
    while front:
        below = [child for path in front for child in children(path)]
        assert all(child.startswith(path) for path in front for child in children(path))
        found += below
        front = below
    assert sorted(found) == list(served_paths())
    assert children("no such path") == ()


def test_decoys_are_served_by_nothing() -> None:
    for path in ("", *served_paths()):
        assert len(set(decoys(path))) >= 25
        assert not any(serves(decoy) for decoy in decoys(path))


def test_every_leaf_is_served_by_some_scene_and_nothing_else_is() -> None:
    seen = {path for scene in SCENES for path in by_path(scene)}
    assert seen <= set(served_paths())
    # A few rare ones need more pictures than a quick test draws.
    assert len(set(leaf_paths()) - seen) < 30


def test_upper_levels_have_the_questions_of_the_lower_ones() -> None:
    for scene in SCENES[::10]:
        for path in by_path(scene):
            below = {q for child in children(path) for q in questions(scene, child)}
            assert not below or below == set(questions(scene, path))


def test_there_are_many_templates() -> None:
    assert len({q.template for s in SCENES for qs in by_path(s).values() for q in qs}) >= 60


@pytest.mark.parametrize("scene", SCENES[::4], ids=lambda s: f"{s.family}-{s.seed}")
def test_answers_are_true_and_wrong_ones_false(scene: Scene) -> None:
    for path in by_path(scene):
        if path.count("~") < 2:
            continue
        for asked in questions(scene, path)[:6]:
            assert 1 <= len(asked.wrong) <= 5
            assert judge(scene, path, asked.question.upper(), f" {asked.answer}  ")
            for answer in asked.wrong:
                assert judge(scene, path, asked.question, answer) is False, asked


def test_one_question_has_one_answer() -> None:
    for scene in SCENES:
        answers: dict[str, str] = {}
        for path in children(""):
            for asked in questions(scene, path):
                said = answers.setdefault(normalized(asked.question), normalized(asked.answer))
                assert said == normalized(asked.answer), asked


def test_texts_are_filled_in() -> None:
    for scene in SCENES:
        for path in children(""):
            for asked in questions(scene, path):
                for text in (asked.question, asked.answer, *asked.wrong):
                    assert text.strip() == text != ""
                    assert "{" not in text
                    assert "None" not in text


def test_yes_and_no_are_balanced() -> None:
    answers = [
        asked.answer.split(",")[0]
        for scene in SCENES
        for path in children("")
        for asked in questions(scene, path)
        if asked.answer.startswith(("Yes", "No,")) or asked.answer == "No"
    ]
    assert 0.42 < answers.count("Yes") / len(answers) < 0.58


def test_question_texts_rarely_repeat_across_pictures() -> None:
    texts = []
    for scene in SCENES:
        found = by_path(scene)
        asked = {*found.get("ocr", ()), *found.get("logical reasoning", ())}
        texts += [q.question for q in asked]
    assert len(set(texts)) > 0.6 * len(texts)


def test_unserved_task_types_have_no_questions() -> None:
    for scene in SCENES[::7]:
        assert questions(scene, "ocr~handwritten text ocr") == ()
        assert judge(scene, "ocr~handwritten text ocr", "What?", "This.") is False


def test_unknown_families_are_not_judged() -> None:
    assert judge(Scene("photo", 1, 10, 10), "counting", "How many?", "3") is None


def test_made_up_questions_are_judged_false() -> None:
    rng = np.random.default_rng(1)
    paths = (*leaf_paths()[::17], "counting", "ocr~handwritten text ocr")
    for scene in SCENES[::8]:
        for path in paths:
            made = hallucinate(scene, path, rng)
            assert judge(scene, path, made.question, made.answer) is False
            assert made.question
            assert made.answer


def test_normalizing_keeps_numbers_apart() -> None:
    assert normalized("$4.50!") == normalized(" $4.50 ")
    assert normalized("$4.50") != normalized("$450")
    assert normalized("The Star, is red.") == normalized("the star is red")
    assert normalized("9:30") != normalized("930")


def test_asking_is_fast_once_a_scene_is_known() -> None:
    scene = compose("sprites", 999)
    questions(scene, "counting")
    start = time.perf_counter()
    for path in leaf_paths():
        questions(scene, path)
    assert (time.perf_counter() - start) / len(leaf_paths()) < 0.002
