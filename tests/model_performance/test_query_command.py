"""`tg query`: from options to a table or JSON, and plain words for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.model_performance.queries.query import read_query

SMALL = ["--where", "generator=how-many-2d", "--plans", "120", "--budget", "40"]


def run(*words: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, ["query", *words], terminal_width=200)
    assert (result.exit_code != 0) == fails, result.output
    return result.output


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("answers") / "answers.csv"
    rows = [
        {"generator": "how-many-2d", "index": index, "model": model, "correct": right}
        for index in range(0, 13_000, 130)
        for model, right in (("small", float(index % 3 == 0)), ("large", 1.0))
    ]
    pl.DataFrame(rows).write_csv(file)
    return file


@pytest.mark.parametrize(
    "words",
    [
        ["top-k", "-k", "3", "--by", "target", "--best"],
        ["threshold", "--below", "0.4"],
        ["compare", "--with", "other", "--margin", "0.1"],
        ["debug", "--patterns", "4"],
    ],
)
def test_each_kind_answers_in_json_and_says_its_query(words: list[str]) -> None:
    said = json.loads(run(*words, "--simulate", "smooth", *SMALL, "--json"))
    assert said["spent"] == 40
    assert said["found"]
    assert read_query(json.dumps(said["query"])).kind == words[0]
    assert all(row["low"] <= row["estimate"] <= row["high"] for row in said["found"])


def test_a_table_shows_intervals_patterns_and_the_budget() -> None:
    said = run("debug", "--simulate", "spiky", *SMALL)
    assert "90% interval" in said
    assert "What they have in common" in said
    assert "40 of 40 evaluations bought" in said
    assert "120 plans, drawn at random, stand for 13,143" in said


def test_known_evaluations_cost_nothing_and_are_exact(table: Path) -> None:
    said = json.loads(run("top-k", "--model", "small", "--answers", str(table), "--json"))
    assert (said["spent"], said["free"]) == (0, 100)
    assert "answered exactly" in said["notes"][0]
    compared = json.loads(
        run("compare", "--model", "large", "--with", "small", "--answers", str(table), "--json")
    )
    assert len(compared["found"]) == sum(index % 3 != 0 for index in range(0, 13_000, 130))


def test_plans_beyond_the_table_are_predicted_not_asked(table: Path) -> None:
    words = ["threshold", "--above", "0.5", "--model", "small", "--answers", str(table)]
    said = json.loads(run(*words, "--where", "generator=how-many-2d", "--plans", "60", "--json"))
    assert said["units"] > 100
    assert said["failed"] == []
    assert said["spent"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["top-k", "--simulate", "smooth", "--by", "colour"], "no column 'colour'; they have"),
        (["top-k", "--simulate", "smooth", "--where", "colour=red"], "no column 'colour'"),
        (["top-k", "--simulate", "smooth", "--where", "red"], "COLUMN=VALUE, not 'red'"),
        (["top-k", "--simulate", "rough"], "there are smooth, spiky, interacting"),
        (["top-k", "--simulate", "smooth", "--way", "luck"], "way: Input should be 'columns'"),
        (["top-k"], "--answers FILE, or --simulate smooth"),
        (["threshold", "--simulate", "smooth"], "either --below or --above"),
        (["top-k", "--answers", "nowhere.csv"], "nowhere.csv does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where no galaxy is, as there is after `make demo`
    assert said in run(*words, fails=True)


def test_a_table_that_is_none_is_named(tmp_path: Path, table: Path) -> None:
    file = tmp_path / "answers.csv"
    pl.DataFrame({"index": [1], "model": ["a"]}).write_csv(file)
    assert "has no column generator, correct" in run("top-k", "--answers", str(file), fails=True)
    unknown = run("top-k", "--model", "tiny", "--answers", str(table), fails=True)
    assert "no evaluations of tiny; there are some of large, small" in unknown
    pl.read_csv(table).with_columns(correct=pl.lit(7.0)).write_csv(file)
    wrong = run("top-k", "--model", "small", "--answers", str(file), fails=True)
    assert "correct is from 0 to 1, not 7.0 (small, plan 0 of how-many-2d)" in wrong
