"""Whole files of scene graphs are checked, and a fault in one question is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from small_graphs import picture, thing
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.task_space.scene_graphs.drawn_questions import picture_questions
from tg_assets.task_space.scene_graphs.graph_instance import GraphInstance
from tg_assets.task_space.scene_graphs.image_graphs import image_graph
from tg_assets.task_space.scene_graphs.page import EXAMPLE_NAMES, EXAMPLE_VIDEOS
from tg_assets.task_space.scene_graphs.verifying import verify_questions
from tg_assets.task_space.scene_graphs.vocabulary import own_vocabulary

WORDS = own_vocabulary()
SHELF = picture({name: thing(name, [v]) for name, v in (("mug", "red"), ("lamp", "blue"))})


def outcomes(wrong: bool) -> Iterator[tuple[Any, Any]]:
    graph = image_graph("shelf", SHELF)
    for made in picture_questions(graph, "object", 1, 0, WORDS):
        assert isinstance(made, GraphInstance)
        asked = replace(made.asked, right=(made.asked.right + wrong) % 4)
        yield graph, replace(made, asked=asked)


def test_a_wrong_answer_is_counted_and_kept() -> None:
    sound, unsound = (verify_questions(outcomes(wrong), WORDS, 10) for wrong in (False, True))
    assert (sound.instances, sound.unsound_count, sound.unsound) == (2, 0, ())
    assert (unsound.instances, unsound.unsound_count) == (2, 2)
    assert unsound.faults["the option marked right is wrong"] == 2
    assert "the option marked right is wrong" in unsound.unsound[0].faults


def test_no_more_is_checked_than_wanted() -> None:
    found = verify_questions(outcomes(False), WORDS, 1)
    assert (found.plans, found.instances) == (1, 1)


def test_the_command_checks_files(tmp_path: Path) -> None:
    file = tmp_path / "graphs.json"
    file.write_text(json.dumps({"bad": {}, "shelf": SHELF}), encoding="utf-8")
    videos = "--video-graphs", str(EXAMPLE_VIDEOS), "--names", str(EXAMPLE_NAMES)
    command = "task-space", "soundness", "--scene-graphs", str(file), *videos, "-n", "30", "--json"
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)["generators"]
    assert len(found) == 6
    assert found["object"]["instances"] == 2
    assert found["object"]["no_instance"] == {"without size, the whole graph": 1}
    assert found["video-object"]["instances"] == 30
