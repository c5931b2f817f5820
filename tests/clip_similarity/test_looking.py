"""What a person sees of a shard's matches, in the UI and with `tg match show`."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from registered_pictures import pool_of
from rich.console import Console
from typer.testing import CliRunner

from tg_assets.cli import app
from tg_assets.clip_similarity.looking import looked_at, matches_of_types
from tg_assets.clip_similarity.showing_matches import NoSuchImage, find, show
from tg_assets.settings import Settings, load_settings
from tg_assets.tables import CANDIDATE_PAIRS, FILTERED_PAIRS, TASK_EMBEDDINGS, TASK_TREE
from tg_assets.tables_io import TableStore
from tg_assets.task_tree.task_types import TaskType, task_types_table

PATHS = ["counting~cars", "counting~[bold]people<script>", "ocr~signs\x1b[31m", "mood", "maps"]


@pytest.fixture
def galaxy(tmp_path: Path) -> Settings:
    """Four images; "counting~cars" fits all of them, "mood" none, and "maps" has no vector."""
    settings = load_settings().model_copy(update={"home": str(tmp_path / "galaxy")})
    tables = TableStore(settings.home)
    tree = task_types_table([TaskType(path, "seed") for path in PATHS])
    tables.write("task_tree", TASK_TREE.enforce(tree), "0000")
    vectors = [None if path == "maps" else [1.0, 0.0] for path in tree["path"]]
    tasks = tree.select("task_id", text="path").with_columns(
        embedding=pl.Series(vectors, dtype=pl.List(pl.Float16)),
        reason=pl.lit(None, pl.String),
    )
    tables.write("task_embeddings", TASK_EMBEDDINGS.enforce(tasks), "0000")
    pool = pool_of(tmp_path / "pictures", 4)
    tables.write("image_pool", pool, "0000")
    ids = dict(tree.select("path", "task_id").iter_rows())
    rows = []
    for place, image in enumerate(pool["image_id"].sort()):
        named = PATHS[:3] if place == 0 else PATHS[:1]
        rows += [
            {"image_id": image, "task_id": ids[path], "score": 0.5 - rank / 10, "rank": rank}
            for rank, path in enumerate(named, start=1)
        ]
    pairs = CANDIDATE_PAIRS.enforce(pl.DataFrame(rows))
    tables.write("candidate_pairs", pairs, "0000")
    first = pairs.head(2).select("image_id", "task_id")
    verdicts = first.with_columns(
        kept=pl.Series([True, None], dtype=pl.Boolean),
        outcome=pl.lit("answered"),
        reason=pl.Series([None, "[red]timed out[/red]"], dtype=pl.String),
    )
    tables.write("filtered_pairs", FILTERED_PAIRS.enforce(verdicts), "0000")
    return settings


def read(settings: Settings, table: str) -> pl.DataFrame:
    return TableStore(settings.home).read(table, "0000")


def shown(settings: Settings, image: str) -> str:
    screen = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    show(settings, image, screen)
    file = screen.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_task_types_are_counted_by_the_images_that_they_match(galaxy: Settings) -> None:
    types = matches_of_types(
        read(galaxy, "candidate_pairs"), TableStore(galaxy.home), ["0000"], set()
    )
    assert types.select("path", "images", "share").rows() == [
        (PATHS[0], 4, 1.0),
        (PATHS[1], 1, 0.25),
        (PATHS[2], 1, 0.25),
        ("mood", 0, 0.0),
    ]


def test_withdrawn_task_types_are_not_missed(galaxy: Settings) -> None:
    tables = TableStore(galaxy.home)
    mood = read(galaxy, "task_tree").filter(pl.col("path") == "mood")["task_id"][0]
    types = matches_of_types(read(galaxy, "candidate_pairs"), tables, ["0000"], {mood})
    assert "mood" not in types["path"]


def test_the_ui_is_given_hubs_what_matches_nothing_and_pictures_with_labels(
    galaxy: Settings,
) -> None:
    pairs = read(galaxy, "candidate_pairs")
    seen = looked_at(pairs, TableStore(galaxy.home), ["0000|0000"], set())
    assert seen["task types that match nothing"] == 1
    assert seen["some that match nothing"].records[0].data == {"path": "mood"}
    assert seen["task types that match 50% of the images or more"] == 1
    assert seen["task types that match most"].records[0].data["path"] == PATHS[0]
    grid = seen["images with their labels"].value
    assert grid.count("data:image/jpeg;base64,") == 4
    assert len(grid) < 60_000
    assert "0.40 cars" in grid
    assert "<script>" not in grid
    assert r"\[bold\]people&lt;script>" in grid


def test_a_shard_without_candidates_shows_nothing(galaxy: Settings) -> None:
    assert looked_at(CANDIDATE_PAIRS.empty(), TableStore(galaxy.home), ["0000|0000"], set()) == {}


def test_an_image_is_shown_with_scores_and_the_filters_verdict(galaxy: Settings) -> None:
    image = read(galaxy, "candidate_pairs")["image_id"][0]
    lines = shown(galaxy, image).splitlines()
    assert image in lines[0]
    assert lines[1].endswith(".jpg")
    assert [line.split()[:2] for line in lines[3:]] == [
        ["1", "0.400"],
        ["2", "0.300"],
        ["3", "0.200"],
    ]
    assert lines[3].rstrip().endswith("counting~cars                  kept")
    assert lines[4].rstrip().endswith("no verdict: [red]timed out[/red]")
    assert lines[5].rstrip().endswith("not asked")


def test_what_is_shown_is_nothing_that_a_terminal_or_markup_obeys(galaxy: Settings) -> None:
    said = shown(galaxy, read(galaxy, "candidate_pairs")["image_id"][0])
    assert "\x1b[31m" not in said
    assert r"ocr~signs\x1b[31m" in said
    assert "counting~[bold]people<script>" in said


def test_an_image_is_found_by_id_prefix_path_or_url(
    galaxy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = TableStore(galaxy.home)
    image, uri = read(galaxy, "image_pool").row(2)[:2]
    monkeypatch.chdir(Path(uri).parent)
    for name in (image, image[:8], uri, f"file://{uri}", Path(uri).name):
        assert find(tables, name) == ("0000", image, uri)


def test_an_image_that_is_not_there_or_not_the_only_one_is_explained(galaxy: Settings) -> None:
    tables = TableStore(galaxy.home)
    pool = read(galaxy, "image_pool")
    for name in ("nothing", pool["image_id"][0][:3]):
        with pytest.raises(NoSuchImage, match="no image of the pool"):
            find(tables, name)
    twins = pool.with_columns(image_id=pl.lit("abcdef") + pl.col("image_id").str.slice(6))
    tables.write("image_pool", twins, "0000")
    with pytest.raises(NoSuchImage, match="means 4 images: give more"):
        find(tables, "abcdef")


def test_the_command_ends_with_2_and_plain_words_where_nothing_is_found(
    galaxy: Settings, tmp_path: Path
) -> None:
    config = tmp_path / "galaxy.yaml"
    config.write_text(f"home: {galaxy.home}\n" + EMBEDDED)
    image = read(galaxy, "candidate_pairs")["image_id"][0]
    runner = CliRunner()
    good = runner.invoke(app, ["match", "show", image, "-c", str(config)])
    assert (good.exit_code, "counting~cars" in good.output) == (0, True)
    bad = runner.invoke(app, ["match", "show", "nothing", "-c", str(config)])
    assert bad.exit_code == 2
    assert "Traceback" not in bad.output
    TableStore(galaxy.home).path("candidate_pairs", "0000").unlink()
    early = runner.invoke(app, ["match", "show", image, "-c", str(config)])
    assert (early.exit_code, "has not been matched yet" in early.output) == (2, True)


EMBEDDED = """
name: looked-at
sources: [{kind: rendered, name: drawn, license: CC0-1.0, count: 4}]
task_tree: {model: embedded}
filter: embedded
ask: embedded
referees: {ada: embedded, bob: embedded}
"""
