"""What models fail at is proposed, a person edits it, and what is accepted becomes a batch."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from resources.galaxy import Galaxy
from tg_assets.cli import app
from tg_assets.registration import unlisted_seeds
from tg_assets.settings import load_settings
from tg_assets.tables import MODEL_ANSWERS
from tg_assets.task_tree.proposals import ProposalError, accept, save, weakest, written
from tg_assets.task_tree.seeds import load_seeds

Row = tuple[str, str | None, bool | None]


def answers(*groups: tuple[str, str | None, int, int]) -> pl.DataFrame:
    """Return answers: of each (path, target) so many right ones of so many."""
    rows: list[Row] = [
        (path, target, n < right) for path, target, right, of in groups for n in range(of)
    ]
    return pl.DataFrame(
        rows, schema={"path": pl.String, "target": pl.String, "correct": pl.Boolean}, orient="row"
    )


def as_answered(rows: pl.DataFrame, model: str) -> pl.DataFrame:
    """Return the answers as a model's table holds them."""
    given = rows.with_row_index("plan_index").with_columns(
        generator=pl.lit("what-2d"),
        model=pl.lit(model),
        kind=pl.lit("2d"),
        task_id=pl.lit("task"),
        question=pl.lit("What is it?"),
        options=pl.lit(["a cup", "a fork"]),
        outcome=pl.lit("answered"),
        image_id=pl.lit("image"),
        uri=pl.lit("image.webp"),
        **dict.fromkeys(("seed", "permutation", "right"), pl.lit(0)),
    )
    return pl.concat([MODEL_ANSWERS.empty(), given], how="diagonal_relaxed").cast(
        dict(MODEL_ANSWERS.columns)
    )


def test_the_worst_is_what_is_low_beyond_doubt() -> None:
    found = weakest(
        answers(("a~easy", None, 19, 20), ("a~hard", None, 5, 40), ("a~few", None, 1, 6)),
        frozenset(),
        2,
    )
    assert [(one.path, one.right, one.answered) for one in found] == [
        ("a~hard", 5, 40),
        ("a~few", 1, 6),
    ]


def test_what_says_nothing_is_not_proposed() -> None:
    unanswered = answers(("a~unanswered", None, 0, 9)).with_columns(correct=None)
    rows = pl.concat(
        [
            unanswered.cast({"correct": pl.Boolean}).select("path", "target", "correct"),
            answers(("a~faultless", None, 9, 9), ("a~too few", None, 0, 4)),
        ]
    )
    assert weakest(rows, frozenset(), 9) == []


def test_under_a_type_that_the_tree_has_its_weakest_category_is_a_branch() -> None:
    rows = answers(("a~what", "Red Panda", 1, 10), ("a~what", "cup", 9, 10))
    assert [one.path for one in weakest(rows, frozenset({"a~what"}), 9)] == ["a~what~red panda"]
    both = frozenset({"a~what", "a~what~red panda"})
    assert [one.path for one in weakest(rows, both, 9)] == ["a~what~cup"]
    assert weakest(rows, both | {"a~what~cup"}, 9) == []


def test_what_is_written_is_a_seeds_file_and_what_is_accepted_adds_up(tmp_path: Path) -> None:
    found = weakest(answers(("a~b: #1", None, 1, 9), ("c~yes", None, 3, 9)), frozenset(), 9)
    file, accepted = tmp_path / "proposals.yaml", tmp_path / "there" / "accepted.yaml"
    save(written(found, ["m"]), file)
    assert "1 of 9 right" in file.read_text()
    with pytest.raises(ProposalError, match="is there already"):
        save("", file)
    paths = {labels for labels in load_seeds(file).paths if len(labels) == 2}
    assert {"~".join(labels) for labels in paths} == {one.path for one in found}

    assert set(accept(file, accepted)) == {"a", "c", *(one.path for one in found)}
    assert accept(file, accepted) == []
    file.write_text("- c~more\n")
    assert accept(file, accepted) == ["c~more"]
    assert len(load_seeds(accepted).paths) == 5


def test_the_commands_lead_from_answers_to_the_seeds_of_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "galaxy.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "name": "proposed",
                "home": "home",
                "sources": [{"kind": "rendered", "name": "drawn", "count": 1}],
                "task_tree": {"seeds": "embedded", "model": "embedded", "accepted": "yes.yaml"},
                "filter": "embedded",
                "ask": "embedded",
                "referees": {"ada": "embedded", "bob": "embedded"},
            }
        )
    )
    galaxy = Galaxy(load_settings(config))

    def tg(*words: str) -> str:
        done = CliRunner().invoke(app, ["propose", *words])
        assert done.exit_code == (0 if "wrong" not in words else 2), done.output
        return done.output

    assert (
        "no answers of any model" in CliRunner().invoke(app, ["propose", "-c", str(config)]).output
    )
    for model, path, right in (("strong", "new~hard", 1), ("weak", "new~harder", 0)):
        rows = as_answered(answers((path, "cup", right, 9)), model)
        galaxy.tables.write("model_answers", rows, model)
    assert "weak" in tg("-c", str(config), "--model", "wrong")
    said = tg("-c", str(config), "--weakest", "1")
    assert "new~harder" in said
    assert "new~hard " not in said
    tg("-c", str(config), "--model", "strong", "--out", "other.yaml")
    before = set(unlisted_seeds(galaxy.settings, galaxy.tables))
    tg("accept", "other.yaml", "-c", str(config))
    after = set(unlisted_seeds(galaxy.settings, galaxy.tables))
    assert after - before == {"new", "new~hard"}
