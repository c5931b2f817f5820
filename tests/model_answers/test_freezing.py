"""A benchmark is the same wherever it is made, and other people's tools read it."""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.model_answers.freezing import NotFrozen, shared_out

GENERATORS = ("how-many-2d", "where-2d")
ARGUMENTS = [part for name in GENERATORS for part in ("--generators", name)]


def command_for(folder: Path, tasks: int = 3) -> list[str]:
    said = ["--out", str(folder), "--tasks", str(tasks), "--json"]
    return ["benchmark", "make", *said, *ARGUMENTS]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A benchmark of three tasks, and what the command said."""
    folder = tmp_path_factory.mktemp("frozen") / "benchmark"
    result = CliRunner().invoke(app, command_for(folder))
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout.splitlines()[-1])


def test_another_process_makes_the_same_benchmark(
    made: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, said = made
    again = subprocess.run(
        [sys.executable, "-m", "tg_assets.cli", *command_for(tmp_path / "again")],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(again.stdout.splitlines()[-1])["hash"] == said["hash"]
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            twin = tmp_path / "again" / file.relative_to(folder)
            assert twin.read_bytes() == file.read_bytes(), file.name


def test_datasets_loads_it(made: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    from datasets import load_dataset

    folder, said = made
    tasks = load_dataset(str(folder), split="test", cache_dir=str(tmp_path))
    assert [task["generator"] for task in tasks] == ["how-many-2d", "how-many-2d", "where-2d"]
    for task in tasks:
        place = "ABCD".index(task["answer_letter"])
        assert task["options"][place] == task["answer"]
        assert [image.size for image in task["images"]] == [(448, 448)]
    assert said["hash"] in (folder / "README.md").read_text()


def test_vlmevalkit_s_columns_say_the_same(made: tuple[Path, dict[str, str]]) -> None:
    folder, said = made
    assert said["hash"] in Path(said["tsv"]).name  # it keeps unpacked pictures by this name
    rows = pd.read_csv(said["tsv"], sep="\t")
    frozen = pd.read_parquet(folder / "data" / "test.parquet")
    for row, task in zip(rows.to_dict("records"), frozen.to_dict("records"), strict=True):
        assert str(row[row["answer"]]) == task["answer"]
        assert row["question"] == task["question"]
        assert row["category"] == task["generator"]
        content = base64.b64decode(row["image"])
        assert content == task["images"][0]["bytes"]
        assert Image.open(io.BytesIO(content)).size == (448, 448)


def test_a_video_s_frames_are_a_list_of_images(tmp_path: Path) -> None:
    from tg_assets.model_answers.frozen_formats import VlmEvalKit

    task = {
        "question": 'What does "it" do?',
        "options": ["left", "right"],
        "answer_letter": "B",
        "generator": "what-move-video",
        "kind": "video",
    }
    with VlmEvalKit(tmp_path / "t.tsv") as tsv:
        tsv.add(3, task, [b"one", b"two"])
    (row,) = pd.read_csv(tmp_path / "t.tsv", sep="\t").to_dict("records")
    images, paths = ast.literal_eval(row["image"]), ast.literal_eval(row["image_path"])
    assert [base64.b64decode(image) for image in images] == [b"one", b"two"]
    assert paths == ["0003-00.png", "0003-01.png"]
    assert (row["question"], row["B"]) == (task["question"], "right")
    assert pd.isna(row["C"])


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = CliRunner().invoke(app, command_for(tmp_path))
    assert result.exit_code == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_tasks_are_shared_out_as_evenly_as_can_be() -> None:
    assert shared_out(["a", "b", "c"], 8) == {"a": 3, "b": 3, "c": 2}
    with pytest.raises(NotFrozen, match="fewer than the 3 generators"):
        shared_out(["a", "b", "c"], 2)
